"""A process and all that it has started, as the kernel shows them.

Role: reads /proc. Must not know: whose processes they are.
"""

from __future__ import annotations

from pathlib import Path

PROC = Path("/proc")


def family(pid: int, proc: Path = PROC) -> list[int]:
    """A process and all its living descendants, parents first; only itself where the kernel does not tell children."""
    found, waiting = [], [pid]
    while waiting:
        process = waiting.pop(0)
        found.append(process)
        try:
            for thread in (proc / str(process) / "task").iterdir():
                waiting += [int(child) for child in (thread / "children").read_text(encoding="ascii").split()]
        except OSError:
            continue  # it has just gone, or this kernel keeps no such list
    return found
