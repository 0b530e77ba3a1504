"""What a plot shows, as values in base units.

Must not know: pixels, colours, where the values come from.
"""

from __future__ import annotations

from dataclasses import dataclass

from bench.stats import Samples
from bench.verdict import Verdict


@dataclass(frozen=True, kw_only=True, eq=False)  # samples may be an array, which does not compare as one value
class Series:
    """One runtime's samples. An infinite one is an answer that never came: it counts, and is never reached.

    `slot` gives colour and dashes: the same runtime has the same one in every plot. `lines`: of the record.
    """

    name: str
    samples: Samples
    slot: int
    lines: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Target:
    """A number that a gate compares with; `quantile` is what of the samples must not be above it."""

    label: str
    value: float
    quantile: float | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class EcdfPlot:
    """Empirical distributions side by side, each in a band that holds the true one with `confidence`."""

    key: str
    title: str
    unit: str
    series: tuple[Series, ...]
    confidence: float
    targets: tuple[Target, ...] = ()


@dataclass(frozen=True, kw_only=True)
class MarginRow:
    """Use of one limit. `share` is what was used of it: 1 is all of it, None was not measured."""

    label: str
    share: float | None
    use: str  # both numbers in words
    verdict: Verdict
    decides: bool
    lines: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class MarginPlot:
    """All limits that one runtime has to keep."""

    runtime: str
    title: str
    rows: tuple[MarginRow, ...]
