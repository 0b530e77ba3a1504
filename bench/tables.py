"""A judgement's numbers side by side: runtimes, gate 1 at a glance, limits, host needs, CPU and subrequests a phase.

Role: the one source of the tables in gates.md, verdicts.json and every other report. Must not know: how any of them is
written; values stay in base units. Nothing is judged here: verdicts are copied, facts are read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from bench.cost import CostTables, cost_tables
from bench.custody_tables import CONTROL, LEGACY, RESIDUE, SCAN, CustodyTables, custody_tables
from bench.evidence import Evidence
from bench.fault_tables import FaultTables, fault_tables
from bench.flow_tables import FlowTables, flow_tables
from bench.gates import GATES, compatibility, host_needs
from bench.gates.platform_limits import FREE_PLAN
from bench.gates.spelled import RECEIPT, SEQUENCE
from bench.judgement import Judgement
from bench.latency_tables import LatencyTables, latency_tables
from bench.limits import Limit
from bench.schedules import COUNTEREXAMPLE
from bench.sensitivity import Sensitivity, sensitivity
from bench.soak import SoakRow, soak_rows
from bench.topology_tables import TopologyTables, topology_tables
from bench.trace_tables import TRACE
from bench.verdict import Criterion, Verdict, combine
from spikes.record import Platform, Role, RuntimePin, Tier

PHASES = ("build", "sync", "claim", "prepare", "send_exact", "send_swap")
TEMPERATURES = ("cold", "warm")
# Families of facts that stand in a table of their own, or are shown where they differ.
TABLED = (
    *("host_api", "host_api_calls", "cpu_s", "subrequests", SCAN, CONTROL, LEGACY, RESIDUE),
    *(RECEIPT, SEQUENCE, COUNTEREXAMPLE, TRACE),
)
# Gate 1 in four words; a criterion belongs to the first of them whose beginnings it has.
_PARTS: Mapping[str, tuple[str, ...]] = {
    "pays": ("witnesses_agree", "pays_"),
    "again": ("again_", "balances_exact"),
    "host_needs": ("host_needs",),
    "limits": ("limit_",),
}


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A verdict with what belongs to it. `open` names the criteria that kept it from passing."""

    verdict: Verdict | None  # None: nothing of it is asked of this runtime
    remark: str | None = None
    open: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RuntimeRow:
    """One runtime, what it is, and how it stands: its gates, and the parts of gate 1."""

    runtime: str
    role: Role
    tier: Tier
    platform: Platform
    decides: bool  # whether the decision looks at it
    gates: Mapping[str, Reading]
    gate_1: Mapping[str, Reading]


@dataclass(frozen=True, kw_only=True)
class LimitRow:
    """One runtime's use of one limit. `decides`: the gate counts it, rather than showing it for information."""

    runtime: str
    criterion: str
    verdict: Verdict
    decides: bool
    measured: float | None
    limit: float
    unit: str
    margin: float | None
    plan: str  # "paid", "free", or "paid+free" where one limit holds for both
    source: str
    date: str
    older: tuple[str, ...]
    lines: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class HostApiRow:
    """One host API: by runtime, whether it is there and how often each phase called it."""

    api: str
    status: Mapping[str, str | None]
    calls: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, kw_only=True)
class HostNeeds:
    """The ledger of host APIs. `runtimes` are those of which one was taken; an API that one never touched is absent."""

    phases: tuple[str, ...]
    runtimes: tuple[str, ...]
    apis: tuple[HostApiRow, ...]


@dataclass(frozen=True, kw_only=True)
class PhaseRow:
    """One runtime's use of something, phase by phase and cold or warm; None where it was not measured."""

    runtime: str
    role: Role
    tier: Tier
    phases: Mapping[str, Mapping[str, float | None]]
    others: Mapping[str, float | None]  # facts that belong to no phase, by name


@dataclass(frozen=True, kw_only=True)
class Tables:
    """Everything that reports show as a table."""

    runtimes: tuple[RuntimeRow, ...]
    limits: tuple[LimitRow, ...]
    host_needs: HostNeeds
    cpu_s: tuple[PhaseRow, ...]
    subrequests: tuple[PhaseRow, ...]
    custody: CustodyTables
    latency: LatencyTables
    faults: FaultTables
    soak: tuple[SoakRow, ...]
    flows: FlowTables
    topologies: TopologyTables
    sensitivity: Sensitivity
    cost: CostTables

    @property
    def sources(self) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
        """(source, date, older values) of all limits shown, each once, in the order of the rows."""
        return tuple(dict.fromkeys((row.source, row.date, row.older) for row in self.limits))

    @property
    def has_phases(self) -> bool:
        """Whether any phase of any runtime was measured."""
        rows = (*self.cpu_s, *self.subrequests)
        return any(value is not None for row in rows for by in row.phases.values() for value in by.values())


@lru_cache(maxsize=1)  # every report asks for them
def tables(judgement: Judgement) -> Tables:
    """All tables of a judgement. Runtimes are in the header's order."""
    evidence = judgement.evidence
    return Tables(
        runtimes=tuple(_runtime(judgement, pin) for pin in evidence.runtimes),
        limits=tuple(row for pin in evidence.runtimes for row in _limits(judgement, pin)),
        host_needs=_host_needs(evidence),
        cpu_s=_phases(evidence, "cpu_s", ("startup_cpu_s", "cpu_per_request_s")),
        subrequests=_phases(evidence, "subrequests", ("subrequests_max", "connections_max")),
        custody=custody_tables(evidence),
        latency=latency_tables(evidence, judgement.thresholds),
        faults=fault_tables(evidence),
        soak=soak_rows(evidence, judgement.thresholds),
        flows=flow_tables(judgement),
        topologies=topology_tables(evidence, judgement.thresholds),
        sensitivity=sensitivity(judgement),
        cost=cost_tables(evidence),
    )


def _runtime(judgement: Judgement, pin: RuntimePin) -> RuntimeRow:
    verdicts = {gate.NAME: judgement.of(gate.NAME, pin.name) for gate in GATES}
    criteria = verdicts[compatibility.NAME].criteria
    return RuntimeRow(
        runtime=pin.name,
        role=pin.role,
        tier=pin.tier,
        platform=pin.platform,
        decides=pin.role is not Role.INFORMATIVE,
        gates={
            name: Reading(verdict=v.verdict, remark=v.remark, open=_open(v.criteria)) for name, v in verdicts.items()
        },
        gate_1={
            part: _part([c for c in criteria if c.name.startswith(beginnings)]) for part, beginnings in _PARTS.items()
        },
    )


def _part(criteria: list[Criterion]) -> Reading:
    verdict = combine(c.verdict for c in criteria) if criteria else None
    remark = next((c.remark for c in criteria if c.remark is not None), None)
    return Reading(verdict=verdict, remark=remark if verdict is Verdict.PASS else None, open=_open(criteria))


def _open(criteria: Iterable[Criterion]) -> tuple[str, ...]:
    """What kept it from passing: the failed criteria if there are any, else the open ones."""
    entries = tuple(criteria)
    worst = combine(c.verdict for c in entries)
    return () if worst is Verdict.PASS else tuple(c.name for c in entries if c.verdict is worst)


def _limits(judgement: Judgement, pin: RuntimePin) -> Iterator[LimitRow]:
    verdict = judgement.of(compatibility.NAME, pin.name)
    for decides, criteria in ((True, verdict.criteria), (False, verdict.informative)):
        for c in criteria:
            limit = _limit(judgement.thresholds.limits.all, pin.platform, c)
            if limit is None or c.plan is None:
                continue
            yield LimitRow(
                runtime=pin.name,
                criterion=c.name.removesuffix(FREE_PLAN),
                verdict=c.verdict,
                decides=decides,
                measured=c.measured if isinstance(c.measured, int | float) else None,
                limit=limit.value,
                unit=limit.unit,
                margin=c.margin,
                plan=c.plan,
                source=limit.source,
                date=limit.date,
                older=limit.older,
                lines=c.lines,
            )


def _limit(limits: Iterable[Limit], platform: Platform, c: Criterion) -> Limit | None:
    """The limit that a criterion was held against."""
    held = (platform, c.threshold, c.source, c.date, c.plan)
    return next((x for x in limits if (x.platform, x.value, x.source, x.date, "+".join(x.plans)) == held), None)


def _host_needs(evidence: Evidence) -> HostNeeds:
    ledgers = {pin.name: host_needs.ledger(evidence, pin.name) for pin in evidence.runtimes}
    ledgers = {runtime: ledger for runtime, ledger in ledgers.items() if ledger}
    phases = {phase for ledger in ledgers.values() for entry in ledger.values() for phase in entry.calls}
    names = sorted({api for ledger in ledgers.values() for api in ledger})
    return HostNeeds(
        phases=(*(p for p in PHASES if p in phases), *sorted(phases - set(PHASES))),
        runtimes=tuple(ledgers),
        apis=tuple(
            HostApiRow(
                api=api,
                status={runtime: ledger[api].status for runtime, ledger in ledgers.items() if api in ledger},
                calls={runtime: dict(ledger[api].calls) for runtime, ledger in ledgers.items() if api in ledger},
            )
            for api in names
        ),
    )


def _phases(evidence: Evidence, family: str, others: tuple[str, ...]) -> tuple[PhaseRow, ...]:
    """Facts `<family>.<phase>.<cold|warm>` and a few without a phase; the largest where one was measured often."""

    def largest(runtime: str, name: str) -> float | None:
        reading = evidence.largest(runtime, name)
        return None if reading is None else reading.value

    return tuple(
        PhaseRow(
            runtime=pin.name,
            role=pin.role,
            tier=pin.tier,
            phases={p: {t: largest(pin.name, f"{family}.{p}.{t}") for t in TEMPERATURES} for p in PHASES},
            others={name: largest(pin.name, name) for name in others},
        )
        for pin in evidence.runtimes
    )
