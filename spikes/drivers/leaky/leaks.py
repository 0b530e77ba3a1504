"""The leaks that need no request: into logs, storage, temporary files, a child process.

Role: each method leaks in one place. Must not know: routes, who looks.
"""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from embit import bip39

from spikes.drivers.leaky import forms

CHILD = "import sys; sys.stdin.read()"  # ends with its parent


@dataclass(frozen=True, kw_only=True)
class Secrets:
    """What there is to leak."""

    mnemonic: str = field(repr=False)
    token: str = field(repr=False)

    @property
    def seed(self) -> bytes:
        """The BIP39 seed."""
        seed: bytes = bip39.mnemonic_to_seed(self.mnemonic)
        return seed

    @property
    def entropy(self) -> bytes:
        """What the mnemonic spells."""
        entropy: bytes = bip39.mnemonic_to_bytes(self.mnemonic)
        return entropy


def leak_everywhere(secrets: Secrets, state_dir: Path) -> subprocess.Popen[bytes]:
    """Every leak of this file; the child process, which lives as long as this one."""
    print(f"debug: wallet {forms.listed(secrets.mnemonic)} loaded", flush=True)
    print(f"seed dump:\n{forms.in_lines(secrets.seed)}", file=sys.stderr, flush=True)
    state_dir.mkdir(parents=True, exist_ok=True)
    (state_dir / "wallet.log.gz").write_bytes(forms.packed(f"opened {secrets.mnemonic}\n"))
    _store(secrets, state_dir / "cache.sqlite")
    temporary = Path(tempfile.gettempdir())
    (temporary / "core.dump").write_bytes(forms.dumped(secrets.mnemonic))
    (temporary / f"{forms.base64_for_urls(secrets.entropy)}.lock").touch()
    return subprocess.Popen(  # noqa: S603 - our own interpreter and text
        [sys.executable, "-S", "-c", CHILD, forms.base64_for_urls(secrets.mnemonic.encode())],
        stdin=subprocess.PIPE,
        env={"DEBUG_SEED": secrets.seed.hex()},
    )


def _store(secrets: Secrets, path: Path) -> None:
    database = sqlite3.connect(path)
    try:
        with database:
            database.execute("CREATE TABLE IF NOT EXISTS cache (name TEXT, value BLOB)")
            rows = [("seed", secrets.seed), ("words", forms.json_list(secrets.mnemonic))]
            database.executemany("INSERT INTO cache VALUES (?, ?)", rows)
    finally:
        database.close()
