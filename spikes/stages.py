"""The stages of a run: attempts one at a time over all seats, and then all lanes beside one another.

Role: start the seats of a stage, have the attempts observed in their order, give a seat whose driver broke a new
process, and let one that gets none lose its own attempts and nobody else's. Must not know: what an experiment does,
how a seat is made, gates.

In the concurrent stage each seat is a task: its attempts follow one another, the others' do not matter to it. What the
harness itself does wrong (a dead emulator) ends all of them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from spikes.contract import ContractBreach
from spikes.errors import HarnessFailure, RuntimeStartFailure, ToolMissing
from spikes.facts import closing_facts, start_facts
from spikes.observer import Observer
from spikes.plan import PlannedAttempt
from spikes.scribe import Scribe
from spikes.seat import Seat
from spikes.soak import Sampler

# Codes after which the driver may still be busy, or gone: the next attempt gets a new process.
_BROKEN = frozenset({"deadline_exceeded", "connection_lost"})
# Programs that may start at the same time: more would wait for one another's CPU until their start looks failed.
STARTS_AT_ONCE = 4
# Lanes that may work at the same time where nothing is timed: enough that their waits overlap, and few enough that no
# driver on two cores waits for the processor until it looks dead.
LANES_AT_ONCE = 10

Seats = dict[str, Seat]
MakeSeat = Callable[[str, str], Seat]  # of this name, for that runtime; raises ToolMissing


class Stage:
    """What both stages do with a seat."""

    def __init__(self, scribe: Scribe, seats: Seats) -> None:
        self._scribe = scribe
        self._seats = seats

    async def attempt(self, observer: Observer, planned: PlannedAttempt, intended: float | None = None) -> None:
        """Make one attempt and write it down; a seat that cannot go on is out. `intended`: its start on the clock."""
        seat = self._seats.get(planned.seat)
        if seat is None:
            missing = RuntimeStartFailure(f"not made: {planned.seat} is not running")
            self._scribe.note(missing, planned.runtime, planned)
            return
        try:
            attempt = await observer.observe(seat, planned, intended)
        except RuntimeStartFailure as failure:
            self._scribe.note(failure, planned.runtime, planned)
            self._dismiss(planned.seat, failure)
            return
        self._scribe.made(attempt)
        if attempt.code in _BROKEN or seat.pid is None:
            await self._revive(planned.seat)

    async def _revive(self, name: str) -> None:
        """Give a seat a new process; a seat that gets none is out of the run."""
        try:
            await self._seats[name].restart()
        except RuntimeStartFailure as failure:
            self._scribe.note(failure, self._seats[name].runtime.NAME)
            self._dismiss(name, failure)

    def _dismiss(self, name: str, failure: HarnessFailure) -> None:
        del self._seats[name]
        self._scribe.out(name, failure)


@asynccontextmanager
async def one_by_one(wanted: Mapping[str, str], make: MakeSeat, scribe: Scribe) -> AsyncIterator[Seats]:
    """Every seat that starts, by name; one after the other, so that each boot is timed alone."""
    seats: Seats = {}
    async with AsyncExitStack() as stack:
        for name, runtime in wanted.items():
            seat = await _started(name, runtime, make, scribe, stack)
            if seat is not None:
                seats[name] = seat
                for fact in start_facts(seat):
                    scribe.write(fact)
                scribe.say(f"{name} is ready after {seat.boots_s[0]:.2f} s")
        yield seats
        for seat in seats.values():
            for fact in await closing_facts(seat):
                scribe.write(fact)


async def _started(name: str, runtime: str, make: MakeSeat, scribe: Scribe, stack: AsyncExitStack) -> Seat | None:
    """A running seat that ends with `stack`; None if it does not start, which is then written down."""
    try:
        seat = make(name, runtime)
        stack.push_async_callback(seat.stop)
        await seat.start()
    except (RuntimeStartFailure, ToolMissing) as failure:
        scribe.note(failure, runtime)
        scribe.out(name, failure)
        return None
    return seat


async def _awake(seat: Seat, scribe: Scribe) -> bool:
    """Have the buyer run and the wallet know the network; a seat that cannot is out, which is then written down."""
    try:
        await seat.open_shop()
        await seat.sync()
    except (RuntimeStartFailure, ContractBreach) as failure:
        out = RuntimeStartFailure(f"{seat.name}: {failure}; read its logs")
        scribe.note(out, seat.runtime.NAME)
        scribe.out(seat.name, out)
        return False
    return True


@asynccontextmanager
async def at_once(wanted: Mapping[str, str], make: MakeSeat, scribe: Scribe) -> AsyncIterator[Seats]:
    """Every seat that starts, by name, several at a time: these boots are no measurement.

    Buyer and wallet are awake before the first turn is due, or its wait would fall on the turns after it.
    """
    gate = asyncio.Semaphore(STARTS_AT_ONCE)
    seats: Seats = {}
    async with AsyncExitStack() as stack:

        async def start(name: str, runtime: str) -> None:
            async with gate:
                seat = await _started(name, runtime, make, scribe, stack)
                if seat is not None and await _awake(seat, scribe):
                    seats[name] = seat

        await gathered([start(name, runtime) for name, runtime in wanted.items()])
        scribe.say(f"{len(seats)} lanes are ready for turns at fixed times")
        yield seats


async def serial(attempts: Iterable[PlannedAttempt], seats: Seats, observer: Observer, sampler: Sampler) -> None:
    """One attempt after the other, whosever it is."""
    stage = Stage(sampler.scribe, seats)
    for planned in attempts:
        await stage.attempt(observer, planned)
        sampler.count()


async def open_loop(
    attempts: Iterable[PlannedAttempt], seats: Seats, observer_of: Callable[[], Observer], scribe: Scribe
) -> None:
    """Every seat's attempts in their order, each at its intended time; an observer for each seat."""
    stage, began = Stage(scribe, seats), time.perf_counter()

    async def lane(row: Sequence[PlannedAttempt]) -> None:
        observer = observer_of()
        for planned in row:
            await stage.attempt(observer, planned, began + (planned.start_s or 0.0))

    await gathered([lane(row) for row in rows(attempts).values()])


async def beside(
    attempts: Iterable[PlannedAttempt], make: MakeSeat, observer_of: Callable[[], Observer], scribe: Scribe
) -> None:
    """Every seat's attempts in their order, some LANES_AT_ONCE seats at the same time, each as long as it has any."""
    gate = asyncio.Semaphore(LANES_AT_ONCE)

    async def lane(name: str, row: Sequence[PlannedAttempt]) -> None:
        async with gate, AsyncExitStack() as stack:
            seat = await _started(name, row[0].runtime, make, scribe, stack)
            stage, observer = Stage(scribe, {} if seat is None else {name: seat}), observer_of()
            for planned in row:
                await stage.attempt(observer, planned)

    await gathered([lane(name, row) for name, row in rows(attempts).items()])


def rows(attempts: Iterable[PlannedAttempt]) -> Mapping[str, list[PlannedAttempt]]:
    """Each seat's attempts, in their order."""
    found: dict[str, list[PlannedAttempt]] = {}
    for planned in attempts:
        found.setdefault(planned.seat, []).append(planned)
    return found


async def gathered(tasks: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Wait for all; the first that fails ends the others, and its failure is raised as itself."""
    try:
        async with asyncio.TaskGroup() as group:
            for task in tasks:
                group.create_task(task)
    except BaseExceptionGroup as several:
        raise first_of(several) from several


def first_of(several: BaseExceptionGroup[BaseException]) -> BaseException:
    """The failure that ended a group of tasks; what the harness knows by name comes before what it does not."""
    known, unknown = several.split(HarnessFailure)
    group = known or unknown or several
    first = group.exceptions[0]
    return first_of(first) if isinstance(first, BaseExceptionGroup) else first
