"""Gate 4 side by side: each flow on each runtime, by topology, and how its criteria are told without a row for each.

Role: read the criteria of flows into tables. Must not know: how any of them is written. Nothing is judged here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bench.decision import Gap
from bench.gates import determinism
from bench.gates.flows import FLOWS, PREFIX
from bench.judgement import Judgement
from bench.verdict import Criterion, Value, Verdict
from spikes.record import Role, RuntimePin


@dataclass(frozen=True, kw_only=True)
class FlowCell:
    """One flow on one runtime: how it was judged, and how many of its attempts ended as declared."""

    verdict: Verdict
    shown: Value
    attempts: int


@dataclass(frozen=True, kw_only=True)
class FlowRow:
    """One flow: what its turn must end in, and by runtime whether it does."""

    flow: str
    declared: str
    cells: Mapping[str, FlowCell]


@dataclass(frozen=True, kw_only=True)
class FlowTables:
    """Every flow. `topologies` names those runtimes of which flows were judged, Topology A first."""

    topologies: Mapping[str, str]
    rows: tuple[FlowRow, ...]


def topology(pin: RuntimePin) -> str:
    """Where the orchestration runs: in the paying isolate (A), or in a Worker that calls this runtime (B)."""
    return "A" if pin.role is Role.NATIVE else "B"


def flow_tables(judgement: Judgement) -> FlowTables:
    """The table of a judgement; runtimes in the header's order within each topology. Empty if no flow was tried."""
    criteria = {
        pin.name: {c.name: c for c in judgement.of(determinism.NAME, pin.name).criteria}
        for pin in sorted(judgement.evidence.runtimes, key=topology)
        if judgement.evidence.of(pin.name, *(flow.experiment for flow in FLOWS))
    }
    return FlowTables(
        topologies={runtime: topology(judgement.evidence.pin(runtime)) for runtime in criteria},
        rows=tuple(
            FlowRow(
                flow=flow.name,
                declared=flow.declared,
                cells={
                    runtime: _cell(found, len(judgement.evidence.of(runtime, flow.experiment)))
                    for runtime, by_name in criteria.items()
                    if (found := by_name.get(PREFIX + flow.name)) is not None
                },
            )
            for flow in FLOWS
            if criteria
        ),
    )


def _cell(criterion: Criterion, attempts: int) -> FlowCell:
    return FlowCell(verdict=criterion.verdict, shown=criterion.measured, attempts=attempts)


def folded(criteria: Iterable[Criterion]) -> tuple[Criterion, ...]:
    """The same criteria for people: flows that pass take one row together, as do those that were tried too seldom."""
    return tuple(together(group) for group in grouped(criteria))


def grouped(criteria: Iterable[Criterion]) -> tuple[tuple[Criterion, ...], ...]:
    """Which criteria take one row together; most stand alone."""
    groups: dict[tuple[object, ...], list[Criterion]] = {}
    for c in criteria:
        alike = _alike(c)
        groups.setdefault((c.name,) if alike is None else (c.verdict, alike), []).append(c)
    return tuple(map(tuple, groups.values()))


def together(group: Sequence[Criterion]) -> Criterion:
    """One criterion that speaks for a group."""
    if len(group) == 1:
        return group[0]
    names = ", ".join(c.name.removeprefix(PREFIX) for c in group)
    attempts = [c.measured for c in group if isinstance(c.measured, int | float)]
    return dataclasses.replace(
        group[0],
        name=f"{len(group)} flows",
        reason=f"{_alike(group[0]) or group[0].name}: {names}",
        measured=min(attempts, default=None),
        needs=None if group[0].needs is None else f"for each: {group[0].threshold:g} attempts that end as declared",
        lines=tuple(line for c in group for line in c.lines),
    )


def folded_gaps(gaps: Iterable[Gap]) -> tuple[Gap, ...]:
    """The same gaps for people: flows that are open on the same runtimes for want of attempts take one row together."""
    kept: list[Gap] = []
    flows: dict[tuple[str, tuple[str, ...]], list[Gap]] = {}
    for gap in gaps:
        if gap.gate == determinism.NAME and gap.criterion.startswith(PREFIX):
            flows.setdefault((gap.gate, gap.runtimes), []).append(gap)
        else:
            kept.append(gap)
    for group in flows.values():
        first, more = group[0], len(group) - 1
        names = f"{first.criterion} and {more} further flows" if more else first.criterion
        kept.append(dataclasses.replace(first, criterion=names, needs=first.needs + ("; and so on" if more else "")))
    return tuple(kept)


def _alike(c: Criterion) -> str | None:
    """What a flow's criterion shares with others, if that is all there is to say of it."""
    if not c.name.startswith(PREFIX):
        return None
    if c.verdict is Verdict.PASS:
        return "as declared, in every attempt"
    if c.verdict is Verdict.INCONCLUSIVE and c.measured == len(c.lines):  # all that there was shows it: too little
        return f"as declared, in {c.measured} attempts" if c.lines else c.reason
    return None
