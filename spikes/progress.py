"""What people see while a run goes on: one line that renews itself on a terminal, plain lines otherwise.

Role: attempt count, last attempt, time left (forecast.py). Writes to stderr, so that stdout stays for programs. In a
CI log a plain line comes rarely, and GitHub folds the lines of each part of the run.
Must not know: what an outcome means.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TextIO

from spikes.colours import Colour, painted, wants_colour
from spikes.forecast import Estimate, Expected, attempt_step, forecast, inspection_step, load_pace, seconds
from spikes.plan import Plan
from spikes.record import Attempt

PLAIN_EVERY_S = 5.0
CI_EVERY_S = 15.0
NARROWEST, WIDEST = 40, 118
_ERASE = "\x1b[2K"


@dataclass(frozen=True, kw_only=True)
class Style:
    """How progress is shown."""

    every_s: float | None  # None: a line that renews itself
    colour: bool = False
    folds: bool = False  # GitHub's marks around the lines of a part
    width: int = WIDEST


PLAIN = Style(every_s=PLAIN_EVERY_S)


def style_of(out: TextIO, environment: Mapping[str, str] = os.environ) -> Style:
    """What suits this stream: CI variables count for more than the look of a terminal."""
    ci = environment.get("CI", "").lower() in ("1", "true", "yes")
    renewing = out.isatty() and not ci and environment.get("TERM") != "dumb"
    columns = shutil.get_terminal_size().columns - 1
    return Style(
        every_s=None if renewing else CI_EVERY_S if ci else PLAIN_EVERY_S,
        colour=wants_colour(out),
        folds=environment.get("GITHUB_ACTIONS") == "true",
        width=min(max(columns, NARROWEST), WIDEST),
    )


def progress_of(plan: Plan, out: TextIO) -> Progress:
    """The progress of this plan, in the style that suits the stream."""
    return Progress(len(plan.attempts), out, style_of(out), forecast(plan, load_pace()))


class Progress:
    """Progress of one run of `total` attempts; without `parts` nothing is said of the time left."""

    def __init__(
        self,
        total: int,
        out: TextIO,
        style: Style = PLAIN,
        parts: Sequence[Expected] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._total = total
        self._out = out
        self._style = style
        self._clock = clock
        self._done = 0
        self._estimate = Estimate(parts=parts)
        self._expected_s = seconds(parts)
        self._started = clock()
        self._last_line_s = -CI_EVERY_S  # the first line comes at once
        self._folded = False

    def begin(self, text: str) -> None:
        """The first line, with how long it will take."""
        self.say(f"{text}; about {minutes(self._expected_s)} on two cores")

    def say(self, text: str) -> None:
        """A line that stays."""
        self._wipe()
        self._out.write((defused(text) if self._style.folds else text) + "\n")
        self._out.flush()

    def count(self, attempt: Attempt) -> None:
        """One attempt is done."""
        self._done += 1
        self._step(attempt_step(attempt.attempt))
        # Under a fault a payment may well fail, so nothing is said of what was planned; whether it may is judged later.
        otherwise = attempt.outcome is not attempt.expected and not attempt.faults
        ending = f"{attempt.outcome}, planned {attempt.expected}" if otherwise else str(attempt.outcome)
        text = f"{attempt.runtime:<14} {attempt.experiment:<22} {ending} in {attempt.wall_s:.2f} s"
        self._show(text, otherwise=otherwise)

    def skip(self, attempt: int) -> None:
        """One attempt will not be made."""
        self._done += 1
        self._estimate.skip(attempt_step(attempt))

    def step(self, inspection: str, runtime: str) -> None:
        """One inspection is done."""
        self._step(inspection_step(inspection, runtime))
        self._show(f"{runtime:<14} {inspection.replace('_', ' ')}, inspected", otherwise=False)

    def end(self) -> None:
        """Leave the line that renews itself, and the fold."""
        self._wipe()
        self._fold(None)
        self._out.flush()

    def _step(self, step: str) -> None:
        if self._estimate.done(step, self._now_s()):
            self._fold(self._estimate.now)

    def _now_s(self) -> float:
        return self._clock() - self._started

    def _show(self, text: str, *, otherwise: bool) -> None:
        """`otherwise`: it did not end as planned, which is never left out nor written over."""
        now_s = self._now_s()
        left = f", about {minutes(self._estimate.left_s(now_s))} left" if self._expected_s else ""
        line = f"[{self._done:>{len(str(self._total))}}/{self._total}] {minutes(now_s)}{left}: {text}"
        if self._style.every_s is None:
            self._wipe()
            line = line if otherwise else line[: self._style.width]
        elif not otherwise and self._done < self._total and now_s - self._last_line_s < self._style.every_s:
            return
        line = painted(line, Colour.YELLOW, wanted=self._style.colour and otherwise)
        self._out.write(line if self._style.every_s is None and not otherwise else line + "\n")
        self._last_line_s = now_s
        self._out.flush()

    def _fold(self, name: str | None) -> None:
        if not self._style.folds:
            return
        if self._folded:
            self._out.write("::endgroup::\n")
        if name is not None:
            self._out.write(f"::group::{name}\n")
        self._folded = name is not None

    def _wipe(self) -> None:
        if self._style.every_s is None:
            self._out.write("\r" + _ERASE)


def defused(text: str) -> str:
    """Words of a program that GitHub would take for a command of ours, made plain text."""
    lines = (line.replace("##[", "## [") for line in text.splitlines())
    return "\n".join(f"| {line}" if line.lstrip().startswith("::") else line for line in lines)


def minutes(duration_s: float) -> str:
    """Minutes and seconds."""
    whole = max(round(duration_s), 0)
    return f"{whole // 60}:{whole % 60:02d}"
