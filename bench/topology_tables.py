"""Topology A and B side by side for the same flow: how long it takes, what it asks, how it fails, what it can reach.

Role: read attempts and facts into tables. Must not know: how any of them is written. Nothing is judged here: a bound
says what the samples allow, and a secret's entry is an argument that facts of gate 2 may contradict.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from statistics import median

import numpy as np

from bench import stats
from bench.evidence import OUTSIDE, Evidence
from bench.flow_tables import topology
from bench.gates.flows import FLOWS, Flow, ending
from bench.gates.spelled import sequence_of
from bench.thresholds import Thresholds
from spikes.record import Attempt, Role, RuntimePin

SHOWN = ("paid", "cached", "blocked_cap", "expired_credential")  # one of each end, and the dearest
PHASES = ("fetch", "pay", "unseal", "load", "build", "sync", "prepare", "send", "confirm")
CPU = ("startup_cpu_s", "cpu_s.prepare.warm", "cpu_s.send_exact.warm", "cpu_s.send_swap.warm", "cpu_per_request_s")
REACHES = Path(__file__).with_name("secrets_in_reach.toml")
_PAYER = {"A worker": "A", "B runtime": "B"}  # the parts that gate 2's facts are about


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Samples in seconds: nearest-rank quantiles, and the distribution-free one-sided bounds around them."""

    n: int
    p50_low: float | None
    p50: float | None
    p50_high: float | None
    p95: float | None
    p95_high: float | None


@dataclass(frozen=True, kw_only=True)
class TurnRow:
    """One flow on one runtime. The turn by the outside clock; its parts, as medians, by the clock inside."""

    flow: str
    topology: str
    runtime: str
    tier: str
    turn: Spread
    parts: Mapping[str, float]
    network_calls: float  # medians of one turn
    seller_requests: float | None
    executor_calls: float


@dataclass(frozen=True, kw_only=True)
class CostRow:
    """CPU of one runtime's wallet, and its most subrequests in one request; None where it was not measured."""

    topology: str
    runtime: str
    tier: str
    cpu_s: Mapping[str, float | None]
    subrequests_max: float | None


@dataclass(frozen=True, kw_only=True)
class FailureRow:
    """One way in which turns under faults went: what was answered first and last, and how often by topology."""

    first: str
    last: str
    counts: Mapping[str, int]  # by topology
    schedules: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ReachRow:
    """One secret and one part: whether it is in reach, why, and whether facts agree."""

    secret: str
    part: str
    reach: str
    reason: str
    checked: str


@dataclass(frozen=True, kw_only=True)
class TopologyTables:
    """Everything that compares the topologies."""

    turns: tuple[TurnRow, ...]
    costs: tuple[CostRow, ...]
    failures: tuple[FailureRow, ...]
    reaches: tuple[ReachRow, ...]


def topology_tables(evidence: Evidence, thresholds: Thresholds) -> TopologyTables:
    """The tables of a record; Topology A first, runtimes in the header's order."""
    pins = [pin for pin in sorted(evidence.runtimes, key=topology) if pin.role is not Role.INFORMATIVE]
    flows = [flow for flow in FLOWS if flow.name in SHOWN]
    confidence = thresholds.confidence.value
    rows = (_turn(evidence, pin, flow, confidence) for flow in flows for pin in pins)
    turns = tuple(row for row in rows if row is not None)
    return TopologyTables(
        turns=turns,
        costs=tuple(_cost(evidence, pin) for pin in pins if any(row.runtime == pin.name for row in turns)),
        failures=_failures(evidence, pins),
        reaches=tuple(_reach(evidence, pins, entry) for entry in _entries()) if turns else (),
    )


def spread(seconds: Iterable[float], confidence: float) -> Spread:
    """Quantiles with their bounds."""
    samples = np.fromiter(seconds, dtype=float)
    return Spread(
        n=len(samples),
        p50_low=stats.quantile_lower_bound(samples, 0.5, confidence).value,
        p50=stats.quantile(samples, 0.5),
        p50_high=stats.quantile_upper_bound(samples, 0.5, confidence).value,
        p95=stats.quantile(samples, 0.95),
        p95_high=stats.quantile_upper_bound(samples, 0.95, confidence).value,
    )


def _turn(evidence: Evidence, pin: RuntimePin, flow: Flow, confidence: float) -> TurnRow | None:
    """Turns that ended as they should, warm ones if there are any: what a cold one costs is gate 3's."""
    rows = evidence.rows_of(pin.name)
    cold = frozenset(rows["line"][rows["cold"]])
    ended = [
        a for a in evidence.of(pin.name, flow.experiment) if (a.value.outcome, a.value.code) == (flow.ends, flow.code)
    ]
    done = [a.value for a in ended if a.line not in cold] or [a.value for a in ended]
    if not done:
        return None
    sequences = [text for a in done if (text := sequence_of(evidence, a.requests)) is not None]
    return TurnRow(
        flow=flow.name,
        topology=topology(pin),
        runtime=pin.name,
        tier=pin.tier.value,
        turn=spread(map(_whole, done), confidence),
        parts=_parts(done),
        network_calls=median(a.calls.count for a in done),
        seller_requests=median(map(_seller_requests, sequences)) if sequences else None,
        executor_calls=median(sum(p.name == "pay" and p.clock != OUTSIDE for p in a.phases) for a in done),
    )


def _whole(a: Attempt) -> float:
    """The turn by the outside clock: phase `fetch`, else the attempt."""
    told = [p.duration_s for p in a.phases if p.clock == OUTSIDE and p.name == "fetch"]
    return sum(told) if told else a.wall_s


def _parts(attempts: list[Attempt]) -> dict[str, float]:
    """Medians of the phases inside; one that comes twice in a turn is summed. A part that is often absent counts 0."""
    sums = [_sums(a) for a in attempts]
    return {name: median(s.get(name, 0.0) for s in sums) for name in PHASES if any(name in s for s in sums)}


def _sums(a: Attempt) -> dict[str, float]:
    sums: dict[str, float] = {}
    for phase in a.phases:
        if phase.clock != OUTSIDE:
            sums[phase.name] = sums.get(phase.name, 0.0) + phase.duration_s
    return sums


def _seller_requests(sequence: str) -> int:
    return sum(line.startswith("seller ") for line in sequence.splitlines())


def _cost(evidence: Evidence, pin: RuntimePin) -> CostRow:
    def largest(name: str) -> float | None:
        reading = evidence.largest(pin.name, name)
        return None if reading is None else reading.value

    return CostRow(
        topology=topology(pin),
        runtime=pin.name,
        tier=pin.tier.value,
        cpu_s={name: largest(name) for name in CPU},
        subrequests_max=largest("subrequests_max"),
    )


def _failures(evidence: Evidence, pins: Iterable[RuntimePin]) -> tuple[FailureRow, ...]:
    """Ways that turns under faults went, the most frequent first."""
    counts: dict[tuple[str, str], Counter[str]] = {}
    schedules: dict[tuple[str, str], dict[str, None]] = {}
    for pin in pins:
        for a in evidence.of(pin.name):
            family, _, rest = a.value.experiment.partition("_")
            if family != "fault":
                continue
            way = _first(a.value), ending(a.value.outcome, a.value.code)
            counts.setdefault(way, Counter())[topology(pin)] += 1
            schedules.setdefault(way, {})[rest.partition(".")[0]] = None
    return tuple(
        FailureRow(
            first=way[0], last=way[1], counts=dict(sorted(found.items())), schedules=tuple(sorted(schedules[way]))
        )
        for way, found in sorted(counts.items(), key=lambda item: (-item[1].total(), item[0]))
    )


def _first(a: Attempt) -> str:
    return ending(a.asks[0].outcome, a.asks[0].code) if a.asks else ending(a.outcome, a.code)


@lru_cache(maxsize=1)
def _entries() -> tuple[Mapping[str, object], ...]:
    return tuple(tomllib.loads(REACHES.read_text(encoding="utf-8"))["reach"])


def _reach(evidence: Evidence, pins: Iterable[RuntimePin], entry: Mapping[str, object]) -> ReachRow:
    part, checks = str(entry["part"]), entry["checks"]
    paying = [pin.name for pin in pins if topology(pin) == _PAYER.get(part) and pin.role is not Role.CONTROL]
    return ReachRow(
        secret=str(entry["secret"]),
        part=part,
        reach=str(entry["reach"]),
        reason=str(entry["reason"]),
        checked=_checked(evidence, paying, [str(check) for check in checks] if isinstance(checks, list) else []),
    )


def _checked(evidence: Evidence, runtimes: list[str], checks: list[str]) -> str:
    """What facts say: contradicted by one is contradicted; confirmed needs every check on every runtime."""
    if not checks:
        return "argued"
    told = {(runtime, check): _holds(evidence, runtime, check) for runtime in runtimes for check in checks}
    wrong = [f"{runtime}: {check}" for (runtime, check), holds in told.items() if holds is False]
    if wrong:
        return f"CONTRADICTED, {wrong[0]} does not hold"
    sure = [runtime for runtime in runtimes if all(told[runtime, check] for check in checks)]
    return f"facts agree on {len(sure)} of {len(runtimes)} runtimes" if sure else "not measured"


def _holds(evidence: Evidence, runtime: str, check: str) -> bool | None:
    """Whether a check holds on a runtime in every reading; None if the fact is not there."""
    name, _, rest = check.partition(" ")
    values = [f.value.value for f in evidence.facts_of(runtime, name) if f.value.name == name]
    if not values:
        return None
    if rest.startswith("at most "):
        ceiling = float(rest.removeprefix("at most "))
        return all(not isinstance(value, str) and value <= ceiling for value in values)
    return all(value == rest.removeprefix("is ") for value in values)


def checks_of_entries() -> Iterator[str]:
    """Every check of the file, for the test that reads them."""
    for entry in _entries():
        checks = entry["checks"]
        yield from (str(check) for check in checks) if isinstance(checks, list) else ()
