"""The sealed package of a claim, a payment or a swap with one thing wrong."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from spikes.emulator.crypto import curve, ecies
from spikes.emulator.crypto.packages import PackageKind, package_digest
from spikes.emulator.wire import spark_pb2 as pb
from tests.unit.emulator.flows import Flow, Prepared, assert_refused
from tests.unit.emulator.wallet_packages import OPERATORS, transfer_id_of

FIRST, SECOND, THIRD = OPERATORS


def signed_by_another(prepared: Prepared) -> None:
    package = prepared.draft.package
    digest = package_digest(prepared.draft.kind, transfer_id_of(prepared.draft.request), package.key_tweak_package)
    package.user_signature = curve.ecdsa_sign_der(digest, 5)


def signed_for_another_kind(prepared: Prepared) -> None:
    package, kind = prepared.draft.package, prepared.draft.kind
    other = PackageKind.CLAIM if kind is PackageKind.TRANSFER else PackageKind.TRANSFER
    digest = package_digest(other, transfer_id_of(prepared.draft.request), package.key_tweak_package)
    package.user_signature = curve.ecdsa_sign_der(digest, prepared.wallet.keys.identity_secret)


def signed_for_another_transfer(prepared: Prepared) -> None:
    package = prepared.draft.package
    digest = package_digest(prepared.draft.kind, prepared.wallet.chance.uuid(), package.key_tweak_package)
    package.user_signature = curve.ecdsa_sign_der(digest, prepared.wallet.keys.identity_secret)


def not_signed(prepared: Prepared) -> None:
    prepared.draft.package.user_signature = b""


def a_blob_changed_after_signing(prepared: Prepared) -> None:
    blob = prepared.draft.package.key_tweak_package[SECOND]
    prepared.draft.package.key_tweak_package[SECOND] = blob[:-1] + bytes([blob[-1] ^ 1])


def old_hash_variant(prepared: Prepared) -> None:
    prepared.draft.package.hash_variant = pb.HASH_VARIANT_UNSPECIFIED


def operator_missing(prepared: Prepared) -> None:
    prepared.draft.package.key_tweak_package.pop(THIRD)
    prepared.wallet.packer.sign_package(prepared.draft)


def operator_too_many(prepared: Prepared) -> None:
    package = prepared.draft.package.key_tweak_package
    package[f"{4:064x}"] = package[THIRD]
    prepared.wallet.packer.sign_package(prepared.draft)


def tampered_blob(prepared: Prepared) -> None:
    a_blob_changed_after_signing(prepared)
    prepared.wallet.packer.sign_package(prepared.draft)


def truncated_blob(prepared: Prepared) -> None:
    prepared.draft.package.key_tweak_package[FIRST] = prepared.draft.package.key_tweak_package[FIRST][:90]
    prepared.wallet.packer.sign_package(prepared.draft)


def parts_exchanged(prepared: Prepared) -> None:
    package = prepared.draft.package.key_tweak_package
    package[FIRST], package[SECOND] = package[SECOND], package[FIRST]
    prepared.wallet.packer.sign_package(prepared.draft)


def part_that_is_no_message(prepared: Prepared) -> None:
    chance, public = prepared.wallet.chance, prepared.operator_key(SECOND)
    blob = ecies.encrypt(public, b"\xff\xff\xff", chance.scalar(), chance.draw(16))
    prepared.draft.package.key_tweak_package[SECOND] = blob
    prepared.wallet.packer.sign_package(prepared.draft)


@pytest.mark.parametrize("flow", Flow)
@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (signed_by_another, "package signature is wrong"),
        (signed_for_another_kind, "package signature is wrong"),
        (signed_for_another_transfer, "package signature is wrong"),
        (not_signed, "package signature is wrong"),
        (a_blob_changed_after_signing, "package signature is wrong"),
        (old_hash_variant, "hash variant V2"),
        (operator_missing, "one part for each of the three operators"),
        (operator_too_many, "one part for each of the three operators"),
        (tampered_blob, "operator 2 cannot open its part"),
        (truncated_blob, "operator 1 cannot open its part"),
        (parts_exchanged, "operator 1 cannot open its part"),
        (part_that_is_no_message, "operator 2 cannot open its part"),
    ],
)
async def test_a_spoiled_package_is_refused(flow: Flow, spoil: Callable[[Prepared], None], words: str) -> None:
    await assert_refused(flow, spoil, words, sealed=True)


@pytest.mark.parametrize("flow", Flow)
async def test_no_package_is_refused(flow: Flow) -> None:
    def spoil(prepared: Prepared) -> None:
        del prepared.jobs["cpfp"][:]
        prepared.draft.package.Clear()

    await assert_refused(flow, spoil, "hash variant V2|send 1 to 200 leaves", sealed=True)
