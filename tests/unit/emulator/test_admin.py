"""The harness's own door: every route with good and bad requests, and that bad ones say what to send."""

from __future__ import annotations

import hashlib
import io
import json

import pytest

from spikes.emulator import bolt11
from spikes.emulator.crypto import curve
from tests.unit.emulator.admin_door import Admin, assert_refused
from tests.unit.emulator.stage import START

KEY = curve.point(5).hex()
DAY_S = 86400


async def test_it_says_that_it_is_there(door: Admin) -> None:
    assert await door.get("/healthz") == (200, {"ok": True})


# ---- funding -------------------------------------------------------------------------------------


async def test_funding_is_an_incoming_transfer(door: Admin) -> None:
    alice = await door.stage.wallet()
    body = {"identity_public_key": alice.identity.hex(), "amounts_sats": [1, 2, 1_000_000_000]}
    status, answer = await door.post("/fund", body)
    (incoming,) = await alice.pending()
    assert (status, answer) == (200, {"transfer_id": incoming.id, "total_sats": 1_000_000_003})
    await alice.claim_all()
    assert door.stage.balance(alice).available_sats == 1_000_000_003


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"amounts_sats": [1]}, "identity_public_key must be 66 hex digits"),
        ({"identity_public_key": 5, "amounts_sats": [1]}, "identity_public_key must be 66 hex digits"),
        ({"identity_public_key": KEY[2:], "amounts_sats": [1]}, "identity_public_key must be 66 hex digits"),
        ({"identity_public_key": "zz" * 33, "amounts_sats": [1]}, "identity_public_key must be 66 hex digits"),
        ({"identity_public_key": "05" + KEY[2:], "amounts_sats": [1]}, "identity_public_key is not a key"),
        ({"identity_public_key": "02" + "ff" * 32, "amounts_sats": [1]}, "identity_public_key is not a key"),
        ({"identity_public_key": KEY}, "amounts_sats must be a list of 1 to 100 amounts"),
        ({"identity_public_key": KEY, "amounts_sats": 1}, "amounts_sats must be a list"),
        ({"identity_public_key": KEY, "amounts_sats": []}, "amounts_sats must be a list"),
        ({"identity_public_key": KEY, "amounts_sats": [1] * 101}, "amounts_sats must be a list"),
        ({"identity_public_key": KEY, "amounts_sats": [0]}, "whole number from 1 to 1000000000, got 0"),
        ({"identity_public_key": KEY, "amounts_sats": [1, -1]}, "got -1"),
        ({"identity_public_key": KEY, "amounts_sats": [1.0]}, "got 1.0"),
        ({"identity_public_key": KEY, "amounts_sats": ["1"]}, "got '1'"),
        ({"identity_public_key": KEY, "amounts_sats": [True]}, "got True"),
        ({"identity_public_key": KEY, "amounts_sats": [1_000_000_001]}, "got 1000000001"),
        ([], "send a JSON object"),
        (None, "send a JSON object"),
    ],
)
async def test_funding_that_makes_no_sense_is_refused(door: Admin, body: object, words: str) -> None:
    await assert_refused(door, "POST", "/fund", json.dumps(body).encode(), 400, words)


@pytest.mark.parametrize("path", ["/fund", "/invoices", "/faults"])
@pytest.mark.parametrize("raw", [b"", b"{", b"\xff", b"[" * 100_000, b'{"a": NaN' * 10, b"1" * 5000])
async def test_a_body_that_is_no_json_is_refused(door: Admin, path: str, raw: bytes) -> None:
    await assert_refused(door, "POST", path, raw, 400, "send a JSON object")


async def test_more_than_the_reserve_is_refused(door: Admin) -> None:
    body = json.dumps({"identity_public_key": KEY, "amounts_sats": [1_000_000_000] * 11}).encode()
    await assert_refused(door, "POST", "/fund", body, 409, "reserve holds only 10000000000 sats")


async def test_a_body_that_is_too_large_is_refused(door: Admin) -> None:
    async with door.client.post("/fund", data=io.BytesIO(b" " * (2 << 20))) as response:
        assert response.status == 413
        assert "size" in (await response.json())["error"]["message"]


# ---- invoices ------------------------------------------------------------------------------------


async def test_an_invoice_is_issued_and_shown_in_every_state(door: Admin) -> None:
    status, answer = await door.post("/invoices", {"amount_sats": 1000, "memo": "tea", "expiry_s": 60})
    assert status == 200
    assert (answer["amount_sats"], answer["fee_sats"], answer["expires_at"]) == (1000, 3, START + 60)
    invoice = bolt11.decode(answer["invoice"])
    assert (invoice.amount_msats, invoice.description, invoice.expiry_s) == (1_000_000, "tea", 60)
    assert invoice.payment_hash.hex() == answer["payment_hash"]
    path = f"/invoices/{answer['payment_hash']}"
    shown = {
        "payment_hash": answer["payment_hash"],
        "amount_sats": 1000,
        "state": "open",
        "settled_count": 0,
        "settle_s": 0.0,
        "preimage_sha256": answer["payment_hash"],
    }
    assert await door.get(path) == (200, shown)
    door.stage.clock.advance(60)
    assert await door.get(path) == (200, shown | {"state": "expired"})


async def test_a_paid_invoice_is_shown_as_settled_and_its_preimage_never(door: Admin) -> None:
    _, answer = await door.post("/invoices", {"amount_sats": 1000})
    alice = await door.stage.funded(1003)
    preimage = (await alice.pay(answer["invoice"]))["lightning_send_payment_preimage"]
    _, shown = await door.get(f"/invoices/{answer['payment_hash']}")
    assert (shown["state"], shown["settled_count"]) == ("settled", 1)
    assert shown["preimage_sha256"] == hashlib.sha256(bytes.fromhex(preimage)).hexdigest()
    for path in (f"/invoices/{answer['payment_hash']}", "/ledger", "/journal", f"/ledger/{alice.identity.hex()}"):
        assert preimage not in json.dumps(await door.get(path))


async def test_a_failed_invoice_is_shown_as_failed(door: Admin) -> None:
    _, answer = await door.post("/invoices", {"amount_sats": 1000})
    await door.post("/faults", {"method": "RequestLightningSend", "kind": "lightning_failure"})
    alice = await door.stage.funded(1003)
    await alice.pay(answer["invoice"])
    _, shown = await door.get(f"/invoices/{answer['payment_hash']}")
    assert (shown["state"], shown["settled_count"]) == ("failed", 0)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "amount_sats must be a whole number"),
        ({"amount_sats": 0}, "amount_sats must be"),
        ({"amount_sats": -5}, "got -5"),
        ({"amount_sats": "5"}, "got '5'"),
        ({"amount_sats": 100_000_001}, "amount_sats must be 1 to 100000000, got 100000001"),
        ({"amount_sats": 5, "expiry_s": 0}, "expiry_s must be a whole number"),
        ({"amount_sats": 5, "expiry_s": 365 * DAY_S + 1}, "expiry_s must be a whole number"),
        ({"amount_sats": 5, "expiry_s": None}, "expiry_s must be a whole number"),
        ({"amount_sats": 5, "memo": 5}, "memo must be printable text of at most 200 bytes"),
        ({"amount_sats": 5, "memo": "\N{SNOWMAN}" * 67}, "memo must be printable text of at most 200 bytes"),
        ({"amount_sats": 5, "memo": "\ud800"}, "memo must be"),
    ],
)
async def test_an_invoice_that_makes_no_sense_is_refused(door: Admin, body: object, words: str) -> None:
    await assert_refused(door, "POST", "/invoices", json.dumps(body).encode(), 400, words)


@pytest.mark.parametrize(
    ("payment_hash", "status", "words"),
    [
        ("00" * 32, 404, "no invoice with this payment hash"),
        ("00" * 31, 400, "payment_hash must be 64 hex digits"),
        ("zz" * 32, 400, "payment_hash must be 64 hex digits"),
        ("%F0%9F%92%A9", 400, "payment_hash must be 64 hex digits"),
    ],
)
async def test_an_unknown_payment_hash_is_refused(door: Admin, payment_hash: str, status: int, words: str) -> None:
    await assert_refused(door, "GET", f"/invoices/{payment_hash}", b"", status, words)


# ---- ledger --------------------------------------------------------------------------------------

ZEROS = {"available_sats": 0, "locked_sats": 0, "incoming_sats": 0, "leaves": 0, "supply_ok": True}


async def test_the_ledger_shows_all_wallets_and_locks(door: Admin) -> None:
    supply = door.stage.net.ledger.supply_sats
    assert (await door.get("/ledger"))[1]["wallets"] == {}
    alice = await door.stage.funded(1003, 50)
    invoice = door.stage.invoice(1000)
    (leaf,) = (node for node in (await alice.nodes()).values() if node.value == 1003)
    transfer_id = (await alice.lock(invoice.text, [leaf])).transfer.id
    door.stage.fund(alice, 7)
    lock = {"payment_hash": invoice.payment_hash.hex(), "transfer_id": transfer_id, "value_sats": 1000}
    wallet = {"available_sats": 50, "locked_sats": 1003, "incoming_sats": 7, "leaves": 2}
    assert await door.get("/ledger") == (
        200,
        {
            "supply_sats": supply,
            "supply_ok": True,
            "reserve_sats": supply - 1060,
            "lightning_paid_sats": 0,
            "wallets": {alice.identity.hex(): wallet},
            "transfers": 3,
            "htlcs": [lock | {"status": "WAITING_FOR_PREIMAGE"}],
            "sequence": 4,
        },
    )
    assert await door.get(f"/ledger/{alice.identity.hex()}") == (200, wallet | {"supply_ok": True})
    await alice.request_send(invoice.text, transfer_id)
    _, after = await door.get("/ledger")
    assert (after["htlcs"], after["lightning_paid_sats"]) == ([], 1000)


async def test_a_wallet_that_nobody_knows_has_nothing(door: Admin) -> None:
    assert await door.get(f"/ledger/{KEY}") == (200, ZEROS)


async def test_a_sum_that_is_wrong_is_seen_at_once(door: Admin) -> None:
    door.stage.net.ledger.reserve_sats -= 1
    assert (await door.get("/ledger"))[1]["supply_ok"] is False
    assert (await door.get(f"/ledger/{KEY}"))[1] == ZEROS | {"supply_ok": False}


@pytest.mark.parametrize("identity", ["x", KEY[2:], "05" + KEY[2:], "02" + "ff" * 32])
async def test_what_is_no_key_has_no_entry(door: Admin, identity: str) -> None:
    await assert_refused(door, "GET", f"/ledger/{identity}", b"", 400, "identity_public_key")
