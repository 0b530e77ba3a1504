"""A fixed piece of work, timed beside the metering: what a CPU second of this machine is worth.

Role: makes CPU figures of two machines comparable. Must not know: runtimes.
"""

from __future__ import annotations

import time

# Long enough for a clock of a microsecond, short enough to be taken several times: about 0.1 s of this decade's CPUs.
STEPS = 1_000_000
HOW = (
    f"thread CPU of a fixed pure-Python loop ({STEPS} steps of a 32-bit linear congruential generator), "
    "the same for every runtime"
)


def cpu_s() -> float:
    """CPU seconds of this thread for the fixed loop, once."""
    started = time.thread_time()
    state = 1
    for _ in range(STEPS):
        state = (state * 1_664_525 + 1_013_904_223) & 0xFFFFFFFF
    return time.thread_time() - started
