"""The named schedules: every kind of fault at every call of a payment, and what befalls a payment as a whole.

Role: what a run tries on every runtime, by name. Must not know: seats, expectations, how a schedule is tried. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping

from spikes.faults.schedule import (
    CALL_KINDS,
    COMMITMENTS,
    FEE_ESTIMATE,
    LIGHTNING_SEND,
    PAYMENT_METHODS,
    PREIMAGE_SWAP,
    SWAP_METHODS,
    Asking,
    Blow,
    Fault,
    Kind,
    Schedule,
    Side,
    Strike,
)

HELD_BACK_S = 0.15
SETTLES_AFTER_S = 0.5
SYNC_METHOD = "query_pending_transfers"  # in the middle of a sync


def call_schedules() -> Mapping[str, Schedule]:
    """`<what happens>.<method>`: each kind of fault, and a kill, at each call of the payment path."""
    named: dict[str, Schedule] = {}
    for method in (*PAYMENT_METHODS, *SWAP_METHODS):
        swap = method in SWAP_METHODS
        for kind in CALL_KINDS:
            fault = Fault(kind=kind, method=method, delay_s=HELD_BACK_S if kind is Kind.DELAY else None)
            named[f"{kind}.{method}"] = Schedule(faults=(fault,), swap=swap)
        for side in Side:
            strike = Strike(blow=Blow.KILL, method=method, side=side)
            named[f"{Blow.KILL}_{side}.{method}"] = Schedule(strikes=(strike,), swap=swap)
    return named


def _struck(blow: Blow, method: str, side: Side, *faults: Fault, cold: bool = False) -> Schedule:
    return Schedule(faults=faults, strikes=(Strike(blow=blow, method=method, side=side),), cold=cold)


_EXPIRED = tuple(Fault(kind=Kind.EXPIRED_SESSION, method=m) for m in (FEE_ESTIMATE, COMMITMENTS, LIGHTNING_SEND))

RUN_SCHEDULES: Mapping[str, Schedule] = {
    # The second operator is asked in a sync only: the process is new, so that there is one.
    "one_operator_down": Schedule(faults=(Fault(kind=Kind.OPERATOR_DOWN, operator=1, count=0),), cold=True),
    "all_operators_down": Schedule(faults=(Fault(kind=Kind.OPERATOR_DOWN, count=0),)),
    "ssp_error": Schedule(faults=(Fault(kind=Kind.SSP_ERROR, count=0),)),
    "ssp_stuck": Schedule(faults=(Fault(kind=Kind.STUCK),), impatient=True),
    "lightning_failure": Schedule(faults=(Fault(kind=Kind.LIGHTNING_FAILURE),)),
    "slow_settle": Schedule(faults=(Fault(kind=Kind.SLOW_SETTLE, delay_s=SETTLES_AFTER_S),)),
    "zero_preimage": Schedule(faults=(Fault(kind=Kind.ZERO_PREIMAGE),)),
    "wrong_preimage": Schedule(faults=(Fault(kind=Kind.WRONG_PREIMAGE),)),
    "fee_raised": Schedule(faults=(Fault(kind=Kind.FEE_RAISED),)),
    "expired_session": Schedule(faults=_EXPIRED),
    "kill_before_submit": _struck(Blow.KILL, SYNC_METHOD, Side.BEFORE_COMMIT, cold=True),
    "kill_during_submit": _struck(Blow.KILL, LIGHTNING_SEND, Side.AFTER_COMMIT, Fault(kind=Kind.LIGHTNING_FAILURE)),
    "kill_after_submit": _struck(Blow.KILL, LIGHTNING_SEND, Side.AFTER_COMMIT, Fault(kind=Kind.STUCK)),
    "eviction": _struck(Blow.EVICTION, LIGHTNING_SEND, Side.AFTER_COMMIT),
    "restart": _struck(Blow.RESTART, PREIMAGE_SWAP, Side.AFTER_COMMIT),
    "out_of_memory": _struck(Blow.OUT_OF_MEMORY, PREIMAGE_SWAP, Side.AFTER_COMMIT),
    "two_processes": Schedule(asking=Asking.TWO_PROCESSES),
    "same_request_twice": Schedule(asking=Asking.TWICE),
}

CATALOGUE: Mapping[str, Schedule] = {**call_schedules(), **RUN_SCHEDULES}
