"""A payment that settles after the SDK has stopped asking every second: the driver looks itself, and tells it soon."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from spikes.plan import derived_uuid
from spikes.record import Outcome
from spikes.runtimes import Runtime, native, node
from spikes.seat import Seat
from spikes.surroundings import surroundings
from spikes.wallets import derive_wallet
from spikes.witness import close_window, open_window

pytestmark = pytest.mark.conformance

SEED = 20_261_122
SETTLES_AFTER_S = 5.6  # the SDK asks after 5 s and after 10 s


@pytest.mark.parametrize("runtime", [native, node], ids=lambda runtime: str(runtime.NAME))
def test_a_late_settlement_is_told_after_a_look_or_two(runtime: Runtime, tmp_path: Path) -> None:
    asyncio.run(_slow_payment(runtime, tmp_path))


async def _slow_payment(runtime: Runtime, folder: Path) -> None:
    logs, scratch = folder / "logs", folder / "scratch"
    logs.mkdir()
    scratch.mkdir()
    async with surroundings(logs, scratch, seed=SEED, deadline_s=60.0) as around:
        seat = Seat(runtime, runtime.NAME, derive_wallet(SEED, runtime.NAME), around)
        try:
            await seat.start()
            await seat.give([5_000])
            invoice = await seat.network.issue_invoice(1_000, "slow")
            await seat.network.set_fault(seat.identity, {"kind": "slow_settle", "delay_s": SETTLES_AFTER_S})
            window = await open_window(seat.network, seat.identity, 0)
            answer = await seat.pay(derived_uuid(SEED, "slow"), invoice)
            testimony = await close_window(seat.network, window, (invoice.payment_hash,), answered=True)
        finally:
            await seat.stop()
    calls = testimony.calls.by_method
    assert answer.outcome is Outcome.PAID
    assert testimony.ledger.settled_count == 1
    assert (calls["initiate_preimage_swap_v3"], calls["RequestLightningSend"]) == (1, 1)
    assert calls["UserRequest"] == 6, "the SDK asked as long as it asks every second"
    assert 1 <= calls["query_pending_transfers"] <= 3, "one a look"
