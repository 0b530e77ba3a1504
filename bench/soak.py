"""Whether a long run stays flat: memory, open files and child processes of the harness, over the attempts.

Role: read the facts `<what>.at_<attempts>` of the harness into a slope and a sentence each. Must not know: how they
were measured. Nothing is judged: the harness is no candidate. The first quarter of the readings is warm-up (imports,
pools, caches) and takes no part in the slope; a slope is the median of all pairwise ones.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from bench import stats
from bench.evidence import HARNESS, Evidence
from bench.thresholds import Thresholds

PER = 1000  # payments
AT = ".at_"
BYTES, COUNT = "bytes", "count"


@dataclass(frozen=True, kw_only=True)
class SoakRow:
    """One series. `flat` is None if the readings are too few to say."""

    what: str  # the fact without its suffix
    unit: str
    n: int
    upto: int  # attempts at the last reading
    first: float  # after the warm-up
    last: float
    growth: float | None  # per PER attempts, with its interval
    growth_low: float | None
    growth_high: float | None
    flat: bool | None
    statement: str


def soak_rows(evidence: Evidence, thresholds: Thresholds) -> tuple[SoakRow, ...]:
    """One row a series; none if nothing was sampled along the run."""
    series: dict[str, dict[int, float]] = defaultdict(dict)
    for what, at, value in _readings(evidence):
        series[what][at] = value
    return tuple(_row(what, sorted(found.items()), thresholds) for what, found in sorted(series.items()))


def _readings(evidence: Evidence) -> Iterator[tuple[str, int, float]]:
    for fact in evidence.facts:
        name, at, attempts = fact.value.name.rpartition(AT)
        value = fact.value.value
        if fact.value.runtime == HARNESS and at and attempts.isdecimal() and not isinstance(value, str):
            yield name, int(attempts), value


def _row(what: str, readings: list[tuple[int, float]], thresholds: Thresholds) -> SoakRow:
    settled = readings[len(readings) // 4 :]
    slope = stats.trend([at for at, _ in settled], [value for _, value in settled], thresholds.confidence.value)
    unit = BYTES if what.endswith("_bytes") else COUNT
    growth, low, high = (None if x is None else x * PER for x in (slope.point, slope.low, slope.high))
    most = thresholds.soak_growth_bytes.value if unit == BYTES else 0.0
    flat = None if growth is None or high is None else (high <= most if unit == BYTES else growth <= most)
    return SoakRow(
        what=what,
        unit=unit,
        n=len(settled),
        upto=readings[-1][0],
        first=settled[0][1],
        last=settled[-1][1],
        growth=growth,
        growth_low=low,
        growth_high=high,
        flat=flat,
        statement=_statement(flat, low, slope.warnings),
    )


def _statement(flat: bool | None, low: float | None, warnings: tuple[str, ...]) -> str:
    if flat is None:
        return "; ".join(warnings) or "not known"
    if flat:
        return "flat"
    return "grows" if low is not None and low > 0 else "not shown to be flat"
