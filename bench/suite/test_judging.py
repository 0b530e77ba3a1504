"""The record and its judge: appending, reading and judging 10,000 attempts."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from bench import evidence, judgement, junit, limits, render, thresholds
from bench.suite.conftest import PROJECT
from spikes.record import Attempt, Footer, Header, Line, RecordWriter, encode_line, read_lines

ATTEMPTS = 10_000
APPENDS = 1_000
REFERENCE = PROJECT / "tests" / "records" / "reference.jsonl"


@pytest.fixture(scope="module")
def large_record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reference record with its attempts repeated until there are ATTEMPTS of them."""
    lines = list(read_lines(REFERENCE))
    attempts = [line for line in lines if isinstance(line, Attempt)]
    path = tmp_path_factory.mktemp("large") / "record.jsonl"
    repeated = itertools.islice(itertools.cycle(attempts), ATTEMPTS)
    numbered = [dataclasses.replace(attempt, attempt=number) for number, attempt in enumerate(repeated)]
    others = [line for line in lines if not isinstance(line, Attempt)]
    body: list[Line] = [*[line for line in others if not isinstance(line, Footer | Header)], *numbered]
    header = next(line for line in others if isinstance(line, Header))
    footer = next(line for line in others if isinstance(line, Footer))
    whole = [
        dataclasses.replace(header, planned_attempts=ATTEMPTS),
        *body,
        dataclasses.replace(footer, attempts=ATTEMPTS),
    ]
    path.write_text("".join(encode_line(line) + "\n" for line in whole), encoding="utf-8")
    return path


def test_judge(benchmark: BenchmarkFixture, large_record: Path) -> None:
    """From the file to verdicts, report, JUnit file and ADR, without the interpreter's start."""
    sources = thresholds.load(limits.load(PROJECT / "spikes" / "limits.toml"))

    def judge() -> None:
        verdict = judgement.judge(evidence.load(large_record), sources)
        for make in (render.verdicts_json, render.gates_md, render.adr_md, junit.junit_xml):
            assert make(verdict)

    benchmark.pedantic(judge, rounds=5)


def test_append(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """APPENDS attempts written and flushed one by one."""
    attempt = next(line for line in read_lines(REFERENCE) if isinstance(line, Attempt))
    names = itertools.count()

    def append_all() -> None:
        with RecordWriter(tmp_path / f"{next(names)}.jsonl") as record:
            for _ in range(APPENDS):
                record.append(attempt)

    benchmark.pedantic(append_all, rounds=5)
