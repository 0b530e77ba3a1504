"""Curve operations, hashes to scalars, ECDSA, BIP340 and taproot keys, against published vectors and embit."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from embit import bip32, bip39, ec
from hypothesis import given, settings
from hypothesis import strategies as st

from spikes.emulator.crypto import curve, taproot
from spikes.emulator.crypto.curve import CryptoError, N

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[2] / "vectors" / "spark-vectors.json").read_text())
SCALARS = st.integers(1, N - 1)
DIGEST = hashlib.sha256(b"digest").digest()
NOT_ON_CURVE = bytes.fromhex("02EEFDEA4CDB677750A420FEE807EACF21EB9898AE79B9768766E4FAA04A2D4A34")  # BIP340, row 5


def embit_point(secret: int) -> bytes:
    return bytes(ec.PrivateKey(secret.to_bytes(32, "big")).sec())


@given(a=SCALARS, b=SCALARS)
@settings(deadline=None, max_examples=25)
def test_point_arithmetic_is_arithmetic_of_scalars(a: int, b: int) -> None:
    p, q = curve.point(a), curve.point(b)
    assert p == embit_point(a)
    assert curve.mul(p, b) == curve.point(a * b)
    assert curve.negate(p) == curve.point(-a)
    assert curve.even(p) in {p, curve.negate(p)}
    assert not curve.is_odd(curve.even(p))
    assert curve.lift_x(curve.xonly(p)) == curve.even(p)
    assert curve.compress(curve.uncompressed(p)) == p
    if (a * b + a) % N:
        assert curve.mul_add(p, b, a) == curve.point(a * b + a)
    if (a - b) % N and (a + b) % N:
        assert curve.add(p, q) == curve.point(a + b)
        assert curve.sub(p, q) == curve.point(a - b)


def test_the_point_at_infinity_is_an_error() -> None:
    p = curve.point(7)
    with pytest.raises(CryptoError, match="infinity"):
        curve.sub(p, p)
    with pytest.raises(CryptoError, match="infinity"):
        curve.add(p, p, curve.point(-14))
    with pytest.raises(CryptoError, match="infinity"):
        curve.add()
    with pytest.raises(CryptoError, match="infinity"):
        curve.mul_add(p, 2, -14)
    for multiple in (0, N, -N):
        with pytest.raises(CryptoError, match="0 modulo n"):
            curve.point(multiple)
        with pytest.raises(CryptoError, match="0 modulo n"):
            curve.mul(p, multiple)


@pytest.mark.parametrize(
    "encoding",
    [
        b"",
        b"\x02",
        bytes(33),
        b"\x04" + bytes(32),
        NOT_ON_CURVE,
        b"\x02" + b"\xff" * 32,
        curve.uncompressed(curve.point(1)),
    ],
)
def test_only_compressed_points_on_the_curve_parse(encoding: bytes) -> None:
    with pytest.raises(CryptoError):
        curve.parse_point(encoding)
    with pytest.raises(CryptoError):
        curve.add(curve.point(1), encoding)
    with pytest.raises(CryptoError):
        curve.mul(encoding, 2)
    assert not curve.ecdsa_verify(curve.ecdsa_sign_der(DIGEST, 5), DIGEST, encoding)


def test_parse_point_returns_the_encoding() -> None:
    assert curve.parse_point(curve.point(9)) == curve.point(9)


HYBRID = (b"\x07" if curve.is_odd(curve.point(1)) else b"\x06") + curve.uncompressed(curve.point(1))[1:]


@pytest.mark.parametrize("data", [b"", b"\x04" * 64, curve.point(1), b"\x04" + bytes(64), HYBRID])
def test_compress_takes_uncompressed_points_only(data: bytes) -> None:
    with pytest.raises(CryptoError):
        curve.compress(data)


def test_scalars_have_32_bytes_and_lie_below_the_order() -> None:
    assert curve.scalar(curve.scalar_bytes(N - 1)) == N - 1
    assert curve.scalar_bytes(0) == bytes(32)
    for encoding in (bytes(32), N.to_bytes(32, "big"), b"\xff" * 32, bytes(31), b"\x01" * 33):
        with pytest.raises(CryptoError):
            curve.scalar(encoding)
    for value in (-1, N):
        with pytest.raises(CryptoError):
            curve.scalar_bytes(value)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (b"", "68a985b87eb6b46952128911f2a4412bbc302a9d759667f87f7a21d803f07235"),
        (b"abc", "d8ccab23b5985ccea865c6c97b6e5b8350e794e603b4b97902f53a8a0d605615"),
        (
            b"abc",
            "abba86a6129e366fc877aab32fc4ffc70120d8996c88aee2fe4b32d6c7b6437a647e6c3163d40b76a73cf6a5674ef1d8"
            "90f95b664ee0afa5359a5c4e07985635bbecbac65d747d3d2da7ec2b8221b17b0ca9dc8a1ac1c07ea6a1e60583e2cb00"
            "058e77b7b72a298425cd1b941ad4ec65e8afc50303a22c0f99b0509b4c895f40",
        ),
    ],
)
def test_expand_message_matches_rfc_9380(message: bytes, expected: str) -> None:
    """RFC 9380, appendix K.1."""
    output = curve.expand_message_xmd(message, b"QUUX-V01-CS02-with-expander-SHA256-128", len(expected) // 2)
    assert output.hex() == expected


def test_expand_message_matches_the_hash_to_field_vector_of_the_secp256k1_suite() -> None:
    """RFC 9380, appendix J.8.1, msg "": two elements of the base field (not of the scalar field) from 96 bytes."""
    output = curve.expand_message_xmd(b"", b"QUUX-V01-CS02-with-secp256k1_XMD:SHA-256_SSWU_RO_", 96)
    field = 2**256 - 2**32 - 977
    u0, u1 = (int.from_bytes(half, "big") % field for half in (output[:48], output[48:]))
    assert u0 == 0x6B0F9910DD2BA71C78F2EE9F04D73B5F4C5F7FC773A701ABEA1E573CAB002FB3
    assert u1 == 0x1AE6C212E08FE1A5937F6202F929A2CC8EF4EE5B9782DB68B0D5799FD8F09E16


def test_hash_to_scalar_reduces_48_expanded_bytes() -> None:
    expanded = curve.expand_message_xmd(b"message", b"tag", 48)
    assert curve.hash_to_scalar(b"tag", b"message") == int.from_bytes(expanded, "big") % N


@pytest.mark.parametrize(("dst", "length"), [(b"x" * 256, 32), (b"x", 0), (b"x", 8161)])
def test_expand_message_refuses_what_it_cannot_encode(dst: bytes, length: int) -> None:
    with pytest.raises(CryptoError):
        curve.expand_message_xmd(b"", dst, length)


# BIP340 test vectors, final version: secret, x-only key, auxiliary randomness, message, signature (rows 0 and 1).
BIP340_SIGNING = [
    (
        "0000000000000000000000000000000000000000000000000000000000000003",
        "F9308A019258C31049344F85F89D5229B531C845836F99B08601F113BCE036F9",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "E907831F80848D1069A5371B402410364BDF1C5F8307B0084C55F1CE2DCA821525F66A4A85EA8B71E482A74F382D2CE5"
        "EBEEE8FDB2172F477DF4900D310536C0",
    ),
    (
        "B7E151628AED2A6ABF7158809CF4F3C762E7160F38B4DA56A784D9045190CFEF",
        "DFF1D77F2A671C5F36183726DB2341BE58FEAE1DA2DECED843240F7B502BA659",
        "0000000000000000000000000000000000000000000000000000000000000001",
        "243F6A8885A308D313198A2E03707344A4093822299F31D0082EFA98EC4E6C89",
        "6896BD60EEAE296DB48A229FF71DFE071BDE413E6D43F917DC8DCF8C78DE33418906D11AC976ABCCB20B091292BFF4EA"
        "897EFCB639EA871CFA95F6DE339E4B0A",
    ),
]


@pytest.mark.parametrize(("secret", "key", "aux", "message", "signature"), BIP340_SIGNING)
def test_schnorr_matches_bip340(secret: str, key: str, aux: str, message: str, signature: str) -> None:
    k, msg, sig = int(secret, 16), bytes.fromhex(message), bytes.fromhex(signature)
    assert curve.xonly(curve.point(k)) == bytes.fromhex(key)
    assert curve.schnorr_sign(msg, k, bytes.fromhex(aux)) == sig
    assert curve.schnorr_verify(sig, msg, bytes.fromhex(key))
    assert curve.schnorr_verify(sig, msg, curve.point(k))
    assert curve.schnorr_verify(sig, msg, curve.negate(curve.point(k)))


def test_schnorr_verify_is_false_for_malformed_input() -> None:
    """The rows of BIP340 with a key off the curve, a negated s, s = n, and r = p; and wrong lengths."""
    _, key, _, message, signature = BIP340_SIGNING[1]
    x, msg, sig = bytes.fromhex(key), bytes.fromhex(message), bytes.fromhex(signature)
    negated = curve.scalar_bytes(N - curve.scalar(sig[32:]))
    assert curve.schnorr_verify(sig, msg, x)
    assert not curve.schnorr_verify(sig, msg, NOT_ON_CURVE[1:])
    assert not curve.schnorr_verify(sig[:32] + negated, msg, x)
    assert not curve.schnorr_verify(sig[:32] + N.to_bytes(32, "big"), msg, x)
    assert not curve.schnorr_verify((2**256 - 2**32 - 977).to_bytes(32, "big") + sig[32:], msg, x)
    for broken in (sig[:-1], sig + b"\x00", b""):
        assert not curve.schnorr_verify(broken, msg, x)
    assert not curve.schnorr_verify(sig, msg[:-1], x)
    assert not curve.schnorr_verify(sig, msg, x[:-1])
    assert not curve.schnorr_verify(sig, msg, b"\x04" + x)


@given(secret=SCALARS, digest=st.binary(min_size=32, max_size=32))
@settings(deadline=None, max_examples=25)
def test_ecdsa_signatures_verify_in_every_encoding(secret: int, digest: bytes) -> None:
    key = curve.point(secret)
    der, compact = curve.ecdsa_sign_der(digest, secret), curve.ecdsa_sign_compact(digest, secret)
    recoverable = curve.ecdsa_sign_recoverable(digest, secret)
    r, s = decode_dss_signature(der)
    assert compact == curve.scalar_bytes(r) + curve.scalar_bytes(s) == recoverable[:64]
    assert ec.PublicKey.parse(key).verify(ec.Signature.parse(der), digest)
    assert curve.ecdsa_recover(recoverable, digest) == key
    for signature in (der, compact, encode_dss_signature(r, N - s), compact[:32] + curve.scalar_bytes(N - s)):
        assert curve.ecdsa_verify(signature, digest, key)
        assert not curve.ecdsa_verify(signature, hashlib.sha256(digest).digest(), key)
        assert not curve.ecdsa_verify(signature, digest, curve.point(2 * secret))


def test_ecdsa_verify_reads_der_of_64_bytes() -> None:
    """64 bytes are normally compact, but DER with a short s has that length too: nonce 1, s given, key solved for."""
    r, s = int.from_bytes(curve.xonly(curve.point(1)), "big"), 1 << 200
    secret = (s - int.from_bytes(DIGEST, "big")) * pow(r, -1, N) % N
    der = encode_dss_signature(r, s)
    assert len(der) == 64
    assert curve.ecdsa_verify(der, DIGEST, curve.point(secret))
    assert not curve.ecdsa_verify(der, DIGEST, curve.point(secret + 1))


@given(signature=st.binary(max_size=80), digest=st.binary(max_size=40), key=st.binary(max_size=40))
@settings(deadline=None, max_examples=100)
def test_verification_never_raises(signature: bytes, digest: bytes, key: bytes) -> None:
    assert not curve.ecdsa_verify(signature, digest, key)
    assert not curve.ecdsa_verify(signature, DIGEST, curve.point(3))
    assert not curve.schnorr_verify(signature, digest, key)


@pytest.mark.parametrize("signature", [bytes(64), N.to_bytes(32, "big") * 2, encode_dss_signature(0, 1), b"\x30\x00"])
def test_ecdsa_verify_is_false_out_of_range(signature: bytes) -> None:
    assert not curve.ecdsa_verify(signature, DIGEST, curve.point(3))


def test_signing_refuses_other_lengths_and_unusable_secrets() -> None:
    for length in (31, 33):
        for sign in (curve.ecdsa_sign_der, curve.ecdsa_sign_compact, curve.ecdsa_sign_recoverable):
            with pytest.raises(CryptoError):
                sign(bytes(length), 1)
        with pytest.raises(CryptoError):
            curve.schnorr_sign(bytes(length), 1, bytes(32))
        with pytest.raises(CryptoError):
            curve.schnorr_sign(bytes(32), 1, bytes(length))
    with pytest.raises(CryptoError):
        curve.ecdsa_sign_der(DIGEST, 0)
    with pytest.raises(CryptoError):
        curve.ecdsa_recover(b"\x01" * 64 + b"\x04", DIGEST)


@given(secret=SCALARS)
@settings(deadline=None, max_examples=20)
def test_taproot_keys_match_embit(secret: int) -> None:
    internal = curve.point(secret)
    reference = ec.PublicKey.parse(internal)
    tweaked = reference.taproot_tweak()
    assert curve.xonly(taproot.output_key(internal)) == tweaked.xonly()
    assert taproot.p2tr_script(internal) == b"\x51\x20" + tweaked.xonly()
    assert curve.add(curve.even(internal), curve.point(taproot.taptweak(internal))) == taproot.output_key(internal)
    root = hashlib.sha256(internal).digest()
    assert curve.xonly(taproot.output_key_with_root(internal, root)) == reference.taproot_tweak(root).xonly()
    signature = curve.schnorr_sign(DIGEST, taproot.tweak_secret(secret), bytes(32))
    assert tweaked.schnorr_verify(ec.SchnorrSig.parse(signature), DIGEST)


def test_a_tapbranch_sorts_its_children() -> None:
    low, high = bytes(32), b"\xff" * 32
    expected = curve.tagged_hash("TapBranch", low + high)
    assert taproot.tapbranch_hash(low, high) == taproot.tapbranch_hash(high, low) == expected


def test_taproot_refuses_inputs_of_another_size() -> None:
    with pytest.raises(CryptoError):
        taproot.output_key_with_root(curve.point(1), b"")
    with pytest.raises(CryptoError):
        taproot.tapleaf_hash(bytes(253))
    with pytest.raises(CryptoError):
        taproot.tapbranch_hash(bytes(32), bytes(31))


def test_wallet_keys_derive_as_the_facts_say() -> None:
    """BIP39 and BIP32 by embit: account m/8797555'/0', identity 0', leaf key 1'/k' with k from the hash of its id."""
    vector = VECTORS["derivation"]
    mnemonic = "abandon " * 11 + "about"
    account = bip32.HDKey.from_seed(bip39.mnemonic_to_seed(mnemonic)).derive("m/8797555h/0h")
    index = int.from_bytes(hashlib.sha256(vector["leaf_id"].encode()).digest()[:4], "big") % 2**31
    assert index == vector["leaf_index"]
    for path, name in (("m/0h", "identity_pub"), (f"m/1h/{index}h", "leaf_pub")):
        secret = curve.scalar(account.derive(path).secret)
        assert curve.point(secret).hex() == vector[name]
