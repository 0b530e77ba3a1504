"""The rows of custody, as the plan names them: wallets, policies, key envelopes, snapshots.

Role: their shapes, to and from JSON, read strictly: a field that is missing, unknown or of another type is an error.
Must not know: cryptography beyond the envelope's fields, databases.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Self

from spikes.custody.envelope import (
    ALGORITHM,
    Binding,
    EnvelopeError,
    Sealed,
    WrappedKey,
    from_base64,
    to_base64,
)
from spikes.typed_json import build

_CAMEL = re.compile(r"_([a-z])")


class WalletStatus(StrEnum):
    """Whether a wallet may be opened."""

    ACTIVE = "active"
    DISABLED = "disabled"


class _Row:
    """camelCase JSON for a frozen dataclass."""

    TABLE: ClassVar[str]

    def to_json(self) -> dict[str, Any]:
        """The row as it is stored and sent."""
        fields = dataclasses.asdict(self)  # type: ignore[call-overload]  # every subclass is a dataclass
        return {_camel(name): value for name, value in fields.items()}

    @classmethod
    def from_json(cls, raw: Any) -> Self:
        """Raises EnvelopeError if it is not a row of this table."""
        names = {_camel(item.name): item.name for item in dataclasses.fields(cls)}  # type: ignore[arg-type]
        try:
            row: Self = build(cls, {names.get(key, key): value for key, value in raw.items()})
        except (AttributeError, TypeError, ValueError) as error:
            raise EnvelopeError("row_malformed", f"not a row of {cls.TABLE}: {error}") from None
        return row


@dataclass(frozen=True, kw_only=True)
class WalletRow(_Row):
    """lightningWallets: who owns a wallet, where it pays, and which key version is the current one."""

    TABLE: ClassVar[str] = "lightningWallets"
    wallet_id: str
    owner_id: str
    backend: str  # "spark"
    network: str
    status: WalletStatus
    key_version: int

    def binding(self) -> Binding:
        """What this wallet's current envelope must be bound to."""
        return Binding(wallet_id=self.wallet_id, key_version=self.key_version, network=self.network)


@dataclass(frozen=True, kw_only=True)
class PolicyRow(_Row):
    """lightningWalletPolicies: what may be spent. Amounts in millisatoshis."""

    TABLE: ClassVar[str] = "lightningWalletPolicies"
    wallet_id: str
    request_cap_msats: int
    window_cap_msats: int
    window_s: int
    host_allowlist: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class EnvelopeRow(_Row):
    """lightningWalletKeyEnvelopes: ciphertext, wrapped data key, KMS reference. Binary fields are base64."""

    TABLE: ClassVar[str] = "lightningWalletKeyEnvelopes"
    wallet_id: str
    key_version: int
    network: str
    purpose: str
    algorithm: str
    nonce: str
    ciphertext: str
    wrapped_data_key: str
    kms_key_name: str
    kms_key_version: int
    created_at_ms: int
    rotated_at_ms: int | None = None  # when a newer key version took its place
    rewrapped_at_ms: int | None = None  # when its data key was last wrapped anew

    @classmethod
    def of(cls, sealed: Sealed, created_at_ms: int) -> EnvelopeRow:
        """The row of a fresh envelope."""
        return cls(
            wallet_id=sealed.binding.wallet_id,
            key_version=sealed.binding.key_version,
            network=sealed.binding.network,
            purpose=sealed.binding.purpose,
            algorithm=sealed.algorithm,
            nonce=to_base64(sealed.nonce),
            ciphertext=to_base64(sealed.ciphertext),
            wrapped_data_key=to_base64(sealed.data_key.ciphertext),
            kms_key_name=sealed.data_key.key_name,
            kms_key_version=sealed.data_key.key_version,
            created_at_ms=created_at_ms,
        )

    def sealed(self) -> Sealed:
        """What it holds. Raises EnvelopeError if a binary field cannot be read."""
        if self.algorithm != ALGORITHM:
            raise EnvelopeError("algorithm_unknown", f"the envelope was not made with {ALGORITHM}; seal it anew")
        return Sealed(
            binding=Binding(
                wallet_id=self.wallet_id, key_version=self.key_version, network=self.network, purpose=self.purpose
            ),
            nonce=from_base64(self.nonce),
            ciphertext=from_base64(self.ciphertext),
            data_key=WrappedKey(
                key_name=self.kms_key_name,
                key_version=self.kms_key_version,
                ciphertext=from_base64(self.wrapped_data_key),
            ),
        )


@dataclass(frozen=True, kw_only=True)
class SnapshotRow(_Row):
    """lightningWalletSnapshots: what was last known of a wallet's money; no secret."""

    TABLE: ClassVar[str] = "lightningWalletSnapshots"
    wallet_id: str
    balance_sats: int
    identity_public_key: str
    taken_at_ms: int


def _camel(name: str) -> str:
    return _CAMEL.sub(lambda match: match.group(1).upper(), name)
