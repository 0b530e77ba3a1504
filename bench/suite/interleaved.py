"""Benchmarks as ratios: each round is timed between two of a fixed piece of work, and only the quotient is kept.

Role: what makes a figure of today comparable with a saved one: a machine that is slow this minute slows both. Must not
know: which benchmarks there are. The fixed work runs in one thread, so what waits for other processes is compared less
well than what computes; the interval says so.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any, TypeVar

from pytest_benchmark.fixture import BenchmarkFixture

from spikes import calibration

RATIOS = "ratios"  # the key under which pytest-benchmark's JSON holds them
T = TypeVar("T")
Setup = Callable[[], tuple[tuple[Any, ...], dict[str, Any]]]


def calibrate_s() -> float:
    """Wall seconds of the fixed work, once."""
    started = time.perf_counter()
    calibration.cpu_s()
    return time.perf_counter() - started


def interleaved(benchmark: BenchmarkFixture, work: Callable[..., T], *, rounds: int, setup: Setup | None = None) -> T:
    """Time `work` in rounds, the fixed work before and after each of them; the result of its last round."""
    fixed: list[float] = []

    def prepare() -> tuple[tuple[Any, ...], dict[str, Any]]:
        arguments = ((), {}) if setup is None else setup()
        fixed.append(calibrate_s())
        return arguments

    result: T = benchmark.pedantic(work, setup=prepare, rounds=rounds)
    fixed.append(calibrate_s())
    assert benchmark.stats is not None
    beside = [(before + after) / 2 for before, after in pairwise(fixed)]
    benchmark.extra_info[RATIOS] = [mine / fix for mine, fix in zip(benchmark.stats.stats.data, beside, strict=True)]
    return result
