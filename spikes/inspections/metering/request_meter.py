"""What one request to a driver used: read before it, read after its answer.

Role: the two ways to meter a request. `OutsideMeter` works for every runtime: the process's CPU clock, and the calls
that reached the emulated network. `WorkerMeter` reads workerd's own account of each invocation.
Must not know: what the request is for, limits.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol

from spikes.errors import RuntimeStartFailure
from spikes.inspections.metering.async_trace import Invocation
from spikes.inspections.metering.process_cpu import family_cpu_s, main_thread_cpu_s
from spikes.inspections.metering.trace_file import TraceFile
from spikes.network import JournalEntry
from spikes.seat import Seat

# What an answer itself needs is over 2 ms before it arrives here (measured, idle and busy), and the two clocks agree to
# 1 ms. So whatever is still there this long after the arrival is no part of the answer.
NOISE_S = 0.01


@dataclass(frozen=True, kw_only=True)
class Use:
    """What one request used."""

    cpu_s: float | None
    subrequests: int
    connections: int | None  # the most that waited for their response's headers at once
    calls: tuple[JournalEntry, ...]  # what the emulator served of it, by its journal


@dataclass(frozen=True, kw_only=True)
class Aftermath:
    """What went on after answers had been given."""

    calls: int
    timers: int | None  # None: they do not show


@dataclass(frozen=True, kw_only=True)
class How:
    """How a meter comes to its figures, for the record."""

    cpu: str
    subrequests: str
    aftermath: str


class Meter(Protocol):
    """Meters the requests of one process of a seat, one after the other."""

    @property
    def HOW(self) -> How: ...

    async def before(self) -> None:
        """Read everything that grows; the request goes out next."""

    async def after(self) -> Use:
        """The answer has just come in. Raises HarnessFailure if it cannot be said what the request used."""

    async def aftermath(self) -> Aftermath:
        """What went on after the answers so far."""


class OutsideMeter:
    """For any process: its CPU clock, its children's included, and the emulator's journal.

    `here`: whether the process does the work; one that passes requests on to another machine has no CPU to tell.
    """

    HOW = How(
        cpu="CPU of the driver's process and its children over the request, all threads, read from outside",
        subrequests="calls that the emulator served during the request",
        aftermath="calls that reached the emulator after an answer and before the next request; no timers",
    )

    def __init__(self, seat: Seat, *, here: bool = True) -> None:
        self._seat = seat
        self._here = here
        self._cpu_s: float | None = None
        self._position: int | None = None  # in the journal, after the last answer
        self._late = 0

    async def before(self) -> None:
        if self._position is not None:
            self._late += len(await self._calls())
        else:
            self._position = (await self._seat.network.journal(0)).next
        self._cpu_s = self._clock()

    async def after(self) -> Use:
        now = self._clock()
        used = None if now is None or self._cpu_s is None else now - self._cpu_s
        calls = await self._calls()
        return Use(cpu_s=used, subrequests=len(calls), connections=None, calls=calls)

    async def aftermath(self) -> Aftermath:
        self._late += len(await self._calls())
        return Aftermath(calls=self._late, timers=None)

    async def _calls(self) -> tuple[JournalEntry, ...]:
        """What the journal has of this wallet since it was last read."""
        journal = await self._seat.network.journal(self._position or 0)
        self._position = journal.next
        return tuple(entry for entry in journal.entries if entry.identity in ("", self._seat.identity))

    def _clock(self) -> float | None:
        pid = self._seat.pid
        return family_cpu_s(pid) if pid is not None and self._here else None


class WorkerMeter:
    """For workerd: its trace of every invocation. Beside it stands an `OutsideMeter`, for the emulator's view."""

    HOW = How(
        # Turns are measured by the wall clock, so preemption counts; the thread's CPU includes workerd's own work. What
        # was used is at most either.
        cpu="async trace: the costliest invocation's time inside its turns, or the CPU of the isolate's thread if less",
        subrequests="async trace: fetches of the invocation that made the most",
        aftermath=f"async trace: network calls and timers that began, or were still there, {NOISE_S:g} s after the "
        "caller had the answer; `waitUntil` for the answer itself is none",
    )

    def __init__(self, seat: Seat, trace: TraceFile) -> None:
        self._seat = seat
        self._file = trace
        self._outside = OutsideMeter(seat)
        self._since = 0
        self._thread_s: float | None = None
        self._answered: list[tuple[int, list[Invocation]]] = []

    async def before(self) -> None:
        self._file.update()
        self._since = len(self._file.trace.invocations)
        await self._outside.before()
        self._thread_s = self._thread()

    async def after(self) -> Use:
        answered = time.time_ns()
        outside = await self._outside.after()
        invocations = await self._file.ended(self._since)
        now = self._thread()
        thread_s = float("inf") if now is None or self._thread_s is None else now - self._thread_s
        self._answered.append((answered, invocations))
        return Use(
            cpu_s=max(min(invocation.cpu_s, thread_s) for invocation in invocations),
            subrequests=max(invocation.fetches for invocation in invocations),
            connections=max(invocation.most_waiting for invocation in invocations),
            calls=outside.calls,
        )

    async def aftermath(self) -> Aftermath:
        self._file.update()
        epoch_ms = self._file.trace.epoch_unix_ms
        if epoch_ms is None:
            raise RuntimeStartFailure("the async trace has no header; is it workerd that runs there?")
        zero_ns = epoch_ms * 1_000_000 - int(NOISE_S * 1e9)
        late = [
            resource
            for answered, invocations in self._answered
            for invocation in invocations
            for resource in invocation.outliving(answered - zero_ns)
        ]
        calls = sum(resource.is_network for resource in late)
        return Aftermath(calls=calls, timers=len(late) - calls)

    def _thread(self) -> float | None:
        pid = self._seat.pid
        return None if pid is None else main_thread_cpu_s(pid)
