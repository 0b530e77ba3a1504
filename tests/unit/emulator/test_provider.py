"""What the provider does on its own account: its fees, its reserve, and what it does when a payment goes wrong."""

from __future__ import annotations

from typing import Any

import pytest

from spikes.emulator.crypto import curve, ecies
from spikes.emulator.crypto.packages import leaf_digest
from spikes.emulator.faults import FaultKind
from spikes.emulator.ledger_rules import LedgerError
from spikes.emulator.lightning import InvoiceState
from spikes.emulator.mint import LeafForm
from spikes.emulator.network import Settings
from spikes.emulator.wire import spark_pb2 as pb
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
from tests.unit.emulator.stage import Stage, reissued
from tests.unit.emulator.wallet_packages import OPERATORS


async def test_a_failed_payment_returns_the_leaves_and_can_be_tried_again() -> None:
    stage = stage_with()
    alice, invoice = await stage.funded(1003), stage.invoice(1000)
    set_fault(stage, FaultKind.LIGHTNING_FAILURE)
    failed = await alice.pay(invoice.text)
    assert (failed["status"], failed["lightning_send_payment_preimage"]) == (RETURNED, None)
    assert_returned(stage, alice, failed["transfer"]["spark_id"], 1003)
    found = stage.net.lightning.find(invoice.payment_hash)
    assert found is not None
    assert found.state is InvoiceState.FAILED
    again = await alice.pay(invoice.text)
    assert (again["status"], again["lightning_send_payment_preimage"]) == (PAID, invoice.preimage.hex())


async def test_a_stuck_payment_waits_until_it_expires() -> None:
    stage = stage_with()
    alice = await stage.funded(1003)
    set_fault(stage, FaultKind.STUCK)
    request = await alice.pay(stage.invoice(1000).text)
    transfer_id = request["transfer"]["spark_id"]
    assert (request["status"], request["lightning_send_payment_preimage"]) == (WAITING, None)
    stage.clock.advance(ORPHAN_AFTER_S)
    assert stage.net.provider.sweep() == 0
    assert stage.balance(alice).locked_sats == 1003
    stage.clock.advance(16 * 86400)
    assert stage.net.provider.sweep() == 1
    await alice.login()
    assert await status_of(alice, transfer_id) == RETURNED
    assert_returned(stage, alice, transfer_id, 1003)


async def test_a_zero_preimage_is_shown_only_in_the_providers_answer() -> None:
    stage = stage_with()
    alice, invoice = await stage.funded(1003), stage.invoice(1000)
    set_fault(stage, FaultKind.ZERO_PREIMAGE)
    request = await alice.pay(invoice.text)
    assert (request["status"], request["lightning_send_payment_preimage"]) == (PAID, "00" * 32)
    query = pb.QueryHtlcRequest(
        identity_public_key=alice.identity,
        payment_hashes=[invoice.payment_hash],
        match_role=pb.PREIMAGE_REQUEST_ROLE_RECEIVER_AND_SENDER,
    )
    (htlc,) = (await alice.ask("query_htlc", query, pb.QueryHtlcResponse)).preimage_requests
    assert htlc.preimage == invoice.preimage
    assert stage.net.ledger.settled_counts == {invoice.payment_hash: 1}


@pytest.mark.parametrize("kind", [FaultKind.LIGHTNING_FAILURE, FaultKind.STUCK, FaultKind.ZERO_PREIMAGE])
async def test_a_payment_fault_hits_as_often_as_it_was_set(kind: FaultKind) -> None:
    stage = stage_with()
    alice = await stage.funded(102, 102)
    set_fault(stage, kind)
    first = await alice.pay(stage.invoice(100).text)
    assert first["lightning_send_payment_preimage"] in (None, "00" * 32)
    invoice = stage.invoice(100)
    assert (await alice.pay(invoice.text))["lightning_send_payment_preimage"] == invoice.preimage.hex()


async def test_leaves_that_do_not_cover_the_fee_are_returned() -> None:
    stage = stage_with()
    alice, invoice = await stage.funded(1002), stage.invoice(1000)
    transfer_id = await locked(stage, alice, invoice.text)
    assert (await alice.request_send(invoice.text, transfer_id))["status"] == RETURNED
    assert_returned(stage, alice, transfer_id, 1002)


async def test_what_is_more_than_the_fee_is_the_providers() -> None:
    stage = stage_with()
    alice, invoice = await stage.funded(1100), stage.invoice(1000)
    request = await alice.request_send(invoice.text, await locked(stage, alice, invoice.text))
    assert (request["status"], request["fee"]["original_value"]) == (PAID, 100)


@pytest.mark.parametrize(("amount_sats", "fee_sats"), [(1, 2), (999, 2), (1000, 3), (1999, 3), (100_000, 102)])
async def test_the_fee_is_a_base_and_whole_parts_per_thousand(amount_sats: int, fee_sats: int) -> None:
    stage = stage_with()
    alice, invoice = await stage.wallet(), stage.invoice(amount_sats)
    quote = await alice.ssp("LightningSendFeeEstimate", input={"encoded_invoice": invoice.text})
    assert quote["lightning_send_fee_estimate"]["fee_estimate"]["original_value"] == fee_sats


@pytest.mark.parametrize("changes", [{"payment_hash": bytes(32)}, {"amount_msats": 900_000}])
async def test_an_invoice_that_is_not_of_this_network_returns_the_leaves(changes: dict[str, Any]) -> None:
    """A payment hash that our node never issued, or an amount that it never asked for."""
    stage = stage_with()
    alice, text = await stage.funded(1003), reissued(stage.invoice(1000).text, **changes)
    transfer_id = await locked(stage, alice, text)
    assert (await alice.request_send(text, transfer_id))["status"] == RETURNED
    assert_returned(stage, alice, transfer_id, 1003)
    assert stage.net.ledger.settled_counts == {}


async def test_a_cipher_that_holds_another_key_returns_the_leaves() -> None:
    stage = stage_with()
    alice, invoice = await stage.funded(1003), stage.invoice(1000)
    draft = await alice.draft_payment(invoice.text, list((await alice.nodes()).values()))
    transfer_id = draft.request.transfer_request.transfer_id
    for name in OPERATORS:
        tweak = draft.parts[name].leaves_to_send[0]
        tweak.secret_cipher = ecies.encrypt(stage.provider, curve.scalar_bytes(1234), 99, bytes(16))
        digest = leaf_digest(tweak.leaf_id, transfer_id, tweak.secret_cipher)
        tweak.signature = curve.ecdsa_sign_compact(digest, alice.keys.identity_secret)
    await alice.ask("initiate_preimage_swap_v3", alice.packer.seal(draft), pb.InitiatePreimageSwapResponse)
    assert (await alice.request_send(invoice.text, transfer_id))["status"] == RETURNED
    assert_returned(stage, alice, transfer_id, 1003)


async def test_the_provider_cannot_fund_more_than_it_has() -> None:
    stage = Stage.set_up(Settings(supply_sats=100, leaf_form=LeafForm.ZERO_TIMELOCK))
    alice = await stage.wallet()
    stage.fund(alice, 60)
    books = stage.books()
    with pytest.raises(LedgerError, match="reserve holds only 40 sats"):
        stage.fund(alice, 30, 11)
    assert stage.books() == books
    stage.fund(alice, 40)
    assert (stage.net.ledger.reserve_sats, stage.balance(alice).incoming_sats) == (0, 100)
