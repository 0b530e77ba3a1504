"""Whether the idempotency record outlives the process: the same request after a kill, and what the window has left.

Role: one criterion of gate 3. Must not know: where a driver keeps its record; a fact `durability` says what is left of
it when the process is gone. `remember_request` asks the same request again after a kill; `remember_window` asks, after
a kill, for more than the window has left.
"""

from __future__ import annotations

from collections.abc import Iterator

from bench.evidence import Evidence, Numbered
from bench.gates.conclude import fails, passes, undecided
from bench.verdict import Criterion
from bench.witnesses import Testimony, hear
from spikes.record import Attempt, Outcome

NO_DURABLE_STATE = "no durable state: the idempotency record does not outlive the process"
DURABILITY = "durability"
FLEETING = "isolate"  # gone with the isolate, or with its process
KEPT = ("disk", "object", "database")
REQUEST, WINDOW = "remember_request", "remember_window"
_WINDOW_CODE = "window_cap_exceeded"


def remembers(evidence: Evidence, runtime: str) -> Criterion:
    """FAIL in plain words if nothing survives; PASS if both experiments show that it does."""
    name = "remembers"
    told = evidence.facts_of(runtime, DURABILITY)
    fleeting = tuple(f.line for f in told if f.value.value == FLEETING)
    tried = evidence.of(runtime, REQUEST, WINDOW)
    testimony = hear(evidence, runtime)
    wrong = tuple((a, why) for a in tried if (why := _forgot(a, testimony)) is not None)
    if fleeting or wrong:
        shown = f"; line {wrong[0][0].line}, {wrong[0][0].value.experiment}: {wrong[0][1]}" if wrong else ""
        told_so = f"; fact {DURABILITY} is {FLEETING}" if fleeting else ""
        lines = (*fleeting, *(a.line for a, _ in wrong))
        return fails(name, f"{NO_DURABLE_STATE}{told_so}{shown}", lines=lines)
    open_ = tuple(_open(tried, testimony, durable=any(f.value.value in KEPT for f in told)))
    lines = (*(f.line for f in told), *(a.line for a in tried))
    if open_:
        return undecided(name, f"not shown: {', '.join(open_)}", needs=", ".join(open_), lines=lines)
    where = ", ".join(sorted({str(f.value.value) for f in told}))
    return passes(name, f"{len(tried)} times a killed process came back and knew ({where})", lines=lines)


def _forgot(attempt: Numbered[Attempt], testimony: Testimony) -> str | None:
    """Why this attempt shows that the record was lost, or None. A first payment that did not succeed shows nothing."""
    a = attempt.value
    if attempt.line in testimony.disputed:
        return "after the kill, driver and ledger disagree"
    if a.experiment == REQUEST:
        if not a.asks or a.asks[0].outcome is not Outcome.PAID or a.outcome is Outcome.PAID:
            return None
        return f"paid, and after the kill the same request was answered {a.outcome} ({a.code})"
    if a.outcome is Outcome.PAID:
        return "after the kill the window let more through than it had left"
    return None


def _holds(attempt: Numbered[Attempt]) -> bool:
    a = attempt.value
    if a.ledger is None:
        return False
    if a.experiment == REQUEST:
        return a.outcome is Outcome.PAID and len(a.asks) >= 2 and all(ask.outcome is Outcome.PAID for ask in a.asks)
    return a.outcome is Outcome.BLOCKED and a.code == _WINDOW_CODE


def _open(tried: tuple[Numbered[Attempt], ...], testimony: Testimony, *, durable: bool) -> Iterator[str]:
    if not durable:
        yield f"a fact `{DURABILITY}` ({' or '.join(KEPT)})"
    unconfirmed = frozenset(testimony.unconfirmed)
    shown = {a.value.experiment for a in tried if _holds(a) and a.line not in unconfirmed}
    yield from (f"an attempt of {experiment} that holds" for experiment in (REQUEST, WINDOW) if experiment not in shown)
