"""Criteria that compare one measured fact with one number.

Role: shared by the gates that judge facts (gate 1's limits and host needs, gate 2, gate 4's receipts).
Must not know: what the fact means. A fact that was never measured is INCONCLUSIVE and says which fact to measure.
"""

from __future__ import annotations

import dataclasses

from bench.evidence import Evidence
from bench.gates.conclude import compared, fails, passes, undecided
from bench.thresholds import Threshold
from bench.verdict import Criterion, Held, Sense, Verdict, counted


def at_most(name: str, evidence: Evidence, runtime: str, *, fact: str, ceiling: Threshold, means: str) -> Criterion:
    """PASS when the largest reading of the fact is at or below the ceiling; `means` says in words what was counted."""
    reading = evidence.largest(runtime, fact)
    if reading is None:
        return undecided(
            name,
            f"{means}: not measured",
            needs=f"a fact `{fact}`",
            threshold=ceiling.value,
            unit=ceiling.unit,
        )
    ends = passes if reading.value <= ceiling.value else fails
    reason = f"{means}: within the bound" if reading.value <= ceiling.value else f"{means}: over the bound"
    judged = ends(
        name, reason, lines=(reading.line,), measured=reading.value, threshold=ceiling.value, unit=ceiling.unit
    )
    return compared(judged, counted_by(ceiling, Sense.AT_MOST, reading.value))


def at_least(name: str, evidence: Evidence, runtime: str, *, fact: str, floor: Threshold, means: str) -> Criterion:
    """PASS when the largest reading reaches the floor; below it the experiment was too small, which decides nothing."""
    reading = evidence.largest(runtime, fact)
    held = few_decide_nothing(floor, None if reading is None else reading.value)
    if reading is None or reading.value < floor.value:
        short = undecided(
            name,
            f"{means}: {'not measured' if reading is None else 'too few'}",
            needs=f"a fact `{fact}` of at least {floor.value:g}",
            lines=() if reading is None else (reading.line,),
            measured=None if reading is None else reading.value,
            threshold=floor.value,
            unit=floor.unit,
        )
        return compared(short, held)
    enough = passes(
        name,
        f"{means}: enough",
        lines=(reading.line,),
        measured=reading.value,
        threshold=floor.value,
        unit=floor.unit,
    )
    return compared(enough, held)


def counted_by(threshold: Threshold, sense: Sense, reading: float) -> Held:
    """Something counted, held against a threshold."""
    return counted(threshold.key, sense, threshold.value, reading, threshold.unit)


def few_decide_nothing(floor: Threshold, reading: float | None) -> Held:
    """A size that an experiment must have: below it, it was too small to decide anything."""
    held = counted(floor.key, Sense.AT_LEAST, floor.value, reading, floor.unit)
    return dataclasses.replace(held, beyond=Verdict.INCONCLUSIVE)
