"""Is a seller that is not on the allowlist refused before any request reaches it?"""

from __future__ import annotations

from spikes.experiments import shop
from spikes.experiments.act import Act, Invoices
from spikes.plan import PlannedAttempt
from spikes.record import Outcome
from spikes.seat import Seat

NAME = "l402_blocked_host"
EXPECTED = Outcome.BLOCKED
ANOTHER_HOST = "seller.example"


async def prepare(seat: Seat, planned: PlannedAttempt) -> Invoices:
    """Money enough to pay, so that only the policy stands in the way."""
    await shop.open_for(seat)
    return ()


async def act(seat: Seat, planned: PlannedAttempt, invoices: Invoices) -> Act:
    """Ask for an item of a seller that the policy does not name."""
    return await shop.buy(seat, planned, hosts=[ANOTHER_HOST])
