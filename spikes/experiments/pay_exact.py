"""Does it pay an invoice out of a leaf that fits amount and fee exactly? One transfer, no leaf swap."""

from __future__ import annotations

from spikes.experiments.act import Act, Invoices
from spikes.experiments.payment import order_with_leaf, pay_ordered
from spikes.plan import PlannedAttempt
from spikes.record import Outcome
from spikes.seat import Seat

NAME = "pay_exact"
EXPECTED = Outcome.PAID


async def prepare(seat: Seat, planned: PlannedAttempt) -> Invoices:
    """An invoice, and one leaf of just its amount and fee."""
    return await order_with_leaf(seat, planned)


async def act(seat: Seat, planned: PlannedAttempt, invoices: Invoices) -> Act:
    """Pay it."""
    return await pay_ordered(seat, planned, invoices)
