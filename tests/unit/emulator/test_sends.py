"""Locking leaves for a Lightning payment: both dialects, both leaf forms, and everything that must be refused."""

from __future__ import annotations

from typing import Any

import pytest

from spikes.emulator import transactions as txs
from spikes.emulator.crypto import curve, taproot
from spikes.emulator.ledger_state import Balance
from spikes.emulator.mint import LeafForm
from spikes.emulator.network import Settings
from spikes.emulator.rpc import Code
from spikes.emulator.wire import spark_pb2 as pb
from tests.unit.emulator import wallet_refunds as refunds
from tests.unit.emulator.stage import START, Stage, reissued
from tests.unit.emulator.wallet import Dialect, PaymentDraft, Wallet

METHOD = "initiate_preimage_swap_v3"
UUID = "01234567-89ab-4def-8123-456789abcdef"


async def send(wallet: Wallet, draft: PaymentDraft) -> pb.InitiatePreimageSwapResponse:
    return await wallet.ask(METHOD, wallet.packer.seal(draft), pb.InitiatePreimageSwapResponse)


async def leaves_of(wallet: Wallet) -> list[pb.TreeNode]:
    return list((await wallet.nodes()).values())


@pytest.mark.parametrize("form", list(LeafForm))
@pytest.mark.parametrize("dialect", list(Dialect))
async def test_a_payment_locks_its_leaves_and_settles(form: LeafForm, dialect: Dialect) -> None:
    stage = Stage.set_up(Settings(leaf_form=form))
    alice = await stage.funded(1000, 3, 500, dialect=dialect)
    leaves = [node for node in await leaves_of(alice) if node.value != 500]
    invoice = stage.invoice(1000)
    transfer = (await alice.lock(invoice.text, leaves)).transfer
    assert (transfer.type, transfer.status) == (pb.PREIMAGE_SWAP, pb.TRANSFER_STATUS_SENDER_KEY_TWEAK_PENDING)
    assert (transfer.total_value, transfer.created_time.seconds) == (1003, START)
    assert transfer.expiry_time.seconds > START
    assert [entry.leaf.status for entry in transfer.leaves] == ["TRANSFER_LOCKED"] * 2
    assert_locked_to_the_hash(transfer, leaves, invoice.payment_hash, stage.provider, alice.identity)
    assert stage.balance(alice) == Balance(available_sats=500, locked_sats=1003, incoming_sats=0, leaves=3)
    request = await alice.request_send(invoice.text, transfer.id)
    assert request["lightning_send_payment_preimage"] == invoice.preimage.hex()
    assert stage.balance(alice) == Balance(available_sats=500, locked_sats=0, incoming_sats=0, leaves=1)
    assert stage.net.ledger.lightning_paid_sats == 1000


def assert_locked_to_the_hash(
    transfer: pb.Transfer, leaves: list[pb.TreeNode], payment_hash: bytes, receiver: bytes, sender: bytes
) -> None:
    """The intermediate refunds are the hash-locked ones, signed by user and operators together."""
    for entry, node in zip(transfer.leaves, leaves, strict=True):
        plan = refunds.hash_locked(node, payment_hash, receiver=receiver, sender=sender)
        for raw, refund, sequence in (
            (entry.intermediate_refund_tx, plan.cpfp, 1870),
            (entry.intermediate_direct_refund_tx, plan.direct, 1885),
            (entry.intermediate_direct_from_cpfp_refund_tx, plan.direct_from_cpfp, 1885),
        ):
            if refund is None:
                assert raw == b""
                continue
            tx = txs.parse_tx(raw)
            assert (tx.sequence, tx.serialize(include_witness=False)) == (sequence, refund.tx.serialize())
            key = taproot.output_key(node.verifying_public_key)
            assert curve.schnorr_verify(tx.witness[0], refund.message, key)


async def test_only_the_older_dialect_sends_plain_refunds() -> None:
    stage = Stage.set_up()
    for dialect, expected in ((Dialect.V0_19, True), (Dialect.V0_27, False)):
        alice = await stage.funded(1003, name=dialect, dialect=dialect)
        draft = await alice.draft_payment(stage.invoice(1000).text, await leaves_of(alice))
        assert draft.request.HasField("transfer") is expected


async def test_the_key_tweak_is_staged_and_not_applied() -> None:
    stage = Stage.set_up()
    alice = await stage.funded(1003)
    (leaf,) = await leaves_of(alice)
    locked = (await alice.lock(stage.invoice(1000).text, [leaf])).transfer.leaves[0].leaf
    assert locked.signing_keyshare.public_key == leaf.signing_keyshare.public_key
    assert locked.owner_signing_public_key == leaf.owner_signing_public_key


# ---- leaves ------------------------------------------------------------------------------------


async def test_a_foreign_leaf_cannot_be_sent() -> None:
    stage = Stage.set_up()
    alice, mallory = await stage.funded(1003, name="alice"), await stage.funded(1003, name="mallory")
    draft = await mallory.draft_payment(stage.invoice(1000).text, await leaves_of(alice))
    with stage.refused(METHOD, Code.FAILED_PRECONDITION, "is not the caller's"):
        await send(mallory, draft)


async def test_an_unknown_leaf_cannot_be_sent() -> None:
    stage = Stage.set_up()
    alice = await stage.funded(1003)
    (leaf,) = await leaves_of(alice)
    leaf.id = UUID
    draft = await alice.draft_payment(stage.invoice(1000).text, [leaf])
    with stage.refused(METHOD, Code.FAILED_PRECONDITION, f"leaf {UUID} is not the caller's"):
        await send(alice, draft)


async def test_a_locked_leaf_cannot_be_sent_again() -> None:
    """Clients look for the word TRANSFER_LOCKED: they then refresh their leaves and choose others."""
    stage = Stage.set_up()
    alice = await stage.funded(1003)
    leaves = await leaves_of(alice)
    await alice.lock(stage.invoice(1000).text, leaves)
    draft = await alice.draft_payment(stage.invoice(1000).text, leaves)
    with stage.refused(METHOD, Code.FAILED_PRECONDITION, "TRANSFER_LOCKED"):
        await send(alice, draft)


async def test_a_leaf_that_was_paid_with_cannot_be_sent_again() -> None:
    stage = Stage.set_up()
    alice = await stage.funded(1003)
    leaves = await leaves_of(alice)
    await alice.pay(stage.invoice(1000).text)
    draft = await alice.draft_payment(stage.invoice(1000).text, leaves)
    with stage.refused(METHOD, Code.FAILED_PRECONDITION, "is not the caller's"):
        await send(alice, draft)


@pytest.mark.parametrize("count", [0, 201])
async def test_too_many_or_no_leaves_are_refused(count: int) -> None:
    stage = Stage.set_up()
    alice = await stage.funded(1003)
    draft = await alice.draft_payment(stage.invoice(1000).text, await leaves_of(alice))
    del draft.request.transfer_request.transfer_package.leaves_to_send[:]
    for number in range(count):
        draft.request.transfer_request.transfer_package.leaves_to_send.add(leaf_id=str(number))
    with stage.refused(METHOD, Code.INVALID_ARGUMENT, "send 1 to 200 leaves"):
        await send(alice, draft)


async def test_leaves_that_are_worth_less_than_the_invoice_are_refused() -> None:
    stage = Stage.set_up()
    alice = await stage.funded(999)
    draft = await alice.draft_payment(stage.invoice(1000).text, await leaves_of(alice))
    with stage.refused(METHOD, Code.INVALID_ARGUMENT, "999 sats of leaves cannot pay 1000 sats"):
        await send(alice, draft)


# ---- ids and hashes ----------------------------------------------------------------------------


async def test_a_transfer_id_exists_once() -> None:
    stage = Stage.set_up()
    alice = await stage.funded(1003, 1003)
    first, second = await leaves_of(alice)
    await alice.lock(stage.invoice(1000).text, [first], transfer_id=UUID)
    draft = await alice.draft_payment(stage.invoice(1000).text, [second], transfer_id=UUID)
    with stage.refused(METHOD, Code.ALREADY_EXISTS, f"transfer {UUID} already exists"):
        await send(alice, draft)


async def test_a_payment_hash_is_locked_once_whoever_asks() -> None:
    stage = Stage.set_up()
    invoice = stage.invoice(1000)
    for name in ("alice", "bob"):
        wallet = await stage.funded(1003, 1003, name=name)
        leaves = await leaves_of(wallet)
        if name == "alice":
            await wallet.lock(invoice.text, leaves[:1])
        with stage.refused(METHOD, Code.ALREADY_EXISTS, "payment hash is already in transfer"):
            await send(wallet, await wallet.draft_payment(invoice.text, leaves[1:]))


async def test_a_payment_hash_stays_locked_once_it_is_paid() -> None:
    stage = Stage.set_up()
    alice = await stage.funded(1003, 1003)
    invoice = stage.invoice(1000)
    await alice.pay(invoice.text)
    with stage.refused(METHOD, Code.ALREADY_EXISTS, "payment hash is already in transfer"):
        await send(alice, await alice.draft_payment(invoice.text, await leaves_of(alice)))
    assert stage.net.ledger.settled_counts == {invoice.payment_hash: 1}


async def test_a_payment_hash_can_be_locked_again_after_its_return() -> None:
    stage = Stage.set_up()
    alice = await stage.funded(1003)
    leaves, invoice = await leaves_of(alice), stage.invoice(1000)
    first = (await alice.lock(invoice.text, leaves)).transfer
    stage.net.provider.sends.give_back(first.id)
    assert (await alice.pay(invoice.text))["lightning_send_payment_preimage"] == invoice.preimage.hex()
    request = pb.QueryHtlcRequest(identity_public_key=alice.identity, match_role=pb.PREIMAGE_REQUEST_ROLE_SENDER)
    found = (await alice.ask("query_htlc", request, pb.QueryHtlcResponse)).preimage_requests
    assert [htlc.status for htlc in found] == [
        pb.PREIMAGE_REQUEST_STATUS_RETURNED,
        pb.PREIMAGE_REQUEST_STATUS_PREIMAGE_SHARED,
    ]
    assert [htlc.preimage for htlc in found] == [b"", invoice.preimage]


@pytest.mark.parametrize("transfer_id", ["", "x", UUID.upper(), UUID.replace("-", ""), "{" + UUID + "}"])
async def test_a_transfer_id_is_a_uuid_as_clients_write_it(transfer_id: str) -> None:
    stage = Stage.set_up()
    alice = await stage.funded(1003)
    draft = await alice.draft_payment(stage.invoice(1000).text, await leaves_of(alice))
    request = alice.packer.seal(draft)
    request.transfer_request.transfer_id = transfer_id
    with stage.refused(METHOD, Code.INVALID_ARGUMENT, "transfer_id must be a UUID, lower case with dashes"):
        await alice.ask(METHOD, request, pb.InitiatePreimageSwapResponse)


# ---- the invoice -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"network_prefix": "bc"}, "another network"),
        ({"network_prefix": "tb"}, "another network"),
        ({"amount_msats": None}, "no amount"),
        ({"amount_msats": 1_000_001}, "not a whole number of sats"),
        ({"amount_msats": 999_000}, "asks for 999 sats"),
        ({"payment_hash": bytes(32)}, "payment hash is not the invoice's"),
    ],
)
async def test_an_invoice_that_does_not_fit_the_request_is_refused(changes: dict[str, Any], words: str) -> None:
    stage = Stage.set_up()
    alice = await stage.funded(1003)
    invoice = stage.invoice(1000)
    draft = await alice.draft_payment(invoice.text, await leaves_of(alice))
    draft.request.invoice_amount.invoice_amount_proof.bolt11_invoice = reissued(invoice.text, **changes)
    with stage.refused(METHOD, Code.INVALID_ARGUMENT, words):
        await send(alice, draft)


@pytest.mark.parametrize("text", ["", "lnbcrt1", "lightning", "lnbcrt10n1p" + "q" * 200, "\N{SNOWMAN}" * 10])
async def test_what_is_no_invoice_is_refused(text: str) -> None:
    stage = Stage.set_up()
    alice = await stage.funded(1003)
    draft = await alice.draft_payment(stage.invoice(1000).text, await leaves_of(alice))
    draft.request.invoice_amount.invoice_amount_proof.bolt11_invoice = text
    with stage.refused(METHOD, Code.INVALID_ARGUMENT, "invoice is no good"):
        await send(alice, draft)
