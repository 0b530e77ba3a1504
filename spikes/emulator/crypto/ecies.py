"""ECIES as the Spark client speaks it: secp256k1, HKDF-SHA256, AES-256-GCM with a 16-byte nonce, uncompressed keys.

Blob: ephemeral public key (65) || nonce (16) || tag (16) || ciphertext. It must not know what is encrypted.
Source: the facts file, section 6.4.
"""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from .curve import CryptoError, compress, mul, point, uncompressed

_KEY: Final = 65
_NONCE: Final = 16
_TAG: Final = 16
_HEADER: Final = _KEY + _NONCE + _TAG


def encrypt(receiver: bytes, plaintext: bytes, ephemeral_secret: int, nonce16: bytes) -> bytes:
    """Encrypt to a 33-byte receiver key. The ephemeral secret and the nonce must never be used twice."""
    if len(nonce16) != _NONCE:
        raise CryptoError(f"the nonce needs {_NONCE} bytes, got {len(nonce16)}")
    ephemeral = uncompressed(point(ephemeral_secret))
    sealed = AESGCM(_derive(ephemeral, mul(receiver, ephemeral_secret))).encrypt(nonce16, plaintext, None)
    return ephemeral + nonce16 + sealed[-_TAG:] + sealed[:-_TAG]


def decrypt(secret: int, blob: bytes) -> bytes:
    """The plaintext of a blob for the key secret*G. Raises CryptoError on any failure, without saying which part."""
    if len(blob) < _HEADER:
        raise CryptoError(f"an ECIES blob needs at least {_HEADER} bytes, got {len(blob)}; check that it is complete")
    ephemeral, nonce, tag = blob[:_KEY], blob[_KEY : _KEY + _NONCE], blob[_KEY + _NONCE : _HEADER]
    key = _derive(ephemeral, mul(compress(ephemeral), secret))
    try:
        return AESGCM(key).decrypt(nonce, blob[_HEADER:] + tag, None)
    except InvalidTag as error:
        raise CryptoError("the ECIES blob does not decrypt with this key; check the receiver and the blob") from error


def _derive(ephemeral: bytes, shared: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"").derive(ephemeral + uncompressed(shared))
