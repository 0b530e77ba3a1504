"""Steps that the L402 experiments share: what is for sale in a run, and buying it.

Every (experiment, repeat) has an item of its own, so that a credential cached for one turn never answers another.
"""

from __future__ import annotations

from collections.abc import Iterable

from spikes.experiments.act import Act
from spikes.plan import PlannedAttempt, derived_int
from spikes.seat import Seat

PREFIX = "l402_"
PRICES_SATS = range(10, 250)
# A blocked turn must move no money, so the wallet is funded for every flow alike and the refusal is the policy's.
FLOAT_SATS = 2_000


def item_name(planned: PlannedAttempt) -> str:
    """The item that this attempt asks for."""
    return f"{planned.experiment.removeprefix(PREFIX).replace('_', '-')}-{planned.repeat}"


def price_sats(planned: PlannedAttempt) -> int:
    """What it costs; the same on every runtime."""
    return PRICES_SATS[derived_int(planned.seed, "price") % len(PRICES_SATS)]


def items(attempts: Iterable[PlannedAttempt]) -> dict[str, int]:
    """Everything that the L402 attempts of a plan ask for: name -> price in satoshis."""
    return {item_name(planned): price_sats(planned) for planned in attempts if planned.experiment.startswith(PREFIX)}


async def open_for(seat: Seat) -> None:
    """A funded wallet and a running buyer."""
    await seat.hold_at_least(FLOAT_SATS)
    await seat.open_shop()


async def buy(seat: Seat, planned: PlannedAttempt, *, max_sats: int | None = None, hosts: list[str]) -> Act:
    """One turn of the buyer. The payment hash at stake is the one that the seller asked for during it, if it did."""
    since = await seat.seller.position()
    answer = await seat.fetch(
        planned.request_id,
        seat.seller.address(item_name(planned)),
        max_sats=price_sats(planned) if max_sats is None else max_sats,
        hosts=hosts,
    )
    offered = await seat.seller.offered_hash(since)
    return Act(answer=answer, payment_hashes=() if offered is None else (offered,))
