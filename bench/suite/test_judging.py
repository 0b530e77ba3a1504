"""The record and its judge: appending, reading and judging 10,000 attempts, faults and latency turns among them."""

from __future__ import annotations

import dataclasses
import itertools
import time
from pathlib import Path
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from bench import adr, evidence, judgement, junit, limits, render, thresholds
from bench.suite.conftest import PROJECT, note_figure
from bench.suite.interleaved import interleaved
from bench.thresholds import Thresholds
from spikes.record import Attempt, Footer, Header, Line, RecordWriter, encode_line, read_lines
from tests.records.cases import under_pressure

ATTEMPTS = 10_000
APPENDS = 1_000
ROUNDS = 9
REFERENCE = PROJECT / "tests" / "records" / "reference.jsonl"


@pytest.fixture(scope="module")
def large_record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A record that has everything gate 3 asks for, its attempts repeated until there are ATTEMPTS of them."""
    folder = tmp_path_factory.mktemp("large")
    small = folder / "small.jsonl"
    small.write_bytes(under_pressure())
    lines = list(read_lines(small))
    attempts = [line for line in lines if isinstance(line, Attempt)]
    path = folder / "record.jsonl"
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


@pytest.fixture(scope="module")
def sources() -> Thresholds:
    """The numbers that the gates compare with."""
    return thresholds.load(limits.load(PROJECT / "spikes" / "limits.toml"))


def test_judge(benchmark: BenchmarkFixture, large_record: Path, sources: Thresholds) -> None:
    """From the file to the verdicts, without the interpreter's start."""
    interleaved(benchmark, lambda: judgement.judge(evidence.load(large_record), sources), rounds=ROUNDS)


def test_render(benchmark: BenchmarkFixture, large_record: Path, sources: Thresholds) -> None:
    """From the verdicts to report, JSON, JUnit file and ADR, tables and their intervals included."""

    def prepare() -> tuple[tuple[judgement.Judgement], dict[str, Any]]:
        return (judgement.judge(evidence.load(large_record), sources),), {}

    def render_all(judged: judgement.Judgement) -> None:
        for make in (render.verdicts_json, render.gates_md, adr.adr_md, junit.junit_xml):
            assert make(judged)

    interleaved(benchmark, render_all, rounds=ROUNDS, setup=prepare)


def test_judge_and_render_cpu(benchmark: BenchmarkFixture, large_record: Path, sources: Thresholds) -> None:
    """The whole, in seconds of CPU: what other processes do to the wall time says nothing of the judge."""
    cpu_s: list[float] = []

    def whole() -> None:
        started = time.process_time()
        judged = judgement.judge(evidence.load(large_record), sources)
        for make in (render.verdicts_json, render.gates_md, adr.adr_md, junit.junit_xml):
            assert make(judged)
        cpu_s.append(time.process_time() - started)

    benchmark.pedantic(whole, rounds=5)
    note_figure(benchmark, f"judge_cpu_s_per_{ATTEMPTS}", min(cpu_s))


def test_append(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """APPENDS attempts written and flushed one by one."""
    attempt = next(line for line in read_lines(REFERENCE) if isinstance(line, Attempt))
    names = itertools.count()

    def append_all() -> None:
        with RecordWriter(tmp_path / f"{next(names)}.jsonl") as record:
            for _ in range(APPENDS):
                record.append(attempt)

    interleaved(benchmark, append_all, rounds=ROUNDS)
