"""Does a 402 answer within the policy end in a paid invoice, a second request with the proof, and a 200?"""

from __future__ import annotations

from spikes.experiments import shop
from spikes.experiments.act import Act, Invoices
from spikes.plan import PlannedAttempt
from spikes.record import Outcome
from spikes.seat import Seat

NAME = "l402_paid"
EXPECTED = Outcome.PAID


async def prepare(seat: Seat, planned: PlannedAttempt) -> Invoices:
    """Money and a buyer; the seller orders the invoice."""
    await shop.open_for(seat)
    return ()


async def act(seat: Seat, planned: PlannedAttempt, invoices: Invoices) -> Act:
    """Buy an item that was never bought before."""
    return await shop.buy(seat, planned, hosts=[seat.seller.host])
