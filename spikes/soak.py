"""What the harness itself uses while a long run goes on: memory, file descriptors and processes, sample by sample.

Role: facts from which a reader can see whether they stay flat. They belong to no runtime.
Must not know: attempts beyond their number, limits.
"""

from __future__ import annotations

import os

from spikes.meter import open_files, rss_bytes
from spikes.process_family import family
from spikes.record import Fact
from spikes.scribe import Scribe

HARNESS = "harness"  # in place of a runtime's name


class Sampler:
    """Takes `samples` samples, evenly over `attempts` attempts. `emulator`: its process id."""

    def __init__(self, scribe: Scribe, emulator: int, *, attempts: int, samples: int) -> None:
        self.scribe = scribe
        self._emulator = emulator
        self._every = max(1, attempts // samples) if samples else 0
        self._made = 0

    def count(self) -> None:
        """One more attempt has been made."""
        self._made += 1
        if self._every and self._made % self._every == 0:
            for name, value, how in self._readings():
                if value is not None:
                    fact = Fact(runtime=HARNESS, name=f"{name}.at_{self._made}", value=value, how=how)
                    self.scribe.write(fact)

    def _readings(self) -> tuple[tuple[str, int | None, str], ...]:
        runner = os.getpid()
        rss, files = "resident set at that moment, /proc statm", "entries of /proc fd at that moment"
        children = "descendants of the runner at that moment"
        return (
            ("runner_rss_bytes", rss_bytes(runner), rss),
            ("emulator_rss_bytes", rss_bytes(self._emulator), rss),
            ("runner_fds", open_files(runner), files),
            ("emulator_fds", open_files(self._emulator), files),
            ("child_processes", len(family(runner)) - 1, children),
        )
