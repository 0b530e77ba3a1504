"""Does a second isolate with the same wallet pay, and does the first one then see what is left?"""

from __future__ import annotations

from dataclasses import replace

from spikes.experiments.act import Act, Invoices
from spikes.experiments.payment import order_invoice, pay_ordered, with_balance
from spikes.plan import PlannedAttempt
from spikes.record import Outcome
from spikes.seat import Seat

NAME = "pay_second_isolate"
EXPECTED = Outcome.PAID


async def prepare(seat: Seat, planned: PlannedAttempt) -> Invoices:
    """An invoice, and one leaf of just its amount and fee."""
    invoice = await order_invoice(seat, planned)
    await seat.give([invoice.amount_sats + invoice.fee_sats])
    return (invoice,)


async def act(seat: Seat, planned: PlannedAttempt, invoices: Invoices) -> Act:
    """The second isolate pays; the first one tells the balance."""
    async with seat.twin() as twin:
        await twin.sync()
        act = await pay_ordered(twin, planned, invoices)
    return replace(act, answer=await with_balance(seat, act.answer))
