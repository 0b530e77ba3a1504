"""A turn of an open loop: it is meant to start at a moment, and every wait counts from that moment.

Role: wait for the moment, run the turn, and watch meanwhile for the first sign that it was heard. A turn that starts
late, because the one before took too long, is counted from when it was meant to start: otherwise a slow answer would
hide the wait of everyone behind it (coordinated omission). Must not know: what a turn does, whom it asks.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

POLL_S = 0.02
# What has to be set up just before a turn is set up this long before: an idle wait is no part of what is observed.
LEAD_S = 0.1
T = TypeVar("T")


class Clock(Protocol):
    """What tells the time, and waits."""

    def now(self) -> float: ...

    async def sleep(self, seconds: float) -> None: ...


class WallClock:
    """The outside clock."""

    def now(self) -> float:
        """Seconds of `time.perf_counter`."""
        return time.perf_counter()

    async def sleep(self, seconds: float) -> None:
        """Let others work for so long."""
        await asyncio.sleep(seconds)


WALL = WallClock()


@dataclass(frozen=True, kw_only=True)
class Turn(Generic[T]):
    """What came of a turn. Both times count from when it was meant to start."""

    result: T
    turn_s: float  # to its answer
    acknowledged_s: float  # to the first state that was seen of it; its answer is one too


async def until(moment: float, clock: Clock = WALL) -> None:
    """Wait for a moment; one that has passed is not waited for."""
    while (left_s := moment - clock.now()) > 0:
        await clock.sleep(left_s)


async def turn(
    ask: Coroutine[Any, Any, T],
    state: Callable[[], Awaitable[str | None]],
    intended: float,
    clock: Clock = WALL,
) -> Turn[T]:
    """Run a turn that was meant to start at `intended`, and ask for its `state` until there is one."""
    watch = asyncio.create_task(_first_state(state, clock))
    try:
        result = await ask
        ended = clock.now()
    finally:
        watch.cancel()
        (seen,) = await asyncio.gather(watch, return_exceptions=True)
    acknowledged = min(seen, ended) if isinstance(seen, float) else ended
    return Turn(result=result, turn_s=ended - intended, acknowledged_s=acknowledged - intended)


async def _first_state(state: Callable[[], Awaitable[str | None]], clock: Clock) -> float:
    while await state() is None:
        await clock.sleep(POLL_S)
    return clock.now()
