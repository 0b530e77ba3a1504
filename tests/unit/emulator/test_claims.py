"""Claiming an incoming transfer: all leaves of it at once, under the wallet's own keys, with refunds that are valid."""

from __future__ import annotations

import pytest

from spikes.emulator import transactions as txs
from spikes.emulator.crypto import curve, taproot
from spikes.emulator.ledger_state import Balance
from spikes.emulator.mint import LeafForm
from spikes.emulator.network import Settings
from spikes.emulator.rpc import Code
from spikes.emulator.wire import spark_pb2 as pb
from tests.unit.emulator import wallet_refunds as refunds
from tests.unit.emulator.stage import Stage
from tests.unit.emulator.wallet import Dialect, Wallet

FORMS = pytest.mark.parametrize("form", list(LeafForm))
DIALECTS = pytest.mark.parametrize("dialect", list(Dialect))


def assert_signed(raw: bytes, spent: txs.TxOut, verifying_key: bytes) -> txs.Tx:
    """The transaction spends `spent`, which pays to the leaf's key, with a valid signature: the transaction."""
    tx = txs.parse_tx(raw)
    (signature,) = tx.witness
    assert spent.script == taproot.p2tr_script(verifying_key)
    assert curve.schnorr_verify(
        signature, txs.sighash(tx, spent.value, spent.script), taproot.output_key(verifying_key)
    )
    return tx


def assert_owned(wallet: Wallet, node: pb.TreeNode) -> None:
    """The node is the wallet's under its own key, and every refund of it is signed and pays to that key."""
    secret, key = wallet.keys.leaf_secret(node.id), node.owner_signing_public_key
    assert (node.status, node.treenode_status) == ("AVAILABLE", pb.TREE_NODE_STATUS_AVAILABLE)
    assert node.owner_identity_public_key == wallet.identity
    assert key == curve.point(secret)
    assert wallet.owns(node, secret)
    parent = txs.parse_tx(node.node_tx)
    cpfp = assert_signed(node.refund_tx, parent.outputs[0], node.verifying_public_key)
    late = assert_signed(node.direct_from_cpfp_refund_tx, parent.outputs[0], node.verifying_public_key)
    assert (cpfp.prevout_txid, late.prevout_txid) == (parent.txid, parent.txid)
    assert (cpfp.sequence, late.sequence) == (1900, 1950)
    assert cpfp.outputs[0] == txs.TxOut(node.value, taproot.p2tr_script(key))
    assert late.outputs[0].script == taproot.p2tr_script(key)
    if node.direct_tx:
        direct = txs.parse_tx(node.direct_tx)
        refund = assert_signed(node.direct_refund_tx, direct.outputs[0], node.verifying_public_key)
        assert (refund.prevout_txid, refund.sequence) == (direct.txid, 1950)


@FORMS
@DIALECTS
async def test_a_claimed_leaf_is_the_wallets_own(form: LeafForm, dialect: Dialect) -> None:
    stage = Stage.set_up(Settings(leaf_form=form))
    alice = await stage.wallet(dialect=dialect, ssp=False)
    funding = stage.fund(alice, 5000, 551, 1)
    assert stage.balance(alice) == Balance(available_sats=0, locked_sats=0, incoming_sats=5552, leaves=0)
    assert await alice.nodes() == {}
    (incoming,) = await alice.pending()
    answer = await alice.claim(incoming)
    assert (answer.id, answer.status) == (funding.id, pb.TRANSFER_STATUS_COMPLETED)
    assert [entry.leaf.value for entry in answer.leaves] == [5000, 551, 1]
    assert {entry.leaf.id: entry.leaf for entry in answer.leaves} == await alice.nodes()
    for entry in answer.leaves:
        assert_owned(alice, entry.leaf)
        assert bool(entry.leaf.direct_tx) is (form is LeafForm.TIMELOCKED)
        anchors = txs.parse_tx(entry.leaf.refund_tx).outputs[1:]
        assert anchors == (() if dialect is Dialect.V0_27 and entry.leaf.value >= 552 else (txs.ANCHOR,))
    assert stage.balance(alice) == Balance(available_sats=5552, locked_sats=0, incoming_sats=0, leaves=3)
    assert await alice.pending() == []


@FORMS
async def test_an_incoming_leaf_is_sound(form: LeafForm) -> None:
    """What the provider sends: signed node transactions, and intermediate refunds to the receiver's identity key."""
    stage = Stage.set_up(Settings(leaf_form=form))
    alice = await stage.wallet(ssp=False)
    stage.fund(alice, 5000)
    (incoming,) = await alice.pending()
    node, entry = incoming.leaves[0].leaf, incoming.leaves[0]
    assert (node.status, incoming.type) == ("TRANSFER_LOCKED", pb.TRANSFER)
    assert bool(node.parent_node_id) is (form is LeafForm.TIMELOCKED)
    key = node.verifying_public_key
    parent = assert_signed(node.node_tx, txs.TxOut(5000, taproot.p2tr_script(key)), key)
    assert parent.sequence == (2000 if form is LeafForm.TIMELOCKED else 0)
    assert txs.parse_tx(node.refund_tx).sequence == 2000
    plan = refunds.sending(node, alice.identity)
    for raw, refund in (
        (entry.intermediate_refund_tx, plan.cpfp),
        (entry.intermediate_direct_refund_tx, plan.direct),
        (entry.intermediate_direct_from_cpfp_refund_tx, plan.direct_from_cpfp),
    ):
        if refund is None:
            assert raw == b""
        else:
            tx = assert_signed(raw, refund.spent, key)
            assert tx.serialize(include_witness=False) == refund.tx.serialize()
            assert tx.sequence in {1900, 1950}


async def test_claiming_again_gives_the_same_answer_and_changes_nothing() -> None:
    stage = Stage.set_up()
    alice = await stage.wallet(ssp=False)
    stage.fund(alice, 100)
    (incoming,) = await alice.pending()
    request = alice.packer.seal(await alice.draft_claim(incoming))
    first = await alice.ask("claim_transfer", request, pb.ClaimTransferResponse)
    books = stage.books()
    assert await alice.ask("claim_transfer", request, pb.ClaimTransferResponse) == first
    assert stage.books() == books


async def test_several_transfers_are_claimed_one_by_one() -> None:
    stage = Stage.set_up()
    alice = await stage.wallet(ssp=False)
    ids = [stage.fund(alice, amount).id for amount in (1, 2, 3)]
    assert [transfer.id for transfer in await alice.claim_all()] == ids
    assert stage.balance(alice).available_sats == 6


async def test_only_the_receiver_can_claim() -> None:
    stage = Stage.set_up()
    alice, mallory = await stage.wallet("alice"), await stage.wallet("mallory")
    stage.fund(alice, 100)
    (incoming,) = await alice.pending()
    request = alice.packer.seal(await alice.draft_claim(incoming))
    with stage.refused("claim_transfer", Code.NOT_FOUND, f"no transfer {incoming.id} to claim"):
        await mallory.ask("claim_transfer", request, pb.ClaimTransferResponse)
    assert await mallory.pending() == []
    await alice.ask("claim_transfer", request, pb.ClaimTransferResponse)
    assert stage.balance(alice).available_sats == 100


@pytest.mark.parametrize("transfer_id", ["", "x", "01234567-89ab-4def-8123-456789abcdef"])
async def test_what_is_not_there_cannot_be_claimed(transfer_id: str) -> None:
    stage = Stage.set_up()
    alice = await stage.wallet(ssp=False)
    with stage.refused("claim_transfer", Code.NOT_FOUND, "to claim"):
        await alice.ask("claim_transfer", pb.ClaimTransferRequest(transfer_id=transfer_id), pb.ClaimTransferResponse)


async def test_a_wallet_cannot_claim_back_what_it_sent() -> None:
    stage = Stage.set_up()
    alice = await stage.funded(1003)
    sent = (await alice.lock(stage.invoice(1000).text, list((await alice.nodes()).values()))).transfer
    with stage.refused("claim_transfer", Code.NOT_FOUND, "to claim"):
        await alice.ask("claim_transfer", pb.ClaimTransferRequest(transfer_id=sent.id), pb.ClaimTransferResponse)


async def test_a_claim_takes_all_leaves_or_none() -> None:
    stage = Stage.set_up()
    alice = await stage.wallet(ssp=False)
    stage.fund(alice, 10, 20, 30)
    (incoming,) = await alice.pending()
    part = pb.Transfer()
    part.CopyFrom(incoming)
    del part.leaves[1:]
    request = alice.packer.seal(await alice.draft_claim(part))
    with stage.refused("claim_transfer", Code.INVALID_ARGUMENT, "not for the leaves"):
        await alice.ask("claim_transfer", request, pb.ClaimTransferResponse)
    draft = await alice.draft_claim(incoming)
    for tweaks in draft.parts.values():
        del tweaks.leaves_to_receive[1]
    with stage.refused("claim_transfer", Code.INVALID_ARGUMENT, "no key tweak for it"):
        await alice.ask("claim_transfer", alice.packer.seal(draft), pb.ClaimTransferResponse)
    assert stage.balance(alice) == Balance(available_sats=0, locked_sats=0, incoming_sats=60, leaves=0)
    await alice.claim_all()
    assert stage.balance(alice).available_sats == 60


async def test_a_claim_that_also_tweaks_a_leaf_of_its_own_is_refused() -> None:
    """The package must be for the transfer's leaves: another leaf's tweak must not be dropped in silence."""
    stage = Stage.set_up()
    alice = await stage.funded(500)
    (held,) = await alice.nodes()
    stage.fund(alice, 100)
    draft = await alice.draft_claim((await alice.pending())[0])
    for name, tweaks in alice.packer.claim_tweaks({held: 12345}).items():
        draft.parts[name].leaves_to_receive.extend(tweaks.leaves_to_receive)
    with stage.refused("claim_transfer", Code.INVALID_ARGUMENT, "leaves"):
        await alice.ask("claim_transfer", alice.packer.seal(draft), pb.ClaimTransferResponse)


async def test_a_claim_in_the_name_of_another_owner_is_refused() -> None:
    stage = Stage.set_up()
    alice, bob = await stage.wallet("alice"), await stage.wallet("bob")
    stage.fund(alice, 100)
    request = alice.packer.seal(await alice.draft_claim((await alice.pending())[0]))
    request.owner_identity_public_key = bob.identity
    with stage.refused("claim_transfer", Code.PERMISSION_DENIED, "owner"):
        await alice.ask("claim_transfer", request, pb.ClaimTransferResponse)


async def test_a_tweak_that_leads_to_another_key_than_the_signed_one_is_refused() -> None:
    stage = Stage.set_up()
    alice = await stage.wallet(ssp=False)
    stage.fund(alice, 100)
    (incoming,) = await alice.pending()
    draft = await alice.draft_claim(incoming)
    wrong = alice.packer.claim_tweaks({incoming.leaves[0].leaf.id: 12345})
    for name, tweaks in wrong.items():
        draft.parts[name].CopyFrom(tweaks)
    with stage.refused("claim_transfer", Code.INVALID_ARGUMENT, "not the one expected"):
        await alice.ask("claim_transfer", alice.packer.seal(draft), pb.ClaimTransferResponse)


async def test_a_zero_timelock_leaf_has_no_direct_refund() -> None:
    stage = Stage.set_up(Settings(leaf_form=LeafForm.ZERO_TIMELOCK))
    alice = await stage.wallet(ssp=False)
    stage.fund(alice, 100)
    draft = await alice.draft_claim((await alice.pending())[0])
    package = draft.request.claim_package
    package.direct_leaves_to_claim.append(package.direct_from_cpfp_leaves_to_claim[0])
    with stage.refused("claim_transfer", Code.INVALID_ARGUMENT, "direct refunds go with timelocked nodes"):
        await alice.ask("claim_transfer", alice.packer.seal(draft), pb.ClaimTransferResponse)
