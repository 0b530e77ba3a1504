"""Metering a running process from outside, through /proc.

Role: numbers that no driver can colour. Where the platform has no /proc there is no number, and no guess.
Must not know: runtimes.
"""

from __future__ import annotations

import os
from pathlib import Path

_PROC = Path("/proc")


def peak_rss_bytes(pid: int) -> int | None:
    """The largest resident set the process has had (VmHWM), in bytes; None if the platform does not tell."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return None
    for line in lines:
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return None


def rss_bytes(pid: int) -> int | None:
    """The resident set that the process has now, in bytes; None if the platform does not tell."""
    try:
        pages = (_PROC / str(pid) / "statm").read_text(encoding="ascii").split()[1]
    except OSError:
        return None
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def open_files(pid: int) -> int | None:
    """How many file descriptors the process has open now; None if the platform does not tell."""
    try:
        return len(list((_PROC / str(pid) / "fd").iterdir()))
    except OSError:
        return None
