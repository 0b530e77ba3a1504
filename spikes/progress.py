"""What people see while a run goes on: one line that renews itself on a terminal, plain lines otherwise.

Role: attempt count, last attempt, estimate of the time left. Writes to stderr, so that stdout stays for programs.
Must not know: what an outcome means.
"""

from __future__ import annotations

import time
from typing import TextIO

from spikes.record import Attempt

PLAIN_EVERY_S = 5.0
WIDTH = 100


class Progress:
    """Progress of one run of `total` attempts."""

    def __init__(self, total: int, out: TextIO, *, terminal: bool) -> None:
        self._total = total
        self._out = out
        self._terminal = terminal
        self._done = 0
        self._started = time.monotonic()
        self._last_line = 0.0

    def say(self, text: str) -> None:
        """A line that stays."""
        self._wipe()
        self._out.write(text + "\n")
        self._out.flush()

    def count(self, attempt: Attempt) -> None:
        """One attempt is done."""
        self._done += 1
        now = time.monotonic()
        # Under a fault a payment may well fail, so nothing is said of what was planned; whether it may is judged later.
        otherwise = attempt.outcome is not attempt.expected and not attempt.faults
        as_wanted = f", planned {attempt.expected}" if otherwise else ""
        rest = eta(self._done, self._total, now - self._started)
        text = (
            f"[{self._done:>4}/{self._total}] {attempt.runtime:<8} {attempt.experiment:<18} "
            f"{attempt.outcome}{as_wanted} in {attempt.wall_s:.2f} s, {rest}"
        )
        if self._terminal:
            self._out.write("\r" + text.ljust(WIDTH)[:WIDTH])
        elif as_wanted or now - self._last_line >= PLAIN_EVERY_S or self._done == self._total:
            self._out.write(text + "\n")
            self._last_line = now
        self._out.flush()

    def end(self) -> None:
        """Leave the line that renews itself."""
        self._wipe()
        self._out.flush()

    def _wipe(self) -> None:
        if self._terminal:
            self._out.write("\r" + " " * WIDTH + "\r")


def eta(done: int, total: int, elapsed_s: float) -> str:
    """How long the rest takes if it goes on like this; `done` is above 0."""
    left_s = round(elapsed_s / done * (total - done))
    return f"about {left_s // 60}:{left_s % 60:02d} left"
