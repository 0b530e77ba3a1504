"""What goes wrong behind the request to pay: who has the money, what the payer is shown, and what healing does."""

from __future__ import annotations

import asyncio
import hashlib

import pytest

from spikes.emulator.faults import PAYMENT_METHOD, QUOTE_METHOD, Fault, FaultKind
from spikes.emulator.ledger_state import Balance
from tests.unit.emulator.admin_door import Admin
from tests.unit.emulator.payments import PAID, RETURNED, WAITING, assert_returned, stage_with, status_of
from tests.unit.emulator.stage import Stage
from tests.unit.emulator.wallet import Wallet

NEVER_S = 600.0


async def heal(door: Admin, wallet: Wallet) -> list[tuple[str, int]]:
    """Heal a wallet's faults over the admin API: kind and how often each fired."""
    _, answer = await door.send("DELETE", f"/faults?identity={wallet.identity.hex()}")
    return [(fault["kind"], fault["fired"]) for fault in answer["faults"]]


@pytest.mark.parametrize(("kind", "delay_s"), [(FaultKind.STUCK, 0.0), (FaultKind.SLOW_SETTLE, NEVER_S)])
async def test_a_payment_that_hangs_goes_through_once_it_is_healed(
    door: Admin, kind: FaultKind, delay_s: float
) -> None:
    alice, invoice = await door.stage.funded(1003), door.stage.invoice(1000)
    door.stage.net.faults.set(Fault(kind=kind, delay_s=delay_s, identity=alice.identity))
    request = await alice.pay(invoice.text)
    transfer_id = request["transfer"]["spark_id"]
    assert (request["status"], request["lightning_send_payment_preimage"]) == (WAITING, None)
    assert door.stage.last_entry().note == f"fault {kind}"
    assert door.stage.balance(alice).locked_sats == 1003
    _, swept = await door.post("/sweep", {"identity": alice.identity.hex()})
    assert (swept, await status_of(alice, transfer_id)) == ({"swept": 0}, WAITING)
    assert await heal(door, alice) == [(kind.value, 1)]
    assert await status_of(alice, transfer_id) == PAID
    assert door.stage.net.ledger.settled_counts == {invoice.payment_hash: 1}
    others = asyncio.all_tasks() - {asyncio.current_task()}
    assert not [task for task in others if "settle" in str(task)]
    assert await heal(door, alice) == []


async def test_healing_one_wallet_leaves_the_payments_of_another_where_they_are(door: Admin) -> None:
    alice, bob = await door.stage.funded(103, name="alice"), await door.stage.funded(103, name="bob")
    for wallet in (alice, bob):
        door.stage.net.faults.set(Fault(kind=FaultKind.STUCK, identity=wallet.identity))
        await wallet.pay(door.stage.invoice(101).text)
    await heal(door, alice)
    assert (door.stage.balance(alice).locked_sats, door.stage.balance(bob).locked_sats) == (0, 103)
    await door.send("DELETE", "/faults")
    assert door.stage.balance(bob).locked_sats == 0


async def test_a_stuck_payment_that_went_back_meanwhile_stays_where_it_is(door: Admin) -> None:
    alice, invoice = await door.stage.funded(1003), door.stage.invoice(1000)
    door.stage.net.faults.set(Fault(kind=FaultKind.STUCK, identity=alice.identity))
    transfer_id = (await alice.pay(invoice.text))["transfer"]["spark_id"]
    door.stage.clock.advance(17 * 86400)
    assert door.stage.net.provider.sweep() == 1
    await heal(door, alice)
    assert_returned(door.stage, alice, transfer_id, 1003)


async def test_a_slow_payment_ends_by_itself() -> None:
    stage = stage_with()
    alice, invoice = await stage.funded(1003), stage.invoice(1000)
    stage.net.faults.set(Fault(kind=FaultKind.SLOW_SETTLE, delay_s=0.02))
    assert (await alice.pay(invoice.text))["status"] == WAITING
    await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}))
    assert stage.net.ledger.settled_counts == {invoice.payment_hash: 1}


@pytest.mark.parametrize("kind", [FaultKind.ZERO_PREIMAGE, FaultKind.WRONG_PREIMAGE])
async def test_a_preimage_that_is_none_is_shown_while_the_payee_has_its_money(stage: Stage, kind: FaultKind) -> None:
    alice, invoice = await stage.funded(1003), stage.invoice(1000)
    stage.net.faults.set(Fault(kind=kind))
    request = await alice.pay(invoice.text)
    shown = bytes.fromhex(request["lightning_send_payment_preimage"])
    assert (request["status"], len(shown)) == (PAID, 32)
    assert hashlib.sha256(shown).digest() != invoice.payment_hash
    assert (shown == bytes(32)) is (kind is FaultKind.ZERO_PREIMAGE)
    assert stage.last_entry().note == f"fault {kind}"
    assert stage.net.ledger.settled_counts == {invoice.payment_hash: 1}


async def test_a_fee_that_is_raised_after_the_leaves_were_locked_returns_them(stage: Stage) -> None:
    alice, invoice = await stage.funded(1003), stage.invoice(1000)
    stage.net.faults.set(Fault(kind=FaultKind.FEE_RAISED))
    request = await alice.pay(invoice.text)
    assert (request["status"], stage.last_entry().note) == (RETURNED, "fault fee_raised")
    assert_returned(stage, alice, request["transfer"]["spark_id"], 1003)


async def test_a_fee_that_is_raised_between_two_quotes_is_asked_for(stage: Stage) -> None:
    alice, invoice = await stage.wallet(), stage.invoice(1000)
    stage.net.faults.set(Fault(kind=FaultKind.FEE_RAISED, method=QUOTE_METHOD, nth=2))
    quotes = [
        (await alice.ssp(QUOTE_METHOD, input={"encoded_invoice": invoice.text}))["lightning_send_fee_estimate"]
        for _ in range(3)
    ]
    assert [quote["fee_estimate"]["original_value"] for quote in quotes] == [3, 7, 3]


async def test_a_failure_returns_the_leaves_and_names_itself(stage: Stage) -> None:
    alice = await stage.funded(1003)
    stage.net.faults.set(Fault(kind=FaultKind.LIGHTNING_FAILURE, identity=alice.identity))
    assert (await alice.pay(stage.invoice(1000).text))["status"] == RETURNED
    assert stage.last_entry().note == "fault lightning_failure"
    assert stage.balance(alice) == Balance(available_sats=1003, locked_sats=0, incoming_sats=0, leaves=1)


async def test_a_payment_fault_strikes_its_wallet_only(stage: Stage) -> None:
    alice, bob = await stage.funded(103, name="alice"), await stage.funded(103, name="bob")
    stage.net.faults.set(Fault(kind=FaultKind.LIGHTNING_FAILURE, identity=alice.identity, count=0))
    assert (await bob.pay(stage.invoice(101).text))["status"] == PAID
    assert (await alice.pay(stage.invoice(101).text))["status"] == RETURNED


async def test_asking_again_meets_the_fault_only_if_it_strikes_that_call_too(stage: Stage) -> None:
    """The second request to pay is answered from the books: there is nothing left to go wrong."""
    alice, invoice = await stage.funded(1003), stage.invoice(1000)
    stage.net.faults.set(Fault(kind=FaultKind.LIGHTNING_FAILURE, method=PAYMENT_METHOD, nth=2))
    request = await alice.pay(invoice.text)
    again = await alice.request_send(invoice.text, request["transfer"]["spark_id"])
    assert (request["status"], again["status"]) == (PAID, PAID)
    (fault,) = stage.net.faults.all()
    assert (fault.fired, fault.left) == (0, 0)
