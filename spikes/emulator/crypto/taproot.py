"""BIP341 taproot outputs: the tweak, the output key and the script of a P2TR output, and the hashes of a script tree.

It must not know transactions or what the scripts mean.
"""

from __future__ import annotations

from typing import Final

from .curve import CryptoError, N, even, is_odd, mul_add, point, tagged_hash, xonly

LEAF_VERSION: Final = 0xC0
_MAX_SHORT_SCRIPT: Final = 252  # longest script whose length is one byte in Bitcoin's compact-size encoding


def taptweak(internal: bytes) -> int:
    """t of BIP341 for an internal key (33 bytes, either parity) without a script tree."""
    return _tweak(internal, b"")


def output_key(internal: bytes) -> bytes:
    """Q = even(P) + t*G as a 33-byte point with its true parity."""
    return _output_key(internal, taptweak(internal))


def output_key_with_root(internal: bytes, merkle_root: bytes) -> bytes:
    """Q for an internal key that also commits to a script tree with this 32-byte Merkle root; true parity."""
    if len(merkle_root) != 32:
        raise CryptoError(f"a Merkle root needs 32 bytes, got {len(merkle_root)}; without scripts use output_key")
    return _output_key(internal, _tweak(internal, merkle_root))


def p2tr_script(internal: bytes) -> bytes:
    """The 34-byte output script `OP_1 <x(Q)>` of a key-path-only output with this internal key."""
    return b"\x51\x20" + xonly(output_key(internal))


def tweak_secret(secret: int) -> int:
    """The secret that signs (BIP340) the key path of `p2tr_script(secret*G)`; the parity of Q is left to BIP340."""
    internal = point(secret)
    tweaked = ((-secret if is_odd(internal) else secret) + taptweak(internal)) % N
    if tweaked == 0:
        raise CryptoError("the tweaked secret is 0; generate a new secret")
    return tweaked


def tapleaf_hash(script: bytes) -> bytes:
    """Hash of a tapleaf with leaf version c0. Scripts longer than 252 bytes raise CryptoError."""
    if len(script) > _MAX_SHORT_SCRIPT:
        raise CryptoError(f"a tapleaf script may have at most {_MAX_SHORT_SCRIPT} bytes here, got {len(script)}")
    return tagged_hash("TapLeaf", bytes([LEAF_VERSION, len(script)]) + script)


def tapbranch_hash(a: bytes, b: bytes) -> bytes:
    """Hash of the branch over two 32-byte child hashes, in either order."""
    if len(a) != 32 or len(b) != 32:
        raise CryptoError("a tapbranch needs two hashes of 32 bytes each")
    return tagged_hash("TapBranch", min(a, b) + max(a, b))


def _tweak(internal: bytes, merkle_root: bytes) -> int:
    tweak = int.from_bytes(tagged_hash("TapTweak", xonly(internal) + merkle_root), "big")
    if tweak >= N:
        raise CryptoError("the taproot tweak exceeds the group order; use another internal key")
    return tweak


def _output_key(internal: bytes, tweak: int) -> bytes:
    return mul_add(even(internal), 1, tweak)
