"""POST /sweep: for one wallet the return time has passed; what it abandoned is paid or given back, as the terms say."""

from __future__ import annotations

import json

import pytest

from spikes.emulator.ledger_state import Balance
from spikes.emulator.provider_terms import OrphanPolicy
from tests.unit.emulator.admin_door import Admin, assert_refused
from tests.unit.emulator.payments import locked, stage_with
from tests.unit.emulator.stage import START
from tests.unit.emulator.wallet import Wallet


async def swept(door: Admin, wallet: Wallet) -> int:
    status, answer = await door.post("/sweep", {"identity": wallet.identity.hex()})
    assert (status, set(answer)) == (200, {"swept"})
    return int(answer["swept"])


async def test_a_payment_that_nobody_asked_for_is_paid_at_once(door: Admin) -> None:
    alice, bob = await door.stage.funded(1003, name="alice"), await door.stage.funded(1003, name="bob")
    invoice = door.stage.invoice(1000)
    await locked(door.stage, alice, invoice.text)
    await locked(door.stage, bob, door.stage.invoice(1000).text)
    assert await swept(door, alice) == 1
    assert door.stage.net.ledger.settled_counts == {invoice.payment_hash: 1}
    assert (door.stage.balance(alice).locked_sats, door.stage.balance(bob).locked_sats) == (0, 1003)
    assert await swept(door, alice) == 0


async def test_a_payment_that_nobody_asked_for_is_returned_if_the_terms_say_so() -> None:
    stage = stage_with(orphan_policy=OrphanPolicy.RETURN)
    alice = await stage.funded(1003)
    await locked(stage, alice, stage.invoice(1000).text)
    assert stage.net.provider.sweep_wallet(alice.identity) == 1
    assert stage.balance(alice) == Balance(available_sats=1003, locked_sats=0, incoming_sats=0, leaves=1)


async def test_an_unfinished_swap_is_given_back_and_its_terms_forgotten(door: Admin) -> None:
    alice = await door.stage.funded(1003)
    draft = await alice.draft_swap(list((await alice.nodes()).values()))
    opened = await alice.open_swap(draft)
    assert await swept(door, alice) == 1
    assert door.stage.balance(alice) == Balance(available_sats=1003, locked_sats=0, incoming_sats=0, leaves=1)
    assert door.stage.net.provider.swaps.unfinished == 0
    with door.stage.refused_by_ssp("RequestSwap", "the swap is RETURNED"):
        await alice.ssp("RequestSwap", input=alice.swap_input(draft, opened, [500]))


async def test_a_counter_swap_that_was_never_claimed_becomes_old_enough_for_clients(door: Admin) -> None:
    alice = await door.stage.funded(1003)
    draft = await alice.draft_swap(list((await alice.nodes()).values()))
    await alice.ssp("RequestSwap", input=alice.swap_input(draft, await alice.open_swap(draft), [500]))
    (waiting,) = await alice.pending()
    assert waiting.created_time.seconds == START
    assert await swept(door, alice) == 1
    (waiting,) = await alice.pending()
    assert waiting.created_time.seconds < START - 300
    await alice.claim_all()
    assert door.stage.balance(alice) == Balance(available_sats=1003, locked_sats=0, incoming_sats=0, leaves=2)
    assert await swept(door, alice) == 0


async def test_funding_is_left_alone(door: Admin) -> None:
    alice = await door.stage.wallet()
    door.stage.fund(alice, 100)
    assert await swept(door, alice) == 0
    assert door.stage.balance(alice).incoming_sats == 100


@pytest.mark.parametrize("body", [{}, {"identity": 5}, {"identity": "02"}, {"identity": "05" * 33}])
async def test_a_sweep_needs_to_know_whose(door: Admin, body: object) -> None:
    await assert_refused(door, "POST", "/sweep", json.dumps(body).encode(), 400, "identity")
