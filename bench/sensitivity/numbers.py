"""Every threshold and every platform limit, one at a time: where it would flip a gate, and where the decision.

Role: collect the comparisons of one number over all runtimes that decide, and search its steps. Must not know: criteria
by name, samples.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from bench.judgement import Judgement
from bench.sensitivity.levers import LIMIT, gate_of
from bench.sensitivity.margins import is_size
from bench.sensitivity.rows import Cell, Kind, LeverRow, Side, Step, search
from bench.verdict import GateVerdict, Held, Sense, Verdict, combine
from spikes.record import Role

_TOP = {"ratio": 1.0}  # beyond it a number means nothing; nothing is below 0


def number_rows(judgement: Judgement) -> tuple[LeverRow, ...]:
    """One row for each number that a criterion was compared with, gates in their order."""
    roles = {pin.name: pin.role for pin in judgement.evidence.runtimes}
    deciding = [v for v in judgement.verdicts if roles[v.runtime] is not Role.INFORMATIVE]
    found: dict[str, list[tuple[GateVerdict, Held]]] = {}
    for verdict in deciding:
        for held in (h for c in verdict.criteria for h in c.held):
            found.setdefault(held.lever, []).append((verdict, held))
    rows = (_row(judgement, lever, pairs) for lever, pairs in found.items())
    return tuple(sorted(rows, key=lambda row: _order(judgement, row)))


def _order(judgement: Judgement, row: LeverRow) -> tuple[int, bool, str]:
    gates = list(dict.fromkeys(v.gate for v in judgement.verdicts))
    return gates.index(row.gate), row.kind in (Kind.SIZE, Kind.COUNT), row.lever


def _row(judgement: Judgement, lever: str, pairs: list[tuple[GateVerdict, Held]]) -> LeverRow:
    held = pairs[0][1]
    cells = {(verdict.runtime, verdict.gate): verdict for verdict, _ in pairs}

    def verdicts_at(value: float) -> Mapping[Cell, Verdict]:
        return {cell: combine(c.at(lever, value) for c in verdict.criteria) for cell, verdict in cells.items()}

    figures = (x for _, h in pairs for x in (h.low, h.high) if x is not None)
    places = sorted({x for x in figures if _means_something(x, held.unit)})
    down, up = _steps(places, held)
    flips, decision = search(judgement, down, up, verdicts_at, held.threshold)
    return LeverRow(
        lever=lever,
        kind=_kind(held),
        gate=gate_of(lever),
        unit=held.unit,
        value=held.threshold,
        flips=flips,
        decision=decision,
    )


def _kind(held: Held) -> Kind:
    if held.lever.startswith(LIMIT):
        return Kind.LIMIT
    if is_size(held):
        return Kind.SIZE
    return Kind.COUNT if held.unit == "count" else Kind.TARGET


def _means_something(value: float, unit: str) -> bool:
    return math.isfinite(value) and 0 <= value <= _TOP.get(unit, math.inf)


def _steps(places: list[float], held: Held) -> tuple[list[Step], list[Step]]:
    """The steps below and above the number as it is, nearest first in both."""
    now = held.threshold
    if held.sense is Sense.AT_MOST:  # a PASS from a place on: another verdict begins just below it, or at it
        down = [Step(at=p, side=Side.BELOW, beyond=beyond) for p, beyond in _just_below(places) if p <= now and p > 0]
        return down[::-1], [Step(at=p, side=Side.FROM, beyond=p) for p in places if p > now]
    above = [Step(at=p, side=Side.ABOVE, beyond=beyond) for p, beyond in _just_above(places) if p >= now]
    top = _TOP.get(held.unit, math.inf)
    above = [step for step in above if step.at < top]
    return [Step(at=p, side=Side.UP_TO, beyond=p) for p in reversed(places) if p < now], above


def _just_below(places: list[float]) -> Iterator[tuple[float, float]]:
    for index, place in enumerate(places):
        yield place, places[index - 1] if index else math.nextafter(place, -math.inf)


def _just_above(places: list[float]) -> Iterator[tuple[float, float]]:
    for index, place in enumerate(places):
        yield place, places[index + 1] if index + 1 < len(places) else math.nextafter(place, math.inf)
