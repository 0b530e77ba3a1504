"""Do six payments at once, in six requests to one isolate, all get paid? Each has a leaf that fits."""

from __future__ import annotations

from spikes.experiments import payment
from spikes.experiments.act import Act, Invoices
from spikes.plan import PlannedAttempt
from spikes.record import Outcome
from spikes.seat import Seat

NAME = "pay_at_once"
EXPECTED = Outcome.PAID


async def prepare(seat: Seat, planned: PlannedAttempt) -> Invoices:
    """Six invoices, and a leaf of just its amount and fee for each."""
    invoices = await payment.order_several(seat, planned)
    await seat.give([invoice.amount_sats + invoice.fee_sats for invoice in invoices])
    return invoices


async def act(seat: Seat, planned: PlannedAttempt, invoices: Invoices) -> Act:
    """Pay them all."""
    return await payment.pay_at_once(seat, planned, invoices)
