"""Does it know, after its process was killed, what it answered, and answer the same without paying again?"""

from __future__ import annotations

from dataclasses import replace

from spikes.contract import Answer
from spikes.experiments.act import Act, Invoices, hashes_of
from spikes.experiments.payment import order_with_leaf
from spikes.plan import PlannedAttempt
from spikes.record import Ask, Claim, FaultSeen, Outcome
from spikes.seat import Seat

NAME = "remember_request"
EXPECTED = Outcome.PAID
KILLED = FaultSeen(kind="kill_after_answer", method=None, fired=1)


async def prepare(seat: Seat, planned: PlannedAttempt) -> Invoices:
    """An invoice and its leaf, and another leaf of the same size: who forgets could pay it twice."""
    await seat.network.heal(seat.identity)
    await seat.revive()
    (invoice,) = await order_with_leaf(seat, planned)
    await seat.give([invoice.amount_sats + invoice.fee_sats])
    return (invoice,)


async def act(seat: Seat, planned: PlannedAttempt, invoices: Invoices) -> Act:
    """Pay; kill it; ask the same again."""
    (invoice,) = invoices
    first = await seat.pay(planned.request_id, invoice, phase="ask")
    await seat.restart()
    second = await seat.pay(planned.request_id, invoice, phase="ask")
    return Act(
        answer=compared(first, second),
        payment_hashes=hashes_of(invoices),
        asks=tuple(Ask(outcome=a.outcome, code=a.code, wall_s=a.wall_s) for a in (first, second)),
        faults=(KILLED,),
    )


def compared(first: Answer, second: Answer) -> Answer:
    """The second answer; `failed` if it says of the payment that was made something else than the first one."""
    if first.outcome is not Outcome.PAID or second.outcome is not Outcome.PAID or _said(first) == _said(second):
        return second
    reason = "the answer after the kill is not the answer before it"
    return replace(second, outcome=Outcome.FAILED, code="answer_differs", reason=reason)


def _said(answer: Answer) -> Claim:
    """What must be repeated: everything but the wallet's balance, which is of now."""
    return replace(answer.claim, balance_sats=None)
