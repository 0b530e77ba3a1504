"""The harness's door to journal and faults, and what it says to requests for what it does not have."""

from __future__ import annotations

import json
from typing import Any

import pytest

from spikes.emulator.rpc import RpcError
from tests.unit.emulator.admin_door import Admin, assert_refused


async def test_the_journal_is_read_from_a_number_on(door: Admin) -> None:
    assert await door.get("/journal") == (200, {"entries": [], "next": 0})
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
    }
    assert (last["party"], last["method"], last["code"], last["identity"]) == (
        "operator-1",
        "query_nodes",
        "OK",
        alice.identity.hex(),
    )
    assert (await door.get(f"/journal?since={last['seq']}"))[1]["entries"] == [last]
    assert (await door.get(f"/journal?since={whole['next']}"))[1] == {"entries": [], "next": whole["next"]}
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


async def test_faults_are_set_counted_down_and_cleared(door: Admin) -> None:
    alice = await door.stage.wallet()
    fault = {"method": "query_nodes", "kind": "error_before_commit", "count": 2, "code": "INTERNAL"}
    shown = {"method": "query_nodes", "kind": "error_before_commit"}
    assert await door.post("/faults", fault) == (200, {"faults": [shown | {"left": 2}]})
    delay = {"method": "claim_transfer", "kind": "delay", "delay_s": 0.5}
    _, answer = await door.post("/faults", delay)
    assert answer["faults"][1] == {"method": "claim_transfer", "kind": "delay", "left": 1}
    with pytest.raises(RpcError, match="fault") as caught:
        await alice.nodes()
    assert caught.value.code.name == "INTERNAL"
    _, answer = await door.post("/faults", delay)
    assert [entry["left"] for entry in answer["faults"]] == [1, 1, 1]
    with pytest.raises(RpcError, match="fault"):
        await alice.nodes()
    assert await alice.nodes() == {}
    assert await door.send("DELETE", "/faults") == (200, {"faults": []})
    assert door.stage.net.faults.waiting() == []


GOOD: dict[str, Any] = {"method": "query_nodes", "kind": "error_before_commit"}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "a fault needs method and kind"),
        ({"method": "query_nodes"}, "a fault needs method and kind (one of error_before_commit, lost_after_commit"),
        ({"kind": "delay"}, "a fault needs method and kind"),
        (GOOD | {"kind": "explode"}, "explode"),
        (GOOD | {"kind": ["delay"]}, "a fault needs method and kind"),
        (GOOD | {"method": 5}, "method"),
        (GOOD | {"count": 0}, "count must be a whole number from 1 to 1000000"),
        (GOOD | {"count": "1"}, "count must be a whole number"),
        (GOOD | {"delay_s": 1}, "delay_s goes with kind delay"),
        (GOOD | {"kind": "delay"}, "delay_s goes with kind delay"),
        (GOOD | {"kind": "delay", "delay_s": -1}, "delay_s must be 0 to 600"),
        (GOOD | {"kind": "delay", "delay_s": 601}, "delay_s must be 0 to 600"),
        (GOOD | {"kind": "delay", "delay_s": float("inf")}, "delay_s must be 0 to 600"),
        (GOOD | {"kind": "delay", "delay_s": float("nan")}, "delay_s must be 0 to 600"),
        (GOOD | {"kind": "delay", "delay_s": "soon"}, "soon"),
        (GOOD | {"kind": "delay", "delay_s": None}, "a fault needs method and kind"),
        (GOOD | {"code": "NO_SUCH_CODE"}, "NO_SUCH_CODE"),
        (GOOD | {"code": 14}, "14"),
        (GOOD | {"code": "OK"}, "OK"),
        (GOOD | {"kind": "lost_after_commit", "code": "INTERNAL"}, "code"),
        (GOOD | {"kind": "lightning_failure"}, "RequestLightningSend"),
        (GOOD | {"kind": "stuck"}, "RequestLightningSend"),
        (GOOD | {"kind": "zero_preimage"}, "RequestLightningSend"),
    ],
)
async def test_a_fault_that_makes_no_sense_is_refused(door: Admin, body: object, words: str) -> None:
    await assert_refused(door, "POST", "/faults", json.dumps(body).encode(), 400, words)
    assert door.stage.net.faults.waiting() == []


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
