"""Does a second isolate with the same wallet pay, and does the first one then see what is left?"""

from __future__ import annotations

from dataclasses import replace

from spikes.experiments.act import Act, Invoices
from spikes.experiments.payment import order_with_leaf, pay_ordered, with_balance
from spikes.plan import PlannedAttempt
from spikes.record import Outcome
from spikes.seat import Seat

NAME = "pay_second_isolate"
EXPECTED = Outcome.PAID


async def prepare(seat: Seat, planned: PlannedAttempt) -> Invoices:
    """An invoice, and one leaf that the first isolate has claimed and the second one has to find."""
    return await order_with_leaf(seat, planned)


async def act(seat: Seat, planned: PlannedAttempt, invoices: Invoices) -> Act:
    """The second isolate pays; the first one tells the balance."""
    async with seat.twin() as twin:
        await twin.sync()
        act = await pay_ordered(twin, planned, invoices)
    return replace(act, answer=await with_balance(seat, act.answer))
