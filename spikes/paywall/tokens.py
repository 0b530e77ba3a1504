"""Tokens: the macaroons that this seller issues, and the keys behind them.

Role: mint the macaroon of one sale; find the root key of a macaroon that comes back; take tokens back. Pure.
Must not know: HTTP, invoices, clocks.

Every macaroon has its own root key. It is derived from the run's seed and the identifier, so that a run can be
repeated; a seed is no secret, which is why this seller serves experiments only. Only what was taken back is remembered.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import defaultdict
from collections.abc import Sequence

from spikes.paywall.caveats import capabilities_caveat, services_caveat, valid_until_caveat
from spikes.paywall.identifier import TokenIdentifier
from spikes.paywall.macaroon import Macaroon, mint

LOCATION = "sparkgate"


class Mint:
    """Issues macaroons. The same seed and sequence of an item's sales give the same tokens. Times are Unix seconds."""

    def __init__(self, seed: int) -> None:
        self._secret = hashlib.sha256(f"sparkgate paywall {seed}".encode()).digest()
        self._issued: dict[str, list[bytes]] = defaultdict(list)  # item -> identifiers
        self._revoked: set[bytes] = set()

    def issue(
        self,
        *,
        payment_hash: bytes,
        item: str,
        valid_until_s: int,
        also_opens: Sequence[str] = (),
        capabilities: Sequence[str] = (),
    ) -> Macaroon:
        """The macaroon for one sale of `item`, bound to `payment_hash` (32 bytes), good until `valid_until_s`.

        Without `capabilities` it holds all that the item has.
        """
        issued = self._issued[item]
        token_id = self._derive(b"token id", item.encode() + len(issued).to_bytes(8))
        identifier = TokenIdentifier(payment_hash=payment_hash, token_id=token_id).encode()
        issued.append(identifier)
        return mint(
            root_key=self.root_key(identifier),
            location=LOCATION,
            identifier=identifier,
            caveats=(
                services_caveat((item, *also_opens)),
                *((capabilities_caveat(item, capabilities),) if capabilities else ()),
                valid_until_caveat(item, valid_until_s),
            ),
        )

    def root_key(self, identifier: bytes) -> bytes:
        """The 32-byte root key of the macaroon with this identifier, whether or not it was ever issued."""
        return self._derive(b"root key", identifier)

    def revoke(self, item: str) -> int:
        """Take back every token that was issued for `item` up to now; how many those are."""
        self._revoked |= set(self._issued[item])
        return len(self._issued[item])

    def is_revoked(self, identifier: bytes) -> bool:
        """Whether the token with this identifier was taken back."""
        return identifier in self._revoked

    def _derive(self, purpose: bytes, data: bytes) -> bytes:
        return hmac.digest(self._secret, purpose + data, hashlib.sha256)
