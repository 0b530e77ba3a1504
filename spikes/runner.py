"""The runner: executes a plan against real processes and writes down what happened.

Role: start emulator, paywall and runtimes, have the stages made (stages.py), then the inspections. It judges nothing:
`expected` is copied from the plan into the record and never looked at.
Must not know: gates, verdicts, what any experiment does.

What a runtime does wrong is an attempt with an outcome. What the harness does wrong is a `harness_error` line: a
runtime that does not start loses its attempts, an emulator that fails ends the run without a footer.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime

from spikes import services, stages
from spikes.cast import Cast
from spikes.errors import HarnessFailure, RuntimeStartFailure, ToolMissing
from spikes.experiments import shop
from spikes.inspections import ONCE, Inspection, inspection_named
from spikes.observer import Observer
from spikes.plan import PROBE, Plan, PlannedAttempt, Stage
from spikes.probe import probe
from spikes.progress import Progress
from spikes.record import Footer, RecordWriter
from spikes.run_directory import RunDirectory
from spikes.runtimes import Form, Runtime
from spikes.scribe import Scribe, Tally
from spikes.seat import Seat, Surroundings
from spikes.soak import Sampler
from spikes.traces import traced_attempts
from spikes.wallets import derive_wallet

__all__ = ["Runner", "Tally", "now"]


class Runner:
    """One run; `record` is open and holds its header."""

    def __init__(self, plan: Plan, cast: Cast, run: RunDirectory, record: RecordWriter, progress: Progress) -> None:
        self._plan = plan
        self._runtimes = {runtime.NAME: runtime for runtime in cast.runtimes}
        self._run = run
        self._progress = progress
        self._unfit = cast.unfit
        self._scribe = Scribe(record, progress, plan.aside)
        self._supply_ok = True
        self._traced = traced_attempts(plan)

    async def execute(self) -> Tally:
        """Make every attempt of the plan and write the footer. Raises HarnessFailure when the run cannot go on."""
        started, tally = time.monotonic(), self._scribe.tally
        for name, failure in self._unfit.items():
            self._scribe.note(failure, name)
            self._scribe.say(f"{name} is out of this run: {failure}")
        try:
            await self._serial()
            await self._probes()
            await self._concurrent()
            await self._inspect()
        except HarnessFailure as failure:
            self._scribe.note(failure)
            raise
        finally:
            self._progress.end()
        self._scribe.write(
            Footer(
                ended_at=now(),
                attempts=tally.attempts,
                facts=tally.facts,
                harness_errors=len(tally.failures),
                elapsed_s=time.monotonic() - started,
                supply_ok=self._supply_ok,
            )
        )
        return tally

    @asynccontextmanager
    async def _surroundings(self, place: str = "") -> AsyncIterator[Surroundings]:
        """Emulator, paywall and HTTP client for a part of the run; one beside another has a `place` for its logs.

        At its end the sum of the network's money is checked.
        """
        plan, logs = self._plan, self._run.logs / place
        logs.mkdir(exist_ok=True)
        async with AsyncExitStack() as stack:
            http = await stack.enter_async_context(services.http_client())
            network = await stack.enter_async_context(services.emulator(http, logs, plan.seed))
            items = shop.items(plan)
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
            self._supply_ok = await network.supply_ok() and self._supply_ok

    async def _serial(self) -> None:
        """One attempt at a time: these timings are compared."""
        attempts = [planned for planned in self._plan.of(Stage.SERIAL) if not self._is_probe(planned)]
        async with (
            self._surroundings() as around,
            stages.one_by_one(self._seats_of(attempts), self._maker(around), self._scribe) as seats,
        ):
            samples = self._plan.profile.samples
            sampler = Sampler(self._scribe, around.network.pid, attempts=len(attempts), samples=samples)
            await stages.serial(attempts, seats, self._observer(around), sampler)

    async def _concurrent(self) -> None:
        """Every lane beside the others: first the open loops, whose turns are timed, and then the rest."""
        attempts = [planned for planned in self._plan.of(Stage.CONCURRENT) if planned.runtime not in self._unfit]
        for planned in self._plan.of(Stage.CONCURRENT):
            if planned.runtime in self._unfit:
                self._not_made(planned)
        timed = [planned for planned in attempts if planned.start_s is not None]
        untimed = [planned for planned in attempts if planned.start_s is None]
        await self._open_loop(timed)
        await self._beside(untimed)

    async def _open_loop(self, attempts: Sequence[PlannedAttempt]) -> None:
        if not attempts:
            return
        async with (
            self._surroundings("open-loop") as around,
            stages.at_once(self._seats_of(attempts), self._maker(around), self._scribe) as seats,
        ):
            await stages.open_loop(attempts, seats, lambda: self._observer(around), self._scribe)

    async def _beside(self, attempts: Sequence[PlannedAttempt]) -> None:
        if not attempts:
            return
        async with self._surroundings("beside") as around:
            await stages.beside(attempts, self._maker(around), lambda: self._observer(around), self._scribe)

    def _seats_of(self, attempts: Sequence[PlannedAttempt]) -> dict[str, str]:
        """Seat name -> runtime, of what is fit to start."""
        return {planned.seat: planned.runtime for planned in attempts if planned.runtime not in self._unfit}

    def _maker(self, around: Surroundings) -> stages.MakeSeat:
        def make(name: str, runtime: str) -> Seat:
            return Seat(self._runtimes[runtime], name, derive_wallet(self._plan.seed, name), around)

        return make

    def _observer(self, around: Surroundings) -> Observer:
        return Observer(around.network, self._scribe.tell, self._traced)

    def _is_probe(self, planned: PlannedAttempt) -> bool:
        return self._runtimes[planned.runtime].FORM is Form.PROBE

    async def _probes(self) -> None:
        for planned in filter(self._is_probe, self._plan.attempts):
            if planned.experiment == PROBE and planned.runtime not in self._unfit:
                await self._probe(planned)
            else:
                self._not_made(planned)

    def _not_made(self, planned: PlannedAttempt) -> None:
        missing = RuntimeStartFailure(f"not made: {planned.seat} is not running")
        self._scribe.note(missing, planned.runtime, planned)

    async def _probe(self, planned: PlannedAttempt) -> None:
        runtime = self._runtimes[planned.runtime]
        self._scribe.say(f"{runtime.NAME} is being probed")
        try:
            attempt, facts = await probe(runtime, planned, self._run.logs, self._run.scratch)
        except (RuntimeStartFailure, ToolMissing) as failure:
            self._scribe.note(failure, planned.runtime, planned)
            self._scribe.out(runtime.NAME, failure)
            return
        self._scribe.made(attempt)
        for fact in facts:
            self._scribe.write(fact)

    async def _inspect(self) -> None:
        """Every inspection on every driver, on networks of their own, whose journals tell of nobody else.

        A shard inspects its own runtimes, not its yardstick.
        """
        drivers = [r for r in self._runtimes.values() if r.FORM is Form.DRIVER and r.NAME not in self._unfit]
        drivers = [runtime for runtime in drivers if not self._plan.aside(runtime.NAME)]
        profile = self._plan.profile
        inspections = [inspection_named(name) for name in profile.inspections]
        async with AsyncExitStack() as stack:
            places = [f"inspected-{nth}" for nth in range(max((each.AT_ONCE for each in inspections), default=0))]
            rooms = [await stack.enter_async_context(self._surroundings(place)) for place in places]
            for inspection in inspections:
                waiting = [runtime for runtime in drivers if profile.inspects(inspection.NAME, runtime.NAME)]
                await self._inspect_all(inspection, waiting, rooms[: inspection.AT_ONCE])

    async def _inspect_all(self, inspection: Inspection, waiting: list[Runtime], rooms: Sequence[Surroundings]) -> None:
        """One runtime in each room at a time, until none is waiting."""

        async def inspector(around: Surroundings) -> None:
            while waiting:
                runtime = waiting.pop(0)
                await self._inspected(inspection, runtime, around)
                self._progress.step(inspection.NAME, runtime.NAME)

        once = ONCE.get(inspection.NAME)
        if once is None or await self._made(once(rooms[0])):
            await stages.gathered([inspector(around) for around in rooms])

    async def _inspected(self, inspection: Inspection, runtime: Runtime, around: Surroundings) -> None:
        """One that fails costs its facts, not the run."""
        self._scribe.say(f"{runtime.NAME}: {inspection.NAME.replace('_', ' ')}")
        try:
            facts = await inspection.inspect(runtime, around)
        except (RuntimeStartFailure, ToolMissing) as failure:
            self._scribe.note(failure, runtime.NAME)
            self._scribe.say(f"{failure}\n{failure.last_words}".rstrip())
            return
        for fact in facts:
            self._scribe.write(fact)

    async def _made(self, once: Awaitable[None]) -> bool:
        """Whether what an inspection needs once could be made."""
        try:
            await once
        except (RuntimeStartFailure, ToolMissing) as failure:
            self._scribe.note(failure)
            self._scribe.say(f"{failure}\n{failure.last_words}".rstrip())
            return False
        return True


def now() -> str:
    """This moment, RFC 3339 in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
