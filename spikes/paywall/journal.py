"""The seller's journal: which requests came and how they were answered.

Role: keep one entry a request for the harness.
Must not know: credentials. An entry names a macaroon by its identifier's fingerprint only.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One answered request. `code` is the typed reason of any answer but 200; `at_s` is Unix time."""

    at_s: float
    method: str
    path: str
    status: int
    code: str | None
    had_credential: bool
    macaroon: str | None  # fingerprint of the identifier of the macaroon presented
    payment_hash: str | None  # hex; of the invoice offered with a 402, or else of the macaroon presented


class Journal:
    """Entries in the order of their answers."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []

    def append(self, entry: Entry) -> None:
        """Add the entry of a request that has its answer."""
        self._entries.append(entry)

    def since(self, seq: int) -> dict[str, object]:
        """Entries after number `seq` (they count from 1), each with its `seq`, and the `next` value to ask with."""
        first = max(seq, 0)
        return {
            "entries": [
                {"seq": number, **dataclasses.asdict(entry)}
                for number, entry in enumerate(self._entries[first:], start=first + 1)
            ],
            "next": max(first, len(self._entries)),
        }
