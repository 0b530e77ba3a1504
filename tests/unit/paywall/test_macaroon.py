"""Macaroons against pymacaroons, an independent implementation, and against damage of every kind."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac

import pymacaroons
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikes.paywall.macaroon import MAX_BYTES, MacaroonError, decode, encode, is_authentic, mint, restrict

KEY = bytes(range(32))
IDENTIFIER = bytes(2) + b"h" * 32 + b"t" * 32
CAVEATS = ("services=cheap:0", "cheap_valid_until=1800000000")
KEYS = st.binary(min_size=32, max_size=32)
IDENTIFIERS = st.binary(min_size=1, max_size=200)
CAVEAT_LISTS = st.lists(st.text(st.characters(codec="utf-8"), max_size=200), max_size=4).map(tuple)


def theirs(key: bytes, identifier: bytes, caveats: tuple[str, ...]) -> bytes:
    """The same macaroon, made and encoded by pymacaroons."""
    macaroon = pymacaroons.Macaroon(location="sparkgate", identifier=identifier, key=key, version=2)
    for caveat in caveats:
        macaroon.add_first_party_caveat(caveat)
    text = macaroon.serialize()
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def ours(key: bytes = KEY, identifier: bytes = IDENTIFIER, caveats: tuple[str, ...] = CAVEATS) -> bytes:
    return encode(mint(root_key=key, location="sparkgate", identifier=identifier, caveats=caveats))


@given(key=KEYS, identifier=IDENTIFIERS, caveats=CAVEAT_LISTS)
def test_the_binary_form_is_that_of_pymacaroons(key: bytes, identifier: bytes, caveats: tuple[str, ...]) -> None:
    assert ours(key, identifier, caveats) == theirs(key, identifier, caveats)


@given(key=KEYS, identifier=IDENTIFIERS, caveats=CAVEAT_LISTS)
def test_a_macaroon_of_pymacaroons_is_read_and_authentic(
    key: bytes, identifier: bytes, caveats: tuple[str, ...]
) -> None:
    macaroon = decode(theirs(key, identifier, caveats))
    assert (macaroon.identifier, macaroon.caveats) == (identifier, caveats)
    assert is_authentic(macaroon, key)


def test_pymacaroons_verifies_ours() -> None:
    text = base64.urlsafe_b64encode(ours()).decode().rstrip("=")
    verifier = pymacaroons.Verifier()
    for caveat in CAVEATS:
        verifier.satisfy_exact(caveat)
    assert verifier.verify(pymacaroons.Macaroon.deserialize(text), KEY)


def test_the_signature_starts_from_the_derived_key_not_from_the_l402_text() -> None:
    signature = mint(root_key=KEY, location="sparkgate", identifier=IDENTIFIER).signature
    derived = hmac.digest(b"macaroons-key-generator", KEY, hashlib.sha256)
    assert signature == hmac.digest(derived, IDENTIFIER, hashlib.sha256)
    assert signature != hmac.digest(KEY, IDENTIFIER, hashlib.sha256)


def test_restricting_needs_no_key_and_stays_authentic() -> None:
    restricted = restrict(decode(ours()), "preimage=00")
    assert encode(restricted) == theirs(KEY, IDENTIFIER, (*CAVEATS, "preimage=00"))
    assert is_authentic(restricted, KEY)


def test_a_caveat_cannot_be_taken_away() -> None:
    full = decode(ours())
    stripped = mint(root_key=KEY, location="sparkgate", identifier=IDENTIFIER, caveats=CAVEATS[:1])
    assert not is_authentic(decode(encode(stripped)[:-32] + full.signature), KEY)


@given(bit=st.integers(min_value=0, max_value=len(ours()) * 8 - 1))
def test_no_macaroon_with_one_bit_flipped_is_authentic_at_its_location(bit: int) -> None:
    damaged = bytearray(ours())
    damaged[bit // 8] ^= 1 << bit % 8
    try:
        macaroon = decode(bytes(damaged))
    except MacaroonError:
        return
    assert macaroon.location != "sparkgate" or not is_authentic(macaroon, KEY)


@given(data=st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_with_a_macaroon_error(data: bytes) -> None:
    for candidate in (data, b"\x02" + data):
        with contextlib.suppress(MacaroonError):
            assert encode(decode(candidate)) == candidate


@pytest.mark.parametrize("length", range(len(ours())))
def test_a_cut_macaroon_is_refused(length: int) -> None:
    with pytest.raises(MacaroonError):
        decode(ours()[:length])


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (ours() + b"\x00", "bytes follow"),
        (b"\x02" + bytes(MAX_BYTES), "at most"),
        (b"0017location", "V2"),
        (b"\x02\x02\x01i\x00\x00\x06\x20" + bytes(32), "location and an identifier"),
        (b"\x02\x01\x01l\x02\x01i\x00\x02\x01c\x04\x01v\x00\x00\x06\x20" + bytes(32), "first-party"),
        (b"\x02\x01\x01\xff\x02\x01i\x00\x00\x06\x20" + bytes(32), "UTF-8"),
        (b"\x02\x01\x81\x00l\x02\x01i\x00\x00\x06\x20" + bytes(32), "shortest"),
        (b"\x02\x01\x01l\x02\x01i\x00\x00\x06\x10" + bytes(16), "32 bytes"),
        (b"\x02\x01\xff\xff\xff\xff\xff", "longer than"),
    ],
)
def test_other_forms_are_refused_and_named(data: bytes, says: str) -> None:
    with pytest.raises(MacaroonError, match=says):
        decode(data)
