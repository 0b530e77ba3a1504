"""Do six payments at once all get paid when the wallet holds one leaf, so that they wait for one another's swaps?"""

from __future__ import annotations

from spikes.experiments import payment
from spikes.experiments.act import Act, Invoices
from spikes.plan import PlannedAttempt
from spikes.record import Outcome
from spikes.seat import Seat

NAME = "pay_at_once_one_leaf"
EXPECTED = Outcome.PAID


async def prepare(seat: Seat, planned: PlannedAttempt) -> Invoices:
    """Six invoices, and a wallet of its own (lane "one") that holds more than their price in one leaf."""
    invoices = await payment.order_several(seat, planned)
    # More than the sum: while the one leaf is being swapped the rest of the money must not look like too little.
    await seat.hold_at_least(2 * sum(invoice.amount_sats + invoice.fee_sats for invoice in invoices))
    return invoices


async def act(seat: Seat, planned: PlannedAttempt, invoices: Invoices) -> Act:
    """Pay them all."""
    return await payment.pay_at_once(seat, planned, invoices)
