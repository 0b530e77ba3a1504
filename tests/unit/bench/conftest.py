"""What the judge's tests share: thresholds with the tests' own limits, and judging one committed record."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bench import evidence, limits, thresholds
from bench.judgement import Judgement, judge
from bench.thresholds import Thresholds

RECORDS = Path(__file__).resolve().parents[2] / "records"


@pytest.fixture(scope="session")
def numbers() -> Thresholds:
    return thresholds.load(limits.load(RECORDS / "limits.toml"))


@pytest.fixture(scope="session")
def judged(numbers: Thresholds) -> Callable[[bytes], Judgement]:
    return lambda data: judge(evidence.parse(data), numbers)
