"""The shortest schedule that still goes wrong.

Role: take parts away and simplify, one at a time, as long as the failure stays. Must not know: what a failure is, or
how a schedule is tried: the caller says. Pure but for that.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace

from spikes.faults.schedule import Asking, Fault, Kind, Schedule, canonical

MOST_TRIALS = 60  # each is a payment on a network of its own
Fails = Callable[[Schedule], Awaitable[bool]]


async def shrink(schedule: Schedule, fails: Fails, most_trials: int = MOST_TRIALS) -> Schedule:
    """A schedule that fails too and is no larger: nothing of it can be left out, unless `most_trials` were not enough.

    `schedule` itself is known to fail and is not tried again.
    """
    tried: set[str] = set()
    shortest = schedule
    while True:
        smaller = await _first_failing(shortest, fails, tried, most_trials)
        if smaller is None:
            return shortest
        shortest = smaller


async def _first_failing(schedule: Schedule, fails: Fails, tried: set[str], most_trials: int) -> Schedule | None:
    for candidate in simpler(schedule):
        name = canonical(candidate)
        if name in tried:
            continue
        if len(tried) >= most_trials:
            return None
        tried.add(name)
        if await fails(candidate):
            return candidate
    return None


def simpler(schedule: Schedule) -> Iterator[Schedule]:
    """Every schedule with one thing less, the largest steps first. Each is smaller than `schedule`."""
    for place in range(len(schedule.faults)):
        yield replace(schedule, faults=schedule.faults[:place] + schedule.faults[place + 1 :])
    for place in range(len(schedule.strikes)):
        yield replace(schedule, strikes=schedule.strikes[:place] + schedule.strikes[place + 1 :])
    if schedule.asking is not Asking.ONCE:
        yield replace(schedule, asking=Asking.ONCE)
    if schedule.swap:
        yield replace(schedule, swap=False)
    if schedule.cold:
        yield replace(schedule, cold=False)
    for place, fault in enumerate(schedule.faults):
        for plainer in _plainer(fault):
            yield replace(schedule, faults=(*schedule.faults[:place], plainer, *schedule.faults[place + 1 :]))
    for place, strike in enumerate(schedule.strikes):
        if strike.nth > 1:
            first = replace(strike, nth=1)
            yield replace(schedule, strikes=(*schedule.strikes[:place], first, *schedule.strikes[place + 1 :]))


def _plainer(fault: Fault) -> Iterator[Fault]:
    if fault.nth > 1:
        yield replace(fault, nth=1)
    if fault.count != 1:
        yield replace(fault, count=1)
    if fault.code is not None and fault.kind is Kind.ERROR_BEFORE_COMMIT:
        yield replace(fault, code=None)
