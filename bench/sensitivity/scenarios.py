"""What is no single number of a file: the plan, the network's latency, and the confidence of every bound.

Role: the same question for those three. Must not know: files, how rows are written.
The plan: the criteria that were judged by the other plan's limits stand beside the deciding ones. Latency: the times
that Lightning took to settle, multiplied, and gate 3's paid turns judged again. Confidence: gate 3's bounds again.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

from bench import break_even
from bench.gates import compatibility, latency
from bench.gates.platform_limits import FREE_PLAN
from bench.judgement import Judgement
from bench.sensitivity.rows import Cell, Kind, LeverRow, Side, Step, search
from bench.verdict import Criterion, GateVerdict, Verdict, combine
from spikes.record import Role

PLAN, SETTLING, CONFIDENCE = "plan", "settling", "confidence"
_CONFIDENCES = (0.90, 0.99)  # as they are usually asked for
_HAIR = 1 + 1e-6  # just above a break-even


def scenario_rows(judgement: Judgement) -> tuple[LeverRow, ...]:
    """Rows of those that the record can answer."""
    return tuple((*_plan(judgement), *_settling(judgement), *_confidence(judgement)))


def _deciding(judgement: Judgement, gate: str) -> list[GateVerdict]:
    """Verdicts of one gate that may change: those set aside would be, whatever the number."""
    roles = {pin.name: pin.role for pin in judgement.evidence.runtimes}
    return [
        v
        for v in judgement.verdicts
        if v.gate == gate and v.set_aside is None and roles[v.runtime] is not Role.INFORMATIVE
    ]


def _with(verdict: GateVerdict, others: Mapping[str, Criterion]) -> Verdict:
    """The gate's verdict with some criteria replaced by name."""
    return combine(others.get(c.name, c).verdict for c in verdict.criteria)


def _plan(judgement: Judgement) -> Iterator[LeverRow]:
    verdicts = _deciding(judgement, compatibility.NAME)
    free = {v.runtime: {c.name.removesuffix(FREE_PLAN): c for c in v.informative} for v in verdicts}
    limited = [v for v in verdicts if any(c.plan is not None for c in v.criteria)]
    if not limited:
        return

    def verdicts_at(value: float) -> Mapping[Cell, Verdict]:
        return {(v.runtime, v.gate): _with(v, free[v.runtime]) if value else v.verdict for v in limited}

    step = Step(at=1, side=Side.AT, beyond=1)
    flips, decision = search(judgement, (), (step,), verdicts_at, 0)
    yield LeverRow(
        lever=PLAN, kind=Kind.PLAN, gate=compatibility.NAME, unit="plan", value=0, flips=flips, decision=decision
    )


def _settling(judgement: Judgement) -> Iterator[LeverRow]:
    evidence, thresholds = judgement.evidence, judgement.thresholds
    verdicts = _deciding(judgement, latency.NAME)
    turns = {v.runtime: latency.paid_turns(evidence, v.runtime) for v in verdicts}
    even = {runtime: break_even.of(rows, thresholds).multiple for runtime, rows in turns.items()}
    places = sorted({m for m in even.values() if m is not None and m < break_even.MOST})
    if not places:
        return

    def verdicts_at(multiple: float) -> Mapping[Cell, Verdict]:
        again = {v.runtime: latency.paid_turn_at(evidence, thresholds, v.runtime, multiple) for v in verdicts}
        return {(v.runtime, v.gate): _with(v, {c.name: c for c in again[v.runtime]}) for v in verdicts}

    down = [Step(at=p, side=Side.UP_TO, beyond=p) for p in reversed(places) if p < 1]
    up = [Step(at=p, side=Side.ABOVE, beyond=p * _HAIR) for p in places if p >= 1]
    flips, decision = search(judgement, down, up, verdicts_at, 1)
    yield LeverRow(
        lever=SETTLING, kind=Kind.PROFILE, gate=latency.NAME, unit="times", value=1, flips=flips, decision=decision
    )


def _confidence(judgement: Judgement) -> Iterator[LeverRow]:
    evidence, now = judgement.evidence, judgement.thresholds.confidence
    verdicts = _deciding(judgement, latency.NAME)
    if not verdicts:
        return

    def verdicts_at(value: float) -> Mapping[Cell, Verdict]:
        if value == now.value:
            return {(v.runtime, v.gate): v.verdict for v in verdicts}
        numbers = dataclasses.replace(judgement.thresholds, confidence=dataclasses.replace(now, value=value))
        again = {v.runtime: latency.bounded(evidence, numbers, v.runtime) for v in verdicts}
        return {(v.runtime, v.gate): _with(v, {c.name: c for c in again[v.runtime]}) for v in verdicts}

    down = [Step(at=c, side=Side.AT, beyond=c) for c in reversed(_CONFIDENCES) if c < now.value]
    up = [Step(at=c, side=Side.AT, beyond=c) for c in _CONFIDENCES if c > now.value]
    flips, decision = search(judgement, down, up, verdicts_at, now.value)
    yield LeverRow(
        lever=CONFIDENCE,
        kind=Kind.SIZE,
        gate=latency.NAME,
        unit=now.unit,
        value=now.value,
        flips=flips,
        decision=decision,
    )
