"""The payment book: which request id stands for which payment, and how far it came.

Role: at most one payment for a request id, and at most one request id for an invoice, over restarts too. A submitted
payment whose end is unknown stays in the book for good.
Must not know: the SDK, HTTP. It holds no invoice, preimage or credential, only hashes and ids.

On disk it is one JSON object a line, appended and flushed before the payment is submitted: if the process is killed
right after, the next incarnation knows that this id was used.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from spikes.drivers.native.failures import WalletError


class State(StrEnum):
    """How far a payment came."""

    SUBMITTED = "submitted"  # handed to the SDK; the end is not known (yet)
    PAID = "paid"
    FAILED = "failed"  # the network says that the money is back


@dataclass(kw_only=True)
class Entry:
    """One request id. `in_flight` is about this process only and is never on disk."""

    request_id: str
    fingerprint: str
    payment_hash: str
    amount_msats: int
    submitted_at_s: float
    state: State
    in_flight: bool = True


class PaymentBook:
    """All submitted payments of one wallet."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._entries: dict[str, Entry] = {}
        self._by_hash: dict[str, str] = {}
        if path.exists():
            self._load()

    def find(self, request_id: str, fingerprint: str, payment_hash: str) -> Entry | None:
        """The entry of this very payment, or None if neither id nor invoice was used before.

        Raises WalletError: idempotency_conflict (id or invoice belong to something else), idempotency_in_flight.
        """
        owner = self._by_hash.get(payment_hash, request_id)
        entry = self._entries.get(request_id)
        if owner != request_id:
            raise WalletError("idempotency_conflict", "this invoice belongs to another request id")
        if entry is None:
            return None
        if entry.fingerprint != fingerprint:
            raise WalletError("idempotency_conflict", "this request id belongs to another payment")
        if entry.in_flight:
            raise WalletError("idempotency_in_flight", "this request is being paid at this moment; ask again")
        return entry

    def submit(self, request_id: str, fingerprint: str, payment_hash: str, amount_msats: int, now_s: float) -> Entry:
        """Enter a payment before it is submitted."""
        entry = Entry(
            request_id=request_id,
            fingerprint=fingerprint,
            payment_hash=payment_hash,
            amount_msats=amount_msats,
            submitted_at_s=now_s,
            state=State.SUBMITTED,
        )
        self._keep(entry)
        self._append(entry)
        return entry

    def settle(self, entry: Entry, state: State) -> None:
        """Note how it ended."""
        entry.state = state
        self._append(entry)

    def withdraw(self, entry: Entry) -> None:
        """Strike an entry out: nothing was submitted after all, the id may be used again."""
        del self._entries[entry.request_id], self._by_hash[entry.payment_hash]
        self._write({"request_id": entry.request_id, "state": "withdrawn"})

    def spent_msats(self, since_s: float) -> int:
        """Everything submitted since then that did not come back: unknown payments count as spent."""
        return sum(
            entry.amount_msats
            for entry in self._entries.values()
            if entry.submitted_at_s >= since_s and entry.state is not State.FAILED
        )

    def _keep(self, entry: Entry) -> None:
        self._entries[entry.request_id] = entry
        self._by_hash[entry.payment_hash] = entry.request_id

    def _append(self, entry: Entry) -> None:
        fields = {name: value for name, value in vars(entry).items() if name != "in_flight"}
        self._write(fields)

    def _write(self, line: dict[str, object]) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
            file.flush()  # outlives this process; power loss is not what is guarded against

    def _load(self) -> None:
        text = self._path.read_text(encoding="utf-8")
        whole = text[: text.rfind("\n") + 1]
        if whole != text:  # killed while writing: what the cut line announced had not begun
            self._path.write_text(whole, encoding="utf-8")
        for line in map(json.loads, whole.splitlines()):
            if line["state"] == "withdrawn":
                gone = self._entries.pop(line["request_id"])
                del self._by_hash[gone.payment_hash]
            else:
                self._keep(Entry(**{**line, "state": State(line["state"]), "in_flight": False}))


def payment_fingerprint(invoice: str, max_amount_msats: int, host: str) -> str:
    """What makes two requests the same payment."""
    return hashlib.sha256(json.dumps([invoice, max_amount_msats, host]).encode()).hexdigest()
