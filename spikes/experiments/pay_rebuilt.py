"""Does an SDK that was built for this one request pay, in an isolate that has built one before?"""

from __future__ import annotations

from spikes.experiments.act import Act, Invoices
from spikes.experiments.payment import order_with_leaf, pay_and_check
from spikes.plan import PlannedAttempt
from spikes.record import Outcome
from spikes.seat import Seat

NAME = "pay_rebuilt"
EXPECTED = Outcome.PAID


async def prepare(seat: Seat, planned: PlannedAttempt) -> Invoices:
    """An invoice, and one leaf of just its amount and fee."""
    return await order_with_leaf(seat, planned)


async def act(seat: Seat, planned: PlannedAttempt, invoices: Invoices) -> Act:
    """Drop the SDK, pay, drop it again: what it left behind must not matter to the next."""
    await seat.rebuild()
    act = await pay_and_check(seat, planned, invoices)
    await seat.rebuild()
    return act
