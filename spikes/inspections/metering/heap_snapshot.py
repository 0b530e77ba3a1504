"""A V8 heap snapshot, summed up as its pieces come in. Pure.

Role: adds the sizes of all nodes and forgets everything else at once: a snapshot holds every string of the heap, the
wallet's secrets among them, so nothing of it is kept or written anywhere.
Must not know: where the pieces come from.

The snapshot is one JSON object, `{"snapshot": {"meta": {...}, "node_count": n, ...}, "nodes": [...], ...}`: `nodes`
holds, flattened, one row of `meta.node_fields` for each node. What follows it (edges, strings) is passed over.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Self

_NODES = '"nodes":['
# It is under 2 kB today; without a bound, a stream that is no snapshot would be kept as a whole.
_LONGEST_HEADER = 1 << 20


class SnapshotError(ValueError):
    """What came in is not a whole heap snapshot."""


@dataclass(frozen=True, kw_only=True)
class _Header:
    nodes: int
    width: int  # values in the row of one node
    kind: int  # position of its type in the row
    size: int  # position of its size in the row
    native: int  # the type that buffers and compiled WASM have
    beside: int  # bytes that belong to the heap's objects and to no node

    @classmethod
    def read(cls, text: str) -> Self:
        try:
            snapshot = json.loads(text)["snapshot"]
            fields = list(snapshot["meta"]["node_fields"])
            types = list(snapshot["meta"]["node_types"][fields.index("type")])
            return cls(
                nodes=int(snapshot["node_count"]),
                width=len(fields),
                kind=fields.index("type"),
                size=fields.index("self_size"),
                native=types.index("native"),
                beside=int(snapshot.get("extra_native_bytes", 0)),
            )
        except (KeyError, TypeError, ValueError, IndexError, RecursionError) as error:
            raise SnapshotError(f"the heap snapshot's header cannot be read ({error!r})") from error


class HeapSnapshot:
    """The sum of a snapshot; `feed` it every piece, in order, then ask."""

    def __init__(self) -> None:
        self.native_sizes: set[int] = set()  # sizes of nodes of type `native`: buffers and compiled WASM
        self._bytes = 0
        self._nodes = 0
        self._text = ""  # the piece of text that is not understood yet
        self._row: list[int] = []  # of a node whose row is not complete yet
        self._header: _Header | None = None
        self._complete = False

    @property
    def total_bytes(self) -> int:
        """The sum of all nodes. Raises SnapshotError if the snapshot is not complete."""
        if self._header is None or not self._complete:
            raise SnapshotError("the heap snapshot ends before its last node")
        return self._bytes + self._header.beside

    def feed(self, piece: str) -> None:
        """Take in the next piece. Raises SnapshotError if it does not belong to a snapshot."""
        if self._complete:
            return
        self._text += piece
        header = self._header = self._header or self._find_header()
        if header is None:
            return
        rows, end, _ = self._text.partition("]")
        if end:
            self._text, self._complete = "", True
        else:
            rows, _, self._text = rows.rpartition(",")
        if rows.strip():
            self._add(rows, header)
        if self._complete and (self._row or self._nodes != header.nodes):
            raise SnapshotError(f"the heap snapshot announces {header.nodes} nodes and has {self._nodes}")

    def _find_header(self) -> _Header | None:
        before, found, after = self._text.partition(_NODES)
        if found:
            self._text = after
            return _Header.read(before.rstrip().rstrip(",") + "}")
        if len(before) > _LONGEST_HEADER:
            raise SnapshotError("this is no heap snapshot: it has no nodes")
        return None

    def _add(self, rows: str, header: _Header) -> None:
        try:
            values = self._row + [int(value) for value in rows.split(",")]
        except ValueError as error:
            raise SnapshotError("the heap snapshot's nodes are not all whole numbers") from error
        whole = len(values) - len(values) % header.width
        self._row = values[whole:]
        self._nodes += whole // header.width
        kinds, sizes = values[header.kind : whole : header.width], values[header.size : whole : header.width]
        if any(size < 0 for size in sizes):
            raise SnapshotError("the heap snapshot has a node of less than nothing")
        self._bytes += sum(sizes)
        self.native_sizes.update(size for kind, size in zip(kinds, sizes, strict=True) if kind == header.native)
