"""The account of live spending: a file that outlives runs, so that the cap holds over all of them.

Role: allow a payment before it is made, or refuse it; remember what it cost. A payment whose end is not known counts
as made, with all that was set aside for it, for ever. The cap is per network, whichever wallet pays.
Must not know: wallets' secrets, drivers. Only whole satoshis.
"""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Self, TextIO

from spikes.errors import LiveFailure
from spikes.processes import PROJECT

# Not beside the records: whoever removes or moves those does not get his money back.
DEFAULT_FILE = PROJECT / "reports" / "live-spending.jsonl"
OWNER_ONLY = 0o600


class State(StrEnum):
    """What became of a payment, as far as the account knows."""

    RESERVED = "reserved"  # allowed; from here on it may have been made
    SPENT = "spent"
    RETURNED = "returned"  # nothing left the wallet, and both witnesses say so


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of the file; the last line about a request counts."""

    network: str
    wallet: str
    run: str
    request: str
    state: State
    sats: int  # with the fee


class SpendingAccount:
    """The file, open and locked: two live runs at once would each see only half of what is spent."""

    def __init__(self, path: Path, *, network: str, cap_sats: int) -> None:
        self.path = path
        self._network = network
        self._cap_sats = cap_sats
        self._entries: dict[str, Entry] = {}
        self._file: TextIO | None = None

    def __enter__(self) -> Self:
        """Open, lock and read it. Raises LiveFailure."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, OWNER_ONLY), "r+", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._entries = _read(file, self.path)
        except OSError as error:
            file.close()
            raise LiveFailure("nothing was sent: another live run is under way; wait until it has ended") from error
        except LiveFailure:
            file.close()
            raise
        self._file = file
        return self

    def __exit__(self, *exc: object) -> None:
        if self._file is not None:
            self._file.close()  # which gives the lock back
            self._file = None

    @property
    def spent_sats(self) -> int:
        """Everything spent on this network so far, or that may have been."""
        return sum(entry.sats for entry in self._entries.values() if entry.network == self._network)

    @property
    def left_sats(self) -> int:
        """What the cap still allows; never below 0."""
        return max(self._cap_sats - self.spent_sats, 0)

    def reserve(self, wallet: str, run: str, request: str, sats: int) -> None:
        """Set this much aside, on disk, before the payment is asked for. Raises LiveFailure if the cap has no room."""
        if sats <= 0:
            raise LiveFailure(f"a payment of {sats} sats cannot be accounted for; nothing was sent")
        if request in self._entries:
            raise LiveFailure(f"request {request} is in the account already; nothing was sent")
        if sats > self.left_sats:
            raise LiveFailure(
                f"nothing was sent: a payment may cost {sats} sats with its fee, and of the cap of {self._cap_sats} "
                f"only {self.left_sats} are left (account: reports/{self.path.name}); raise the cap if you mean it"
            )
        self._enter(
            Entry(network=self._network, wallet=wallet, run=run, request=request, state=State.RESERVED, sats=sats)
        )

    def settle(self, request: str, state: State, sats: int) -> None:
        """What became of it. More than was set aside is booked as it is: it is gone."""
        before = self._entries[request]
        self._enter(
            Entry(network=before.network, wallet=before.wallet, run=before.run, request=request, state=state, sats=sats)
        )

    def _enter(self, entry: Entry) -> None:
        if self._file is None:
            raise LiveFailure("the account of live spending is not open; nothing was sent")
        self._file.write(json.dumps(asdict(entry), separators=(",", ":")) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        self._entries[entry.request] = entry


def _read(file: TextIO, path: Path) -> dict[str, Entry]:
    """Every request's last line. Raises LiveFailure for a line that cannot be read: what it said is not known."""
    entries: dict[str, Entry] = {}
    file.seek(0)
    for number, text in enumerate(file, start=1):
        try:
            entry = _entry(json.loads(text)) if text.endswith("\n") else None
        except (ValueError, TypeError, KeyError):
            entry = None
        if entry is None:
            raise LiveFailure(
                f"nothing was sent: line {number} of reports/{path.name} cannot be read; nobody knows what was spent. "
                "Correct it by hand, at most what the wallet has lost, and run it again"
            )
        entries[entry.request] = entry
    return entries


def _entry(raw: dict[str, object]) -> Entry:
    sats = raw["sats"]
    if not isinstance(sats, int) or isinstance(sats, bool) or sats < 0:
        raise ValueError("not a whole number of satoshis")
    texts = {name: raw[name] for name in ("network", "wallet", "run", "request")}
    if not all(isinstance(text, str) for text in texts.values()) or set(raw) != {*texts, "state", "sats"}:
        raise ValueError("not an entry")
    return Entry(**{name: str(text) for name, text in texts.items()}, state=State(str(raw["state"])), sats=sats)
