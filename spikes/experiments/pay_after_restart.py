"""Does a new process recover the wallet of one that was killed, and pay? A cold start, timed as one."""

from __future__ import annotations

from spikes.experiments.act import Act, Invoices
from spikes.experiments.payment import order_with_leaf, pay_and_check
from spikes.plan import PlannedAttempt
from spikes.record import Outcome
from spikes.seat import Seat

NAME = "pay_after_restart"
EXPECTED = Outcome.PAID


async def prepare(seat: Seat, planned: PlannedAttempt) -> Invoices:
    """An invoice, and money that the present process has claimed and the next one has to find again."""
    return await order_with_leaf(seat, planned)


async def act(seat: Seat, planned: PlannedAttempt, invoices: Invoices) -> Act:
    """Kill it, start it, sync, pay."""
    await seat.restart()
    await seat.sync()
    return await pay_and_check(seat, planned, invoices)
