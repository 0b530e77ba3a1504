"""Does it know, after its process was killed, what it had spent, and keep the wallet's own cap?"""

from __future__ import annotations

from spikes.experiments.act import Act, Invoices, hashes_of
from spikes.plan import PlannedAttempt
from spikes.record import Ask, FaultSeen, Outcome
from spikes.seat import MSATS_PER_SAT, Seat

NAME = "remember_window"
EXPECTED = Outcome.BLOCKED
WINDOW_CAP = "SPARKGATE_WINDOW_CAP_MSATS"
KILLED = FaultSeen(kind="kill_after_answer", method=None, fired=1)


async def prepare(seat: Seat, planned: PlannedAttempt) -> Invoices:
    """Two invoices and a leaf for each: money is no reason not to pay the second one."""
    await seat.network.heal(seat.identity)
    await seat.revive()
    name = f"{planned.experiment} {planned.attempt}"
    invoices = tuple([await seat.network.issue_invoice(planned.amount_sats, f"{name} {nth}") for nth in range(2)])
    await seat.give([invoice.amount_sats + invoice.fee_sats for invoice in invoices])
    return invoices


async def act(seat: Seat, planned: PlannedAttempt, invoices: Invoices) -> Act:
    """A process whose window has room for one of them pays it, is killed, comes back, and is asked for the other.

    The payment hash at stake is the paid one's: that the other one was not paid shows in the debit.
    """
    first, second = invoices
    room_msats = (2 * planned.amount_sats - 1) * MSATS_PER_SAT
    async with seat.twin(f"window-{planned.attempt}", {WINDOW_CAP: str(room_msats)}) as small:
        await small.sync()
        paid = await small.pay(planned.request_id, first, phase="ask")
        await small.restart()
        blocked = await small.pay(planned.second_request_id(), second, phase="ask")
    await seat.sync()  # the other process has spent this one's leaf
    return Act(
        answer=blocked,
        payment_hashes=hashes_of((first,)),
        asks=tuple(Ask(outcome=a.outcome, code=a.code, wall_s=a.wall_s) for a in (paid, blocked)),
        faults=(KILLED,),
    )
