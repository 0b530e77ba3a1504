"""The seller's journal: which requests came and how they were answered.

Role: keep one entry a request for the harness, by item.
Must not know: credentials. An entry names a macaroon by its identifier's fingerprint only.
"""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One answered request. `code` is the typed reason of any answer but 200; `at_s` is Unix time."""

    at_s: float
    item: str
    method: str
    path: str
    status: int
    code: str | None
    had_credential: bool
    macaroon: str | None  # fingerprint of the identifier of the macaroon presented
    payment_hash: str | None  # hex; of the invoice offered with a 402, or else of the macaroon presented
    offer: int | None = None  # which of the item's offers it made, counted from 1
    pays_offer: int | None = None  # which of the item's offers its credential is for
    proven_hash: str | None = None  # hex; the payment that its credential has the right preimage of
    cut: bool = False  # the buyer left before the end of the body


class Journal:
    """Entries in the order in which their answers ended."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._by_item: dict[str, list[int]] = defaultdict(list)  # sequence numbers
        self._open: Counter[str] = Counter()

    def append(self, entry: Entry) -> None:
        """Add the entry of a request that has its answer."""
        self._entries.append(entry)
        self._by_item[entry.item].append(len(self._entries))

    @contextmanager
    def being_answered(self, item: str) -> Iterator[None]:
        """While it lasts, a request for `item` has no entry yet."""
        self._open[item] += 1
        try:
            yield
        finally:
            self._open[item] -= 1

    def since(self, seq: int, item: str | None = None) -> dict[str, object]:
        """Entries after number `seq` (they count from 1), of all items or one, each with its `seq`.

        Also the `next` value to ask with, and how many requests are `open`: being answered, without an entry so far.
        """
        first = max(seq, 0)
        if item is None:
            numbers: range | list[int] = range(first + 1, len(self._entries) + 1)
        else:
            numbers = [number for number in self._by_item.get(item, ()) if number > first]
        return {
            "entries": [{"seq": number, **dataclasses.asdict(self._entries[number - 1])} for number in numbers],
            "next": max(first, len(self._entries)),
            "open": self._open.total() if item is None else self._open[item],
        }
