"""A clock that a test moves: it jumps to the next moment that anyone waits for, once nobody has anything left to do."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Coroutine
from typing import Any, TypeVar

IDLE_ROUNDS = 10  # of the event loop; more than any chain of awaits in these tests
T = TypeVar("T")


class HandClock:
    """A `spikes.load.turns.Clock` that costs no time."""

    def __init__(self) -> None:
        self._now = 0.0
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = 0

    def now(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._count += 1
        heapq.heappush(self._waiting, (self._now + seconds, self._count, done))
        await done

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run `work` to its end in no time."""
        return asyncio.run(self._run(work))

    async def _run(self, work: Coroutine[Any, Any, T]) -> T:
        task = asyncio.ensure_future(work)
        while not task.done():
            for _ in range(IDLE_ROUNDS):
                await asyncio.sleep(0)
            while not task.done() and self._waiting:
                self._now, _, done = heapq.heappop(self._waiting)
                if not done.done():
                    done.set_result(None)
                    break
        return task.result()
