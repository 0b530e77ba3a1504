"""Money under faults: exactly once, and unknown stays unknown.

Role: two criteria of gate 3; one event is FAIL at any n, and without fault schedules nothing here can pass. What counts
as a schedule is in bench.schedules, how one attempt ended in bench.endings.
Must not know: how faults are injected.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.endings import BAD, Ending, denied_though_settled
from bench.evidence import Evidence, Numbered
from bench.gates.conclude import compared, fails, passes, undecided
from bench.gates.readings import counted_by, few_decide_nothing
from bench.schedules import (
    LOST_ANSWER,
    Trial,
    covers,
    distinct,
    missing,
    payment_methods,
    replay,
    shortest,
    shrunk,
    trials,
)
from bench.thresholds import Thresholds
from bench.verdict import Criterion, Sense, Verdict
from bench.witnesses import Testimony, hear, lines_of
from spikes.record import Attempt, Outcome, Role

_DETAILS = 20  # counterexamples that are spelled out under the criterion
_SAME_ID = "a later ask with the same request id that ends paid or failed, and the ledger agreeing"


def judge_money(evidence: Evidence, thresholds: Thresholds, runtime: str) -> tuple[Criterion, Criterion]:
    """exactly_once and unknown_stays_unknown of one runtime."""
    testimony = hear(evidence, runtime)
    tried = trials(evidence, runtime)
    return (
        _exactly_once(evidence, thresholds, runtime, testimony, tried),
        _unknown_stays_unknown(evidence, thresholds, runtime, testimony, tried),
    )


# --- exactly once -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Event:
    """Money that is not where it ought to be."""

    line: int
    what: str


def _exactly_once(
    evidence: Evidence, thresholds: Thresholds, runtime: str, testimony: Testimony, tried: tuple[Trial, ...]
) -> Criterion:
    name, ceiling = "exactly_once", thresholds.money_events_max
    events = tuple(_events(testimony, tried))
    seen = tuple(a.line for a in evidence.of(runtime) if a.value.ledger is not None)
    number, kinds = distinct(tried), tuple(missing(evidence, runtime))
    held = [counted_by(ceiling, Sense.AT_MOST, len(events))]
    if evidence.pin(runtime).role is not Role.INFORMATIVE:
        held.append(few_decide_nothing(thresholds.fault_schedules_min, number))
    otherwise = Verdict.INCONCLUSIVE if kinds or not seen else Verdict.PASS
    if len(events) > ceiling.value:
        failed = fails(
            name,
            _worst(evidence, events, tried),
            lines=tuple(dict.fromkeys(e.line for e in events)),
            detail=_every(events, tried),
            measured=len(events),
            threshold=ceiling.value,
            unit=ceiling.unit,
        )
        return compared(failed, *held, otherwise=otherwise)
    untried = tuple(_untried(evidence, thresholds, runtime, kinds, number))
    if untried or not seen:
        open_ = undecided(
            name,
            f"no event in {len(seen)} attempts, {number} distinct fault schedules among them; "
            f"{len(untried)} kinds of schedule are missing",
            needs=f"the fault schedules {', '.join(untried)}, each with a fault that strikes",
            lines=seen,
            measured=len(events),
            threshold=ceiling.value,
            unit=ceiling.unit,
        )
        return compared(open_, *held, otherwise=otherwise)
    shown = passes(
        name,
        f"no event in {len(seen)} attempts, {number} distinct fault schedules among them: {_counts(tried)}",
        lines=seen,
        measured=len(events),
        threshold=ceiling.value,
        unit=ceiling.unit,
    )
    return compared(shown, *held)


def _events(testimony: Testimony, tried: tuple[Trial, ...]) -> Iterator[_Event]:
    """Money contradictions of the witnesses, and bad ends of fault attempts; one a line."""
    known = {d.line: _Event(line=d.line, what=d.what) for d in reversed(testimony.disagreements) if d.money}
    for trial in tried:
        if trial.ending in BAD:
            what = f"line {trial.line}, {trial.attempt.experiment}: {trial.ending}: {trial.why}"
            known[trial.line] = _Event(line=trial.line, what=what)
    yield from (known[line] for line in sorted(known))


def _worst(evidence: Evidence, events: tuple[_Event, ...], tried: tuple[Trial, ...]) -> str:
    """The event with the shortest fault schedule and how to see it again; without any, the first event."""
    lines = {e.line: e for e in events}
    bad = tuple(t for t in tried if t.line in lines)
    more = f" (and {len(events) - 1} more)" if len(events) > 1 else ""
    if not bad:
        return events[0].what + more
    first = shortest(bad)
    faults = shrunk(evidence, first) or " + ".join(first.faults) or "nothing that struck"
    return f"{lines[first.line].what}{more}; shortest schedule: {faults}; `{replay(first)}`"


def _every(events: tuple[_Event, ...], tried: tuple[Trial, ...]) -> str | None:
    """Each event under faults with the command that shows it again; None if no fault was there."""
    lines = {e.line: e.what for e in events}
    bad = [f"{replay(t)}   # {lines[t.line]}" for t in tried if t.line in lines]
    more = [f"... and {len(bad) - _DETAILS} more"] if len(bad) > _DETAILS else []
    return "\n".join([*bad[:_DETAILS], *more]) or None


def _untried(
    evidence: Evidence, thresholds: Thresholds, runtime: str, kinds: tuple[str, ...], number: int
) -> Iterator[str]:
    yield from kinds
    enough = thresholds.fault_schedules_min
    if number < enough.value and evidence.pin(runtime).role is not Role.INFORMATIVE:
        yield f"further ones ({number} distinct so far, {enough.value:g} are asked for)"


def _counts(tried: tuple[Trial, ...]) -> str:
    of = {ending: sum(t.ending is ending for t in tried if covers(t)) for ending in Ending}
    return ", ".join(f"{number} {ending}" for ending, number in of.items() if number)


# --- unknown stays unknown --------------------------------------------------------------------------------------------


def _unknown_stays_unknown(
    evidence: Evidence, thresholds: Thresholds, runtime: str, testimony: Testimony, tried: tuple[Trial, ...]
) -> Criterion:
    name = "unknown_stays_unknown"
    denied = tuple(a for a in evidence.of(runtime) if _reported_failed_but_paid(a, testimony))
    if denied:
        reason = f"line {denied[0].line}: the driver says failed, the money has gone{_again(denied, tried)}"
        return fails(name, reason, lines=lines_of(denied), measured=len(denied), threshold=0, unit="count")
    lost = tuple(t for t in tried if t.schedule == LOST_ANSWER)
    bad = tuple(t for t in lost if t.ending in BAD)
    if bad:
        reason = f"line {bad[0].line}: after a lost response, {bad[0].ending}: {bad[0].why}; `{replay(bad[0])}`"
        return fails(name, reason, lines=tuple(t.line for t in bad))
    asks = int(thresholds.unresolved_asks_min.value)
    in_the_dark = tuple(t for t in tried if t.ending is Ending.UNKNOWN)
    never = tuple(t for t in in_the_dark if len(t.attempt.asks) >= asks)
    rest = _as_far_as_tried(evidence, runtime, testimony, lost)
    # Whoever was asked n times and still did not know refutes the criterion for any threshold up to n.
    clear_from = max((len(t.attempt.asks) + 1 for t in in_the_dark), default=0)
    held = counted_by(thresholds.unresolved_asks_min, Sense.AT_MOST, clear_from)
    if not never:
        return compared(rest, held, otherwise=rest.verdict)
    first = shortest(never)
    reason = f"line {first.line}, {first.attempt.experiment}: asked {len(first.attempt.asks)} times under one id"
    why = f"{reason}, the driver never finds out; `{replay(first)}`"
    return compared(fails(name, why, lines=tuple(t.line for t in never)), held, otherwise=rest.verdict)


def _as_far_as_tried(evidence: Evidence, runtime: str, testimony: Testimony, lost: tuple[Trial, ...]) -> Criterion:
    """Nothing refutes it: whether that is enough."""
    name, every = "unknown_stays_unknown", f"attempts `fault_{LOST_ANSWER}.<method>` for every RPC, each struck"
    if testimony.open:
        reason = f"{len(testimony.open)} attempts ended unknown and were never reconciled"
        return undecided(name, reason, needs=_SAME_ID, lines=testimony.open)
    shown = tuple(t for t in lost if covers(t))
    if not shown:
        return undecided(name, "no response was lost in this run", needs=every)
    lines = tuple(t.line for t in shown)
    open_ = [m for m in payment_methods(evidence, runtime) if m not in {t.method for t in shown}]
    if open_:
        reason = f"{len(shown)} lost responses were reconciled; not tried for {', '.join(open_)}"
        return undecided(name, reason, needs=every, lines=lines)
    reason = f"{len(shown)} lost responses, none paid twice or called failed: {_counts(lost)}"
    return passes(name, reason, lines=lines)


def _reported_failed_but_paid(attempt: Numbered[Attempt], testimony: Testimony) -> bool:
    """Whether any answer of this attempt says failed of money that has gone."""
    a = attempt.value
    if denied_though_settled(a) is not None:
        return True
    return a.outcome is Outcome.FAILED and attempt.line in testimony.about_money


def _again(denied: tuple[Numbered[Attempt], ...], tried: tuple[Trial, ...]) -> str:
    found = {a.line for a in denied}
    under_faults = tuple(t for t in tried if t.line in found)
    return f"; `{replay(shortest(under_faults))}`" if under_faults else ""
