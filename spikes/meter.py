"""Metering a running process from outside, through /proc.

Role: numbers that no driver can colour. Where the platform has no /proc there is no number, and no guess.
Must not know: runtimes.
"""

from __future__ import annotations

from pathlib import Path


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
