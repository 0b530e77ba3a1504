"""What a wallet's identity key signs: the digest of a transfer or claim package, and of one leaf of a transfer.

It must not know the protobuf messages the parts come from, or whose key signs.
Source: the facts file, sections 6.1 and 6.3.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from enum import StrEnum
from uuid import UUID

from .curve import CryptoError


class PackageKind(StrEnum):
    """What the signed package is for; the value is part of the hashed tag."""

    TRANSFER = "transfer"
    CLAIM = "claim"


def package_digest(kind: PackageKind, transfer_id: str, key_tweak_package: Mapping[str, bytes]) -> bytes:
    """32-byte digest over the ciphertexts by operator identifier (64 hex digits). Raises CryptoError for a bad id."""
    tag = hashlib.sha256(_prefixed(b"spark") + _prefixed(kind.value.encode()) + _prefixed(b"signing payload")).digest()
    message = tag + tag + _prefixed(_uuid(transfer_id).bytes) + _prefixed(len(key_tweak_package).to_bytes(8, "big"))
    for key, value in sorted((key.encode(), value) for key, value in key_tweak_package.items()):
        message += _prefixed(key) + _prefixed(value)
    return hashlib.sha256(message).digest()


def leaf_digest(leaf_id: str, transfer_id: str, secret_cipher: bytes) -> bytes:
    """32-byte digest that a sender signs for one leaf; both ids as lower-case UUID texts, else CryptoError."""
    texts = str(_uuid(leaf_id)) + str(_uuid(transfer_id))
    return hashlib.sha256(texts.encode() + secret_cipher).digest()


def _prefixed(data: bytes) -> bytes:
    return len(data).to_bytes(8, "big") + data


def _uuid(text: str) -> UUID:
    """Only the canonical text is taken: another spelling of the same id would hash differently on the client."""
    try:
        value = UUID(text)
    except ValueError as error:
        raise CryptoError("the id is not a UUID; send it as lower-case text with dashes") from error
    if str(value) != text:
        raise CryptoError("the id is not in canonical form; send it as lower-case text with dashes")
    return value
