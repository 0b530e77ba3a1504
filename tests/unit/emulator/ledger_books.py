"""A second, simpler ledger: dictionaries and sums, without keys, that predicts what the real one must do."""

from __future__ import annotations

from dataclasses import dataclass, field

from spikes.emulator.ledger_state import TransferKind, TransferStatus

SUPPLY_SATS = 3000


@dataclass
class Known:
    """What the simple ledger knows of a transfer."""

    status: TransferStatus
    kind: TransferKind
    sender: bytes
    receiver: bytes
    secrets: dict[str, int]  # leaf -> owner secret once the sender's tweak is applied
    total_sats: int
    value_sats: int = 0


@dataclass
class Books:
    """A ledger of dictionaries and sums, without keys."""

    reserve_sats: int = SUPPLY_SATS
    paid_sats: int = 0
    worth: dict[str, int] = field(default_factory=dict)
    owner: dict[str, bytes] = field(default_factory=dict)  # live leaves only
    locked_in: dict[str, str] = field(default_factory=dict)
    secret: dict[str, int] = field(default_factory=dict)
    transfers: dict[str, Known] = field(default_factory=dict)
    latest: dict[bytes, str] = field(default_factory=dict)  # payment hash -> transfer
    settled: list[bytes] = field(default_factory=list)

    def free(self, owner: bytes) -> list[str]:
        return [leaf for leaf, who in self.owner.items() if who == owner and leaf not in self.locked_in]
