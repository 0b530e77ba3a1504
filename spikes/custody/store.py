"""The control plane's database: wallets, policies, envelopes, snapshots in SQLite. No plaintext secret ever enters it.

Role: stands for the Convex tables (or a Durable Object's) of the plan. A wallet names its current key version; older
envelopes stay for the record and are never handed out again. Must not know: cryptography, the KMS.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from spikes.custody.envelope import EnvelopeError
from spikes.custody.records import EnvelopeRow, PolicyRow, SnapshotRow, WalletRow

_SCHEMA = """
CREATE TABLE IF NOT EXISTS lightningWallets (walletId TEXT PRIMARY KEY, row TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS lightningWalletPolicies (walletId TEXT PRIMARY KEY, row TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS lightningWalletSnapshots (walletId TEXT PRIMARY KEY, row TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS lightningWalletKeyEnvelopes
  (walletId TEXT NOT NULL, keyVersion INTEGER NOT NULL, row TEXT NOT NULL, PRIMARY KEY (walletId, keyVersion)) STRICT;
"""


class CustodyStore:
    """One database file, closed with `close`."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.executescript(_SCHEMA)

    def close(self) -> None:
        """Release the file."""
        self._database.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing of what happens inside."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    def put_wallet(self, wallet: WalletRow) -> None:
        """Write a wallet. Raises EnvelopeError wrong_key_version if its key version would go back."""
        known = self._read(WalletRow, wallet.wallet_id)
        if known is not None and wallet.key_version < WalletRow.from_json(known).key_version:
            raise EnvelopeError("wrong_key_version", "a wallet's key version never goes back; rotate it forwards")
        self._write(wallet, wallet.wallet_id)

    def wallet(self, wallet_id: str) -> WalletRow:
        """A wallet. Raises EnvelopeError no_such_wallet."""
        row = self._read(WalletRow, wallet_id)
        if row is None:
            raise EnvelopeError("no_such_wallet", f"there is no wallet {wallet_id}; create or import it")
        return WalletRow.from_json(row)

    def put_policy(self, policy: PolicyRow) -> None:
        """Write a wallet's policy."""
        self._write(policy, policy.wallet_id)

    def put_snapshot(self, snapshot: SnapshotRow) -> None:
        """Write what was last known of a wallet's money."""
        self._write(snapshot, snapshot.wallet_id)

    def put_envelope(self, envelope: EnvelopeRow) -> None:
        """Write the envelope of one key version, in place of an earlier form of the same version."""
        self._database.execute(
            "INSERT INTO lightningWalletKeyEnvelopes VALUES (?, ?, ?)"
            " ON CONFLICT (walletId, keyVersion) DO UPDATE SET row = excluded.row",
            (envelope.wallet_id, envelope.key_version, json.dumps(envelope.to_json())),
        )

    def envelope(self, wallet_id: str, key_version: int) -> EnvelopeRow:
        """The envelope of one key version. Raises EnvelopeError no_such_envelope."""
        found = self._database.execute(
            "SELECT row FROM lightningWalletKeyEnvelopes WHERE walletId = ? AND keyVersion = ?",
            (wallet_id, key_version),
        ).fetchone()
        if found is None:
            raise EnvelopeError("no_such_envelope", f"{wallet_id} has no envelope of key version {key_version}")
        return EnvelopeRow.from_json(json.loads(found[0]))

    def _write(self, row: WalletRow | PolicyRow | SnapshotRow, wallet_id: str) -> None:
        self._database.execute(
            f"INSERT INTO {row.TABLE} VALUES (?, ?) ON CONFLICT (walletId) DO UPDATE SET row = excluded.row",  # noqa: S608 - ours
            (wallet_id, json.dumps(row.to_json())),
        )

    def _read(self, table: type[WalletRow], wallet_id: str) -> Any:
        query = f"SELECT row FROM {table.TABLE} WHERE walletId = ?"  # noqa: S608 - one of our own names
        found = self._database.execute(query, (wallet_id,)).fetchone()
        return None if found is None else json.loads(found[0])
