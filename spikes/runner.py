"""The runner: executes a plan against real processes and writes down what happened.

Role: start emulator, paywall and runtimes, take the attempts in their order, write the record line by line. It judges
nothing: `expected` is copied from the plan into the record and never looked at.
Must not know: gates, verdicts, what any experiment does.

What a runtime does wrong is an attempt with an outcome. What the harness does wrong is a `harness_error` line: a
runtime that does not start loses its attempts, an emulator that fails ends the run without a footer.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from spikes import services
from spikes.cast import Cast
from spikes.errors import HarnessFailure, RuntimeStartFailure, ToolMissing
from spikes.experiments import shop
from spikes.facts import closing_facts, start_facts
from spikes.inspections import inspection_named
from spikes.observer import Observer
from spikes.plan import PROBE, Plan, PlannedAttempt, seat_name
from spikes.probe import probe
from spikes.progress import Progress
from spikes.record import Attempt, Fact, Footer, HarnessError, Line, RecordWriter
from spikes.run_directory import RunDirectory
from spikes.runtimes import Form
from spikes.seat import Seat, Surroundings
from spikes.wallets import derive_wallet

# Codes after which the driver may still be busy, or gone: the next attempt gets a new process.
_BROKEN = frozenset({"deadline_exceeded", "connection_lost"})


@dataclass(kw_only=True)
class Tally:
    """What was written so far."""

    attempts: int = 0
    facts: int = 0
    failures: list[HarnessFailure] = field(default_factory=list)


class Runner:
    """One run; `record` is open and holds its header."""

    def __init__(self, plan: Plan, cast: Cast, run: RunDirectory, record: RecordWriter, progress: Progress) -> None:
        self._plan = plan
        self._runtimes = {runtime.NAME: runtime for runtime in cast.runtimes}
        self._run = run
        self._record = record
        self._progress = progress
        self._unfit = cast.unfit
        self._tally = Tally()

    async def execute(self) -> Tally:
        """Make every attempt of the plan and write the footer. Raises HarnessFailure when the run cannot go on."""
        started = time.monotonic()
        for name, failure in self._unfit.items():
            self._note(failure, name)
            self._progress.say(f"{name} is out of this run: {failure}")
        try:
            async with self._surroundings() as around, self._seats(around) as seats:
                await self._attempts(seats, Observer(around.network))
                await self._close(seats)
                supply_ok = await around.network.supply_ok()
            async with self._surroundings() as around:
                await self._inspect(around)
                supply_ok = supply_ok and await around.network.supply_ok()
        except HarnessFailure as failure:
            self._note(failure)
            raise
        finally:
            self._progress.end()
        self._write(
            Footer(
                ended_at=now(),
                attempts=self._tally.attempts,
                facts=self._tally.facts,
                harness_errors=len(self._tally.failures),
                elapsed_s=time.monotonic() - started,
                supply_ok=supply_ok,
            )
        )
        return self._tally

    @asynccontextmanager
    async def _surroundings(self) -> AsyncIterator[Surroundings]:
        """Emulator, paywall and HTTP client, for the length of the run."""
        plan, logs = self._plan, self._run.logs
        async with AsyncExitStack() as stack:
            http = await stack.enter_async_context(services.http_client())
            network = await stack.enter_async_context(services.emulator(http, logs, plan.seed))
            items = shop.items(plan.attempts)
            seller = await stack.enter_async_context(services.paywall(http, logs, plan.seed, network, items))
            yield Surroundings(
                network=network,
                seller=seller,
                http=http,
                logs=logs,
                scratch=self._run.scratch,
                seed=plan.seed,
                deadline_s=plan.profile.attempt_deadline_s,
            )

    @asynccontextmanager
    async def _seats(self, around: Surroundings) -> AsyncIterator[dict[str, Seat]]:
        """Every seat that starts, by name; one after the other, so that each boot is timed alone."""
        seats: dict[str, Seat] = {}
        async with AsyncExitStack() as stack:
            for name, runtime_name in self._plan.seats().items():
                if self._runtimes[runtime_name].FORM is Form.PROBE or runtime_name in self._unfit:
                    continue
                try:
                    seat = Seat(self._runtimes[runtime_name], name, derive_wallet(self._plan.seed, name), around)
                    stack.push_async_callback(seat.stop)
                    await seat.start()
                except (RuntimeStartFailure, ToolMissing) as failure:
                    self._note(failure, runtime_name)
                    self._progress.say(f"{name} is out of this run: {failure}\n{failure.last_words}".rstrip())
                    continue
                seats[name] = seat
                for fact in start_facts(seat):
                    self._write(fact)
                self._progress.say(f"{name} is ready after {seat.boots_s[0]:.2f} s")
            yield seats

    async def _attempts(self, seats: dict[str, Seat], observer: Observer) -> None:
        for planned in self._plan.attempts:
            if planned.experiment == PROBE and planned.runtime not in self._unfit:
                await self._probe(planned)
                continue
            name = seat_name(planned.runtime, planned.lane)
            seat = seats.get(name)
            if seat is None:
                self._note(RuntimeStartFailure(f"not made: {name} is not running"), planned.runtime, planned)
                continue
            try:
                attempt = await observer.observe(seat, planned)
            except RuntimeStartFailure as failure:
                self._note(failure, planned.runtime, planned)
                self._dismiss(seats, name, failure)
                continue
            self._write(attempt)
            self._progress.count(attempt)
            if attempt.code in _BROKEN or seat.pid is None:
                await self._revive(seats, name)

    async def _probe(self, planned: PlannedAttempt) -> None:
        runtime = self._runtimes[planned.runtime]
        self._progress.say(f"{runtime.NAME} is being probed")
        try:
            attempt, facts = await probe(runtime, planned, self._run.logs, self._run.scratch)
        except (RuntimeStartFailure, ToolMissing) as failure:
            self._note(failure, planned.runtime, planned)
            self._progress.say(f"{runtime.NAME} is out of this run: {failure}\n{failure.last_words}".rstrip())
            return
        self._write(attempt)
        for fact in facts:
            self._write(fact)
        self._progress.count(attempt)

    async def _inspect(self, around: Surroundings) -> None:
        """Every inspection on every driver, on a network of its own; one that fails costs its facts, not the run."""
        drivers = [r for r in self._runtimes.values() if r.FORM is Form.DRIVER and r.NAME not in self._unfit]
        for inspection in map(inspection_named, self._plan.profile.inspections):
            for runtime in drivers:
                self._progress.say(f"{runtime.NAME}: {inspection.NAME.replace('_', ' ')}")
                try:
                    facts = await inspection.inspect(runtime, around)
                except (RuntimeStartFailure, ToolMissing) as failure:
                    self._note(failure, runtime.NAME)
                    self._progress.say(f"{failure}\n{failure.last_words}".rstrip())
                    continue
                for fact in facts:
                    self._write(fact)

    async def _revive(self, seats: dict[str, Seat], name: str) -> None:
        """Give a seat a new process; a seat that gets none is out of the run."""
        try:
            await seats[name].restart()
        except RuntimeStartFailure as failure:
            self._note(failure, seats[name].runtime.NAME)
            self._dismiss(seats, name, failure)

    def _dismiss(self, seats: dict[str, Seat], name: str, failure: HarnessFailure) -> None:
        del seats[name]
        self._progress.say(f"{name} is out of this run: {failure}\n{failure.last_words}".rstrip())

    async def _close(self, seats: dict[str, Seat]) -> None:
        for seat in seats.values():
            for fact in await closing_facts(seat):
                self._write(fact)

    def _note(self, failure: HarnessFailure, runtime: str | None = None, planned: PlannedAttempt | None = None) -> None:
        """Record what the harness itself did wrong; with `planned`, that this attempt was not made."""
        self._tally.failures.append(failure)
        self._write(
            HarnessError(
                runtime=runtime,
                experiment=None if planned is None else planned.experiment,
                code=failure.code,
                message=str(failure),
                attempt=None if planned is None else planned.attempt,
            )
        )

    def _write(self, line: Line) -> None:
        match line:
            case Attempt():
                self._tally.attempts += 1
            case Fact():
                self._tally.facts += 1
            case _:
                pass
        self._record.append(line)


def now() -> str:
    """This moment, RFC 3339 in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
