"""Chance from a seed: every key, nonce, id and token of the emulated network comes from here.

A stream a label (HMAC-SHA-256 of label and counter under the seed), so that drawing more of one kind never shifts
another. Deterministic by design: these keys guard emulated money only.
"""

from __future__ import annotations

import hashlib
import hmac
from uuid import UUID

from spikes.emulator.crypto import curve


class Entropy:
    """Deterministic bytes, scalars and UUIDs for one `seed` (any non-negative integer below 2^64)."""

    def __init__(self, seed: int) -> None:
        if not 0 <= seed < 1 << 64:
            raise ValueError(f"seed {seed} is out of range; use a whole number from 0 to 2^64-1")
        self._key = hashlib.sha256(b"sparkgate emulator" + seed.to_bytes(8, "big")).digest()
        self._counters: dict[str, int] = {}

    def draw(self, label: str, length: int = 32) -> bytes:
        """The next `length` bytes (at most 32) of the stream `label`."""
        counter = self._counters.get(label, 0)
        self._counters[label] = counter + 1
        return self.at(label, counter)[:length]

    def at(self, label: str, counter: int) -> bytes:
        """32 bytes that depend on seed, label and counter alone."""
        return hmac.digest(self._key, f"{label}/{counter}".encode(), "sha256")

    def scalar(self, label: str) -> int:
        """The next secret of the stream, in 1..n-1."""
        return int.from_bytes(self.draw(label), "big") % (curve.N - 1) + 1

    def uuid(self, label: str) -> str:
        """The next random (version 4) UUID of the stream, lower case with dashes."""
        return str(UUID(bytes=self.draw(label, 16), version=4))
