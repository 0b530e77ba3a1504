"""From the numbers in a report back to the raw lines: what "120-125,9" names, and what is printed."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import __main__ as cli
from bench import evidence, formats, line_numbers, packing
from bench.errors import LinesNotFound
from tests.records.cases import HERE

ROOT = Path(__file__).resolve().parents[3]
REFERENCE = (HERE / "reference.jsonl").read_bytes()
LINES = REFERENCE.split(b"\n")[:-1]


@pytest.fixture(params=["record.jsonl", "record.jsonl.zst"])
def record(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / str(request.param)
    path.write_bytes(packing.pack(REFERENCE) if path.suffix == ".zst" else REFERENCE)
    return path


@given(st.sets(st.integers(1, 10_000), min_size=1))
def test_what_reports_write_is_read_back(numbers: set[int]) -> None:
    text = ", ".join(formats.ranges(numbers))
    assert [n for span in line_numbers.parse(text) for n in span] == sorted(numbers)


@given(st.lists(st.tuples(st.integers(1, 99), st.integers(0, 9)), min_size=1))
def test_lines_come_in_the_order_they_are_asked_for(spans: list[tuple[int, int]]) -> None:
    wanted = line_numbers.parse(",".join(f"{first}-{first + more}" for first, more in spans))
    lines = [str(number).encode() for number in range(1, 200)]
    picked = list(line_numbers.pick(lines, wanted))
    assert [number for number, _ in picked] == [n for first, more in spans for n in range(first, first + more + 1)]
    assert all(line == str(number).encode() for number, line in picked)


@given(st.text(alphabet="0123456789-, x", max_size=12))
def test_any_text_names_lines_or_is_refused(text: str) -> None:
    try:
        spans = line_numbers.parse(text)
    except LinesNotFound as error:
        assert "counted from 1" in str(error)  # noqa: PT017 - either end is right
    else:
        assert spans
        assert all(span and span[0] >= 1 for span in spans)


@pytest.mark.parametrize("text", ["", "0", "5-3", "1,,2", "-4", "3-", "one", "1;2", "٣"])
def test_what_names_no_line_is_refused(text: str) -> None:
    with pytest.raises(LinesNotFound):
        line_numbers.parse(text)


def test_lines_are_printed_as_they_are(record: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert cli.main(["lines", str(record), "3-4,1"]) == 0
    assert capfdbinary.readouterr().out == b"".join(LINES[number - 1] + b"\n" for number in (3, 4, 1))


def test_without_numbers_the_record_comes_whole(record: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert cli.main(["lines", str(record)]) == 0
    assert capfdbinary.readouterr().out == REFERENCE


def test_the_numbers_are_those_of_the_evidence(record: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    attempt = evidence.load(record).attempts[7]
    assert cli.main(["lines", str(record), str(attempt.line)]) == 0
    assert json.loads(capfdbinary.readouterr().out)["attempt"] == attempt.value.attempt


def test_pretty_lines_carry_their_numbers(record: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert cli.main(["lines", str(record), "2", "--pretty"]) == 0
    first, rest = capfdbinary.readouterr().out.split(b"\n", 1)
    assert first == b"line 2"
    assert json.loads(rest) == json.loads(LINES[1])


def test_a_line_beyond_the_end_is_named(record: Path, capsys: pytest.CaptureFixture[str]) -> None:
    beyond = len(LINES) + 1
    assert cli.main(["lines", str(record), f"1-{beyond}"]) == 39
    assert f"has {len(LINES)} lines and no line {beyond}" in capsys.readouterr().err
    assert cli.main(["lines", str(record), "999999999999"]) == 39


def test_a_cut_last_line_is_shown_too(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    path = tmp_path / "record.jsonl"
    path.write_bytes(b'{"kind":"header"}\n{"kin\x1b[2J')
    assert cli.main(["lines", str(path), "2", "--pretty"]) == 0
    out = capfdbinary.readouterr().out
    assert out.startswith(b"line 2\n")
    assert b"\x1b" not in out


def test_a_reader_that_has_read_enough_is_no_error(record: Path) -> None:
    many = ",".join(["1-50"] * 50)  # more than a pipe holds
    command = f"{shlex.quote(sys.executable)} -m bench lines {shlex.quote(str(record))} {many} | head -c 10"
    shell = ["bash", "-o", "pipefail", "-c", command]
    done = subprocess.run(shell, cwd=ROOT, capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == REFERENCE[:10]
