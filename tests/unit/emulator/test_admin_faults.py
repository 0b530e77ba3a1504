"""The harness's door to journal and faults, and what it says to requests for what it does not have."""

from __future__ import annotations

import json
from typing import Any

import pytest

from spikes.emulator.rpc import RpcError
from tests.unit.emulator.admin_door import Admin, assert_refused


async def test_the_journal_is_read_from_a_number_on(door: Admin) -> None:
    assert await door.get("/journal") == (200, {"entries": [], "first": 0, "next": 0})
    alice = await door.stage.wallet()
    await alice.nodes(operator=1)
    _, whole = await door.get("/journal")
    assert [entry["seq"] for entry in whole["entries"]] == list(range(whole["next"]))
    last = whole["entries"][-1]
    assert set(last) == {
        "seq",
        "at",
        "transport",
        "party",
        "method",
        "code",
        "handler_s",
        "request_bytes",
        "response_bytes",
        "identity",
        "note",
        "injected_s",
        "started_s",
        "took_s",
    }
    assert (last["party"], last["method"], last["code"], last["identity"]) == (
        "operator-1",
        "query_nodes",
        "OK",
        alice.identity.hex(),
    )
    assert (await door.get(f"/journal?since={last['seq']}"))[1]["entries"] == [last]
    assert (await door.get(f"/journal?since={whole['next']}"))[1] == {"entries": [], "first": 0, "next": whole["next"]}
    assert (await door.get("/journal?since=99999999999999999999"))[1]["entries"] == []


@pytest.mark.parametrize("since", ["-1", "x", "1.5", "", "%C2%B2", "9" * 5000])
async def test_a_journal_from_no_number_is_refused(door: Admin, since: str) -> None:
    await assert_refused(door, "GET", f"/journal?since={since}", b"", 400, "since must be a sequence number")


async def test_the_journal_holds_no_secret(door: Admin) -> None:
    alice = await door.stage.funded(1003)
    invoice = door.stage.invoice(1000)
    await alice.pay(invoice.text)
    text = json.dumps(await door.get("/journal"))
    for secret in (*alice.tokens.values(), alice.ssp_token, invoice.preimage.hex(), invoice.text):
        assert secret is not None
        assert secret not in text


# ---- faults --------------------------------------------------------------------------------------


async def test_faults_are_set_counted_down_and_healed(door: Admin) -> None:
    alice = await door.stage.wallet()
    fault = {"method": "query_nodes", "kind": "error_before_commit", "count": 2, "code": "INTERNAL"}
    assert await door.post("/faults", fault) == (200, {"id": "fault-1"})
    delay = {"method": "claim_transfer", "kind": "delay", "delay_s": 0.5, "identity": alice.identity.hex(), "nth": 3}
    assert await door.post("/faults", delay) == (200, {"id": "fault-2"})
    shown = {"method": "query_nodes", "kind": "error_before_commit", "identity": None, "operator": None, "holding": 0}
    waiting: dict[str, Any] = {
        "id": "fault-2",
        "method": "claim_transfer",
        "kind": "delay",
        "identity": alice.identity.hex(),
    }
    waiting |= {"operator": None, "fired": 0, "left": 1, "holding": 0}
    for fired in (0, 1, 2):
        now = shown | {"id": "fault-1", "fired": fired, "left": 2 - fired}
        assert await door.get("/faults") == (200, {"faults": [now, waiting]})
        if fired < 2:
            with pytest.raises(RpcError, match="fault") as caught:
                await alice.nodes()
            assert caught.value.code.name == "INTERNAL"
    assert await alice.nodes() == {}
    assert await door.send("DELETE", f"/faults?identity={alice.identity.hex()}") == (200, {"faults": [waiting]})
    assert await door.send("DELETE", "/faults") == (200, {"faults": [now]})
    assert await door.get("/faults") == (200, {"faults": []})


@pytest.mark.parametrize("kind", ["operator_down", "ssp_error"])
async def test_an_outage_lasts_until_it_is_healed(door: Admin, kind: str) -> None:
    await door.post("/faults", {"kind": kind})
    assert (await door.get("/faults"))[1]["faults"][0]["left"] is None


GOOD: dict[str, Any] = {"method": "query_nodes", "kind": "error_before_commit"}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "a fault needs a kind, one of error_before_commit, lost_after_commit"),
        ({"method": "query_nodes"}, "a fault needs a kind"),
        (GOOD | {"kind": "explode"}, "explode"),
        (GOOD | {"kind": ["delay"]}, "a fault needs a kind"),
        (GOOD | {"method": 5}, "method must be a text"),
        (GOOD | {"times": 5}, "a fault has no times; it has code, count, delay_s"),
        (GOOD | {"identity": "02"}, "identity must be 66 hex digits"),
        (GOOD | {"identity": "05" * 33}, "identity is not a key"),
        (GOOD | {"operator": 3}, "operator must be a whole number from 0 to 2"),
        (GOOD | {"nth": 0}, "nth must be a whole number from 1"),
        (GOOD | {"count": -1}, "count must be a whole number from 0 to 1000000"),
        (GOOD | {"count": "1"}, "count must be a whole number"),
        (GOOD | {"delay_s": 1}, "delay_s goes with kinds delay and slow_settle"),
        ({"kind": "delay"}, "delay_s goes with kinds delay and slow_settle"),
        ({"kind": "slow_settle"}, "delay_s goes with kinds delay and slow_settle"),
        (GOOD | {"kind": "delay", "delay_s": -1}, "delay_s must be 0 to 600"),
        (GOOD | {"kind": "delay", "delay_s": 601}, "delay_s must be 0 to 600"),
        (GOOD | {"kind": "delay", "delay_s": float("inf")}, "delay_s must be 0 to 600"),
        (GOOD | {"kind": "delay", "delay_s": float("nan")}, "delay_s must be 0 to 600"),
        (GOOD | {"kind": "delay", "delay_s": "soon"}, "soon"),
        (GOOD | {"kind": "delay", "delay_s": True}, "delay_s must be a number of seconds"),
        (GOOD | {"kind": "delay", "delay_s": None}, "delay_s must be a number of seconds"),
        (GOOD | {"code": "NO_SUCH_CODE"}, "NO_SUCH_CODE"),
        (GOOD | {"code": 14}, "code must be a text, got 14"),
        (GOOD | {"code": "OK"}, "OK"),
        (GOOD | {"kind": "lost_after_commit", "code": "INTERNAL"}, "code"),
        (GOOD | {"kind": "lightning_failure"}, "RequestLightningSend"),
        (GOOD | {"kind": "stuck"}, "RequestLightningSend"),
        (GOOD | {"kind": "zero_preimage"}, "RequestLightningSend"),
        (GOOD | {"kind": "fee_raised"}, "RequestLightningSend or LightningSendFeeEstimate"),
        ({"kind": "ssp_error", "operator": 1}, "ssp_error is the service provider's"),
        ({"kind": "stuck", "operator": 1}, "stuck is the service provider's"),
    ],
)
async def test_a_fault_that_makes_no_sense_is_refused(door: Admin, body: object, words: str) -> None:
    await assert_refused(door, "POST", "/faults", json.dumps(body).encode(), 400, words)
    assert door.stage.net.faults.all() == []


# ---- what is not there ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/nothing", 404),
        ("GET", "/ledger/", 404),
        ("GET", "/fund", 405),
        ("POST", "/ledger", 405),
        ("DELETE", "/invoices", 405),
    ],
)
async def test_a_route_that_is_not_there_is_a_typed_error(door: Admin, method: str, path: str, status: int) -> None:
    await assert_refused(door, method, path, b"", status, "")
