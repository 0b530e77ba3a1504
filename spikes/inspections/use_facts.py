"""From readings to facts of the record: one for each phase, cold and warm, and the largest of all. Pure.

Role: names and sums up; says in `how` what a value is of how many readings. Must not know: instruments, limits.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence

from spikes.inspections.metering.request_meter import How
from spikes.inspections.use_steps import Reading, Step
from spikes.record import Fact


def reading_facts(runtime: str, readings: Sequence[Reading], how: How, *, actions: bool) -> Iterator[Fact]:
    """Every fact that readings of this runtime give; `how` says how they were taken; `actions`: each was an action."""
    for step in Step:
        for cold in (True, False):
            alike = [reading for reading in readings if reading.step is step and reading.cold is cold]
            if alike:
                yield from _phase_facts(runtime, f"{step}.{'cold' if cold else 'warm'}", alike, how)
    yield from _largest(runtime, readings, how)
    if actions:
        yield _action_fact(runtime, readings)


def _phase_facts(runtime: str, phase: str, alike: Sequence[Reading], how: How) -> Iterator[Fact]:
    cpu_s = [reading.use.cpu_s for reading in alike if reading.use.cpu_s is not None]
    if cpu_s:
        spread = "one reading" if len(cpu_s) == 1 else f"median of {len(cpu_s)}, {min(cpu_s):.4f} to {max(cpu_s):.4f} s"
        yield Fact(runtime=runtime, name=f"cpu_s.{phase}", value=statistics.median(cpu_s), how=f"{spread}; {how.cpu}")
    counts = [reading.use.subrequests for reading in alike]
    spread = "one reading" if len(counts) == 1 else f"largest of {len(counts)}, the least {min(counts)}"
    yield Fact(runtime=runtime, name=f"subrequests.{phase}", value=max(counts), how=f"{spread}; {how.subrequests}")


def _largest(runtime: str, readings: Sequence[Reading], how: How) -> Iterator[Fact]:
    cpu = [(reading.use.cpu_s, reading) for reading in readings if reading.use.cpu_s is not None]
    connections = [(reading.use.connections, reading) for reading in readings if reading.use.connections is not None]
    subrequests = [(reading.use.subrequests, reading) for reading in readings]
    for name, found, found_how in (
        ("cpu_per_request_s", cpu, how.cpu),
        ("subrequests_max", subrequests, how.subrequests),
        (
            "connections_max",
            connections,
            "async trace: the most fetches of an invocation that waited for headers at once",
        ),
    ):
        if found:
            value, reading = max(found, key=lambda pair: pair[0])
            of = f"largest of {len(found)} requests: {reading.step}, {'cold' if reading.cold else 'warm'}"
            yield Fact(runtime=runtime, name=name, value=value, how=f"{of}; {found_how}")


def _action_fact(runtime: str, readings: Sequence[Reading]) -> Fact:
    paying = [reading for reading in readings if reading.step.pays]
    longest = max(paying, key=lambda reading: reading.wall_s)
    how = f"outside clock: the longest of {len(paying)} paying requests, {longest.step}"
    return Fact(runtime=runtime, name="action_s", value=longest.wall_s, how=how)
