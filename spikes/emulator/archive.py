"""What a network remembers for ever, without holding it in memory: the newest at hand, the rest in an archive.

Pure: where the archive is, and how it finds things, is its own business (archive_file.py).
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping
from typing import Protocol, TypeVar, cast

KEPT_AT_HAND = 500
Key = TypeVar("Key", str, bytes)
Value = TypeVar("Value")


class Archive(Protocol):
    """Bytes by table and key. A key that is written again replaces what was there."""

    at_hand: int  # how many values of each table are to be held in memory

    def write(self, table: str, key: str | bytes, value: bytes) -> None: ...

    def read(self, table: str, key: str | bytes) -> bytes | None: ...

    def keys(self, table: str) -> Iterator[str | bytes]: ...


class Kept(Mapping[Key, Value]):
    """A mapping that forgets nothing and stays small. Change it with `put`; values must be immutable."""

    def __init__(self, archive: Archive, table: str) -> None:
        self._archive = archive
        self._table = table
        self._limit = archive.at_hand
        self._newest: dict[Key, Value] = {}  # in the order in which they were put

    @property
    def in_memory(self) -> int:
        """How many of the values are at hand."""
        return len(self._newest)

    def put(self, key: Key, value: Value) -> None:
        """Set what `key` stands for."""
        self._newest.pop(key, None)
        self._newest[key] = value
        if len(self._newest) > self._limit:
            oldest = next(iter(self._newest))
            self._archive.write(self._table, oldest, pickle.dumps(self._newest.pop(oldest)))

    def __getitem__(self, key: Key) -> Value:
        if key in self._newest:
            return self._newest[key]
        stored = self._archive.read(self._table, key)
        if stored is None:
            raise KeyError(key)
        return cast(Value, pickle.loads(stored))  # noqa: S301 - written by this process, where nobody else can write

    def __contains__(self, key: object) -> bool:
        if key in self._newest:
            return True
        return isinstance(key, str | bytes) and self._archive.read(self._table, key) is not None

    def __iter__(self) -> Iterator[Key]:
        yield from self._newest
        for key in self._archive.keys(self._table):
            if key not in self._newest:
                yield cast(Key, key)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"Kept({sorted(self.items(), key=lambda item: item[0])!r})"
