"""Two observers of the SDK, through its own hooks, for the two things that its calls do not tell.

`Submissions`: did a payment reach the point where it is handed to the network? The SDK calls its payment observer after
it has chosen (and swapped) leaves and before the first message that can pay, again if it chooses anew. There the
payment is marked in the book, and if that fails the SDK gives it up. An error before that moment is definite, after it
is not.
`SyncWitness`: did sync_wallet really synchronise? In server mode the SDK returns from it normally even when no
operator can be reached; the failure is only in its log.
Must not know: what is done with the answers, what a mark is. No log line is kept or printed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import breez_sdk_spark as sdk

_SYNC_FAILURES = ("Spark wallet sync failed", "Failed to sync wallet state to storage")
_SYNC_LOG_FILTER = "breez_sdk_spark::sdk::sync=error"  # nothing else is formatted at all


class Submission:
    """One call of the SDK that sends one payment. `mark` raises if the payment must not be submitted."""

    def __init__(self, mark: Callable[[], None]) -> None:
        self._mark = mark
        self._abandoned = False
        self.submitted = False  # whether the payment may have been handed to the network

    def submit(self) -> None:
        """Called by the SDK, by way of Submissions, before the first message that can pay."""
        if self._abandoned:
            raise RuntimeError("given up: its request ran out of time")
        self._mark()
        self.submitted = True

    def abandon(self) -> bool:
        """Forbid the submission for good. False: too late, it was submitted."""
        self._abandoned = not self.submitted
        return self._abandoned


class Submissions(sdk.PaymentObserver):  # type: ignore[misc]  # the SDK ships no types
    """The payments that the SDK is sending. `running`: request id -> submission, until the SDK's call has ended."""

    def __init__(self) -> None:
        self.running: dict[str, Submission] = {}

    async def before_send(self, payments: list[Any]) -> None:
        """Called by the SDK; for Lightning the id is the transfer id, which is our request id."""
        for payment in payments:
            try:
                self.running[str(payment.payment_id)].submit()
            except Exception as error:
                raise sdk.PaymentObserverError.ServiceConnectivity(f"not to be sent: {type(error).__name__}") from error

    async def after_send(self, updates: list[Any]) -> None:
        """Called by the SDK for token payments, which this driver does not make."""


class SyncWitness(sdk.Logger):  # type: ignore[misc]
    """Counts the SDK's log lines that mean: this sync was none. The SDK takes one logger for each process."""

    _only: SyncWitness | None = None

    def __init__(self) -> None:
        self.failures = 0

    @classmethod
    def installed(cls) -> SyncWitness:
        """The process's witness; must exist before the first sync."""
        if cls._only is None:
            cls._only = cls()
            sdk.init_logging(None, cls._only, _SYNC_LOG_FILTER)
        return cls._only

    def log(self, entry: Any) -> None:
        """Called by the SDK, from a thread of its own."""
        if any(text in entry.line for text in _SYNC_FAILURES):
            self.failures += 1
