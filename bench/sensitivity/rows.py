"""What a sensitivity consists of: one number, what it would flip, and where.

Role: the shapes, and the search over the steps of one number. Must not know: which numbers there are.
A verdict as a function of a number is a staircase; its steps are where the evidence's own figures lie, so that the
search tries those and nothing else.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bench.decision import Candidate, Topology, ends
from bench.gates import GATES
from bench.judgement import Judgement
from bench.validity import run_defects
from bench.verdict import Verdict

Cell = tuple[str, str]  # runtime, gate
VerdictsAt = Callable[[float], Mapping[Cell, Verdict]]  # those that the number may change
UNCHANGED = float("inf")


class Side(StrEnum):
    """Where, seen from a number, the other verdict begins."""

    BELOW = "below"
    UP_TO = "up to"
    FROM = "from"
    ABOVE = "above"
    AT = "at"


class Kind(StrEnum):
    """What a number is. A SIZE says how much evidence is asked for; a COUNT, how often something may happen."""

    TARGET = "target"
    COUNT = "count"
    SIZE = "size"
    LIMIT = "limit"
    PLAN = "plan"
    PROFILE = "profile"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One place where a verdict may change; `beyond` is a number on the far side of it."""

    at: float
    side: Side
    beyond: float


@dataclass(frozen=True, kw_only=True)
class Flip:
    """The nearest place, in one direction, where the verdicts of some runtimes on that gate become others."""

    runtimes: tuple[str, ...]
    was: Verdict
    becomes: Verdict
    at: float
    side: Side


@dataclass(frozen=True, kw_only=True)
class DecisionFlip:
    """The nearest place, in one direction, where the decision becomes another one."""

    becomes: Topology
    at: float
    side: Side


@dataclass(frozen=True, kw_only=True)
class LeverRow:
    """One number, everything else left as it is."""

    lever: str
    kind: Kind
    gate: str  # whose verdicts it may change
    unit: str
    value: float
    flips: tuple[Flip, ...]
    decision: tuple[DecisionFlip, ...]

    @property
    def nearest(self) -> float:
        """How far off, as a share of the number itself, the decision changes; for order."""
        if self.kind is Kind.PLAN:
            return 0.0
        shares = (abs(flip.at - self.value) / abs(self.value) for flip in self.decision if self.value)
        return min(shares, default=UNCHANGED)


def search(
    judgement: Judgement, down: Iterable[Step], up: Iterable[Step], verdicts_at: VerdictsAt, value: float
) -> tuple[tuple[Flip, ...], tuple[DecisionFlip, ...]]:
    """The nearest changes in both directions; steps come nearest first."""
    flips: list[Flip] = []
    decisions: list[DecisionFlip] = []
    now = dict(verdicts_at(value))
    for steps in (down, up):
        seen = [(step, dict(verdicts_at(step.beyond))) for step in steps]
        flips += _cells(now, seen)
        decisions += _decision(judgement, seen)
    return tuple(flips), tuple(decisions)


def _cells(now: dict[Cell, Verdict], seen: list[tuple[Step, dict[Cell, Verdict]]]) -> Iterator[Flip]:
    places: dict[tuple[Verdict, Verdict, float, Side], list[str]] = {}
    for (runtime, gate), was in now.items():
        found = next(((s, v[runtime, gate]) for s, v in seen if v[runtime, gate] is not was), None)
        if found is not None:
            step, becomes = found
            places.setdefault((was, becomes, step.at, step.side), []).append(runtime)
    for (was, becomes, at, side), runtimes in places.items():
        yield Flip(runtimes=tuple(runtimes), was=was, becomes=becomes, at=at, side=side)


def _decision(judgement: Judgement, seen: list[tuple[Step, dict[Cell, Verdict]]]) -> Iterator[DecisionFlip]:
    for step, verdicts in seen:
        topology, _ = decided(judgement, verdicts)
        if topology is not judgement.decision.topology:
            yield DecisionFlip(becomes=topology, at=step.at, side=step.side)
            return


def decided(judgement: Judgement, verdicts: Mapping[Cell, Verdict]) -> tuple[Topology, str]:
    """The decision if these cells of the matrix read otherwise."""
    candidates = [
        Candidate(
            name=pin.name,
            role=pin.role,
            tier=pin.tier,
            gates=tuple(
                dataclasses.replace(mine, verdict=verdicts.get((mine.runtime, mine.gate), mine.verdict))
                for mine in judgement.verdicts
                if mine.runtime == pin.name
            ),
        )
        for pin in judgement.evidence.runtimes
    ]
    return ends(candidates, [gate.NAME for gate in GATES], blockers=run_defects(judgement.evidence))
