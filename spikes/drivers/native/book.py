"""The payment book: which request id stands for which payment, and how far it came.

Role: at most one submission of a request id, and at most one request id for an invoice, over restarts too and among
several processes on one file. The rules are those of `../wallet/register.js` and `spend_window.js`:
- every try of a request is an attempt with an id of its own. It marks its entry as submitted before the first message
  that can pay, which it can only while the entry is its own and has no end. Without the mark nothing was submitted, and
  nothing will be;
- an entry that nobody can be at any more (another process's, or past its deadline) is taken over by the next to ask if
  it is not marked, and is unknown if it is. An unknown one is kept for good and never paid again;
- what the network does not show long after the mark never reached it, and has failed;
- proof of payment replaces "failed"; nothing else replaces an end.
Must not know: the SDK, HTTP. It holds no invoice, preimage or credential, only hashes, amounts and receipts.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from time import time
from typing import Any

from spikes.drivers.native.book_file import BookFile, Entry, State
from spikes.drivers.native.failures import WalletError

__all__ = ["Entry", "PaymentBook", "Seen", "State", "View", "payment_fingerprint"]


class Seen(StrEnum):
    """How far a request came, for whoever only looks."""

    APPROVED = "approved"  # every limit is passed, nothing is submitted
    IN_FLIGHT = "in_flight"  # it may have been submitted
    UNKNOWN = "unknown"  # submitted, and nobody is at it
    PAID = "paid"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class View:
    """What is known of a request. `paid`: as it was settled, None unless it is paid."""

    state: Seen
    paid: Mapping[str, Any] | None


class PaymentBook:
    """All payments of one wallet. `in_flight_limit_s`: after that, nobody is at an entry any more."""

    def __init__(
        self, path: Path, *, in_flight_limit_s: float, window_s: float, now_s: Callable[[], float] = time
    ) -> None:
        self._file = BookFile(path)
        self._incarnation = str(uuid.uuid4())
        self._in_flight_limit_s = in_flight_limit_s
        self._window_s = window_s
        self._now_s = now_s

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def open(
        self,
        request_id: str,
        fingerprint: str,
        payment_hash: str,
        amount_msats: int,
        check: Callable[[int], None] = lambda _: None,
    ) -> Entry:
        """Enter a payment, or find the one that the id stands for.

        State.IN_FLIGHT: it is the caller's to pay, under the entry's attempt. Anything else is not to be paid.
        `check` is given what the window holds, and may refuse a payment that would be new.
        Raises WalletError: idempotency_conflict, idempotency_in_flight, and whatever `check` raises.
        """
        now_s = self._now_s()
        with self._file.transaction():
            known = self._find(request_id, fingerprint, payment_hash, now_s)
            if known is not None and known.state is not State.IN_FLIGHT:
                return known
            if known is not None:
                self._file.drop(known)  # taken over
            self._file.drop_abandoned(now_s)
            check(self._file.spent_msats(now_s - self._window_s))
            return self._file.put(
                Entry(
                    request_id=request_id,
                    fingerprint=fingerprint,
                    payment_hash=payment_hash,
                    amount_msats=amount_msats,
                    state=State.IN_FLIGHT,
                    incarnation=self._incarnation,
                    attempt=str(uuid.uuid4()),
                    opened_at_s=now_s,
                    stale_at_s=now_s + self._in_flight_limit_s,
                    submitted_at_s=None,
                    paid=None,
                )
            )

    def _find(self, request_id: str, fingerprint: str, payment_hash: str, now_s: float) -> Entry | None:
        """What the id stands for; in flight only if it was not submitted, and nobody can be at it any more."""
        known = self._file.find(request_id)
        if known is None:
            if self._file.owner_of(payment_hash) is not None:
                raise WalletError("idempotency_conflict", "this invoice belongs to another request id")
            return None
        if known.fingerprint != fingerprint:
            raise WalletError("idempotency_conflict", "this request id belongs to another payment")
        if known.state is not State.IN_FLIGHT:
            return known
        if known.incarnation == self._incarnation and now_s < known.stale_at_s:
            raise _in_flight()
        if known.submitted_at_s is None:
            return known
        return self._file.put(dataclasses.replace(known, state=State.UNKNOWN))

    def mark_submitted(self, entry: Entry) -> None:
        """Before the first message that can pay, again for a try with other leaves; if it raises, it must not go out.

        Raises WalletError idempotency_in_flight: the request is another attempt's, or has its end.
        """
        with self._file.transaction():
            known = self._own(entry)
            if known is None:
                raise _in_flight()
            self._file.put(dataclasses.replace(known, state=State.IN_FLIGHT, submitted_at_s=self._now_s()))

    def mark_unknown(self, entry: Entry, *, submitted: bool) -> None:
        """Its end is not known. `submitted` False: only the mark can tell, and without it the id is as good as new."""
        with self._file.transaction():
            known = self._own(entry)
            if known is None or known.state is not State.IN_FLIGHT:
                return
            if known.submitted_at_s is None and not submitted:
                self._file.drop(known)
                return
            submitted_at_s = self._now_s() if known.submitted_at_s is None else known.submitted_at_s
            self._file.put(dataclasses.replace(known, state=State.UNKNOWN, submitted_at_s=submitted_at_s))

    def release(self, entry: Entry) -> Entry | None:
        """Nothing was submitted, as the attempt itself knows: the id is as good as new.

        The entry as it is, if it is not this attempt's any more.
        """
        with self._file.transaction():
            known = self._own(entry)
            if known is None:
                return self._file.find(entry.request_id)
            self._file.drop(known)
            return None

    def settle_paid(self, entry: Entry, paid_of: Callable[[int], Mapping[str, Any]]) -> Entry:
        """Proven, and final. `paid_of` is given what the window holds with this payment; the entry that stands."""
        now_s = self._now_s()
        with self._file.transaction():
            known = self._file.find(entry.request_id) or entry
            if known.state is State.PAID:
                return known
            if known.state is State.FAILED:
                known = dataclasses.replace(known, opened_at_s=now_s)  # its room had been given back
            known = self._file.put(dataclasses.replace(known, state=State.PAID))
            paid = paid_of(self._file.spent_msats(now_s - self._window_s))
            return self._file.put(dataclasses.replace(known, paid=paid))

    def settle_failed(self, entry: Entry, *, lost: bool = False) -> Entry:
        """Failed for certain; the entry that stands. `lost`: only if it was not submitted anew after `entry` was seen.

        Raises WalletError idempotency_in_flight: it was.
        """
        with self._file.transaction():
            known = self._file.find(entry.request_id)
            if known is None or known.state in (State.PAID, State.FAILED):
                return known or entry
            if lost and known.submitted_at_s != entry.submitted_at_s:
                raise _in_flight()
            return self._file.put(dataclasses.replace(known, state=State.FAILED))

    def view(self, request_id: str) -> View | None:
        """For whoever only looks; None if the id was never heard of, or nothing came of it."""
        entry = self._file.find(request_id)
        if entry is None:
            return None
        if entry.state is not State.IN_FLIGHT:
            return View(state=Seen(entry.state.value), paid=entry.paid)
        if entry.submitted_at_s is None:
            return View(state=Seen.APPROVED, paid=None)
        # Whether another process is still at it cannot be seen from here; until its deadline it may be.
        return View(state=Seen.IN_FLIGHT if self._now_s() < entry.stale_at_s else Seen.UNKNOWN, paid=None)

    def spent_msats(self) -> int:
        """What the window holds: what was paid lately, and everything whose end is not known, however old."""
        return self._file.spent_msats(self._now_s() - self._window_s)

    def _own(self, entry: Entry) -> Entry | None:
        """The entry as it is now, if it has no end and is still the attempt's."""
        known = self._file.find(entry.request_id)
        if known is None or known.attempt != entry.attempt or known.state in (State.PAID, State.FAILED):
            return None
        return known


def payment_fingerprint(invoice: str, max_amount_msats: int, host: str) -> str:
    """What makes two requests the same payment."""
    return hashlib.sha256(json.dumps([invoice, max_amount_msats, host]).encode()).hexdigest()


def _in_flight() -> WalletError:
    return WalletError("idempotency_in_flight", "this request is being paid at this moment; ask again")
