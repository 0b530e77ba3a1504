"""The scribe of a run: writes every line, counts what was written, and tells those who watch.

Role: the one place through which lines reach the record, so that lines of attempts made at the same time stay whole and
a fact that many attempts share stands there once; lines that a shard makes only to compare with are marked as set
aside. Must not know: stages, seats, what a line means.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from spikes.errors import HarnessFailure
from spikes.plan import PlannedAttempt
from spikes.progress import Progress
from spikes.record import Attempt, Fact, HarnessError, Line, RecordWriter


@dataclass(kw_only=True)
class Tally:
    """What was written so far."""

    attempts: int = 0
    facts: int = 0
    failures: list[HarnessFailure] = field(default_factory=list)


class Scribe:
    """Writes one record that is open and holds its header. `aside`: what lines about a runtime are set aside as."""

    def __init__(self, record: RecordWriter, progress: Progress, aside: Callable[[str], int] = lambda name: 0) -> None:
        self._record = record
        self._aside = aside
        self._progress = progress
        self._told: set[Fact] = set()
        self.tally = Tally()

    def write(self, line: Line) -> None:
        """Append a line, whole and flushed."""
        match line:
            case Attempt():
                self.tally.attempts += 1
            case Fact():
                self.tally.facts += 1
            case _:
                pass
        self._record.append(self._marked(line))

    def _marked(self, line: Line) -> Line:
        match line:
            case Attempt(runtime=str(name)) | Fact(runtime=str(name)) | HarnessError(runtime=str(name)):
                return replace(line, aside=self._aside(name))
            case _:
                return line

    def tell(self, fact: Fact) -> None:
        """Append a fact unless it stands there already."""
        if fact not in self._told:
            self._told.add(fact)
            self.write(fact)

    def made(self, attempt: Attempt) -> None:
        """Append an attempt, and show it."""
        self.write(attempt)
        self._progress.count(attempt)

    def note(self, failure: HarnessFailure, runtime: str | None = None, planned: PlannedAttempt | None = None) -> None:
        """Append what the harness itself did wrong; with `planned`, that this attempt was not made."""
        self.tally.failures.append(failure)
        if planned is not None:
            self._progress.skip(planned.attempt)
        self.write(
            HarnessError(
                runtime=runtime,
                experiment=None if planned is None else planned.experiment,
                code=failure.code,
                message=str(failure),
                attempt=None if planned is None else planned.attempt,
            )
        )

    def say(self, text: str) -> None:
        """A line for those who watch."""
        self._progress.say(text)

    def out(self, name: str, failure: HarnessFailure) -> None:
        """Say that a seat is out of this run, with its last words."""
        self.say(f"{name} is out of this run: {failure}\n{failure.last_words}".rstrip())
