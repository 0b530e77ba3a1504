"""The history of every wallet: which of its transfers, in which order, fit a question. Pure data and one protocol."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from spikes.emulator.archive import Archive
from spikes.emulator.ledger_state import Transfer, TransferKind, TransferStatus


class Role(StrEnum):
    """What a wallet did in a transfer."""

    ANY = "any"
    SENT = "sent"
    RECEIVED = "received"


@dataclass(frozen=True, kw_only=True)
class HistoryQuery:
    """A question about one wallet's transfers. None and empty mean: whatever. Times in seconds since the epoch.

    The first `offset` that fit are left out, and no more than `limit` are named.
    """

    wallet: bytes
    role: Role = Role.ANY
    ids: Collection[str] = ()
    kinds: Collection[TransferKind] | None = None
    statuses: Collection[TransferStatus] | None = None
    after: float | None = None
    before: float | None = None
    newest_first: bool = False
    offset: int = 0
    limit: int | None = None


class History(Archive, Protocol):
    """An archive that also knows the order of transfers. It is told of each when it begins and when it changes."""

    def note(self, wallet: bytes, transfer: Transfer) -> None: ...

    def find(self, query: HistoryQuery) -> list[str]: ...

    def wallets(self) -> list[bytes]: ...
