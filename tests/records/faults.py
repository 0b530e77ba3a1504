"""What a well-behaved runtime leaves in a record when things are made to go wrong.

Role: fault attempts and the two that ask what outlives a process. Must not know: files, which records are committed.
"""

from __future__ import annotations

import itertools
from typing import Any

from bench.schedules import LOST_ANSWER, RPC_SCHEDULES, RUN_SCHEDULES
from spikes.record import Ask, Attempt, FaultSeen, Outcome
from tests.records.builder import METHODS, Run

LANE = "fault"
_DRAWN = 30  # with the schedules that have a name, more than gate 3 asks for


def asks(*outcomes: Outcome, code: str | None = None) -> tuple[Ask, ...]:
    """Answers to the same request, in order; what is not paid has a code."""
    codes = {Outcome.UNKNOWN: "payment_pending", Outcome.FAILED: "payment_failed", Outcome.BLOCKED: "blocked"}
    return tuple(Ask(outcome=o, code=code or codes.get(o), wall_s=0.1) for o in outcomes)


def struck(schedule: str, method: str | None = None, fired: int = 1) -> tuple[FaultSeen, ...]:
    """One fault, which struck unless told otherwise."""
    return (FaultSeen(kind=schedule, method=method, fired=fired),)


def under_fault(run: Run, runtime: str, name: str, outcome: Outcome = Outcome.PAID, **changes: Any) -> Attempt:
    """One attempt of `fault_<name>`, sound unless changed, whose fault struck."""
    schedule, _, method = name.partition(".")
    faults = struck(schedule, method or None)
    return run.attempt(runtime, f"fault_{name}", outcome, **{"lane": LANE, "faults": faults, **changes})


def fit_under_faults(run: Run, runtime: str) -> None:
    """Every schedule that has a name, and some that are drawn; each ends well in one of the three ways."""
    for method, schedule in itertools.product(METHODS, RPC_SCHEDULES):
        if schedule == LOST_ANSWER:
            under_fault(run, runtime, f"{schedule}.{method}", asks=asks(Outcome.UNKNOWN, Outcome.PAID))
        elif schedule == "kill_before_commit":
            in_doubt = asks(Outcome.UNKNOWN, Outcome.FAILED)
            under_fault(run, runtime, f"{schedule}.{method}", Outcome.FAILED, asks=in_doubt, code="payment_failed")
        else:
            under_fault(run, runtime, f"{schedule}.{method}")
    for schedule in RUN_SCHEDULES:
        ends = Outcome.FAILED if schedule == "lightning_failure" else Outcome.PAID
        under_fault(run, runtime, schedule, ends)
    pairs = itertools.combinations(itertools.product(RPC_SCHEDULES, METHODS), 2)
    for pair in itertools.islice(pairs, _DRAWN):
        faults = tuple(FaultSeen(kind=kind, method=method, fired=1) for kind, method in pair)
        under_fault(run, runtime, "random", faults=faults)


def fit_to_remember(run: Run, runtime: str) -> None:
    """Both experiments of a runtime whose idempotency record is on disk."""
    run.fact(runtime, "durability", "disk")
    run.pay(runtime, "remember_request", lane=LANE, asks=asks(Outcome.PAID, Outcome.PAID))
    first = {
        "settled_count": 1,
        "debited_sats": 1003,
        "invoice_amount_sats": 1000,
        "payment_hash": f"{len(run.lines):064x}",
    }
    told = asks(Outcome.PAID, Outcome.BLOCKED, code="window_cap_exceeded")
    code = "window_cap_exceeded"
    run.attempt(runtime, "remember_window", Outcome.BLOCKED, lane=LANE, code=code, asks=told, ledger=first)
