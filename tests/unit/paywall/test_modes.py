"""Every mode of the seller, over real HTTP: what a buyer meets, and what it must not get."""

from __future__ import annotations

import base64
import hashlib

import bolt11
import httpx
import pytest

from spikes.paywall.catalogue import Item
from spikes.paywall.challenge import WITHOUT_OFFER, Dialect, Malformed
from spikes.paywall.identifier import TokenIdentifier
from spikes.paywall.invoices import InvoiceDesk
from spikes.paywall.macaroon import decode, encode, restrict
from spikes.paywall.modes import MODES
from spikes.paywall.seller import LARGE_BODY_BYTES
from tests.unit.paywall.lightning_node import LightningNode
from tests.unit.paywall.shop_floor import INVOICE, MACAROON, decoded, floor_of, one

DIALECTS = [name for name, mode in MODES.items() if mode.dialect is not Dialect.HOUSE]
HOUR_S = 3600


def test_every_peculiarity_has_a_mode() -> None:
    assert {mode.dialect for mode in MODES.values()} == set(Dialect)
    assert {mode.malformed for mode in MODES.values()} == {None, *Malformed}


@pytest.mark.parametrize("mode", DIALECTS)
async def test_each_dialect_leads_to_the_goods(lightning: LightningNode, mode: str) -> None:
    async with floor_of(lightning, one(mode)) as floor:
        authorization = await floor.buy("it")
        for _ in range(2):
            assert (await floor.get("/paid/it", authorization)).status == 200
        assert len(lightning.preimages) == 1


@pytest.mark.parametrize(
    ("mode", "values"),
    [
        ("honest", ['L402 macaroon="M", invoice="I", version="0", token="M"']),
        ("classic", ['L402 macaroon="M", invoice="I"']),
        ("lsat", ['LSAT macaroon="M", invoice="I"']),
        ("aperture", ['LSAT macaroon="M", invoice="I"', 'L402 macaroon="M", invoice="I"']),
        ("folded", ['LSAT macaroon="M", invoice="I", L402 macaroon="M", invoice="I"']),
        ("token", ['L402 version="0", token="M", invoice="I"']),
        ("swapped", ['L402 invoice="I", macaroon="M"']),
        ("unquoted", ["L402 macaroon=M, invoice=I"]),
        ("lower-case", ['l402 Macaroon="M", INVOICE="I"']),
        ("lying-amount", ['L402 macaroon="M", invoice="I", version="0", token="M", amount_msats="1000", amount="1"']),
    ],
)
async def test_a_challenge_is_written_just_so(lightning: LightningNode, mode: str, values: list[str]) -> None:
    async with floor_of(lightning, one(mode)) as floor:
        reply = await floor.ask("it")
    macaroon, invoice = MACAROON.findall(reply.challenges[0])[0], INVOICE.findall(reply.challenges[0])[0]
    assert [value.replace(macaroon, "M").replace(invoice, "I") for value in reply.challenges] == values


async def test_lying_about_the_amount_leaves_the_invoice_dear(lightning: LightningNode) -> None:
    async with floor_of(lightning, one("lying-amount")) as floor:
        await floor.ask("it")
    assert lightning.amounts_sats == [20]


@pytest.mark.parametrize("kind", list(Malformed))
async def test_a_malformed_challenge_is_malformed_in_its_own_way(lightning: LightningNode, kind: Malformed) -> None:
    async with floor_of(lightning, one(f"malformed-{kind.value}")) as floor, floor.client.get("/paid/it") as response:
        assert response.status == 402
        (value,) = response.headers.getall("WWW-Authenticate", [None])
    shape = None if value is None else _shape(value)
    assert (
        shape
        == {
            Malformed.NO_HEADER: None,
            Malformed.EMPTY: "",
            Malformed.OTHER_SCHEME: 'Bearer realm="sparkgate"',
            Malformed.NO_INVOICE: 'L402 macaroon="M"',
            Malformed.NO_MACAROON: 'L402 invoice="I"',
            Malformed.EMPTY_MACAROON: 'L402 macaroon="", invoice="I"',
            Malformed.NOT_BASE64: 'L402 macaroon="M!M", invoice="I"',
            Malformed.CUT_QUOTE: 'L402 macaroon="M", invoice="I',
            Malformed.PARAMETERS_ONLY: 'macaroon="M", invoice="I"',
            Malformed.TOO_LONG: 'L402 macaroon="M", invoice="I", padding="X"',
            Malformed.BAD_INVOICE: 'L402 macaroon="M", invoice="I"',
        }[kind]
    )


def _shape(value: str) -> str:
    """The value with everything that is long replaced."""
    parts = value.split('"')
    shown = [("M" if "!" not in part else "M!M") if part.startswith("AgE") else part for part in parts]
    return '"'.join("I" if part.startswith("lnbcrt") else "X" if part.startswith("xxx") else part for part in shown)


async def test_the_invoice_of_a_bad_invoice_is_no_longer_the_issued_one(lightning: LightningNode) -> None:
    async with floor_of(lightning, one("malformed-bad-invoice")) as floor:
        (invoice,) = INVOICE.findall((await floor.ask("it")).challenges[0])
    assert invoice not in lightning.preimages


async def test_a_lying_hash_binds_the_macaroon_to_another_payment(lightning: LightningNode) -> None:
    async with floor_of(lightning, one("lying-hash")) as floor:
        macaroon, preimage = floor.proof(await floor.ask("it"))
        bound = TokenIdentifier.decode(decode(decoded(macaroon)).identifier).payment_hash
        assert bound != hashlib.sha256(bytes.fromhex(preimage)).digest()
        reply = await floor.get("/paid/it", f"L402 {macaroon}:{preimage}")
        assert (reply.status, reply.code) == (401, "preimage_mismatch")


async def test_a_reused_invoice_comes_back_after_the_token_is_used_up(lightning: LightningNode) -> None:
    async with floor_of(lightning, one("reused-invoice")) as floor:
        first = await floor.ask("it")
        macaroon, preimage = floor.proof(first)
        assert (await floor.get("/paid/it", f"L402 {macaroon}:{preimage}")).status == 200
        again = await floor.get("/paid/it", f"L402 {macaroon}:{preimage}")
        assert (again.status, again.code) == (402, "token_spent")
        assert INVOICE.findall(again.challenges[0]) == INVOICE.findall(first.challenges[0])
        assert MACAROON.findall(again.challenges[0]) != MACAROON.findall(first.challenges[0])
    assert len(lightning.preimages) == 1


async def test_a_per_request_seller_wants_a_new_payment_each_time(lightning: LightningNode) -> None:
    async with floor_of(lightning, one("per-request")) as floor:
        for _ in range(2):
            authorization = await floor.buy("it")
            assert (await floor.get("/paid/it", authorization)).status == 200
            reply = await floor.get("/paid/it", authorization)
            assert (reply.status, reply.code) == (402, "token_spent")
    assert len(set(lightning.preimages)) == 4


@pytest.mark.parametrize(
    ("mode", "currency", "amount_msat", "age_s"),
    [
        ("wrong-network", "bc", 20_000, 0),
        ("expired-invoice", "bcrt", 20_000, 24 * HOUR_S),
        ("amountless-invoice", "bcrt", None, 0),
    ],
)
async def test_an_unpayable_invoice_is_sound_but_for_one_thing(
    lightning: LightningNode, mode: str, currency: str, amount_msat: int | None, age_s: int
) -> None:
    async with floor_of(lightning, one(mode)) as floor:
        replies = [await floor.ask("it") for _ in range(2)]
        read = [bolt11.decode(INVOICE.findall(reply.challenges[0])[0]) for reply in replies]
        now_s = floor.clock.now_s
        (macaroon,) = set(MACAROON.findall(replies[0].challenges[0]))
    assert {(invoice.currency, invoice.amount_msat, invoice.date) for invoice in read} == {
        (currency, amount_msat, now_s - age_s)
    }
    assert (read[0].expiry, read[0].date + (read[0].expiry or 0) <= now_s) == (HOUR_S, mode == "expired-invoice")
    assert read[0].payment_hash != read[1].payment_hash
    assert TokenIdentifier.decode(decode(decoded(macaroon)).identifier).payment_hash.hex() == read[0].payment_hash
    assert not lightning.preimages


async def test_forever_402_takes_the_money_and_asks_again(lightning: LightningNode) -> None:
    async with floor_of(lightning, one("forever-402")) as floor:
        reply = await floor.get("/paid/it", await floor.buy("it"))
        assert (reply.status, reply.code) == (402, "payment_required_again")
        assert len(lightning.preimages) == 2


async def test_a_refusing_seller_says_401_without_an_offer(lightning: LightningNode) -> None:
    async with floor_of(lightning, one("refusing")) as floor:
        reply = await floor.get("/paid/it", await floor.buy("it"))
        assert (reply.status, reply.code, reply.challenges) == (401, "credential_refused", (WITHOUT_OFFER,))


async def test_a_redirect_names_another_host_whose_visitor_is_noted(lightning: LightningNode) -> None:
    async with floor_of(lightning, one("redirect")) as floor:
        reply = await floor.ask("it")
        assert reply.status == 302
        place = reply.headers["Location"]
        assert place == f"http://localhost:{floor.client.port}/elsewhere/it"
        assert (await floor.get("/elsewhere/it", "L402 x")).status == 200
        seen = [(e["path"], e["status"], e["had_credential"]) for e in (await floor.journal())["entries"]]
        assert seen == [("/paid/it", 302, False), ("/elsewhere/it", 200, True)]


async def test_a_seller_in_error_asks_for_no_invoice(lightning: LightningNode) -> None:
    async with floor_of(lightning, one("error")) as floor:
        reply = await floor.ask("it")
        assert (reply.status, reply.code, reply.challenges) == (503, "out_of_order", ())
    assert not lightning.preimages


async def test_a_large_body_is_large_and_who_hangs_up_is_noted(lightning: LightningNode) -> None:
    async with floor_of(lightning, one("large-body")) as floor:
        authorization = await floor.buy("it")
        async with floor.client.get("/paid/it", headers={"Authorization": authorization}) as response:
            assert len(await response.content.readexactly(8192)) == 8192
            response.close()
        assert len((await floor.get("/paid/it", authorization)).body) == LARGE_BODY_BYTES
        while (journal := await floor.journal("?item=it"))["open"]:
            pass  # the hang-up is on its way to the seller; the test's timeout bounds this
        assert sorted(bool(entry["cut"]) for entry in journal["entries"]) == [False, False, True]


async def test_strict_asks_the_node_and_lax_does_not(lightning: LightningNode) -> None:
    for mode, status, code in [("honest", 200, None), ("strict", 401, "invoice_not_settled")]:
        async with floor_of(lightning, one(mode)) as floor:
            macaroon, preimage = floor.proof(await floor.ask("it"), settle=False)
            reply = await floor.get("/paid/it", f"L402 {macaroon}:{preimage}")
            assert (reply.status, reply.code) == (status, code)
            lightning.settled.add(hashlib.sha256(bytes.fromhex(preimage)).hexdigest())
            assert (await floor.get("/paid/it", f"L402 {macaroon}:{preimage}")).status == 200


async def test_a_node_that_cannot_be_asked_opens_nothing(lightning: LightningNode) -> None:
    async with floor_of(lightning, one("strict")) as floor:
        authorization = await floor.buy("it")
        lightning.fail()
        reply = await floor.get("/paid/it", authorization)
        assert (reply.status, reply.code) == (502, "node_unavailable")


async def test_an_invoice_that_the_node_never_issued_is_not_settled(lightning: LightningNode) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        assert await InvoiceDesk(client, lightning.url).is_settled(bytes(32)) is False


async def test_a_dearer_second_offer(lightning: LightningNode) -> None:
    async with floor_of(lightning, one("honest", later_price_sats=41)) as floor:
        for _ in range(3):
            await floor.ask("it")
    assert lightning.amounts_sats == [20, 41, 41]


async def test_time_passes_for_one_item_alone(lightning: LightningNode) -> None:
    async with floor_of(lightning, {"it": Item(price_sats=20), "other": Item(price_sats=20)}) as floor:
        tokens = {name: await floor.buy(name) for name in ("it", "other")}
        assert await floor.post("/admin/items/it/pass", {"seconds": 600}) == (200, {"passed_s": 600})
        assert (await floor.get("/paid/it", tokens["it"])).code == "token_expired"
        assert (await floor.get("/paid/other", tokens["other"])).status == 200
        assert (await floor.get("/paid/it", await floor.buy("it"))).status == 200


async def test_revoking_takes_back_what_was_issued_and_no_more(lightning: LightningNode) -> None:
    async with floor_of(lightning, {"it": Item(price_sats=20), "other": Item(price_sats=20)}) as floor:
        tokens = {name: await floor.buy(name) for name in ("it", "other")}
        assert await floor.post("/admin/items/it/revoke", {}) == (200, {"revoked": 1})
        reply = await floor.get("/paid/it", tokens["it"])
        assert (reply.status, reply.code, reply.challenges) == (401, "token_revoked", (WITHOUT_OFFER,))
        assert (await floor.get("/paid/other", tokens["other"])).status == 200
        assert (await floor.get("/paid/it", await floor.buy("it"))).status == 200


@pytest.mark.parametrize("body", [{}, [], {"seconds": 0}, {"seconds": True}, {"seconds": "1"}, {"seconds": 10**12}])
async def test_a_clock_is_moved_by_whole_seconds_only(lightning: LightningNode, body: object) -> None:
    async with floor_of(lightning, one("honest")) as floor:
        status, _ = await floor.post("/admin/items/it/pass", body)
        assert status == 400
        assert (await floor.post("/admin/items/none/pass", {"seconds": 1}))[0] == 404
        assert (await floor.post("/admin/items/none/revoke", {}))[0] == 404


async def test_a_token_may_open_more_than_what_was_bought(lightning: LightningNode) -> None:
    catalogue = {"it": Item(price_sats=20, also_opens=("more",)), "more": Item(price_sats=5), "not": Item(price_sats=5)}
    async with floor_of(lightning, catalogue) as floor:
        authorization = await floor.buy("it")
        assert (await floor.get("/paid/more", authorization)).status == 200
        assert (await floor.get("/paid/not", authorization)).code == "token_for_other_item"


async def test_a_capability_is_needed_and_may_be_given_away(lightning: LightningNode) -> None:
    async with floor_of(lightning, one("honest", capability="read", grants=("read", "write"))) as floor:
        macaroon, preimage = floor.proof(await floor.ask("it"))
        for caveat, status, code in [
            ("it_capabilities=read", 200, None),
            ("it_capabilities=write", 402, "token_without_capability"),
            ("it_capabilities=read,write,rule", 401, "caveat_widened"),
        ]:
            narrowed = base64.b64encode(encode(restrict(decode(decoded(macaroon)), caveat))).decode()
            reply = await floor.get("/paid/it", f"L402 {narrowed}:{preimage}")
            assert (reply.status, reply.code) == (status, code)


async def test_a_token_without_the_item_s_capability_does_not_reach(lightning: LightningNode) -> None:
    async with floor_of(lightning, one("honest", capability="rule", grants=("read",))) as floor:
        assert (await floor.get("/paid/it", await floor.buy("it"))).code == "token_without_capability"
