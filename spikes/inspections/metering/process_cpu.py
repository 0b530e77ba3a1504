"""CPU time of a process from outside, in nanosecond steps. Linux only: elsewhere there is no number, and no guess.

Role: the clocks that every runtime has, whatever runs in it. Must not know: runtimes, requests.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
# linux/posix-timers.h: the clock of another process is its inverted id, and 2 names the scheduler's own accounting.
_SCHEDULER_CLOCK = 2


def process_cpu_s(pid: int) -> float | None:
    """CPU seconds of all threads that the process has had, exited ones too; None if the platform does not tell."""
    if sys.platform != "linux":
        return None
    try:
        return time.clock_gettime((~pid << 3) | _SCHEDULER_CLOCK)
    except OSError:
        return None


def family_cpu_s(pid: int) -> float | None:
    """The same with its descendants: the living by their own clocks, the reaped in ticks of their parent."""
    own = process_cpu_s(pid)
    if own is None:
        return None
    living = (family_cpu_s(child) or 0.0 for child in _children(pid))
    return own + _reaped_s(pid) + sum(living)


def main_thread_cpu_s(pid: int) -> float | None:
    """CPU seconds of the process's first thread; exact while it sleeps."""
    try:
        return int(Path(f"/proc/{pid}/task/{pid}/schedstat").read_text(encoding="ascii").split()[0]) / 1e9
    except (OSError, ValueError, IndexError):
        return None


def _children(pid: int) -> list[int]:
    children: list[int] = []
    try:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            children += [int(child) for child in (thread / "children").read_text(encoding="ascii").split()]
    except OSError:
        pass  # a thread or the process has just gone; what it used is in the clocks that remain
    return children


def _reaped_s(pid: int) -> float:
    """User and system time of children that have ended and were waited for (fields 16 and 17 of stat)."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        return (int(after_name[13]) + int(after_name[14])) * _TICK_S
    except (OSError, ValueError, IndexError):
        return 0.0
