"""Does a new isolate find the wallet of the one that its platform took away, and pay?"""

from __future__ import annotations

from spikes.experiments.act import Act, Invoices
from spikes.experiments.payment import order_invoice, pay_and_check
from spikes.plan import PlannedAttempt
from spikes.record import Outcome
from spikes.seat import Seat

NAME = "pay_after_eviction"
EXPECTED = Outcome.PAID


async def prepare(seat: Seat, planned: PlannedAttempt) -> Invoices:
    """An invoice, and one leaf of just its amount and fee."""
    invoice = await order_invoice(seat, planned)
    await seat.give([invoice.amount_sats + invoice.fee_sats])
    return (invoice,)


async def act(seat: Seat, planned: PlannedAttempt, invoices: Invoices) -> Act:
    """Take the isolate away, sync, pay."""
    await seat.evict()
    await seat.sync()
    return await pay_and_check(seat, planned, invoices)
