"""Does a new isolate find the wallet of the one that its platform took away, and pay?"""

from __future__ import annotations

from spikes.experiments.act import Act, Invoices
from spikes.experiments.payment import order_with_leaf, pay_and_check
from spikes.plan import PlannedAttempt
from spikes.record import Outcome
from spikes.seat import Seat

NAME = "pay_after_eviction"
EXPECTED = Outcome.PAID


async def prepare(seat: Seat, planned: PlannedAttempt) -> Invoices:
    """An invoice, and money that the present isolate has claimed and the next one has to find again."""
    return await order_with_leaf(seat, planned)


async def act(seat: Seat, planned: PlannedAttempt, invoices: Invoices) -> Act:
    """Take the isolate away, sync, pay."""
    await seat.evict()
    await seat.sync()
    return await pay_and_check(seat, planned, invoices)
