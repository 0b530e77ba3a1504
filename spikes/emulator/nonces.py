"""The operators' signing nonces: handed out once, used at most once, forgotten after their lifetime.

A nonce used twice tells the signing key, so a nonce is spent by being looked up, also when the call then fails.
"""

from __future__ import annotations

from typing import NamedTuple

from spikes.emulator.crypto.frost import Commitment, NoncePair
from spikes.emulator.entropy import Entropy

LIFETIME_S = 120.0  # clients sign at once; most commitments of a payment are never used, so that many are waiting


class NonceError(ValueError):
    """The commitment was never handed out, has been used, or is too old."""


class _Unused(NamedTuple):
    """A nonce pair that was handed out, in as little memory as it takes."""

    hiding: int
    binding: int
    binding_point: bytes
    expires_at: float


class NoncePool:
    """Unused nonces by FROST index and hiding commitment, oldest first."""

    def __init__(self, entropy: Entropy, *, lifetime_s: float = LIFETIME_S) -> None:
        self._entropy = entropy
        self._lifetime_s = lifetime_s
        self._unused: dict[bytes, _Unused] = {}

    def __len__(self) -> int:
        return len(self._unused)

    def issue(self, index: int, now: float) -> Commitment:
        """A fresh commitment of operator `index` (1..3)."""
        self._expire(now)
        pair = NoncePair(
            hiding=self._entropy.scalar(f"nonce/{index}/hiding"), binding=self._entropy.scalar(f"nonce/{index}/binding")
        )
        commitment = pair.commitment
        expires_at = now + self._lifetime_s
        self._unused[_key(index, commitment)] = _Unused(pair.hiding, pair.binding, commitment.binding, expires_at)
        return commitment

    def spend(self, index: int, commitment: Commitment, now: float) -> NoncePair:
        """The secret behind a commitment; it is gone from the pool whatever happens next."""
        unused = self._unused.pop(_key(index, commitment), None)
        if unused is None or unused.binding_point != commitment.binding:
            raise NonceError(f"operator {index}: this signing commitment is unknown or used; ask for new commitments")
        if unused.expires_at <= now:
            raise NonceError(f"operator {index}: this signing commitment has expired; ask for new commitments")
        pair = NoncePair(hiding=unused.hiding, binding=unused.binding)
        pair.__dict__["commitment"] = commitment  # it is known: two multiplications saved
        return pair

    def _expire(self, now: float) -> None:
        while self._unused:
            key = next(iter(self._unused))
            if self._unused[key].expires_at > now:
                return
            del self._unused[key]


def _key(index: int, commitment: Commitment) -> bytes:
    return bytes([index]) + commitment.hiding
