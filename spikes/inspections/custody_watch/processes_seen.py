"""What anybody on the machine may read of a process: its environment and its command line, as the kernel shows them.

Role: reads /proc for a process and its descendants, one source a variable. Must not know: secrets, runtimes.
"""

from __future__ import annotations

from pathlib import Path

from spikes.inspections.custody_watch.surfaces import Source
from spikes.process_family import PROC, family

__all__ = ["PROC", "ProcessesSeen", "family"]


class ProcessesSeen:
    """Everything that was seen in as many looks as were taken; a process that lives between two looks is missed."""

    def __init__(self, proc: Path = PROC) -> None:
        self._proc = proc
        self._environments: dict[tuple[str, str], Source] = {}
        self._command_lines: dict[tuple[str, bytes], Source] = {}
        self.unread: str | None = None  # the first thing that could not be read, and why

    def look(self, pid: int) -> None:
        """Read the process and its descendants as they are now."""
        for depth, process in enumerate(family(pid, self._proc)):
            name = "driver" if depth == 0 else "descendant"
            try:
                environment = (self._proc / str(process) / "environ").read_bytes()
                command_line = (self._proc / str(process) / "cmdline").read_bytes()
            except (FileNotFoundError, ProcessLookupError):
                continue  # it ended meanwhile
            except OSError as error:
                self.unread = self.unread or f"/proc of the {name}: {type(error).__name__}"
                continue
            for entry in filter(None, environment.split(b"\0")):
                variable, _, value = entry.decode(errors="surrogateescape").partition("=")
                source = Source(where=f"{name}: {variable}", content=value.encode(errors="surrogateescape"))
                self._environments[source.where, value] = source
            self._command_lines[name, command_line] = Source(where=name, content=command_line.replace(b"\0", b" "))

    @property
    def environments(self) -> tuple[Source, ...]:
        """One source for each variable with each value it was seen to have."""
        return tuple(self._environments.values())

    @property
    def command_lines(self) -> tuple[Source, ...]:
        """One source for each command line."""
        return tuple(self._command_lines.values())
