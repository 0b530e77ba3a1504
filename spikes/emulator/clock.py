"""The emulator's time. Injected everywhere, so that a test can hold it still and let sessions or transfers expire."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Seconds since the epoch."""

    def now(self) -> float: ...


class SystemClock:
    """The machine's clock: clients compare the times they are sent with their own."""

    def now(self) -> float:
        return time.time()


class ManualClock:
    """A clock that moves only when told to."""

    def __init__(self, start: float) -> None:
        self._now = start

    def now(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass; time never goes back."""
        if seconds < 0:
            raise ValueError("time does not go back; advance by zero or more seconds")
        self._now += seconds
