"""Leaf swaps: the operators' half, the provider's half, and what each of them must refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from spikes.emulator.crypto import curve, ecies, frost
from spikes.emulator.crypto.packages import leaf_digest
from spikes.emulator.ledger_state import Balance
from spikes.emulator.mint import LeafForm
from spikes.emulator.network import Settings
from spikes.emulator.rpc import Code
from spikes.emulator.wire import spark_pb2 as pb
from tests.unit.emulator import wallet_refunds as refunds
from tests.unit.emulator.stage import Stage
from tests.unit.emulator.wallet import Dialect, SwapDraft, Wallet
from tests.unit.emulator.wallet_packages import OPERATORS

METHOD = "initiate_swap_primary_transfer"
OTHER_KEY = curve.point(5)
Input = dict[str, Any]


async def opened(stage: Stage, *amounts_sats: int) -> tuple[Wallet, SwapDraft, Input]:
    """A wallet whose leaves wait in a swap, and the input that would finish it (target: half of the first leaf)."""
    alice = await stage.funded(*amounts_sats)
    draft = await alice.draft_swap(list((await alice.nodes()).values()))
    answer = await alice.open_swap(draft)
    return alice, draft, alice.swap_input(draft, answer, [amounts_sats[0] // 2])


@pytest.mark.parametrize("form", list(LeafForm))
@pytest.mark.parametrize("dialect", list(Dialect))
async def test_a_swap_gives_the_target_and_one_change_leaf(form: LeafForm, dialect: Dialect) -> None:
    stage = Stage.set_up(Settings(leaf_form=form))
    alice = await stage.funded(4096, 512, dialect=dialect)
    inbound = await alice.swap(list((await alice.nodes()).values()), [779])
    assert (inbound.type, inbound.status) == (pb.COUNTER_SWAP_V3, pb.TRANSFER_STATUS_COMPLETED)
    assert inbound.sender_identity_public_key == stage.provider
    assert sorted(node.value for node in (await alice.nodes()).values()) == [779, 3829]
    assert stage.balance(alice) == Balance(available_sats=4608, locked_sats=0, incoming_sats=0, leaves=2)
    assert stage.net.ledger.lightning_paid_sats == 0


@pytest.mark.parametrize(
    ("targets", "expected"),
    [([500], [500]), ([100, 100], [100, 100, 300]), ([499], [1, 499]), ([1] * 100, [1] * 100 + [400])],
)
async def test_every_target_is_one_leaf_and_change_another(targets: list[int], expected: list[int]) -> None:
    stage = Stage.set_up(Settings(leaf_form=LeafForm.ZERO_TIMELOCK))
    alice, draft, swap_input = await opened(stage, 500)
    swap_input["target_amount_sats"] = targets
    answer = (await alice.ssp("RequestSwap", input=swap_input))["request_swap"]["request"]
    inbound = stage.net.ledger.transfers[answer["inbound_transfer"]["spark_id"]]
    assert sorted(stage.net.ledger.leaves[entry.leaf_id].value_sats for entry in inbound.leaves) == expected
    assert answer["outbound_transfer"]["spark_id"] == draft.request.transfer.transfer_id
    assert (answer["total_amount"]["original_value"], answer["target_amount"]["original_value"]) == (500, sum(targets))


async def test_the_operators_answer_with_shares_that_make_the_adaptor_signature() -> None:
    stage = Stage.set_up()
    alice = await stage.funded(300)
    (leaf,) = (await alice.nodes()).values()
    draft = await alice.draft_swap([leaf])
    answer = await alice.open_swap(draft)
    assert (answer.transfer.type, answer.transfer.status) == (
        pb.PRIMARY_SWAP_V3,
        pb.TRANSFER_STATUS_SENDER_KEY_TWEAK_PENDING,
    )
    assert answer.transfer.leaves[0].leaf.status == "TRANSFER_LOCKED"
    (result,) = answer.signing_results
    parts = result.refund_tx_signing_result
    names = set(parts.signature_shares)
    assert names == set(parts.public_keys) == set(parts.signing_nonce_commitments)
    assert len(names) == 2
    assert result.verifying_key == leaf.verifying_public_key
    assert all(parts.public_keys[name] == leaf.signing_keyshare.public_shares[name] for name in names)
    (swapped,) = alice.swap_input(draft, answer, [100])["user_leaves"]
    message = refunds.sending(leaf, stage.provider).cpfp.message
    signature, adaptor = bytes.fromhex(swapped["adaptor_added_signature"]), curve.point(draft.adaptor_secret)
    assert frost.verify_adaptor(signature, message, leaf.verifying_public_key, adaptor)
    assert frost.complete_adaptor(signature, draft.adaptor_secret, message, leaf.verifying_public_key)


# ---- refused by the operators --------------------------------------------------------------------


def no_adaptor(draft: SwapDraft) -> None:
    draft.request.adaptor_public_keys.Clear()


def adaptor_that_is_no_point(draft: SwapDraft) -> None:
    draft.request.adaptor_public_keys.adaptor_public_key = b"\x02" + b"\xff" * 32


def adaptor_of_another(draft: SwapDraft) -> None:
    draft.request.adaptor_public_keys.adaptor_public_key = OTHER_KEY


def direct_refunds_too(draft: SwapDraft) -> None:
    package = draft.request.transfer.transfer_package
    package.direct_from_cpfp_leaves_to_send.append(package.leaves_to_send[0])


def without_the_plain_refund(draft: SwapDraft) -> None:
    draft.request.transfer.transfer_package.leaves_to_send[0].raw_tx += b"x"


def expired(draft: SwapDraft) -> None:
    draft.request.transfer.expiry_time.seconds -= 120


def to_another(draft: SwapDraft) -> None:
    draft.request.transfer.receiver_identity_public_key = OTHER_KEY


@pytest.mark.parametrize(
    ("spoil", "code", "words"),
    [
        (no_adaptor, Code.INVALID_ARGUMENT, "a point needs 33 bytes"),
        (adaptor_that_is_no_point, Code.INVALID_ARGUMENT, "not on the curve"),
        (adaptor_of_another, Code.INVALID_ARGUMENT, "signature share is wrong"),
        (direct_refunds_too, Code.INVALID_ARGUMENT, "cpfp refunds only"),
        (without_the_plain_refund, Code.INVALID_ARGUMENT, "not the one expected"),
        (expired, Code.INVALID_ARGUMENT, "expire in the future"),
        (to_another, Code.UNIMPLEMENTED, "only transfers to the provider"),
    ],
)
async def test_the_operators_refuse_a_spoiled_swap(spoil: Callable[[SwapDraft], None], code: Code, words: str) -> None:
    stage = Stage.set_up()
    alice = await stage.funded(300)
    draft = await alice.draft_swap(list((await alice.nodes()).values()))
    spoil(draft)
    with stage.refused(METHOD, code, words):
        await alice.open_swap(draft)
    await alice.swap(list((await alice.nodes()).values()), [100])


async def test_leaves_in_a_swap_cannot_be_swapped_or_paid_with() -> None:
    stage = Stage.set_up()
    alice = await stage.funded(1003)
    leaves = list((await alice.nodes()).values())
    await alice.open_swap(await alice.draft_swap(leaves))
    again = await alice.draft_swap(leaves)
    with stage.refused(METHOD, Code.FAILED_PRECONDITION, "TRANSFER_LOCKED"):
        await alice.open_swap(again)
    payment = alice.packer.seal(await alice.draft_payment(stage.invoice(1000).text, leaves))
    with stage.refused("initiate_preimage_swap_v3", Code.FAILED_PRECONDITION, "TRANSFER_LOCKED"):
        await alice.ask("initiate_preimage_swap_v3", payment, pb.InitiatePreimageSwapResponse)


# ---- refused by the provider ---------------------------------------------------------------------


def signature_changed(swap_input: Input) -> None:
    signature = swap_input["user_leaves"][0]["adaptor_added_signature"]
    swap_input["user_leaves"][0]["adaptor_added_signature"] = signature[:-2] + f"{int(signature[-2:], 16) ^ 1:02x}"


def signatures_exchanged(swap_input: Input) -> None:
    first, second = swap_input["user_leaves"]
    first["adaptor_added_signature"], second["adaptor_added_signature"] = (
        second["adaptor_added_signature"],
        first["adaptor_added_signature"],
    )


def other_refund(swap_input: Input) -> None:
    swap_input["user_leaves"][0]["raw_unsigned_refund_transaction"] += "00"


def refund_that_is_no_hex(swap_input: Input) -> None:
    swap_input["user_leaves"][0]["raw_unsigned_refund_transaction"] = "xyz"


def leaf_missing(swap_input: Input) -> None:
    del swap_input["user_leaves"][1]


def leaf_twice(swap_input: Input) -> None:
    swap_input["user_leaves"][1] = swap_input["user_leaves"][0]


def other_adaptor(swap_input: Input) -> None:
    swap_input["adaptor_pubkey"] = OTHER_KEY.hex()


def changed(**changes: Any) -> Callable[[Input], None]:
    return lambda swap_input: swap_input.update(changes)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (signature_changed, "adaptor signature is wrong"),
        (signatures_exchanged, "adaptor signature is wrong"),
        (other_refund, "not the one the operators signed"),
        (refund_that_is_no_hex, "must be hex"),
        (leaf_missing, "exactly the leaves of its transfer"),
        (leaf_twice, "exactly the leaves of its transfer"),
        (other_adaptor, "not the one the operators signed with"),
        (changed(total_amount_sats=601), "the transfer holds 600 sats, not 601"),
        (changed(target_amount_sats=[601]), "600 sats cannot be swapped into"),
        (changed(target_amount_sats=[]), "600 sats cannot be swapped into"),
        (changed(target_amount_sats=[0]), "600 sats cannot be swapped into"),
        (changed(target_amount_sats=[-1, 300]), "600 sats cannot be swapped into"),
        (changed(target_amount_sats=[(1 << 63) - 1] * 3), "600 sats cannot be swapped into"),
        (changed(fee_sats=1), "fee_sats must be 0"),
        (changed(user_outbound_transfer_external_id="01234567-89ab-4def-8123-456789abcdef"), "no swap in transfer"),
    ],
)
async def test_the_provider_refuses_a_spoiled_swap(spoil: Callable[[Input], None], words: str) -> None:
    stage = Stage.set_up()
    alice, _, swap_input = await opened(stage, 400, 200)
    spoiled: Input = {**swap_input, "user_leaves": [dict(leaf) for leaf in swap_input["user_leaves"]]}
    spoil(spoiled)
    with stage.refused_by_ssp("RequestSwap", words):
        await alice.ssp("RequestSwap", input=spoiled)
    await alice.ssp("RequestSwap", input=swap_input)
    assert stage.balance(alice).incoming_sats == 600


async def test_a_cipher_that_holds_another_key_is_refused() -> None:
    """The operators cannot see it; the provider must, or it would pay for leaves that it can never spend."""
    stage = Stage.set_up()
    alice = await stage.funded(300)
    draft = await alice.draft_swap(list((await alice.nodes()).values()))
    transfer_id = draft.request.transfer.transfer_id
    for name in OPERATORS:
        tweak = draft.parts[name].leaves_to_send[0]
        tweak.secret_cipher = ecies.encrypt(stage.provider, curve.scalar_bytes(1234), 99, bytes(16))
        digest = leaf_digest(tweak.leaf_id, transfer_id, tweak.secret_cipher)
        tweak.signature = curve.ecdsa_sign_compact(digest, alice.keys.identity_secret)
    swap_input = alice.swap_input(draft, await alice.open_swap(draft), [100])
    with stage.refused_by_ssp("RequestSwap", "the cipher holds another key"):
        await alice.ssp("RequestSwap", input=swap_input)


async def test_a_swap_that_was_returned_cannot_be_finished() -> None:
    stage = Stage.set_up()
    alice, _, swap_input = await opened(stage, 300)
    stage.clock.advance(120)
    stage.net.provider.sweep()
    assert stage.balance(alice).available_sats == 300
    with stage.refused_by_ssp("RequestSwap", "the swap is RETURNED"):
        await alice.ssp("RequestSwap", input=swap_input)
