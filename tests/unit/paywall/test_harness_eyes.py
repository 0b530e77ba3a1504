"""The harness's client of the paywall: what it reads of each item, over real HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from spikes.errors import PaywallFailure
from spikes.paywall.catalogue import Item
from spikes.seller import Seller
from tests.unit.paywall.lightning_node import LightningNode
from tests.unit.paywall.shop_floor import Floor, floor_of

CATALOGUE = {"it": Item(price_sats=20), "large": Item(price_sats=30, mode="large-body")}


@pytest.fixture
async def floor(lightning: LightningNode) -> AsyncIterator[Floor]:
    async with floor_of(lightning, CATALOGUE) as floor:
        yield floor


@pytest.fixture
async def seller(floor: Floor) -> AsyncIterator[Seller]:
    host = f"127.0.0.1:{floor.client.port}"
    async with httpx.AsyncClient(trust_env=False) as http:
        yield Seller({"url": f"http://{host}", "host": host}, http, CATALOGUE)


async def test_it_reads_one_item_from_a_mark_on(floor: Floor, seller: Seller) -> None:
    authorization = await floor.buy("it")
    await floor.ask("large")
    known = await seller.mark("it")
    assert len(known) == 1
    assert await seller.visits("it") == ()
    await floor.get("/paid/it", authorization)
    await floor.ask("it")
    goods, bill = await seller.visits("it")
    assert (goods.status, goods.pays_offer, goods.place) == (200, 1, "/paid")
    assert {goods.proven_hash} == known
    assert (bill.status, bill.code, bill.offer, bill.proven_hash) == (402, "payment_required", 2, None)
    assert bill.payment_hash not in known
    assert [visit.offer for visit in await seller.visits("large")] == [1]


async def test_a_payment_is_proven_by_its_preimage_alone(floor: Floor, seller: Seller) -> None:
    authorization = await floor.buy("it")
    await seller.mark("it")
    await floor.get("/paid/it", f"{authorization.partition(':')[0]}:{'00' * 32}")
    (visit,) = await seller.visits("it")
    assert (visit.status, visit.had_credential, visit.pays_offer, visit.proven_hash) == (401, True, 1, None)


async def test_it_waits_for_an_answer_that_is_under_way(floor: Floor, seller: Seller) -> None:
    authorization = await floor.buy("large")
    await seller.mark("large")
    async with floor.client.get("/paid/large", headers={"Authorization": authorization}) as response:
        await response.content.readexactly(8192)
        reading = asyncio.ensure_future(seller.visits("large"))
        done, _ = await asyncio.wait({reading}, timeout=0.2)
        assert not done
        response.close()
    (visit,) = await reading
    assert (visit.status, visit.cut) == (200, True)


async def test_it_moves_the_seller_s_clock_and_takes_tokens_back(floor: Floor, seller: Seller) -> None:
    authorization = await floor.buy("it")
    await seller.let_pass("it", 601)
    assert (await floor.get("/paid/it", authorization)).code == "token_expired"
    authorization = await floor.buy("it")
    await seller.revoke("it")
    assert (await floor.get("/paid/it", authorization)).code == "token_revoked"


async def test_addresses_and_prices(seller: Seller) -> None:
    assert seller.address("it") == f"{seller.url}/paid/it"
    assert seller.price_sats("large") == 30


async def test_a_paywall_that_does_not_answer_is_the_harness_s_failure(floor: Floor, seller: Seller) -> None:
    with pytest.raises(PaywallFailure, match="did not answer"):
        await seller.revoke("nothing")
    await floor.client.close()
    with pytest.raises(PaywallFailure, match=r"paywall\.stderr\.log"):
        await seller.visits("it")
