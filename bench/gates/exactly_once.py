"""Money under faults: exactly once, and unknown stays unknown.

Role: two criteria of gate 3; one event is FAIL at any n, and without fault schedules nothing here can pass.
Must not know: how faults are injected. A fault attempt is named `fault_<schedule>`, or `fault_<schedule>.<method>`
where the schedule must be run for every RPC of the payment path (the methods that this runtime's own fault-free
payments called).
"""

from __future__ import annotations

from collections.abc import Iterator

from bench.evidence import Evidence, Numbered
from bench.gates.conclude import fails, passes, undecided
from bench.thresholds import Thresholds
from bench.verdict import Criterion
from bench.witnesses import Testimony, hear, lines_of
from spikes.record import Attempt, Outcome

RPC_SCHEDULES = ("error_before_commit", "lost_after_commit", "delay", "duplicate")
RUN_SCHEDULES = (
    *("one_operator_down", "all_operators_down", "ssp_stuck", "lightning_failure", "expired_session"),
    *("kill_before_submit", "kill_during_submit", "kill_after_submit", "eviction", "restart"),
)
_PAYMENTS = ("pay_exact", "pay_swap")
_LOST = "fault_lost_after_commit"


def judge_money(evidence: Evidence, thresholds: Thresholds, runtime: str) -> tuple[Criterion, Criterion]:
    """exactly_once and unknown_stays_unknown of one runtime."""
    testimony = hear(evidence, runtime)
    return (
        _exactly_once(evidence, thresholds, runtime, testimony),
        _unknown_stays_unknown(evidence, runtime, testimony),
    )


def _exactly_once(evidence: Evidence, thresholds: Thresholds, runtime: str, testimony: Testimony) -> Criterion:
    name, ceiling = "exactly_once", thresholds.money_events_max
    events = [d for d in testimony.disagreements if d.money]
    seen = tuple(a.line for a in evidence.of(runtime) if a.value.ledger is not None)
    if len(events) > ceiling.value:
        more = f" (and {len(events) - 1} more)" if len(events) > 1 else ""
        return fails(
            name,
            events[0].what + more,
            lines=tuple(dict.fromkeys(e.line for e in events)),
            measured=len(events),
            threshold=ceiling.value,
            unit=ceiling.unit,
        )
    missing = tuple(_missing_schedules(evidence, runtime))
    if missing or not seen:
        return undecided(
            name,
            f"no event in {len(seen)} attempts, but {len(missing)} fault schedules were not run",
            needs=f"the fault schedules {', '.join(missing)}",
            lines=seen,
            measured=len(events),
            threshold=ceiling.value,
            unit=ceiling.unit,
        )
    return passes(
        name,
        f"no event in {len(seen)} attempts over all fault schedules",
        lines=seen,
        measured=len(events),
        threshold=ceiling.value,
        unit=ceiling.unit,
    )


def _missing_schedules(evidence: Evidence, runtime: str) -> Iterator[str]:
    """Schedules without an attempt that has a ledger entry; per RPC as far as the payment path is known."""
    done = {a.value.experiment for a in evidence.of(runtime) if a.value.ledger is not None}
    methods = payment_methods(evidence, runtime)
    for schedule in RPC_SCHEDULES:
        open_ = [method for method in methods if f"fault_{schedule}.{method}" not in done]
        if not methods or len(open_) == len(methods):
            yield schedule
        elif open_:
            yield f"{schedule} for {'/'.join(open_)}"
    yield from (schedule for schedule in RUN_SCHEDULES if f"fault_{schedule}" not in done)


def payment_methods(evidence: Evidence, runtime: str) -> tuple[str, ...]:
    """Every RPC that this runtime's fault-free payments called, sorted."""
    paid = (a.value for a in evidence.of(runtime, *_PAYMENTS) if a.value.outcome is Outcome.PAID)
    return tuple(sorted({method for attempt in paid for method in attempt.calls.by_method}))


def _unknown_stays_unknown(evidence: Evidence, runtime: str, testimony: Testimony) -> Criterion:
    name = "unknown_stays_unknown"
    denied = tuple(a for a in evidence.of(runtime) if _reported_failed_but_paid(a, testimony))
    if denied:
        first = denied[0]
        reason = f"line {first.line}: the driver says failed, the money has gone"
        return fails(name, reason, lines=lines_of(denied), measured=len(denied), threshold=0, unit="count")
    lost = tuple(a for a in evidence.of(runtime) if a.value.experiment.split(".", 1)[0] == _LOST)
    if testimony.open:
        reason = f"{len(testimony.open)} attempts ended unknown and were never reconciled"
        needs = "a later attempt with the same idempotency key that ends paid or failed, and the ledger agreeing"
        return undecided(name, reason, needs=needs, lines=testimony.open)
    if not lost:
        return undecided(name, "no response was lost in this run", needs=f"attempts `{_LOST}.<method>` for every RPC")
    double = {d.line for d in testimony.disagreements if d.money}
    bad = tuple(a for a in lost if a.line in double)
    if bad:
        return fails(
            name, f"line {bad[0].line}: after a lost response the ledger contradicts the driver", lines=lines_of(bad)
        )
    open_ = [m for m in payment_methods(evidence, runtime) if f"{_LOST}.{m}" not in {a.value.experiment for a in lost}]
    if open_:
        reason = f"{len(lost)} lost responses were reconciled; not tried for {', '.join(open_)}"
        return undecided(name, reason, needs=f"attempts `{_LOST}.<method>` for every RPC", lines=lines_of(lost))
    return passes(
        name, f"{len(lost)} lost responses, each reconciled, none paid twice or called failed", lines=lines_of(lost)
    )


def _reported_failed_but_paid(attempt: Numbered[Attempt], testimony: Testimony) -> bool:
    a = attempt.value
    return a.outcome is Outcome.FAILED and any(d.line == attempt.line and d.money for d in testimony.disagreements)
