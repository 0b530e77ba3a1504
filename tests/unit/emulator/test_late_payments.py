"""Payments and time: abandoned ones, expired invoices and transfers, and payments that settle later."""

from __future__ import annotations

import asyncio

import pytest

from spikes.emulator.faults import FaultKind
from spikes.emulator.ledger_state import Balance
from spikes.emulator.provider_terms import OrphanPolicy
from tests.unit.emulator.payments import (
    ORPHAN_AFTER_S,
    PAID,
    RETURNED,
    WAITING,
    assert_returned,
    locked,
    set_fault,
    stage_with,
    status_of,
)

DEADLINE_S = 10.0


async def test_an_orphaned_payment_is_paid_after_its_time() -> None:
    stage = stage_with(orphan_policy=OrphanPolicy.PAY)
    alice, invoice = await stage.funded(1003), stage.invoice(1000)
    transfer_id = await locked(stage, alice, invoice.text)
    stage.clock.advance(ORPHAN_AFTER_S - 1)
    assert stage.net.provider.sweep() == 0
    assert await status_of(alice, transfer_id) is None
    stage.clock.advance(1)
    assert stage.net.provider.sweep() == 1
    assert await status_of(alice, transfer_id) == PAID
    assert stage.net.ledger.settled_counts == {invoice.payment_hash: 1}
    late = await alice.request_send(invoice.text, transfer_id)
    assert late["lightning_send_payment_preimage"] == invoice.preimage.hex()
    assert stage.net.ledger.settled_counts == {invoice.payment_hash: 1}
    assert stage.net.provider.sweep() == 0


async def test_an_orphaned_payment_is_returned_if_the_policy_says_so() -> None:
    stage = stage_with(orphan_policy=OrphanPolicy.RETURN)
    alice, invoice = await stage.funded(1003), stage.invoice(1000)
    transfer_id = await locked(stage, alice, invoice.text)
    stage.clock.advance(ORPHAN_AFTER_S)
    assert stage.net.provider.sweep() == 1
    assert_returned(stage, alice, transfer_id, 1003)
    with stage.refused_by_ssp("RequestLightningSend", "the payment is RETURNED"):
        await alice.request_send(invoice.text, transfer_id)
    assert (await alice.pay(invoice.text))["status"] == PAID


@pytest.mark.parametrize("policy", list(OrphanPolicy))
async def test_an_orphaned_swap_is_always_returned(policy: OrphanPolicy) -> None:
    stage = stage_with(orphan_policy=policy)
    alice = await stage.funded(1003)
    await alice.open_swap(await alice.draft_swap(list((await alice.nodes()).values())))
    assert stage.balance(alice).locked_sats == 1003
    stage.clock.advance(ORPHAN_AFTER_S)
    assert stage.net.provider.sweep() == 1
    assert stage.balance(alice) == Balance(available_sats=1003, locked_sats=0, incoming_sats=0, leaves=1)
    assert (await alice.pay(stage.invoice(500).text))["status"] == PAID


@pytest.mark.parametrize("policy", list(OrphanPolicy))
async def test_what_has_expired_is_returned_and_not_paid(policy: OrphanPolicy) -> None:
    stage = stage_with(orphan_policy=policy, orphan_after_s=1e9)
    alice, invoice = await stage.funded(1003), stage.invoice(1000, expiry_s=30 * 86400)
    transfer_id = await locked(stage, alice, invoice.text)
    stage.clock.advance(16 * 86400 - 1)
    assert stage.net.provider.sweep() == 0
    stage.clock.advance(1)
    assert stage.net.provider.sweep() == 1
    assert_returned(stage, alice, transfer_id, 1003)


async def test_a_sweep_tidies_everything_that_waits() -> None:
    stage = stage_with(orphan_policy=OrphanPolicy.PAY)
    wallets = [await stage.funded(103, name=name) for name in ("alice", "bob", "carol")]
    for wallet in wallets:
        await locked(stage, wallet, stage.invoice(101).text)
    stage.clock.advance(ORPHAN_AFTER_S)
    assert stage.net.provider.sweep() == 3
    assert stage.net.ledger.lightning_paid_sats == 303
    assert stage.net.ledger.pending() == []


@pytest.mark.parametrize("tries", [1, 2])
async def test_an_expired_invoice_is_never_paid(tries: int) -> None:
    stage = stage_with()
    alice, invoice = await stage.funded(1003), stage.invoice(1000, expiry_s=60)
    stage.clock.advance(60)
    for _ in range(tries):
        request = await alice.pay(invoice.text)
        assert request["status"] == RETURNED
        assert_returned(stage, alice, request["transfer"]["spark_id"], 1003)


async def test_an_invoice_that_failed_once_expires_all_the_same() -> None:
    stage = stage_with()
    alice, invoice = await stage.funded(1003), stage.invoice(1000, expiry_s=60)
    set_fault(stage, FaultKind.LIGHTNING_FAILURE)
    assert (await alice.pay(invoice.text))["status"] == RETURNED
    stage.clock.advance(60)
    assert (await alice.pay(invoice.text))["status"] == RETURNED
    assert stage.net.ledger.settled_counts == {}


async def settled() -> None:
    """Wait until no payment is on its way any more."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    done, late = await asyncio.wait(others, timeout=DEADLINE_S)
    assert not late
    for task in done:
        task.result()


async def test_a_slow_payment_is_answered_first_and_settled_later() -> None:
    stage = stage_with(settle_delay_s=0.02)
    alice, invoice = await stage.funded(1003), stage.invoice(1000)
    request = await alice.pay(invoice.text)
    assert (request["status"], request["lightning_send_payment_preimage"]) == (WAITING, None)
    await settled()
    later = (await alice.ssp("UserRequest", request_id=request["id"]))["user_request"]
    assert (later["status"], later["lightning_send_payment_preimage"]) == (PAID, invoice.preimage.hex())


async def test_a_slow_payment_that_expired_meanwhile_is_returned_and_stays_so() -> None:
    stage = stage_with(settle_delay_s=0.02)
    alice, invoice = await stage.funded(1003), stage.invoice(1000, expiry_s=30 * 86400)
    request = await alice.pay(invoice.text)
    stage.clock.advance(16 * 86400)
    assert stage.net.provider.sweep() == 1
    await settled()
    assert_returned(stage, alice, request["transfer"]["spark_id"], 1003)
    assert stage.net.lightning.find(invoice.payment_hash) == invoice
