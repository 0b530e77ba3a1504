"""Clients that nobody here wrote buy from our paywall, and pay with real Spark payments through a driver of ours."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from spikes import services
from spikes.errors import PinMismatch, ToolMissing
from spikes.paywall.catalogue import Catalogue, Item
from spikes.pins import verified_digests
from spikes.runtimes import native
from spikes.seat import Seat, Surroundings
from spikes.wallets import derive_wallet
from tests.interop.strangers import run_node, run_python

SEED = 11
# What each client reads of what sellers write; both are as published, and both are common.
READ_BY_BOTH = ("honest", "classic", "lsat", "aperture", "aperture-strict", "folded", "unquoted", "strict")
READ_BY_LIGHTNING_TOOLS = ("token", "swapped")

pytestmark = pytest.mark.conformance


class Stage:
    """Emulator, paywall and a wallet behind the contract's HTTP API."""

    def __init__(self, seat: Seat, token: str) -> None:
        self.seat = seat
        self._token = token

    def errand(self, *items: str) -> dict[str, Any]:
        """What a client is told: where its wallet is, and what to fetch, in order."""
        urls = [self.seat.seller.address(item) for item in items]
        return {"driver": self.seat.driver.base_url, "token": self._token, "urls": urls}

    async def offers_settled(self, item: str) -> list[int]:
        """How often each offer of an item was paid, as the network has it."""
        visits = await self.seat.seller.visits(item)
        offered = [visit.payment_hash for visit in visits if visit.offer is not None and visit.payment_hash]
        return [(await self.seat.network.settled(payment_hash))[0] for payment_hash in offered]


@asynccontextmanager
async def stage(folder: Path, catalogue: Catalogue) -> AsyncIterator[Stage]:
    """Everything that a stranger needs to buy these items."""
    try:
        verified_digests(native.PINS)
    except (ToolMissing, PinMismatch) as missing:
        pytest.skip(str(missing))
    (folder / "logs").mkdir()
    (folder / "scratch").mkdir()
    wallet = derive_wallet(SEED, native.NAME)
    async with (
        services.http_client() as http,
        services.emulator(http, folder / "logs", SEED) as network,
        services.paywall(http, folder / "logs", SEED, network, catalogue) as seller,
    ):
        around = Surroundings(
            network=network,
            seller=seller,
            http=http,
            logs=folder / "logs",
            scratch=folder / "scratch",
            seed=SEED,
            deadline_s=60.0,
        )
        seat = Seat(native, native.NAME, wallet, around)
        try:
            await seat.start()
            await seat.give([100_000])
            yield Stage(seat, wallet.token)
        finally:
            await seat.stop()


def goods(item: str) -> dict[str, Any]:
    return {"ok": True, "item": item, "content": f"the content of {item}"}


def sold_in(modes: tuple[str, ...]) -> Catalogue:
    return {mode: Item(price_sats=20 + number, mode=mode) for number, mode in enumerate(modes)}


async def visit_twice(stage: Stage, client: str, modes: tuple[str, ...]) -> list[dict[str, Any]]:
    errand = stage.errand(*(mode for mode in modes for _ in range(2)))
    if client == "l402-requests":
        answers = await run_python("buy_with_l402_requests.py", errand)
    else:
        answers = await run_node("buy_with_lightning_tools.mjs", errand, "@getalby/lightning-tools")
    assert isinstance(answers, list)
    return answers


@pytest.mark.parametrize("client", ["l402-requests", "lightning-tools"])
async def test_a_stranger_pays_once_and_comes_back_with_its_credential(client: str, tmp_path: Path) -> None:
    modes = READ_BY_BOTH if client == "l402-requests" else (*READ_BY_BOTH, *READ_BY_LIGHTNING_TOOLS)
    async with stage(tmp_path, sold_in(modes)) as shop:
        answers = await visit_twice(shop, client, modes)
        for number, mode in enumerate(modes):
            first, second = answers[2 * number : 2 * number + 2]
            assert (first["status"], first["paid"]) == (200, number + 1), (mode, first)
            assert (second["status"], second["paid"]) == (200, number + 1), (mode, second)
            assert json.loads(first["body"]) == json.loads(second["body"]) == goods(mode)
            assert await shop.offers_settled(mode) == [1]


async def test_a_dialect_that_a_stranger_cannot_read_costs_it_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path, sold_in(READ_BY_LIGHTNING_TOOLS)) as shop:
        for answer in await visit_twice(shop, "l402-requests", READ_BY_LIGHTNING_TOOLS):
            assert answer["status"] != 200
            assert answer["paid"] == 0


async def test_a_seller_that_wants_more_is_paid_again_by_no_cached_credential(tmp_path: Path) -> None:
    """Expiry as a stranger meets it: the seller asks anew, and the client buys anew."""
    async with stage(tmp_path, {"it": Item(price_sats=20)}) as shop:
        (first,) = await run_python("buy_with_l402_requests.py", shop.errand("it"))
        await shop.seat.seller.let_pass("it", 601)
        (second,) = await run_python("buy_with_l402_requests.py", shop.errand("it"))
        assert [first["status"], second["status"]] == [200, 200]
        assert await shop.offers_settled("it") == [1, 1]
