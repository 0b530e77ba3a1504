"""What the provider charges, how long it waits, how it refuses - and the key check it makes before taking any leaf."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from spikes.emulator.crypto import curve, ecies
from spikes.emulator.identities import KeyPair
from spikes.emulator.ledger import Ledger
from spikes.emulator.ledger_state import Transfer

LEAF_LIFETIME_S = 16 * 86400.0  # how long a transfer from the provider may wait to be claimed


class ProviderError(ValueError):
    """A request that the provider refuses; the message says why."""


class OrphanPolicy(StrEnum):
    """What happens to a locked payment whose wallet never asked the provider to pay."""

    PAY = "pay"
    RETURN = "return"


@dataclass(frozen=True, kw_only=True)
class ProviderTerms:
    """The provider's fee and patience. Fee in satoshis: base plus whole parts per thousand; times in seconds."""

    base_fee_sats: int = 2
    fee_per_thousand: int = 1
    settle_delay_s: float = 0.0
    orphan_after_s: float = 30.0
    orphan_policy: OrphanPolicy = OrphanPolicy.PAY

    def fee_sats(self, amount_sats: int) -> int:
        """What paying `amount_sats` costs; the division drops a part of a satoshi in the payer's favour."""
        return self.base_fee_sats + amount_sats * self.fee_per_thousand // 1000


def check_keys(keys: KeyPair, ledger: Ledger, transfer: Transfer) -> None:
    """The cipher of every leaf holds the secret of the key that will own the leaf once the tweak is applied.

    Without this the provider could pay for leaves that it cannot spend. Raises ProviderError.
    """
    for entry in transfer.leaves:
        leaf = ledger.leaves[entry.leaf_id]
        try:
            secret = curve.scalar(ecies.decrypt(keys.secret, entry.secret_cipher))
            tweak = entry.tweak.proofs[0] if entry.tweak else b""
            if curve.add(curve.point(secret), tweak) != leaf.owner_key:
                raise ProviderError(f"leaf {leaf.id}: the cipher holds another key")
        except curve.CryptoError as error:
            raise ProviderError(f"leaf {leaf.id}: the cipher cannot be opened ({error})") from error
