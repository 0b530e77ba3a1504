"""Judging and rendering as records grow: time and memory of the whole command, at 10,000, 30,000 and 100,000 attempts.

Each size is judged by a process of its own, as `make judge` does it: every report is written beside the record. The
attempts are those of the newest committed run, or of a small made-up one where none is committed. Figures, no verdict:
what is aimed at is stated beside them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from bench import packing
from bench.outputs import OUTPUTS
from bench.suite.conftest import PROJECT, note_figure
from bench.suite.large_record import write_large
from spikes.record import Line, decode_line
from tests.records.cases import under_pressure

SIZES = (10_000, 30_000, 100_000)
AIM_S, AIM_BYTES = 20.0, 10**9  # for the largest
DECIDED, UNDECIDED = 0, 3
_KIB = 1024


@pytest.fixture(scope="module")
def source() -> Sequence[Line]:
    """The lines that are repeated."""
    committed = sorted((PROJECT / "reports").glob("*/record.jsonl.zst"))
    data = packing.unpack(committed[-1].read_bytes()) if committed else under_pressure()
    return [decode_line(text, number) for number, text in enumerate(data.decode().splitlines(), start=1)]


@pytest.mark.parametrize("attempts", SIZES)
def test_judge_and_render(benchmark: BenchmarkFixture, source: Sequence[Line], tmp_path: Path, attempts: int) -> None:
    """`python -m bench judge`, interpreter and imports included: CPU and wall seconds, and the most memory it took."""
    write_large(source, attempts, tmp_path / "record.jsonl")
    usages: list[tuple[float, int]] = []

    def judge() -> None:
        with (tmp_path / "output").open("wb") as output:
            command = [sys.executable, "-m", "bench", "judge", str(tmp_path)]
            process = subprocess.Popen(command, cwd=PROJECT, stdout=output, stderr=subprocess.STDOUT)
            _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)  # so that nobody waits for it again
        assert process.returncode in (DECIDED, UNDECIDED), (tmp_path / "output").read_text(encoding="utf-8")
        usages.append((used.ru_utime + used.ru_stime, used.ru_maxrss * _KIB))

    benchmark.pedantic(judge, rounds=1 if attempts == max(SIZES) else 2)
    assert benchmark.stats is not None
    note_figure(benchmark, f"judge_and_render_{attempts}_s", benchmark.stats.stats.min)
    note_figure(benchmark, f"judge_and_render_{attempts}_cpu_s", min(cpu_s for cpu_s, _ in usages))
    note_figure(benchmark, f"judge_and_render_{attempts}_rss_bytes", max(rss for _, rss in usages))
    note_figure(benchmark, f"reports_{attempts}_bytes", sum((tmp_path / name).stat().st_size for name in OUTPUTS))
    if attempts == max(SIZES):
        note_figure(benchmark, "judge_and_render_aim_s", AIM_S)
        note_figure(benchmark, "judge_and_render_aim_bytes", AIM_BYTES)
