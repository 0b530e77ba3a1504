"""Does it pay an invoice for which no leaf fits, so that a leaf has to be swapped first?"""

from __future__ import annotations

from spikes.experiments.act import Act, Invoices
from spikes.experiments.payment import order_invoice, pay_ordered
from spikes.plan import PlannedAttempt
from spikes.record import Outcome
from spikes.seat import Seat

NAME = "pay_swap"
EXPECTED = Outcome.PAID


async def prepare(seat: Seat, planned: PlannedAttempt) -> Invoices:
    """An invoice, and a wallet that holds more than it, in a leaf that is far too large."""
    invoice = await order_invoice(seat, planned)
    # Twice the price, so that what is left of a large leaf never happens to be the price itself.
    await seat.hold_at_least(2 * (invoice.amount_sats + invoice.fee_sats))
    return (invoice,)


async def act(seat: Seat, planned: PlannedAttempt, invoices: Invoices) -> Act:
    """Pay it; the journal shows whether a swap came first."""
    return await pay_ordered(seat, planned, invoices)
