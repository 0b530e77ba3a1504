"""Memory that runs out: the kernel gives a process and its descendants no page more.

Role: the real thing, by the limit on a process's data (RLIMIT_DATA), which counts every private writable mapping.
Must not know: which runtime it is, what it does.
"""

from __future__ import annotations

import resource
import sys
from contextlib import suppress

from spikes.process_family import family

LEAST_BYTES = 1  # the kernel takes 0 for no limit at all


def deny_memory(pid: int) -> bool:
    """No page more for this process and its descendants, as long as they live.

    False where the kernel has no such call: then nothing was denied.
    """
    if sys.platform != "linux":
        return False
    for process in family(pid):
        with suppress(ProcessLookupError):  # it ended meanwhile
            _, hard = resource.prlimit(process, resource.RLIMIT_DATA)
            resource.prlimit(process, resource.RLIMIT_DATA, (LEAST_BYTES, hard))
    return True
