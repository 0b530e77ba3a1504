"""Envelope encryption of one secret: a fresh data key encrypts it, the KMS's key-encryption key wraps the data key.

Role: seal and open, and the exact bytes that bind an envelope to its wallet. The JavaScript twin is
drivers/wallet/envelope.js; tests/vectors/envelopes.json holds both to the same bytes.
Must not know: databases, HTTP, who may unwrap.

Cipher: AES-256-GCM with a 96-bit random nonce and a 128-bit tag (NIST SP 800-38D, 5.2.1.1 and 8.2.2). A data key
encrypts one message and is forgotten, so its nonce cannot repeat under it; a new version of a wallet gets a new data
key (NIST SP 800-57 part 1, 5.3.4; OWASP Cryptographic Storage Cheat Sheet, "Encrypting stored keys").
"""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

ALGORITHM = "AES-256-GCM"
PURPOSE = "spark-mnemonic"
KEY_BYTES = 32
NONCE_BYTES = 12


class EnvelopeError(Exception):
    """An envelope that does not open. The message names no secret; `reason` is one word for programs."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class Binding:
    """What an envelope belongs to. It is authenticated with the ciphertext and with the wrapped data key."""

    wallet_id: str
    key_version: int  # of the wallet, from 1; a rotation is the next one
    network: str
    purpose: str = PURPOSE

    def associated_data(self) -> bytes:
        """Canonical JSON in ASCII: keys sorted, no spaces. The same bytes in every language."""
        fields = {
            "key_version": self.key_version,
            "network": self.network,
            "purpose": self.purpose,
            "wallet_id": self.wallet_id,
        }
        return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")


@dataclass(frozen=True, kw_only=True)
class WrappedKey:
    """A data key under the KMS's key-encryption key."""

    key_name: str
    key_version: int  # of the KMS's key
    ciphertext: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Sealed:
    """A secret at rest."""

    binding: Binding
    nonce: bytes
    ciphertext: bytes = field(repr=False)  # with the tag at its end
    data_key: WrappedKey
    algorithm: str = ALGORITHM


Wrap = Callable[[bytes, bytes], Awaitable[WrappedKey]]  # (data key, associated data)
Unwrap = Callable[[WrappedKey, bytes], Awaitable[bytes]]  # (wrapped data key, associated data)


async def seal(secret: str, binding: Binding, wrap: Wrap) -> Sealed:
    """Encrypt under a data key made for this one message. Raises what `wrap` raises, and ValueError for no secret."""
    if not secret:
        raise ValueError("there is nothing to seal: the secret is empty")
    data_key, nonce, bound = AESGCM.generate_key(8 * KEY_BYTES), os.urandom(NONCE_BYTES), binding.associated_data()
    ciphertext = AESGCM(data_key).encrypt(nonce, secret.encode(), bound)
    return Sealed(binding=binding, nonce=nonce, ciphertext=ciphertext, data_key=await wrap(data_key, bound))


async def open_sealed(sealed: Sealed, expected: Binding, unwrap: Unwrap) -> str:
    """The secret, if the envelope is what `expected` says and nothing in it was changed.

    `expected` comes from the wallet's own row: an envelope that was moved to another row, or an old one put back, does
    not open. Raises EnvelopeError, and what `unwrap` raises. Asks the KMS once, and not at all for a wrong binding.
    """
    if sealed.algorithm != ALGORITHM:
        raise EnvelopeError("algorithm_unknown", f"the envelope was not made with {ALGORITHM}; seal the wallet anew")
    if sealed.binding != expected:
        stale = sealed.binding.key_version != expected.key_version
        raise EnvelopeError(
            "wrong_key_version" if stale else "wrong_binding",
            "the envelope belongs to another wallet or key version; read the row that the wallet names",
        )
    bound = expected.associated_data()
    data_key = await unwrap(sealed.data_key, bound)
    try:
        if len(sealed.nonce) != NONCE_BYTES or len(data_key) != KEY_BYTES:
            raise InvalidTag
        return AESGCM(data_key).decrypt(sealed.nonce, sealed.ciphertext, bound).decode()
    except (InvalidTag, UnicodeDecodeError):
        raise EnvelopeError(
            "envelope_tampered", "the envelope does not open: it was changed, or its data key is another's"
        ) from None


def to_base64(data: bytes) -> str:
    """Standard base64 with padding, as rows hold binary values."""
    return base64.b64encode(data).decode("ascii")


def from_base64(text: str) -> bytes:
    """The bytes; raises EnvelopeError unless `text` is exactly what `to_base64` writes for them."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if not data or to_base64(data) != text:
        raise EnvelopeError("envelope_tampered", "a binary field of the envelope is not canonical base64")
    return data
