"""The flows as a command, on one runtime of each topology; and live mode against a stand-in on loopback."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from pathlib import Path

import pytest

from spikes import services
from spikes.__main__ import main
from spikes.errors import FlowFailure, PinMismatch, ToolMissing
from spikes.experiments.flow_table import FLOWS
from spikes.live import flows as live_flows
from spikes.paywall.catalogue import Item
from spikes.pins import verified_digests
from spikes.runtimes import native, workerd
from spikes.seat import Seat, Surroundings
from spikes.wallets import derive_wallet

SEED = 5

pytestmark = pytest.mark.conformance


@pytest.fixture(autouse=True)
def installed() -> None:
    """Skip, or in CI fail, if what it runs on is not installed."""
    try:
        verified_digests([*native.PINS, *workerd.PINS])
    except (ToolMissing, PinMismatch) as missing:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(missing))


@pytest.mark.timeout(600)
def test_every_flow_ends_as_declared_in_both_topologies(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--runtimes", "workerd,native", "--repeats", "2", "--seed", str(SEED), "--out", str(tmp_path)]
    assert main(["flows", *options]) == 0
    said = capsys.readouterr().out
    assert "Topology A" in said
    assert "Topology B" in said
    assert said.count("2 of 2") == 2 * len(FLOWS)


@pytest.mark.parametrize(("options", "ends"), [({}, "cached"), ({"mode": "per-request"}, "quoted_amount_exceeds_cap")])
async def test_live_mode_pays_once_at_a_stand_in(
    options: dict[str, str], ends: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "scratch").mkdir()
    async with (
        services.http_client() as http,
        services.emulator(http, tmp_path / "logs", SEED) as network,
        services.paywall(
            http,
            tmp_path / "logs",
            SEED,
            network,
            {"premium": Item(price_sats=15, **options)},  # type: ignore[arg-type]
        ) as seller,
    ):
        around = Surroundings(
            network=network,
            seller=seller,
            http=http,
            logs=tmp_path / "logs",
            scratch=tmp_path / "scratch",
            seed=SEED,
            deadline_s=60.0,
        )
        wallet = derive_wallet(SEED, native.NAME)
        seat = Seat(native, native.NAME, wallet, around)
        try:
            await seat.start()
            await seat.give([5_000])
            live = live_flows.Live(
                seller=seller.address("premium"),
                executor=seat.driver.base_url,
                executor_token=wallet.token,
                spend_cap_sats=40,
                amount_limit_sats=20,
            )
            assert await asyncio.to_thread(live_flows.main, live, tmp_path / "out") == 0
            said = capsys.readouterr().out
            assert wallet.token not in said
            assert said.count("ok ") == len(list(live_flows.turns(live)))
            assert ends in said.splitlines()[-1]
            assert (await network.wallet(seat.identity)).available_sats == 5_000 - 15 - 2
            dear = live_flows.Live(
                seller=live.seller,
                executor=live.executor,
                executor_token=live.executor_token,
                spend_cap_sats=40,
                amount_limit_sats=14,
            )
            with pytest.raises(FlowFailure, match="paid"):
                await asyncio.to_thread(live_flows.main, dear, tmp_path / "dear")
            # A Worker that was told mainnet takes no invoice of a regtest, whatever the seller asks.
            capsys.readouterr()
            with pytest.raises(FlowFailure, match="blocked_cap"):
                await asyncio.to_thread(live_flows.main, replace(live, network="mainnet"), tmp_path / "mainnet")
            assert "WRONG blocked_cap" in (said := capsys.readouterr().out)
            assert "invoice_unpayable" in said
            assert (await network.wallet(seat.identity)).available_sats == 5_000 - 15 - 2
        finally:
            await seat.stop()
