"""The rows of the payment book, in one SQLite file.

Role: find, put and drop entries; add up what they hold. Every commit is on the disk before the driver goes on, and a
second process on the same file waits for its turn. Must not know: which change of an entry is allowed, the SDK, HTTP.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

LOCK_WAIT_S = 5.0

_TABLE = """CREATE TABLE IF NOT EXISTS payments (
    request_id TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, payment_hash TEXT NOT NULL, amount_msats INTEGER NOT NULL,
    state TEXT NOT NULL, incarnation TEXT NOT NULL, attempt TEXT NOT NULL, opened_at_s REAL NOT NULL,
    stale_at_s REAL NOT NULL, submitted_at_s REAL, paid TEXT) STRICT"""
_FIND = "SELECT * FROM payments WHERE request_id = ?"
_OWNER = "SELECT request_id FROM payments WHERE payment_hash = ? AND state != ?"
_PUT = """INSERT OR REPLACE INTO payments VALUES (
    :request_id, :fingerprint, :payment_hash, :amount_msats, :state, :incarnation, :attempt, :opened_at_s,
    :stale_at_s, :submitted_at_s, :paid)"""
_DROP = "DELETE FROM payments WHERE request_id = ?"
_DROP_ABANDONED = "DELETE FROM payments WHERE state = ? AND submitted_at_s IS NULL AND stale_at_s <= ?"
_SPENT = """SELECT COALESCE(SUM(amount_msats), 0) FROM payments
    WHERE state IN (?, ?) OR (state = ? AND opened_at_s > ?)"""


class State(StrEnum):
    """How far a payment came."""

    IN_FLIGHT = "in_flight"
    UNKNOWN = "unknown"  # submitted, no final answer
    PAID = "paid"
    FAILED = "failed"  # the network says that the money is back, or never got the payment


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One request id."""

    request_id: str
    fingerprint: str
    payment_hash: str
    amount_msats: int
    state: State
    incarnation: str  # of the process
    attempt: str
    opened_at_s: float
    stale_at_s: float
    submitted_at_s: float | None  # None: certainly not submitted, unless the state is unknown
    paid: Mapping[str, Any] | None


class BookFile:
    """All entries of one wallet. One connection, used from one thread at a time."""

    def __init__(self, path: Path) -> None:
        path.touch(mode=0o600)
        self._connection = sqlite3.connect(path, timeout=LOCK_WAIT_S, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute(_TABLE)
        self._connection.execute("CREATE INDEX IF NOT EXISTS payments_by_hash ON payments (payment_hash)")

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it, or nothing if it raises. What was read in it is still true when it is written."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def find(self, request_id: str) -> Entry | None:
        """The entry of a request id."""
        row = self._connection.execute(_FIND, (request_id,)).fetchone()
        return None if row is None else _entry(row)

    def owner_of(self, payment_hash: str) -> str | None:
        """The request that an invoice belongs to: one that has not failed."""
        row = self._connection.execute(_OWNER, (payment_hash, State.FAILED)).fetchone()
        return None if row is None else str(row[0])

    def put(self, entry: Entry) -> Entry:
        """Write it, in the place of an earlier one of its id."""
        paid = None if entry.paid is None else json.dumps(entry.paid)
        self._connection.execute(_PUT, {**vars(entry), "paid": paid})
        return entry

    def drop(self, entry: Entry) -> None:
        """Strike it out."""
        self._connection.execute(_DROP, (entry.request_id,))

    def drop_abandoned(self, now_s: float) -> None:
        """Strike out what was never submitted, and nobody is at any more: its room is free."""
        self._connection.execute(_DROP_ABANDONED, (State.IN_FLIGHT, now_s))

    def spent_msats(self, since_s: float) -> int:
        """Paid since then, and everything whose end is not known."""
        held = (State.IN_FLIGHT, State.UNKNOWN, State.PAID, since_s)
        row = self._connection.execute(_SPENT, held).fetchone()
        return int(row[0])


def _entry(row: sqlite3.Row) -> Entry:
    values = dict(row)
    paid = None if values["paid"] is None else json.loads(values["paid"])
    return Entry(**{**values, "state": State(values["state"]), "paid": paid})
