"""Envelopes: open with what they belong to, and with nothing else; no key or nonce is ever used twice."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Awaitable, Callable

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from spikes.custody.envelope import (
    Binding,
    EnvelopeError,
    Sealed,
    WrappedKey,
    from_base64,
    open_sealed,
    seal,
    to_base64,
)
from spikes.custody.records import EnvelopeRow

KEK = AESGCM(bytes(range(32)))
BINDING = Binding(wallet_id="wallet-1", key_version=3, network="regtest")
SECRET = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about"
BITS_A_RUN = 10_000


async def wrap(data_key: bytes, bound: bytes) -> WrappedKey:
    nonce = os.urandom(12)
    return WrappedKey(key_name="k", key_version=1, ciphertext=nonce + KEK.encrypt(nonce, data_key, bound))


async def unwrap(wrapped: WrappedKey, bound: bytes) -> bytes:
    try:
        return KEK.decrypt(wrapped.ciphertext[:12], wrapped.ciphertext[12:], bound)
    except (InvalidTag, ValueError):
        raise EnvelopeError("envelope_tampered", "the KMS does not know it") from None


def now(awaitable: Awaitable[object]) -> object:
    """Run a coroutine that never waits."""
    step = awaitable.__await__()
    try:
        next(step)
    except StopIteration as end:
        return end.value
    raise AssertionError("it waited")


def sealed(secret: str = SECRET, binding: Binding = BINDING) -> Sealed:
    made = now(seal(secret, binding, wrap))
    assert isinstance(made, Sealed)
    return made


def opened(
    envelope: Sealed, binding: Binding = BINDING, by: Callable[[WrappedKey, bytes], Awaitable[bytes]] = unwrap
) -> object:
    return now(open_sealed(envelope, binding, by))


@given(st.text(min_size=1, max_size=300))
def test_what_was_sealed_opens(secret: str) -> None:
    assert opened(sealed(secret)) == secret


def test_nothing_is_not_sealed() -> None:
    with pytest.raises(ValueError, match="empty"):
        now(seal("", BINDING, wrap))


def test_the_associated_data_is_canonical() -> None:
    assert (
        BINDING.associated_data()
        == b'{"key_version":3,"network":"regtest","purpose":"spark-mnemonic","wallet_id":"wallet-1"}'
    )
    assert b"\\u00fc" in Binding(wallet_id="ü", key_version=1, network="regtest").associated_data()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"wallet_id": "wallet-2"}, "wrong_binding"),
        ({"network": "mainnet"}, "wrong_binding"),
        ({"purpose": "backup"}, "wrong_binding"),
        ({"key_version": 4}, "wrong_key_version"),
        ({"key_version": 2}, "wrong_key_version"),
    ],
)
def test_an_envelope_of_another_row_does_not_open_and_the_kms_is_not_asked(
    change: dict[str, object], reason: str
) -> None:
    async def never(wrapped: WrappedKey, bound: bytes) -> bytes:
        raise AssertionError("the KMS was asked")

    with pytest.raises(EnvelopeError) as refused:
        opened(sealed(), dataclasses.replace(BINDING, **change), by=never)  # type: ignore[arg-type]
    assert refused.value.reason == reason
    # ... nor does it with its own fields rewritten to fit: they are authenticated.
    forged = dataclasses.replace(sealed(), binding=dataclasses.replace(BINDING, **change))  # type: ignore[arg-type]
    with pytest.raises(EnvelopeError):
        opened(forged, forged.binding)


def test_no_single_bit_of_a_stored_envelope_can_be_changed() -> None:
    """Every bit of every binary field of many envelopes: at least 10,000 changes, none opens."""
    changed = 0
    while changed < BITS_A_RUN:
        whole = sealed()
        for bit in range(8 * len(whole.nonce)):
            refuse(dataclasses.replace(whole, nonce=flipped(whole.nonce, bit)))
        for bit in range(8 * len(whole.ciphertext)):
            refuse(dataclasses.replace(whole, ciphertext=flipped(whole.ciphertext, bit)))
        for bit in range(8 * len(whole.data_key.ciphertext)):
            key = dataclasses.replace(whole.data_key, ciphertext=flipped(whole.data_key.ciphertext, bit))
            refuse(dataclasses.replace(whole, data_key=key))
        changed += 8 * len(whole.nonce + whole.ciphertext + whole.data_key.ciphertext)


def refuse(envelope: Sealed) -> None:
    with pytest.raises(EnvelopeError):
        opened(envelope)


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@settings(max_examples=200)
@given(st.data())
def test_no_single_character_of_a_stored_row_can_be_changed(data: st.DataObject) -> None:
    """The row as text: whatever character of a field that matters is changed, it does not open as this wallet's."""
    row = EnvelopeRow.of(sealed(), created_at_ms=1).to_json()
    name = data.draw(
        st.sampled_from(["walletId", "network", "purpose", "algorithm", "nonce", "ciphertext", "wrappedDataKey"])
    )
    place = data.draw(st.integers(0, len(row[name]) - 1))
    other = data.draw(st.sampled_from("ABCabc012+/=-_ ").filter(lambda c: c != row[name][place]))
    row[name] = row[name][:place] + other + row[name][place + 1 :]
    with pytest.raises(EnvelopeError):
        opened(EnvelopeRow.from_json(row).sealed())


def test_no_nonce_and_no_data_key_is_used_twice() -> None:
    """100,000 envelopes; the data keys as the KMS sees them."""
    keys: set[bytes] = set()
    nonces: set[bytes] = set()

    async def see(data_key: bytes, bound: bytes) -> WrappedKey:
        keys.add(data_key)
        return WrappedKey(key_name="k", key_version=1, ciphertext=b"x")

    for _ in range(100_000):
        made = now(seal("x", BINDING, see))
        assert isinstance(made, Sealed)
        nonces.add(made.nonce)
    assert len(keys) == len(nonces) == 100_000


@given(st.binary(min_size=1, max_size=40))
def test_base64_has_one_form(data: bytes) -> None:
    text = to_base64(data)
    assert from_base64(text) == data
    for other in (text + "\n", text.rstrip("=") + " ", "", text[:-1] + "*"):
        with pytest.raises(EnvelopeError):
            from_base64(other)


def test_a_repr_shows_no_secret() -> None:
    shown = repr(sealed())
    assert "ciphertext" not in shown
    assert SECRET not in shown
