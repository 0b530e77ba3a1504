"""Tokens: the macaroons that this seller issues, and the keys behind them.

Role: mint the macaroon of one sale; find the root key of a macaroon that comes back. Pure.
Must not know: HTTP, invoices, clocks.

Every macaroon has its own root key. It is derived from the run's seed and the identifier, so that the seller stores
nothing and a run can be repeated; a seed is no secret, which is why this seller serves experiments only.
"""

from __future__ import annotations

import hashlib
import hmac

from spikes.paywall.identifier import TokenIdentifier
from spikes.paywall.macaroon import Macaroon, mint

LOCATION = "sparkgate"
TIER = 0


class Mint:
    """Issues macaroons. The same seed and sequence of sales give the same tokens. Times are Unix seconds."""

    def __init__(self, seed: int) -> None:
        self._secret = hashlib.sha256(f"sparkgate paywall {seed}".encode()).digest()
        self._issued = 0

    def issue(self, *, payment_hash: bytes, item: str, valid_until_s: int) -> Macaroon:
        """The macaroon for one sale of `item`, bound to `payment_hash` (32 bytes), good until `valid_until_s`."""
        token_id = self._derive(b"token id", self._issued.to_bytes(8))
        self._issued += 1
        identifier = TokenIdentifier(payment_hash=payment_hash, token_id=token_id).encode()
        return mint(
            root_key=self.root_key(identifier),
            location=LOCATION,
            identifier=identifier,
            caveats=(f"services={item}:{TIER}", f"{item}_valid_until={valid_until_s}"),
        )

    def root_key(self, identifier: bytes) -> bytes:
        """The 32-byte root key of the macaroon with this identifier, whether or not it was ever issued."""
        return self._derive(b"root key", identifier)

    def _derive(self, purpose: bytes, data: bytes) -> bytes:
        return hmac.digest(self._secret, purpose + data, hashlib.sha256)
