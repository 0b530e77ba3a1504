"""How much of each number is left: one margin a comparison, of every runtime that decides.

Role: read the comparisons of criteria into rows. Must not know: what another number would flip.
The margin is what is left of the threshold, by the side of the confidence bound that a PASS needs: 1 - bound /
threshold for "at most", and for a rate that must be reached, the share of the allowed failures that is left. Below 0
there is no PASS. Counts of events have no margin, as one too many is a failure; nor has the size of an experiment, as
more can always be made.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from bench.judgement import Judgement
from bench.sensitivity.levers import LIMIT
from bench.verdict import Criterion, Held, Sense, Verdict
from spikes.record import Role


@dataclass(frozen=True, kw_only=True)
class MarginRow:
    """One comparison. `bound` is what the threshold must leave room for; None if the samples bound nothing."""

    runtime: str
    gate: str
    criterion: str
    lever: str
    measured: float | None
    bound: float | None
    threshold: float
    unit: str
    margin: float | None


def is_size(held: Held) -> bool:
    """Whether a number only says how much evidence is asked for."""
    return held.sense is Sense.AT_LEAST and held.beyond is Verdict.INCONCLUSIVE


def margin_rows(judgement: Judgement) -> tuple[MarginRow, ...]:
    """Rows in the order of runtimes, gates and criteria."""
    roles = {pin.name: pin.role for pin in judgement.evidence.runtimes}
    return tuple(
        _row(verdict.runtime, verdict.gate, criterion, held)
        for verdict in judgement.verdicts
        if roles[verdict.runtime] is not Role.INFORMATIVE
        for criterion in verdict.criteria
        for held in _scaled(criterion)
    )


def _scaled(criterion: Criterion) -> Iterator[Held]:
    """Comparisons with a number that leaves room on either side."""
    for held in criterion.held:
        if held.unit != "count" or held.lever.startswith(LIMIT):
            yield held


def _row(runtime: str, gate: str, criterion: Criterion, held: Held) -> MarginRow:
    measured = criterion.measured
    return MarginRow(
        runtime=runtime,
        gate=gate,
        criterion=criterion.name,
        lever=held.lever,
        measured=measured if isinstance(measured, int | float) else None,
        bound=_finite(_bound(held)),
        threshold=held.threshold,
        unit=held.unit,
        margin=_margin(held),
    )


def _bound(held: Held) -> float | None:
    return held.high if held.sense is Sense.AT_MOST else held.low


def _margin(held: Held) -> float | None:
    bound = _finite(_bound(held))
    if bound is None:
        return None
    if held.sense is Sense.AT_MOST:
        return 1 - bound / held.threshold
    allowed = 1 - held.threshold if held.unit == "ratio" else held.threshold
    return (bound - held.threshold) / allowed if allowed > 0 else None


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
