"""Is a second turn answered with the credential that the first one paid for, without a second payment?"""

from __future__ import annotations

from spikes.experiments import shop
from spikes.experiments.act import Act, Invoices
from spikes.plan import PlannedAttempt
from spikes.record import Outcome
from spikes.seat import Seat

NAME = "l402_cached"
EXPECTED = Outcome.CACHED


async def prepare(seat: Seat, planned: PlannedAttempt) -> Invoices:
    """A first turn, which pays. How it ends is not asked here: if it does not pay, the second turn shows it."""
    await shop.open_for(seat)
    await seat.fetch(
        planned.second_request_id(),
        seat.seller.address(shop.item_name(planned)),
        max_sats=shop.price_sats(planned),
        hosts=[seat.seller.host],
        phase="warmup",
    )
    return ()


async def act(seat: Seat, planned: PlannedAttempt, invoices: Invoices) -> Act:
    """The same item again."""
    return await shop.buy(seat, planned, hosts=[seat.seller.host])
