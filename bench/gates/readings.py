"""Criteria that compare one measured fact with one number.

Role: shared by the gates that judge facts (gate 1's limits and host needs, gate 2, gate 4's receipts).
Must not know: what the fact means. A fact that was never measured is INCONCLUSIVE and says which fact to measure.
"""

from __future__ import annotations

from bench.evidence import Evidence
from bench.gates.conclude import fails, passes, undecided
from bench.thresholds import Threshold
from bench.verdict import Criterion


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
    return ends(name, reason, lines=(reading.line,), measured=reading.value, threshold=ceiling.value, unit=ceiling.unit)


def at_least(name: str, evidence: Evidence, runtime: str, *, fact: str, floor: Threshold, means: str) -> Criterion:
    """PASS when the largest reading reaches the floor; below it the experiment was too small, which decides nothing."""
    reading = evidence.largest(runtime, fact)
    if reading is None or reading.value < floor.value:
        return undecided(
            name,
            f"{means}: {'not measured' if reading is None else 'too few'}",
            needs=f"a fact `{fact}` of at least {floor.value:g}",
            lines=() if reading is None else (reading.line,),
            measured=None if reading is None else reading.value,
            threshold=floor.value,
            unit=floor.unit,
        )
    return passes(
        name,
        f"{means}: enough",
        lines=(reading.line,),
        measured=reading.value,
        threshold=floor.value,
        unit=floor.unit,
    )
