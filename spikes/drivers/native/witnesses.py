"""Two observers of the SDK, through its own hooks, for the two things that its calls do not tell.

`SubmissionWitness`: did a payment reach the point where it is handed to the network? The SDK calls its payment
observer after it has chosen (and swapped) leaves and before the first message that can pay. An error before that
moment is definite, after it is not.
`SyncWitness`: did sync_wallet really synchronise? In server mode the SDK returns from it normally even when no
operator can be reached; the failure is only in its log.
Must not know: what is done with the answers. No log line is kept or printed.
"""

from __future__ import annotations

from typing import Any

import breez_sdk_spark as sdk

_SYNC_FAILURES = ("Spark wallet sync failed", "Failed to sync wallet state to storage")
_SYNC_LOG_FILTER = "breez_sdk_spark::sdk::sync=error"  # nothing else is formatted at all


class SubmissionWitness(sdk.PaymentObserver):  # type: ignore[misc]  # the SDK ships no types
    """Remembers the ids of payments that were handed to the network."""

    def __init__(self) -> None:
        self._submitted: set[str] = set()

    async def before_send(self, payments: list[Any]) -> None:
        """Called by the SDK; for Lightning the id is the transfer id, which is our request id."""
        self._submitted.update(str(payment.payment_id) for payment in payments)

    async def after_send(self, updates: list[Any]) -> None:
        """Called by the SDK for token payments, which this driver does not make."""

    def was_submitted(self, request_id: str) -> bool:
        """Whether money may have moved for this request."""
        return request_id in self._submitted


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
