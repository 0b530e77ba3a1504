"""The seller's answers over real HTTP: what a buyer and the harness see."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from spikes.paywall.challenge import WITHOUT_OFFER
from spikes.paywall.seller import SellerConfig
from spikes.paywall.service import create_app
from tests.unit.paywall.lightning_node import LightningNode

# A parser of the strict kind that is in the field: macaroon first, invoice second, anything after them.
CHALLENGE = re.compile(r'L402 macaroon="([A-Za-z0-9+/=]+)", invoice="([a-z0-9]+)", version="0", token="\1"')


@dataclass
class Clock:
    now_s: float = 1_700_000_000.0


@dataclass
class Shop:
    """A seller with its node and a clock that the test holds."""

    client: TestClient[web.Request, web.Application]
    lightning: LightningNode
    clock: Clock

    async def get(self, path: str, authorization: str | None = None) -> tuple[int, dict[str, object], str | None]:
        """Status, body and challenge of the answer to a GET."""
        headers = {"Authorization": authorization} if authorization else {}
        async with self.client.get(path, headers=headers) as response:
            return response.status, await response.json(), response.headers.get("WWW-Authenticate")

    async def offer(self, item: str) -> tuple[str, str]:
        """Ask without a credential: the challenge's macaroon and invoice."""
        status, _, challenge = await self.get(f"/paid/{item}")
        match = CHALLENGE.fullmatch(challenge or "")
        assert status == 402
        assert match is not None
        return match[1], match[2]

    async def buy(self, item: str) -> str:
        """Pay for an item: the Authorization that opens it."""
        macaroon, invoice = await self.offer(item)
        return f"L402 {macaroon}:{self.lightning.preimages[invoice].hex()}"

    async def journal(self, since: int = 0) -> list[dict[str, object]]:
        _, body, _ = await self.get(f"/admin/journal?since={since}")
        entries = body["entries"]
        assert isinstance(entries, list)
        return entries


@pytest.fixture
async def shop(lightning: LightningNode) -> AsyncIterator[Shop]:
    config = SellerConfig(admin_url=lightning.url, seed=1)
    clock = Clock()
    async with TestClient(TestServer(create_app(config, clock=lambda: clock.now_s))) as client:
        yield Shop(client, lightning, clock)


def code(body: dict[str, object]) -> object:
    """The typed code of an error envelope."""
    error = body["error"]
    assert body["ok"] is False
    assert isinstance(error, dict)
    assert error["message"]
    return error["code"]


async def test_without_a_credential_it_asks_to_pay_the_item_s_price(shop: Shop) -> None:
    for item in ("cheap", "expensive"):
        status, body, _ = await shop.get(f"/paid/{item}")
        assert (status, code(body)) == (402, "payment_required")
    assert shop.lightning.amounts_sats == [10, 250]


async def test_every_challenge_has_an_invoice_and_a_macaroon_of_its_own(shop: Shop) -> None:
    first, second = await shop.offer("cheap"), await shop.offer("cheap")
    assert first[0] != second[0]
    assert first[1] != second[1]


async def test_a_paid_token_opens_its_item_again_and_again_without_a_new_invoice(shop: Shop) -> None:
    authorization = await shop.buy("cheap")
    for _ in range(2):
        status, body, challenge = await shop.get("/paid/cheap", authorization)
        assert (status, body["ok"], body["item"], challenge) == (200, True, "cheap", None)
    assert len(shop.lightning.preimages) == 1


async def test_an_invalid_credential_is_refused_without_an_offer(shop: Shop) -> None:
    macaroon, _ = (await shop.buy("cheap")).split(":")
    for authorization, reason in [
        (f"{macaroon}:{'00' * 32}", "preimage_mismatch"),
        ("L402 nonsense", "credential_malformed"),
        (f"{macaroon[:-8]}AAAAAA{macaroon[-2:]}:{'00' * 32}", "macaroon_forged"),
    ]:
        status, body, challenge = await shop.get("/paid/cheap", authorization)
        assert (status, code(body), challenge) == (401, reason, WITHOUT_OFFER)
    assert len(shop.lightning.preimages) == 1


async def test_a_good_token_that_does_not_reach_gets_a_new_offer(shop: Shop) -> None:
    authorization = await shop.buy("cheap")
    status, body, challenge = await shop.get("/paid/expensive", authorization)
    assert (status, code(body)) == (402, "token_for_other_item")
    assert CHALLENGE.fullmatch(challenge or "")
    shop.clock.now_s += 600
    status, body, challenge = await shop.get("/paid/cheap", authorization)
    assert (status, code(body)) == (402, "token_expired")
    assert CHALLENGE.fullmatch(challenge or "")


async def test_another_scheme_is_asked_to_pay(shop: Shop) -> None:
    status, body, _ = await shop.get("/paid/cheap", "Bearer abc")
    assert (status, code(body)) == (402, "payment_required")


async def test_an_unknown_item_is_not_found_and_costs_no_invoice(shop: Shop) -> None:
    status, body, challenge = await shop.get("/paid/nothing")
    assert (status, code(body), challenge) == (404, "not_found", None)
    assert not shop.lightning.preimages


@pytest.mark.parametrize(
    "answer",
    [
        web.json_response({"error": {"code": "internal", "message": "x"}}, status=500),
        web.Response(status=302, headers={"Location": "/elsewhere"}),
        web.Response(text="no JSON"),
        web.Response(text="no JSON", content_type="application/json"),
        web.json_response({"invoice": "lnbcrt1", "payment_hash": "00" * 32, "amount_sats": 11}),
        web.json_response({"invoice": "lnbcrt1", "payment_hash": "zz", "amount_sats": 10}),
        web.json_response([]),
    ],
)
async def test_without_a_right_invoice_there_is_no_offer(shop: Shop, answer: web.Response) -> None:
    shop.lightning.answer = answer
    status, body, challenge = await shop.get("/paid/cheap")
    assert (status, code(body), challenge) == (502, "invoice_unavailable", None)


async def test_the_journal_tells_what_happened_and_no_credential(shop: Shop) -> None:
    authorization = await shop.buy("cheap")
    macaroon, preimage = authorization.removeprefix("L402 ").split(":")
    await shop.get("/paid/cheap", authorization)
    await shop.get("/paid/cheap", f"L402 {macaroon}:{'00' * 32}")
    await shop.get("/paid/cheap", "L402 nonsense")
    entries = await shop.journal()
    assert [(e["seq"], e["path"], e["status"], e["code"], e["had_credential"]) for e in entries] == [
        (1, "/paid/cheap", 402, "payment_required", False),
        (2, "/paid/cheap", 200, None, True),
        (3, "/paid/cheap", 401, "preimage_mismatch", True),
        (4, "/paid/cheap", 401, "credential_malformed", True),
    ]
    assert entries[0]["payment_hash"] == entries[1]["payment_hash"] == entries[2]["payment_hash"]
    assert entries[1]["macaroon"] == entries[2]["macaroon"] is not None
    assert macaroon[:16] not in json.dumps(entries)
    assert preimage not in json.dumps(entries)
    assert await shop.journal(since=3) == entries[3:]
    assert await shop.journal(since=99) == []


async def test_the_journal_s_entry_of_an_offer_has_the_hash_of_the_invoice_offered(shop: Shop) -> None:
    await shop.get("/paid/expensive", await shop.buy("cheap"))
    offered = [hashlib.sha256(preimage).hexdigest() for preimage in shop.lightning.preimages.values()]
    assert [entry["payment_hash"] for entry in await shop.journal()] == offered


@pytest.mark.parametrize("since", ["-1", "x", "9" * 40])
async def test_the_journal_refuses_what_is_no_sequence_number(shop: Shop, since: str) -> None:
    status, body, _ = await shop.get(f"/admin/journal?since={since}")
    assert (status, code(body)) == (400, "invalid_request")


async def test_it_says_that_it_is_healthy_and_what_it_sells(shop: Shop) -> None:
    assert await shop.get("/admin/healthz") == (200, {"ok": True, "items": 2}, None)
