"""The test wallet's secrets: BIP32 keys as clients derive them, and chance from a counter.

Must not know the emulator. Source: facts/spark-protocol.md section 3.
"""

from __future__ import annotations

import hashlib
import hmac
from uuid import UUID

from spikes.emulator.crypto import curve
from spikes.emulator.crypto.frost import NoncePair

_HARDENED = 1 << 31
_PURPOSE = 8797555
_REGTEST_ACCOUNT = 0


class WalletKeys:
    """Identity and leaf keys of one seed on regtest."""

    def __init__(self, seed: bytes) -> None:
        master = hmac.digest(b"Bitcoin seed", seed, "sha512")
        account = _child(_child(master, _PURPOSE), _REGTEST_ACCOUNT)
        self.identity_secret = _secret(_child(account, 0))
        self.identity = curve.point(self.identity_secret)
        self._leaves = _child(account, 1)

    def leaf_secret(self, leaf_id: str) -> int:
        """The signing key for a leaf id, hashed as the text that the operators sent."""
        index = int.from_bytes(hashlib.sha256(leaf_id.encode()).digest()[:4], "big") % _HARDENED
        return _secret(_child(self._leaves, index))


class Chance:
    """Bytes that look random and repeat with the seed: every draw is new within one wallet."""

    def __init__(self, seed: bytes) -> None:
        self._seed = seed
        self._drawn = 0

    def draw(self, length: int = 32) -> bytes:
        self._drawn += 1
        return hmac.digest(self._seed, self._drawn.to_bytes(8, "big"), "sha256")[:length]

    def scalar(self) -> int:
        return int.from_bytes(self.draw(), "big") % (curve.N - 1) + 1

    def nonces(self) -> NoncePair:
        return NoncePair(self.scalar(), self.scalar())

    def uuid(self) -> str:
        return str(UUID(bytes=self.draw(16), version=4))


def _child(parent: bytes, index: int) -> bytes:
    """Hardened child of an extended key (secret || chain code)."""
    data = b"\x00" + parent[:32] + (_HARDENED + index).to_bytes(4, "big")
    tweak = hmac.digest(parent[32:], data, "sha512")
    secret = (int.from_bytes(tweak[:32], "big") + _secret(parent)) % curve.N
    return curve.scalar_bytes(secret) + tweak[32:]


def _secret(extended: bytes) -> int:
    return int.from_bytes(extended[:32], "big")
