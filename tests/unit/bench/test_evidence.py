"""Reading records: typed errors for what is none, line numbers, the table."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from bench import evidence
from bench.errors import (
    BenchError,
    EmptyRecord,
    HeaderMissing,
    InconsistentRecord,
    NotARecord,
    RecordNotFound,
    SchemaMismatch,
)
from spikes.record import Outcome, Phase
from tests.records.builder import NATIVE, WORKERD, Run
from tests.records.cases import reference


def small() -> Run:
    run = Run(NATIVE, WORKERD)
    run.fact("workerd", "upload_raw_bytes", 100)
    run.pay("workerd")
    run.refuse("workerd", "l402_cached")
    run.negative_controls()
    return run


def test_every_line_keeps_its_number() -> None:
    data = small().data()
    seen = evidence.parse(data)
    kinds = [json.loads(line)["kind"] for line in data.decode().splitlines()]
    assert [f.line for f in seen.facts] == [n for n, kind in enumerate(kinds, 1) if kind == "fact"] == [2]
    assert [a.line for a in seen.attempts] == [n for n, kind in enumerate(kinds, 1) if kind == "attempt"]
    assert not seen.truncated
    assert seen.digest.startswith("sha256:")


def test_a_record_without_footer_is_truncated_and_so_is_one_with_a_cut_line() -> None:
    data = small().data()
    body, _, footer = data.rstrip(b"\n").rpartition(b"\n")
    assert evidence.parse(body + b"\n").truncated
    assert evidence.parse(body + b"\n" + footer).truncated  # the footer's own line end is missing
    assert evidence.parse(data + b'{"kind"').truncated


@pytest.mark.parametrize(
    ("data", "error", "says"),
    [
        (b"", EmptyRecord, "run it again"),
        (b'{"kind":"hea', HeaderMissing, "run it again"),
        (b"hello\nworld\n", NotARecord, "name a record.jsonl"),
        (b"\xff\xfe\n", NotARecord, "name a record.jsonl"),
        (b"[]\n", HeaderMissing, "name a record.jsonl"),
        (b'{"kind":"fact","runtime":"x","name":"y","value":1,"how":"z"}\n', HeaderMissing, "name a record.jsonl"),
        (b'{"kind":"header","schema_version":999}\n', SchemaMismatch, "the version that wrote it"),
        (b'{"kind":"header","schema_version":1}\n', NotARecord, "run again"),
    ],
)
def test_what_is_no_record_says_what_to_do(data: bytes, error: type[BenchError], says: str) -> None:
    with pytest.raises(error, match=says):
        evidence.parse(data)


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (b'"runtime":"workerd","name"', b'"runtime":"moon","name"', "pins no runtime 'moon'"),
        (b'"value":100', b'"value":NaN', "not a measurement"),
        (b'"wall_s":0.25', b'"wall_s":-1.0', "not a measurement"),
        (b'"wall_s":0.25', b'"wall_s":1e999', "not a measurement"),
        (b'"duration_s":0.2', b'"duration_s":NaN', "not a measurement"),
        (b'"name":"workerd","role"', b'"name":"native","role"', "pinned twice"),
    ],
)
def test_lines_that_contradict_each_other_are_refused(before: bytes, after: bytes, says: str) -> None:
    data = small().data()
    assert before in data
    with pytest.raises(InconsistentRecord, match=says):
        evidence.parse(data.replace(before, after))


def test_a_second_header_and_lines_after_the_footer_are_refused() -> None:
    header, rest = small().data().split(b"\n", 1)
    with pytest.raises(InconsistentRecord, match="second header"):
        evidence.parse(header + b"\n" + header + b"\n" + rest)
    with pytest.raises(InconsistentRecord, match="follows the footer"):
        evidence.parse(header + b"\n" + rest + rest)


def test_a_bad_line_is_named() -> None:
    header, rest = small().data().split(b"\n", 1)
    with pytest.raises(NotARecord, match="line 2"):
        evidence.parse(header + b'\n{"kind":"opinion"}\n' + rest)


@pytest.mark.parametrize("value", [b"true", b"[1]", b"null"])
def test_a_value_of_no_known_type_is_refused(value: bytes) -> None:
    data = small().data()
    assert b'"value":100' in data
    with pytest.raises(NotARecord, match="no type of the schema fits"):
        evidence.parse(data.replace(b'"value":100', b'"value":' + value))


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(RecordNotFound, match="make spike"):
        evidence.load(tmp_path / "record.jsonl")


def test_the_table_holds_outside_times_and_tells_cold_from_warm() -> None:
    run = Run(NATIVE)
    run.refuse("native", "l402_blocked_host")
    phases = (
        Phase(name="pay", duration_s=0.5, clock="outside"),
        Phase(name="pay", duration_s=0.25, clock="outside"),
        Phase(name="build", duration_s=9.0, clock="driver"),
    )
    run.pay("native", phases=phases)
    run.pay("native", "pay_swap")
    run.attempt("native", "pay_exact", Outcome.FAILED, incarnation=1)
    run.pay("native", incarnation=1)
    table = evidence.parse(run.data()).table
    assert list(table["cold"]) == [True, True, False, True, False]
    assert table["pay_s"][1] == 0.75
    assert math.isnan(table["build_s"][1])  # a driver's own clock is no evidence
    assert math.isnan(table["pay_s"][0])


def test_an_empty_run_has_an_empty_table() -> None:
    table = evidence.parse(Run(NATIVE).data()).table
    assert len(table) == 0
    assert "cold" in table.columns


def test_latency_profiles_come_from_the_header_or_the_experiment() -> None:
    run = Run(NATIVE, profile="standard-lightning")
    run.pay("native")
    run.pay("native", "l402_paid@zero")
    seen = evidence.parse(run.data())
    assert seen.latency_profile == "lightning"
    assert list(seen.table["profile"]) == ["lightning", "zero"]
    assert list(seen.table["experiment"]) == ["pay_exact", "l402_paid"]
    assert evidence.parse(reference()).latency_profile == "zero"


def test_facts_by_prefix_and_by_size() -> None:
    run = Run(NATIVE)
    run.fact("native", "leak_scan.stdout", "CLEAN")
    run.fact("native", "leak_scanner", "x")
    run.fact("native", "rss_bytes", 3)
    run.fact("native", "rss_bytes", 7)
    run.fact("native", "rss_bytes", "many")
    seen = evidence.parse(run.data())
    assert [f.line for f in seen.facts_of("native", "leak_scan")] == [2]
    largest = seen.largest("native", "rss_bytes")
    assert largest is not None
    assert (largest.line, largest.value) == (5, 7)
    assert seen.largest("native", "leak_scan.stdout") is None
