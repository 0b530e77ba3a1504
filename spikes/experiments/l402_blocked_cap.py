"""Is an invoice above the policy's cap refused before any payment?"""

from __future__ import annotations

from spikes.experiments import shop
from spikes.experiments.act import Act, Invoices
from spikes.plan import PlannedAttempt
from spikes.record import Outcome
from spikes.seat import Seat

NAME = "l402_blocked_cap"
EXPECTED = Outcome.BLOCKED


async def prepare(seat: Seat, planned: PlannedAttempt) -> Invoices:
    """Money enough to pay, so that only the policy stands in the way."""
    await shop.open_for(seat)
    return ()


async def act(seat: Seat, planned: PlannedAttempt, invoices: Invoices) -> Act:
    """Ask for an item that costs one satoshi more than the cap."""
    return await shop.buy(seat, planned, max_sats=shop.price_sats(planned) - 1, hosts=[seat.seller.host])
