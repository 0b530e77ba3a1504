"""ECIES: the vector of the real client, round trips, and that no altered blob decrypts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikes.emulator.crypto import ecies
from spikes.emulator.crypto.curve import CryptoError, N, point

VECTOR: dict[str, Any] = json.loads((Path(__file__).parents[2] / "vectors" / "spark-vectors.json").read_text())["ecies"]
SECRET = int(VECTOR["receiver_secret"], 16)
BLOB = bytes.fromhex(VECTOR["blob"])


def test_vector_encrypts_and_decrypts() -> None:
    plaintext, nonce = VECTOR["plaintext"].encode(), bytes.fromhex(VECTOR["iv"])
    assert ecies.encrypt(point(SECRET), plaintext, int(VECTOR["ephemeral_secret"], 16), nonce) == BLOB
    assert ecies.decrypt(SECRET, BLOB) == plaintext


@given(
    secret=st.integers(1, N - 1),
    ephemeral=st.integers(1, N - 1),
    nonce=st.binary(min_size=16, max_size=16),
    plaintext=st.binary(max_size=300),
)
@settings(deadline=None, max_examples=25)
def test_round_trip(secret: int, ephemeral: int, nonce: bytes, plaintext: bytes) -> None:
    blob = ecies.encrypt(point(secret), plaintext, ephemeral, nonce)
    assert len(blob) == 97 + len(plaintext)
    assert ecies.decrypt(secret, blob) == plaintext
    with pytest.raises(CryptoError):
        ecies.decrypt(secret % (N - 1) + 1, blob)


def test_every_bit_flip_fails() -> None:
    for bit in range(len(BLOB) * 8):
        altered = bytearray(BLOB)
        altered[bit // 8] ^= 1 << bit % 8
        with pytest.raises(CryptoError):
            ecies.decrypt(SECRET, bytes(altered))


def test_every_truncation_and_extension_fails() -> None:
    for blob in (*(BLOB[:size] for size in range(len(BLOB))), BLOB + b"\x00"):
        with pytest.raises(CryptoError):
            ecies.decrypt(SECRET, blob)


@given(blob=st.binary(max_size=200))
@settings(deadline=None, max_examples=50)
def test_noise_fails(blob: bytes) -> None:
    with pytest.raises(CryptoError):
        ecies.decrypt(SECRET, blob)


def test_encrypt_refuses_unusable_input() -> None:
    with pytest.raises(CryptoError):
        ecies.encrypt(point(SECRET), b"", 1, bytes(12))
    with pytest.raises(CryptoError):
        ecies.encrypt(point(SECRET), b"", 0, bytes(16))
    with pytest.raises(CryptoError):
        ecies.encrypt(bytes(33), b"", 1, bytes(16))
