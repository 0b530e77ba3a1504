"""Key tweak packages: what a sender or a claimer sends encrypted to each operator, opened and checked.

Checked here: the package signature, that all three operators got the same tweak, every Feldman share, every leaf
signature. Must not know the ledger. Source: facts/spark-protocol.md sections 6.1 to 6.4.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from google.protobuf.message import DecodeError

from spikes.emulator.crypto import curve, ecies, feldman
from spikes.emulator.crypto.packages import PackageKind, leaf_digest, package_digest
from spikes.emulator.identities import IDENTIFIERS, KeyPair
from spikes.emulator.ledger_state import KeyTweak
from spikes.emulator.wire import spark_pb2 as pb

LeafMessage = TypeVar("LeafMessage", pb.SendLeafKeyTweak, pb.ClaimLeafKeyTweak)


class PackageError(ValueError):
    """A package that must be refused; the message says which part of it is wrong."""


@dataclass(frozen=True, kw_only=True)
class SentLeaf:
    """A sender's checked tweak of one leaf, and what its receiver needs."""

    tweak: KeyTweak
    secret_cipher: bytes
    signature: bytes


def open_send(
    package: pb.TransferPackage, *, transfer_id: str, sender: bytes, operators: Sequence[KeyPair]
) -> dict[str, SentLeaf]:
    """The tweaks of a TransferPackage by leaf id. Raises PackageError."""
    _check_signature(PackageKind.TRANSFER, package, transfer_id, sender)
    opened = _open_all(package.key_tweak_package, operators, _read_sent)
    sent = {}
    for leaf_id, messages in opened.items():
        first = messages[0]
        if any((m.secret_cipher, m.signature) != (first.secret_cipher, first.signature) for m in messages):
            raise PackageError(f"leaf {leaf_id}: the operators were sent different ciphers")
        if not curve.ecdsa_verify(first.signature, leaf_digest(leaf_id, transfer_id, first.secret_cipher), sender):
            raise PackageError(f"leaf {leaf_id}: the sender's signature over the cipher is wrong")
        tweak = _tweak(leaf_id, messages)
        sent[leaf_id] = SentLeaf(tweak=tweak, secret_cipher=first.secret_cipher, signature=first.signature)
    return sent


def open_claim(
    package: pb.ClaimPackage, *, transfer_id: str, claimer: bytes, operators: Sequence[KeyPair]
) -> dict[str, KeyTweak]:
    """The tweaks of a ClaimPackage by leaf id. Raises PackageError."""
    _check_signature(PackageKind.CLAIM, package, transfer_id, claimer)
    opened = _open_all(package.key_tweak_package, operators, _read_claimed)
    return {leaf_id: _tweak(leaf_id, messages) for leaf_id, messages in opened.items()}


def _check_signature(
    kind: PackageKind, package: pb.TransferPackage | pb.ClaimPackage, transfer_id: str, signer: bytes
) -> None:
    if package.hash_variant != pb.HASH_VARIANT_V2:
        raise PackageError("the package needs hash variant V2")
    if set(package.key_tweak_package) != set(IDENTIFIERS):
        raise PackageError("the package needs exactly one part for each of the three operators")
    try:
        digest = package_digest(kind, transfer_id, package.key_tweak_package)
    except curve.CryptoError as error:
        raise PackageError(str(error)) from error
    if not curve.ecdsa_verify(package.user_signature, digest, signer):
        raise PackageError("the package signature is wrong")


def _read_sent(plain: bytes) -> Sequence[pb.SendLeafKeyTweak]:
    return pb.SendLeafKeyTweaks.FromString(plain).leaves_to_send


def _read_claimed(plain: bytes) -> Sequence[pb.ClaimLeafKeyTweak]:
    return pb.ClaimLeafKeyTweaks.FromString(plain).leaves_to_receive


def _open_all(
    parts: Mapping[str, bytes], operators: Sequence[KeyPair], read: Callable[[bytes], Sequence[LeafMessage]]
) -> dict[str, list[LeafMessage]]:
    """For each leaf id the messages to operators 1, 2, 3, in that order."""
    opened: dict[str, list[LeafMessage]] = {}
    for number, (name, operator) in enumerate(zip(IDENTIFIERS, operators, strict=True), start=1):
        try:
            messages = read(ecies.decrypt(operator.secret, parts[name]))
        except (curve.CryptoError, DecodeError) as error:
            raise PackageError(f"operator {number} cannot open its part: {error}") from error
        for message in messages:
            opened.setdefault(message.leaf_id, []).append(message)
            if len(opened[message.leaf_id]) != number:
                raise PackageError("every leaf must be sent to every operator, once")
    if not opened or any(len(messages) != len(operators) for messages in opened.values()):
        raise PackageError("every leaf must be sent to every operator, once")
    return opened


def _tweak(leaf_id: str, messages: Sequence[LeafMessage]) -> KeyTweak:
    proofs = tuple(messages[0].secret_share_tweak.proofs)
    shares = []
    for index, message in enumerate(messages, start=1):
        if tuple(message.secret_share_tweak.proofs) != proofs:
            raise PackageError(f"leaf {leaf_id}: the operators were sent different proofs")
        try:
            share = curve.scalar(message.secret_share_tweak.secret_share)
        except curve.CryptoError as error:
            raise PackageError(f"leaf {leaf_id}: {error}") from error
        if len(proofs) != 2 or not feldman.verify_share(index, share, proofs):
            raise PackageError(f"leaf {leaf_id}: operator {index} was sent a share that its proofs do not back")
        if message.pubkey_shares_tweak.get(IDENTIFIERS[index - 1]) != curve.point(share):
            raise PackageError(f"leaf {leaf_id}: the public share of operator {index} is wrong")
        shares.append(share)
    public = {name: curve.point(share) for name, share in zip(IDENTIFIERS, shares, strict=True)}
    if any(dict(message.pubkey_shares_tweak) != public for message in messages):
        raise PackageError(f"leaf {leaf_id}: the operators were sent wrong public shares")
    first, second, third = shares
    return KeyTweak(shares=(first, second, third), proofs=(proofs[0], proofs[1]))
