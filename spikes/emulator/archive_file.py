"""The archive of one run: a private temporary database that is gone with the process.

SQLite keeps its newest pages in memory (2 MB) and the rest in a file without a name. Nothing is ever synced or rolled
back: the archive has to outlive nothing.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from typing import Any

from spikes.emulator.archive import KEPT_AT_HAND
from spikes.emulator.ledger_history import HistoryQuery, Role
from spikes.emulator.ledger_state import Transfer

_SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE kept (place TEXT, key BLOB, value BLOB, PRIMARY KEY (place, key)) WITHOUT ROWID;
CREATE TABLE transfers (
    position INTEGER PRIMARY KEY, id TEXT UNIQUE, wallet BLOB, sent INTEGER, kind TEXT, status TEXT, created_at REAL
);
CREATE INDEX transfers_of_wallet ON transfers (wallet, position);
BEGIN;
"""
_AMONG = " IN (SELECT value FROM json_each(?))"
_IDS, _KINDS, _STATUSES = "id" + _AMONG, "kind" + _AMONG, "status" + _AMONG
_ROLES = {Role.SENT: "sent = 1", Role.RECEIVED: "sent = 0", Role.ANY: "1"}


class FileArchive:
    """An archive with a history, in one database file."""

    def __init__(self, *, at_hand: int = KEPT_AT_HAND) -> None:
        self.at_hand = at_hand
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._database.executescript(_SCHEMA)

    def write(self, table: str, key: str | bytes, value: bytes) -> None:
        """Keep `value` under `key`."""
        self._database.execute("INSERT OR REPLACE INTO kept VALUES (?, ?, ?)", (table, key, value))

    def read(self, table: str, key: str | bytes) -> bytes | None:
        """What is kept under `key`."""
        row = self._database.execute("SELECT value FROM kept WHERE place = ? AND key = ?", (table, key)).fetchone()
        return row[0] if row is not None else None

    def keys(self, table: str) -> Iterator[str | bytes]:
        """Every key of a table."""
        rows = self._database.execute("SELECT key FROM kept WHERE place = ? ORDER BY key", (table,))
        return (row[0] for row in rows.fetchall())

    def note(self, wallet: bytes, transfer: Transfer) -> None:
        """A transfer has begun, at the end of the history, or has changed, at its place in it."""
        self._database.execute(
            "INSERT INTO transfers (id, wallet, sent, kind, status, created_at) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET status = excluded.status, created_at = excluded.created_at",
            (
                transfer.id,
                wallet,
                transfer.sender == wallet,
                transfer.kind.value,
                transfer.status.value,
                transfer.created_at,
            ),
        )

    def find(self, query: HistoryQuery) -> list[str]:
        """Ids of the transfers that fit, in the order of their beginning."""
        conditions: list[tuple[str, Any]] = [("wallet = ?", query.wallet)]
        for condition, among in ((_IDS, query.ids or None), (_KINDS, query.kinds), (_STATUSES, query.statuses)):
            if among is not None:
                conditions.append((condition, json.dumps(list(among))))
        if query.after is not None:
            conditions.append(("created_at > ?", query.after))
        if query.before is not None:
            conditions.append(("created_at < ?", query.before))
        where = " AND ".join([_ROLES[query.role], *(condition for condition, _ in conditions)])
        order = "DESC" if query.newest_first else "ASC"
        statement = f"SELECT id FROM transfers WHERE {where} ORDER BY position {order} LIMIT ? OFFSET ?"  # noqa: S608
        limit = -1 if query.limit is None else query.limit
        values = [value for _, value in conditions]
        return [row[0] for row in self._database.execute(statement, (*values, limit, query.offset))]

    def wallets(self) -> list[bytes]:
        """Everyone who ever sent or received, in the order of their first transfer."""
        rows = self._database.execute("SELECT wallet FROM transfers GROUP BY wallet ORDER BY min(position)")
        return [row[0] for row in rows]

    def __repr__(self) -> str:
        return "FileArchive()"
