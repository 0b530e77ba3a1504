"""The network's own long-lived keys, all derived from the seed. Users' keys never come here."""

from __future__ import annotations

from dataclasses import dataclass

from spikes.emulator.crypto import curve, frost
from spikes.emulator.entropy import Entropy
from spikes.emulator.ledger_state import OPERATOR_COUNT

THRESHOLD = 2  # operators needed to sign, and degree + 1 of the sharing
COORDINATOR = 0


@dataclass(frozen=True, kw_only=True)
class KeyPair:
    """A secret scalar and its 33-byte public key."""

    secret: int
    public: bytes

    @classmethod
    def of(cls, secret: int) -> KeyPair:
        return cls(secret=secret, public=curve.point(secret))


@dataclass(frozen=True, kw_only=True)
class Identities:
    """Keys of the operators (index 0..2, FROST index 1..3), the provider (SSP) and its Lightning counterpart."""

    operators: tuple[KeyPair, ...]
    provider: KeyPair
    lightning_node: KeyPair
    session_secret: bytes

    @classmethod
    def from_entropy(cls, entropy: Entropy) -> Identities:
        return cls(
            operators=tuple(KeyPair.of(entropy.scalar(f"identity/operator-{i}")) for i in range(OPERATOR_COUNT)),
            provider=KeyPair.of(entropy.scalar("identity/provider")),
            lightning_node=KeyPair.of(entropy.scalar("identity/lightning-node")),
            session_secret=entropy.draw("identity/session-secret"),
        )


def identifier(operator: int) -> str:
    """The 64 hex digits that name an operator (0-based) on the wire."""
    return frost.operator_identifier(operator + 1).hex()


IDENTIFIERS = tuple(identifier(operator) for operator in range(OPERATOR_COUNT))
FROST_INDEX = {name: operator + 1 for operator, name in enumerate(IDENTIFIERS)}
