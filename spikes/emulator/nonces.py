"""The operators' signing nonces: handed out once, used at most once, forgotten after their lifetime.

A nonce used twice tells the signing key, so a nonce is spent by being looked up, also when the call then fails.
"""

from __future__ import annotations

from spikes.emulator.crypto.frost import Commitment, NoncePair
from spikes.emulator.entropy import Entropy

LIFETIME_S = 600.0


class NonceError(ValueError):
    """The commitment was never handed out, has been used, or is too old."""


class NoncePool:
    """Unused nonce pairs by (FROST index, hiding commitment), oldest first."""

    def __init__(self, entropy: Entropy, *, lifetime_s: float = LIFETIME_S) -> None:
        self._entropy = entropy
        self._lifetime_s = lifetime_s
        self._unused: dict[tuple[int, bytes], tuple[NoncePair, float]] = {}

    def __len__(self) -> int:
        return len(self._unused)

    def issue(self, index: int, now: float) -> Commitment:
        """A fresh commitment of operator `index` (1..3)."""
        self._expire(now)
        pair = NoncePair(
            hiding=self._entropy.scalar(f"nonce/{index}/hiding"), binding=self._entropy.scalar(f"nonce/{index}/binding")
        )
        self._unused[index, pair.commitment.hiding] = (pair, now + self._lifetime_s)
        return pair.commitment

    def spend(self, index: int, commitment: Commitment, now: float) -> NoncePair:
        """The secret behind a commitment; it is gone from the pool whatever happens next."""
        pair, expires_at = self._unused.pop((index, commitment.hiding), (None, 0.0))
        if pair is None or pair.commitment != commitment:
            raise NonceError(f"operator {index}: this signing commitment is unknown or used; ask for new commitments")
        if expires_at <= now:
            raise NonceError(f"operator {index}: this signing commitment has expired; ask for new commitments")
        return pair

    def _expire(self, now: float) -> None:
        while self._unused:
            key = next(iter(self._unused))
            if self._unused[key][1] > now:
                return
            del self._unused[key]
