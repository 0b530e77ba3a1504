"""Latency profiles: drawn alike for every wallet, waited for by the doors, told apart from the emulator's own time."""

from __future__ import annotations

import asyncio
import json
import statistics
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikes.emulator.latency import LatencyBook, LatencyError, LatencyProfile, draw
from tests.unit.emulator.admin_door import Admin, assert_refused
from tests.unit.emulator.payments import PAID, WAITING, status_of
from tests.unit.emulator.wire_clients import until

ALICE, BOB = bytes([2]) * 33, bytes([3]) * 33
SLOW = LatencyProfile(name="slow", rtt_s=0.1, rtt_sigma=0.3, settle_median_s=2.9, settle_sigma=0.4, settle_cap_s=4.0)


def test_draws_are_the_same_on_every_machine() -> None:
    assert draw(7, "lightning", "settle", 0, median_s=2.9, sigma=0.4) == pytest.approx(3.0370038940799806, rel=1e-12)


@given(numbers=st.lists(st.sampled_from(("rtt", "settle")), max_size=30), seed=st.integers(0, 2**64 - 1))
@settings(deadline=None)
def test_the_nth_draw_is_the_same_for_all_wallets_whatever_else_they_do(numbers: list[str], seed: int) -> None:
    book = LatencyBook()
    book.set(ALICE, SLOW, seed)
    book.set(BOB, SLOW, seed)
    drawn: dict[bytes, dict[str, list[float | None]]] = {who: {"rtt": [], "settle": []} for who in (ALICE, BOB)}
    for kind in numbers:  # Alice as it comes, Bob one kind after the other
        drawn[ALICE][kind].append(book.round_trip_s(ALICE) if kind == "rtt" else book.settle_s(ALICE))
    drawn[BOB]["settle"] = [book.settle_s(BOB) for _ in range(numbers.count("settle"))]
    drawn[BOB]["rtt"] = [book.round_trip_s(BOB) for _ in range(numbers.count("rtt"))]
    assert drawn[ALICE] == drawn[BOB]
    assert all(time is not None and 0 < time <= 4.0 for time in drawn[ALICE]["settle"])


def test_seed_name_and_kind_each_give_other_draws() -> None:
    one = {draw(1, "a", "rtt", n, median_s=1, sigma=1) for n in range(50)}
    assert len(one) == 50
    for other in ((2, "a", "rtt"), (1, "b", "rtt"), (1, "a", "settle")):
        assert not one & {draw(*other, n, median_s=1, sigma=1) for n in range(50)}


def test_draws_have_the_median_and_the_spread_that_was_asked_for() -> None:
    times = sorted(draw(1, "a", "settle", n, median_s=2.9, sigma=0.4) for n in range(4000))
    assert statistics.median(times) == pytest.approx(2.9, rel=0.03)
    assert times[round(0.8413 * 4000)] / 2.9 == pytest.approx(1.4918, rel=0.05)  # one sigma: e^0.4
    assert {draw(1, "a", "rtt", n, median_s=0.05, sigma=0) for n in range(10)} == {0.05}


def test_a_wallet_without_a_profile_is_next_door_and_setting_one_anew_starts_anew() -> None:
    book = LatencyBook()
    assert (book.round_trip_s(ALICE), book.round_trip_s(None), book.settle_s(ALICE)) == (0.0, 0.0, None)
    book.set(ALICE, SLOW, 1)
    first = [book.round_trip_s(ALICE) for _ in range(3)]
    book.set(ALICE, SLOW, 1)
    assert [book.round_trip_s(ALICE) for _ in range(3)] == first
    assert book.round_trip_s(BOB) == 0.0
    book.set(ALICE, None)
    assert (book.round_trip_s(ALICE), book.settle_s(ALICE)) == (0.0, None)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"rtt_s": -0.1}, "rtt_s must be 0 to 600"),
        ({"rtt_s": float("nan")}, "rtt_s must be 0 to 600"),
        ({"settle_median_s": 601}, "settle_median_s must be"),
        ({"settle_cap_s": -1}, "settle_cap_s must be"),
        ({"rtt_sigma": -1}, "rtt_sigma must be 0 to 5"),
        ({"settle_sigma": 6}, "settle_sigma must be 0 to 5"),
        ({"name": ""}, "a profile needs a name"),
    ],
)
def test_a_profile_that_makes_no_sense_is_refused(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(LatencyError, match=words):
        LatencyProfile(**{"name": "x", "rtt_s": 0.0, **fields})


# ---- over the doors ------------------------------------------------------------------------------


def profile(**fields: Any) -> dict[str, Any]:
    return {"name": "test", "rtt_s": 0.01, "rtt_sigma": 0.5, **fields}


async def test_every_call_of_a_wallet_is_held_back_and_the_journal_says_how_long(door: Admin) -> None:
    alice, bob = await door.stage.wallet("alice"), await door.stage.wallet("bob")
    body = {"identity": alice.identity.hex(), "profile": profile(), "seed": 5}
    assert await door.post("/latency", body) == (200, {"profile": "test"})
    since = door.stage.net.journal.next_seq
    await alice.nodes()
    await alice.login_operator(1)
    await alice.ssp("Transfers", transfer_spark_ids=[])
    await alice.login_ssp()
    await bob.nodes()
    expected = [draw(5, "test", "rtt", n, median_s=0.01, sigma=0.5) for n in range(6)] + [0.0]
    entries = door.stage.net.journal.since(since)
    assert [entry.injected_s for entry in entries] == expected
    assert [entry.identity for entry in entries] == [alice.identity.hex()] * 6 + [bob.identity.hex()]
    assert await door.post("/latency", body | {"profile": None}) == (200, {"profile": None})
    await alice.nodes()
    assert door.stage.last_entry().injected_s == 0


async def test_a_call_lasts_as_long_as_it_was_held_back_and_starts_on_the_clock_that_is_told(door: Admin) -> None:
    alice = await door.stage.wallet("alice")
    body = {"identity": alice.identity.hex(), "profile": profile(rtt_s=0.02, rtt_sigma=0.0), "seed": 5}
    await door.post("/latency", body)
    before = (await door.get("/clock"))[1]["now_s"]
    since = door.stage.net.journal.next_seq
    await alice.nodes()
    await alice.ssp("Transfers", transfer_spark_ids=[])
    after = (await door.get("/clock"))[1]["now_s"]
    status, answer = await door.get(f"/journal?since={since}")
    told = answer["entries"]
    assert status == 200
    assert [entry["party"] for entry in told] == ["operator-0", "ssp"]
    ends = [entry["started_s"] + entry["took_s"] for entry in told]
    assert before <= told[0]["started_s"] <= ends[0] <= told[1]["started_s"] <= ends[1] <= after
    for entry in told:  # the delay and the work are parts of the whole
        assert entry["took_s"] >= entry["injected_s"] + entry["handler_s"] >= 0.02


@pytest.mark.parametrize("party", ["operator", "provider"])
async def test_a_call_that_is_on_its_way_is_not_there_yet(door: Admin, party: str) -> None:
    alice, bob = await door.stage.wallet("alice"), await door.stage.wallet("bob")
    await door.post("/latency", {"identity": alice.identity.hex(), "profile": profile(rtt_s=600, rtt_sigma=0)})
    since = door.stage.net.journal.next_seq
    asking: asyncio.Task[object] = asyncio.create_task(
        alice.nodes() if party == "operator" else alice.ssp("Transfers", transfer_spark_ids=[])
    )
    for _ in range(3):
        await asyncio.sleep(0)
        await bob.nodes()
        await bob.ssp("Transfers", transfer_spark_ids=[])
    assert not asking.done()
    assert {entry.identity for entry in door.stage.net.journal.since(since)} == {bob.identity.hex()}
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    assert (door.stage.last_entry().code, door.stage.last_entry().identity) == ("CALLER_GONE", alice.identity.hex())


async def test_payments_settle_after_their_drawn_time_and_the_invoice_tells_it(door: Admin) -> None:
    alice, invoices = await door.stage.funded(103, 103), [door.stage.invoice(101) for _ in range(2)]
    terms = profile(rtt_s=0, settle_median_s=0.05, settle_sigma=0.4, settle_cap_s=1)
    await door.post("/latency", {"identity": alice.identity.hex(), "profile": terms, "seed": 5})
    for number, invoice in enumerate(invoices):
        request = await alice.pay(invoice.text)
        assert (request["status"], request["lightning_send_payment_preimage"]) == (WAITING, None)
        _, shown = await door.get(f"/invoices/{invoice.payment_hash.hex()}")
        assert shown["settle_s"] == draw(5, "test", "settle", number, median_s=0.05, sigma=0.4)
        await until(partial(door.stage.net.ledger.settled_counts.__contains__, invoice.payment_hash))
        assert await status_of(alice, request["transfer"]["spark_id"]) == PAID


async def test_a_fault_comes_on_top_of_the_profile(door: Admin) -> None:
    alice, invoice = await door.stage.funded(103), door.stage.invoice(101)
    terms = profile(rtt_s=0, settle_median_s=3, settle_sigma=0)
    await door.post("/latency", {"identity": alice.identity.hex(), "profile": terms, "seed": 5})
    await door.post("/faults", {"kind": "slow_settle", "delay_s": 500, "identity": alice.identity.hex()})
    await alice.pay(invoice.text)
    assert (await door.get(f"/invoices/{invoice.payment_hash.hex()}"))[1]["settle_s"] == 503
    await door.send("DELETE", "/faults")
    assert door.stage.net.ledger.settled_counts == {invoice.payment_hash: 1}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"profile": profile()}, "identity"),
        ({"identity": "02" * 33, "profile": 5}, "profile must be an object, or null"),
        ({"identity": "02" * 33, "profile": {"name": "x"}}, "of these name and rtt_s are needed"),
        ({"identity": "02" * 33, "profile": profile(hops=3)}, "of these name and rtt_s are needed"),
        ({"identity": "02" * 33, "profile": profile(rtt_s="fast")}, "must be numbers"),
        ({"identity": "02" * 33, "profile": profile(rtt_s=True)}, "must be numbers"),
        ({"identity": "02" * 33, "profile": profile(rtt_s=-1)}, "rtt_s must be 0 to 600"),
        ({"identity": "02" * 33, "profile": profile(name=5)}, "name must be a text"),
        ({"identity": "02" * 33, "profile": profile(), "seed": -1}, "seed must be a whole number"),
        ({"identity": "02" * 33, "profile": profile(), "seed": "1"}, "seed must be a whole number"),
    ],
)
async def test_a_latency_that_makes_no_sense_is_refused(door: Admin, body: object, words: str) -> None:
    await assert_refused(door, "POST", "/latency", json.dumps(body).encode(), 400, words)
