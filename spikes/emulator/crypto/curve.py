"""secp256k1: scalars, points, hashes to scalars, ECDSA, and BIP340 signatures.

The only module of the emulator that calls the curve library. It must not know FROST, taproot, or any Spark message.
Points are 33-byte compressed SEC1 `bytes`; scalars are `int` in [0, n) and 32 bytes big-endian on the wire.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from typing import Final

from coincurve import PrivateKey, PublicKey, PublicKeyXOnly
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

N: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_SHA256_BLOCK: Final = 64
_SCALAR_EXPANSION: Final = 48  # RFC 9380: L = ceil((256 + 128) / 8), so that the reduction mod n is not biased


class CryptoError(ValueError):
    """An input is not a valid scalar, point, signature or ciphertext, or an equation that must hold does not."""


def scalar(b: bytes) -> int:
    """The scalar in 1..n-1 that 32 big-endian bytes encode. Raises CryptoError for any other value or length."""
    if len(b) != 32:
        raise CryptoError(f"a scalar needs 32 bytes, got {len(b)}; send it big-endian and zero-padded")
    value = int.from_bytes(b, "big")
    if not 0 < value < N:
        raise CryptoError("a scalar must lie in 1..n-1; generate a new one")
    return value


def scalar_bytes(k: int) -> bytes:
    """32 big-endian bytes of a scalar in [0, n). Raises CryptoError outside that range."""
    if not 0 <= k < N:
        raise CryptoError("a scalar must lie in 0..n-1; reduce it modulo n first")
    return k.to_bytes(32, "big")


def point(k: int) -> bytes:
    """k*G. `k` is reduced modulo n; a multiple of n would be the point at infinity and raises CryptoError."""
    return PublicKey.from_secret(_nonzero(k)).format()


def parse_point(b: bytes) -> bytes:
    """The same 33 bytes, once they are known to be a compressed point on the curve. Raises CryptoError otherwise."""
    _load(b)
    return bytes(b)


def add(*points: bytes) -> bytes:
    """The sum of one or more points. Raises CryptoError for none, an invalid point, or the point at infinity."""
    if not points:
        raise CryptoError("a sum needs at least one point; the point at infinity has no encoding")
    try:
        return PublicKey.combine_keys([_load(p) for p in points]).format()
    except CryptoError:
        raise
    except ValueError as error:
        raise CryptoError("the points add up to the point at infinity, which has no encoding") from error


def sub(a: bytes, b: bytes) -> bytes:
    """a - b. Raises CryptoError if they are equal or invalid."""
    return add(a, negate(b))


def negate(p: bytes) -> bytes:
    """-p. Only the form of the encoding is checked here; the operations that use the point check the rest."""
    return (b"\x02" if is_odd(p) else b"\x03") + p[1:]


def mul(p: bytes, k: int) -> bytes:
    """k*p. `k` is reduced modulo n; a multiple of n raises CryptoError, like an invalid point."""
    return _load(p).multiply(_nonzero(k)).format()


def mul_add(p: bytes, k: int, base: int) -> bytes:
    """k*p + base*G in one pass (`base` may be 0). Raises CryptoError for k = 0 mod n and for the point at infinity."""
    product = _load(p).multiply(_nonzero(k))
    try:
        return product.add((base % N).to_bytes(32, "big")).format()
    except ValueError as error:
        raise CryptoError("the combination is the point at infinity, which has no encoding") from error


def is_odd(p: bytes) -> bool:
    """Whether the y coordinate is odd. Raises CryptoError unless `p` has the form of a compressed point."""
    if len(p) != 33 or p[0] not in (2, 3):
        raise CryptoError("a point needs 33 bytes starting with 02 or 03; send it in compressed SEC1 form")
    return p[0] == 3


def even(p: bytes) -> bytes:
    """Whichever of p and -p has an even y coordinate."""
    return negate(p) if is_odd(p) else p


def xonly(p: bytes) -> bytes:
    """The 32-byte x coordinate."""
    is_odd(p)
    return p[1:]


def lift_x(x32: bytes) -> bytes:
    """The point with this x coordinate and even y (BIP340). Raises CryptoError if no point has it."""
    if len(x32) != 32:
        raise CryptoError(f"an x coordinate needs 32 bytes, got {len(x32)}; send it zero-padded")
    return parse_point(b"\x02" + x32)


def uncompressed(p: bytes) -> bytes:
    """The 65-byte SEC1 form of a compressed point."""
    return _load(p).format(compressed=False)


def compress(b: bytes) -> bytes:
    """The compressed form of a 65-byte uncompressed point (04 || x || y). Raises CryptoError if it is not one."""
    if len(b) != 65 or b[0] != 4:
        raise CryptoError("an uncompressed point needs 65 bytes starting with 04; send it in uncompressed SEC1 form")
    try:
        return PublicKey(bytes(b)).format()
    except ValueError as error:
        raise CryptoError("the point is not on the curve; check how it was encoded") from error


def tagged_hash(tag: str, data: bytes) -> bytes:
    """BIP340: SHA256(SHA256(tag) || SHA256(tag) || data)."""
    prefix = hashlib.sha256(tag.encode()).digest()
    return hashlib.sha256(prefix + prefix + data).digest()


def expand_message_xmd(msg: bytes, dst: bytes, length: int) -> bytes:
    """RFC 9380 section 5.3.1 with SHA-256. `dst` of at most 255 bytes, `length` of 1..8160 bytes, else CryptoError."""
    blocks = -(-length // 32)
    if not 1 <= blocks <= 255 or len(dst) > 255:
        raise CryptoError("expand_message_xmd takes a tag of up to 255 bytes and a length of 1..8160; use shorter ones")
    suffix = dst + bytes([len(dst)])
    first = hashlib.sha256(bytes(_SHA256_BLOCK) + msg + length.to_bytes(2, "big") + b"\x00" + suffix).digest()
    block = bytes(32)
    output = b""
    for counter in range(1, blocks + 1):
        mixed = bytes(x ^ y for x, y in zip(first, block, strict=True))
        block = hashlib.sha256(mixed + bytes([counter]) + suffix).digest()
        output += block
    return output[:length]


def hash_to_scalar(dst: bytes, msg: bytes) -> int:
    """RFC 9380 hash_to_field into the scalar field (one element, expand_message_xmd with SHA-256, L = 48)."""
    return int.from_bytes(expand_message_xmd(msg, dst, _SCALAR_EXPANSION), "big") % N


def schnorr_sign(msg32: bytes, secret: int, aux32: bytes) -> bytes:
    """BIP340 signature (64 bytes) of a 32-byte message with 32 bytes of auxiliary randomness."""
    _require_32(msg32, "message")
    _require_32(aux32, "auxiliary randomness")
    return PrivateKey(_nonzero(secret)).sign_schnorr(bytes(msg32), bytes(aux32))


def schnorr_verify(sig64: bytes, msg32: bytes, pub: bytes) -> bool:
    """BIP340 check under a 32-byte x-only key or the x coordinate of a 33-byte point. Malformed input is False."""
    x = pub[1:] if len(pub) == 33 and pub[0] in (2, 3) else pub
    if len(sig64) != 64 or len(msg32) != 32 or len(x) != 32:
        return False
    try:
        return PublicKeyXOnly(bytes(x)).verify(bytes(sig64), bytes(msg32))
    except ValueError:
        return False


def ecdsa_sign_der(digest32: bytes, secret: int) -> bytes:
    """DER ECDSA signature (RFC 6979 nonce, low S) over a 32-byte digest."""
    _require_32(digest32, "digest")
    return PrivateKey(_nonzero(secret)).sign(bytes(digest32), hasher=None)


def ecdsa_sign_compact(digest32: bytes, secret: int) -> bytes:
    """Compact 64-byte (r || s) ECDSA signature, otherwise as `ecdsa_sign_der`."""
    r, s = decode_dss_signature(ecdsa_sign_der(digest32, secret))
    return scalar_bytes(r) + scalar_bytes(s)


def ecdsa_sign_recoverable(digest32: bytes, secret: int) -> bytes:
    """r || s || recovery id (65 bytes), otherwise as `ecdsa_sign_der`."""
    _require_32(digest32, "digest")
    return PrivateKey(_nonzero(secret)).sign_recoverable(bytes(digest32), hasher=None)


def ecdsa_recover(sig65: bytes, digest32: bytes) -> bytes:
    """The public key that made a recoverable signature. Raises CryptoError if the signature determines none."""
    try:
        return PublicKey.from_signature_and_message(bytes(sig65), bytes(digest32), hasher=None).format()
    except ValueError as error:
        raise CryptoError("the signature recovers no public key; check that it is complete") from error


def ecdsa_verify(sig: bytes, digest32: bytes, pub33: bytes) -> bool:
    """Check a compact (64 bytes) or DER signature; high S is accepted. Malformed input of any kind is False."""
    if len(digest32) != 32:
        return False
    try:
        key = _load(pub33)
    except CryptoError:
        return False
    return any(_verify_rs(r, s, digest32, key) for r, s in _read_signature(bytes(sig)))


def _read_signature(sig: bytes) -> list[tuple[int, int]]:
    """Every (r, s) the bytes can mean: 64 bytes are nearly always compact, but a short DER signature can have 64."""
    readings = []
    if len(sig) == 64:
        readings.append((int.from_bytes(sig[:32], "big"), int.from_bytes(sig[32:], "big")))
    with suppress(ValueError):  # not DER: the compact reading, if there is one, stands alone
        readings.append(decode_dss_signature(sig))
    return readings


def _verify_rs(r: int, s: int, digest32: bytes, key: PublicKey) -> bool:
    if not (0 < r < N and 0 < s < N):
        return False
    low_s = min(s, N - s)  # the library rejects high S outright, although both forms satisfy the equation
    return key.verify(encode_dss_signature(r, low_s), bytes(digest32), hasher=None)


def _nonzero(k: int) -> bytes:
    reduced = k % N
    if reduced == 0:
        raise CryptoError("the scalar is 0 modulo n, which gives the point at infinity; generate a new one")
    return reduced.to_bytes(32, "big")


def _load(b: bytes) -> PublicKey:
    is_odd(b)
    try:
        return PublicKey(bytes(b))
    except ValueError as error:
        raise CryptoError("the point is not on the curve; check how it was encoded") from error


def _require_32(b: bytes, name: str) -> None:
    if len(b) != 32:
        raise CryptoError(f"the {name} needs 32 bytes, got {len(b)}")
