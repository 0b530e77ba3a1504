"""Traces: the calls of a few payments, one by one and with their times, as a table.

Role: read the facts `trace.<name>` back, strictly, and set each beside its attempt. A record that holds none (older
runs took none) says so by an empty table. Must not know: how a trace is drawn; nothing is judged here.

Times count from the start of the attempt's act, by the emulator's clock; base units are seconds.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

from bench.evidence import Evidence, Numbered
from spikes.record import Attempt, Fact, Outcome, Phase

TRACE = "trace"
# In the order in which they are shown: from the simplest payment to a whole turn on a real network's times.
TITLES = {
    "cold": "first payment of a fresh process",
    "pay_exact": "warm payment, a leaf fits",
    "pay_swap": "warm payment, a leaf is swapped first",
    "l402_paid@lightning": "paid turn on the lightning profile",
}


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call of a payment. `code` is None for a call that succeeded."""

    party: str  # operator-0..2 | ssp
    method: str
    start_s: float  # below 0 if it was under way when the act began
    duration_s: float
    code: str | None = None

    @property
    def end_s(self) -> float:
        """When its answer was ready."""
        return self.start_s + self.duration_s


@dataclass(frozen=True, kw_only=True)
class Trace:
    """One payment's calls in the order in which they began. `lines`: the fact's, and the attempt's if it stands there.

    `answered_s`: when the driver gave its answer; calls after it are work that nobody waited for.
    """

    runtime: str
    name: str
    title: str
    experiment: str | None  # None: the record does not hold the attempt
    outcome: Outcome | None
    answered_s: float
    calls: tuple[Call, ...]
    phases: tuple[Phase, ...]  # of the driver's own clock; where they begin is not told
    lines: tuple[int, ...]

    @property
    def in_calls_s(self) -> float:
        """How long, until the answer, at least one call was under way. The rest was the runtime's or the way's."""
        total, reached = 0.0, 0.0
        for call in self.calls:
            start, end = max(call.start_s, reached), min(call.end_s, self.answered_s)
            total, reached = total + max(end - start, 0.0), max(reached, end)
        return total


@dataclass(frozen=True, kw_only=True)
class TraceTable:
    """All traces of a record, runtime by runtime. `unreadable`: lines of facts that are no traces."""

    traces: tuple[Trace, ...]
    unreadable: tuple[int, ...] = ()

    def of(self, runtime: str) -> tuple[Trace, ...]:
        """One runtime's traces."""
        return tuple(trace for trace in self.traces if trace.runtime == runtime)

    @property
    def names(self) -> tuple[str, ...]:
        """The names that occur, in the order in which they are shown."""
        found = {trace.name for trace in self.traces}
        return (*(name for name in TITLES if name in found), *sorted(found - TITLES.keys()))


def trace_table(evidence: Evidence) -> TraceTable:
    """The traces of a record; of two with one name the first, since a payment is traced once."""
    attempts = {numbered.value.attempt: numbered for numbered in evidence.attempts}
    traces: dict[tuple[str, str], Trace] = {}
    unreadable: list[int] = []
    for pin in evidence.runtimes:
        for fact in evidence.facts_of(pin.name, TRACE):
            trace = _trace(fact, attempts)
            if trace is None:
                unreadable.append(fact.line)
            else:
                traces.setdefault((trace.runtime, trace.name), trace)
    order = {pin.name: nth for nth, pin in enumerate(evidence.runtimes)}
    ranks = {name: nth for nth, name in enumerate(TITLES)}
    return TraceTable(
        traces=tuple(sorted(traces.values(), key=lambda t: (order[t.runtime], ranks.get(t.name, len(ranks)), t.name))),
        unreadable=tuple(unreadable),
    )


def _trace(fact: Numbered[Fact], attempts: dict[int, Numbered[Attempt]]) -> Trace | None:
    try:
        told = json.loads(str(fact.value.value))
        calls = tuple(sorted((_call(*row) for row in told["calls"]), key=lambda call: call.start_s))
        answered_s = _seconds(told["answered_ms"])
        number = told["attempt"]
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None
    attempt = attempts.get(number) if type(number) is int else None
    if attempt is not None and attempt.value.runtime != fact.value.runtime:
        attempt = None
    name = fact.value.name.partition(".")[2]
    return Trace(
        runtime=fact.value.runtime,
        name=name,
        title=TITLES.get(name, name),
        experiment=None if attempt is None else attempt.value.experiment,
        outcome=None if attempt is None else attempt.value.outcome,
        answered_s=answered_s,
        calls=calls,
        phases=() if attempt is None else tuple(p for p in attempt.value.phases if p.clock == "driver"),
        lines=(fact.line,) if attempt is None else (fact.line, attempt.line),
    )


def _call(party: Any, method: Any, start_ms: Any, duration_ms: Any, code: Any = None) -> Call:
    if not isinstance(party, str) or not isinstance(method, str) or not isinstance(code, str | None):
        raise TypeError("party, method and code are text")
    duration_s = _seconds(duration_ms)
    if duration_s < 0:
        raise ValueError("a call takes no less than no time")
    return Call(party=party, method=method, start_s=_seconds(start_ms), duration_s=duration_s, code=code)


def _seconds(milliseconds: Any) -> float:
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int | float) or not math.isfinite(milliseconds):
        raise TypeError("times are finite numbers")
    return milliseconds / 1000
