"""The terms of a payment request with one thing wrong: parties, times, amounts, ciphers and plain refunds."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from spikes.emulator.crypto import curve, ecies
from spikes.emulator.mint import LeafForm
from spikes.emulator.network import Settings
from spikes.emulator.rpc import Code
from spikes.emulator.wire import spark_pb2 as pb
from tests.unit.emulator.stage import START, Stage
from tests.unit.emulator.wallet import PaymentDraft
from tests.unit.emulator.wallet_packages import OPERATORS

METHOD = "initiate_preimage_swap_v3"
OTHER_KEY = curve.point(5)
Spoiler = Callable[[PaymentDraft], None]


async def assert_refused(spoil: Spoiler, code: Code, words: str, form: LeafForm = LeafForm.TIMELOCKED) -> None:
    """A payment with one leaf, spoiled before it is sealed, is refused; an unspoiled one is accepted after it."""
    stage = Stage.set_up(Settings(leaf_form=form))
    alice = await stage.funded(1003, ssp=False)
    leaves = list((await alice.nodes()).values())
    draft = await alice.draft_payment(stage.invoice(1000).text, leaves)
    spoil(draft)
    with stage.refused(METHOD, code, words):
        await alice.ask(METHOD, alice.packer.seal(draft), pb.InitiatePreimageSwapResponse)
    await alice.lock(stage.invoice(1000).text, leaves)


def other_owner(draft: PaymentDraft) -> None:
    draft.request.transfer_request.owner_identity_public_key = OTHER_KEY


def other_receiver(draft: PaymentDraft) -> None:
    draft.request.transfer_request.receiver_identity_public_key = OTHER_KEY


def receiving(draft: PaymentDraft) -> None:
    draft.request.reason = pb.InitiatePreimageSwapRequest.REASON_RECEIVE


def other_amount(draft: PaymentDraft) -> None:
    draft.request.invoice_amount.value_sats = 1001


def other_hash(draft: PaymentDraft) -> None:
    draft.request.payment_hash = bytes(32)


def no_hash(draft: PaymentDraft) -> None:
    draft.request.payment_hash = b""


@pytest.mark.parametrize(
    ("spoil", "code", "words"),
    [
        (other_owner, Code.PERMISSION_DENIED, "only the owner"),
        (other_receiver, Code.UNIMPLEMENTED, "only transfers to the provider"),
        (receiving, Code.UNIMPLEMENTED, "receiving over Lightning is absent"),
        (other_amount, Code.INVALID_ARGUMENT, "the invoice asks for 1000 sats"),
        (other_hash, Code.INVALID_ARGUMENT, "not the invoice's"),
        (no_hash, Code.INVALID_ARGUMENT, "not the invoice's"),
    ],
)
async def test_terms_that_are_wrong_are_refused(spoil: Spoiler, code: Code, words: str) -> None:
    await assert_refused(spoil, code, words)


@pytest.mark.parametrize(
    "expiry",
    [
        Timestamp(),
        Timestamp(seconds=int(START)),
        Timestamp(seconds=int(START) - 1, nanos=999_999_999),
        Timestamp(seconds=int(START) + 30 * 86400, nanos=1000),
        Timestamp(seconds=-(1 << 62)),
        Timestamp(seconds=(1 << 63) - 1, nanos=(1 << 31) - 1),
    ],
)
async def test_a_transfer_that_expires_too_early_or_too_late_is_refused(expiry: Timestamp) -> None:
    def spoil(draft: PaymentDraft) -> None:
        draft.request.transfer_request.expiry_time.CopyFrom(expiry)

    await assert_refused(spoil, Code.INVALID_ARGUMENT, "expire in the future, within 30 days")


# ---- ciphers and leaf signatures -----------------------------------------------------------------


def other_cipher_for_one_operator(draft: PaymentDraft) -> None:
    draft.parts[OPERATORS[1]].leaves_to_send[0].secret_cipher = b"another"


def other_signature_for_one_operator(draft: PaymentDraft) -> None:
    draft.parts[OPERATORS[2]].leaves_to_send[0].signature = bytes(64)


def cipher_changed_after_signing(draft: PaymentDraft) -> None:
    for part in draft.parts.values():
        part.leaves_to_send[0].secret_cipher = ecies.encrypt(OTHER_KEY, bytes(32), 9, bytes(16))


def no_signature(draft: PaymentDraft) -> None:
    for part in draft.parts.values():
        part.leaves_to_send[0].signature = b""


def leaf_without_tweak(draft: PaymentDraft) -> None:
    for part in draft.parts.values():
        part.leaves_to_send[0].leaf_id = "01234567-89ab-4def-8123-456789abcdef"


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (other_cipher_for_one_operator, "different ciphers"),
        (other_signature_for_one_operator, "different ciphers"),
        (cipher_changed_after_signing, "signature over the cipher is wrong"),
        (no_signature, "signature over the cipher is wrong"),
        (leaf_without_tweak, "signature over the cipher is wrong"),
    ],
)
async def test_what_the_receiver_needs_is_checked(spoil: Spoiler, words: str) -> None:
    await assert_refused(spoil, Code.INVALID_ARGUMENT, words)


async def test_a_tweak_for_a_leaf_that_is_not_sent_is_refused() -> None:
    stage = Stage.set_up()
    alice = await stage.funded(1003, 7)
    sent, kept = sorted((await alice.nodes()).values(), key=lambda node: -node.value)
    draft = await alice.draft_payment(stage.invoice(1000).text, [sent])
    transfer_id = draft.request.transfer_request.transfer_id
    for name, part in alice.packer.send_tweaks([kept.id], transfer_id, stage.provider).items():
        draft.parts[name].leaves_to_send.extend(part.leaves_to_send)
    with stage.refused(METHOD, Code.INVALID_ARGUMENT, "not for the leaves that are sent"):
        await alice.ask(METHOD, alice.packer.seal(draft), pb.InitiatePreimageSwapResponse)


# ---- refunds -------------------------------------------------------------------------------------


def plain_share_wrong(draft: PaymentDraft) -> None:
    share = draft.request.transfer.leaves_to_send[0].user_signature
    draft.request.transfer.leaves_to_send[0].user_signature = share[:-1] + bytes([share[-1] ^ 1])


def plain_refund_of_another_kind(draft: PaymentDraft) -> None:
    package = draft.request.transfer_request.transfer_package
    draft.request.transfer.leaves_to_send[0].raw_tx = package.leaves_to_send[0].raw_tx


def no_plain_refund(draft: PaymentDraft) -> None:
    del draft.request.transfer.leaves_to_send[:]


def hash_locked_refund_of_another_kind(draft: PaymentDraft) -> None:
    package = draft.request.transfer_request.transfer_package
    package.leaves_to_send[0].raw_tx = draft.request.transfer.leaves_to_send[0].raw_tx


def commitments_of_the_other_batch(draft: PaymentDraft) -> None:
    package = draft.request.transfer_request.transfer_package
    job = draft.request.transfer.leaves_to_send[0]
    job.signing_commitments.CopyFrom(package.leaves_to_send[0].signing_commitments)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (plain_share_wrong, "signature share is wrong"),
        (plain_refund_of_another_kind, "not the one expected"),
        (no_plain_refund, "not for the leaves"),
        (hash_locked_refund_of_another_kind, "not the one expected"),
        (commitments_of_the_other_batch, "unknown or used"),
    ],
)
async def test_the_older_dialects_plain_refunds_are_checked(spoil: Spoiler, words: str) -> None:
    await assert_refused(spoil, Code.INVALID_ARGUMENT, words)


def superfluous_direct_refund(draft: PaymentDraft) -> None:
    package = draft.request.transfer_request.transfer_package
    package.direct_leaves_to_send.append(package.direct_from_cpfp_leaves_to_send[0])


def missing_direct_refund(draft: PaymentDraft) -> None:
    del draft.request.transfer_request.transfer_package.direct_leaves_to_send[:]


@pytest.mark.parametrize(
    ("spoil", "form"),
    [(superfluous_direct_refund, LeafForm.ZERO_TIMELOCK), (missing_direct_refund, LeafForm.TIMELOCKED)],
)
async def test_direct_refunds_go_with_timelocked_nodes_only(spoil: Spoiler, form: LeafForm) -> None:
    await assert_refused(spoil, Code.INVALID_ARGUMENT, "direct refunds go with timelocked nodes", form)
