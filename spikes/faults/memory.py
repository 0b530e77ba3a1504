"""Memory that runs out: the kernel gives a process and its descendants no page more, until told otherwise.

Role: the real thing, by the limit on a process's data (RLIMIT_DATA), which counts every private writable mapping.
Must not know: which runtime it is, what it does.
"""

from __future__ import annotations

import resource
import sys

from spikes.process_family import family

Limits = dict[int, tuple[int, int]]


def deny_memory(pid: int) -> Limits:
    """No page more for this process and its descendants; their limits as they were, for `allow_memory`.

    Empty where the kernel has no such call: then nothing was denied.
    """
    before: Limits = {}
    if sys.platform != "linux":
        return before
    for process in family(pid):
        try:
            _, hard = before[process] = resource.prlimit(process, resource.RLIMIT_DATA)
            resource.prlimit(process, resource.RLIMIT_DATA, (0, hard))
        except ProcessLookupError:
            before.pop(process, None)  # it ended meanwhile
    return before


def allow_memory(before: Limits) -> None:
    """The limits that `deny_memory` told of, for every process that still lives."""
    if sys.platform != "linux":
        return
    for process, limits in before.items():
        try:
            resource.prlimit(process, resource.RLIMIT_DATA, limits)
        except ProcessLookupError:
            continue
