"""One attempt, observed: prepare, open the witness window, act, close the window, put both testimonies side by side.

Role: turns an experiment on a seat into an `Attempt` of the record.
Must not know: files, other attempts, what the outcome ought to be. `expected` passes from plan to record unread.

`wall_s` is the act alone, from its first request to its answer. Phases that come before it (boot and build of a fresh
process, the sync that claims the funding, the first visit of a cached turn) belong to the preparation; they are in the
record too, since a cold start is data. An attempt of an open loop is prepared before it is meant to start, and its
phases `turn` and `acknowledge` count from that moment, however late it really began. A latency profile holds for the
act alone.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from spikes.contract import ContractBreach
from spikes.experiments import Experiment, experiment_named
from spikes.experiments.act import Act, Invoices, never_asked
from spikes.latency import latency_profile
from spikes.load.turns import LEAD_S, turn, until
from spikes.network import ClockReading, Network
from spikes.plan import PlannedAttempt
from spikes.record import Attempt, Fact, Outcome, Phase, fingerprint
from spikes.seat import Seat
from spikes.traces import trace_fact
from spikes.witness import Testimony, close_window, open_window

NOTHING = "nothing was asked"  # a request sequence too: that nobody was asked is evidence


@dataclass(frozen=True, kw_only=True)
class _Staged:
    """What the preparation of an attempt left: what is to be paid, or why nothing can be asked."""

    experiment: Experiment
    invoices: Invoices
    refused: ContractBreach | None


@dataclass(frozen=True, kw_only=True)
class _Acted:
    """The act, and what the outside clock says of it."""

    act: Act
    started: float  # `time.perf_counter`
    wall_s: float
    phases: tuple[Phase, ...]


class Observer:
    """Observes attempts one after the other; remembers where the journal stood, to read each part of it once.

    `tell` gets the facts that attempts share; it may be told one more than once. `traced` names the attempts whose
    calls it is told one by one.
    """

    def __init__(
        self,
        network: Network,
        tell: Callable[[Fact], None] = lambda fact: None,
        traced: Mapping[int, str] | None = None,
    ) -> None:
        self._network = network
        self._tell = tell
        self._traced = traced or {}
        self._journal_position = 0

    async def observe(self, seat: Seat, planned: PlannedAttempt, intended: float | None = None) -> Attempt:
        """Make one attempt. Raises HarnessFailure if the harness cannot; whatever the driver does is in the result.

        `intended`: when it is meant to start, as `time.perf_counter` tells it; None: when it is ready.
        """
        staged = await _prepared(seat, planned)
        async with self._latency(seat, planned):
            if intended is not None:
                await until(intended - LEAD_S)
            window = await open_window(self._network, seat.identity, self._journal_position)
            clocks = await self._network.clock() if planned.attempt in self._traced else None
            acted = await _acted(seat, planned, staged, intended)
            act = acted.act
            answered = act.answer.outcome is not Outcome.UNKNOWN
            testimony = await close_window(
                self._network, window, act.payment_hashes, answered=answered, exchanges=act.exchanges
            )
        self._journal_position = testimony.journal_position
        requests = testimony.requests or NOTHING
        self._tell_shared(planned, act.told, requests)
        if clocks is not None:
            self._tell_trace(planned, acted, testimony, clocks)
        attempt = _compose(seat, planned, acted, testimony, fingerprint(requests))
        seat.served += 1
        return attempt

    @asynccontextmanager
    async def _latency(self, seat: Seat, planned: PlannedAttempt) -> AsyncIterator[None]:
        """Have the network take its time. Every attempt draws anew from its own seed, the same on all runtimes."""
        if planned.latency is None:
            yield
            return
        await self._network.set_latency(seat.identity, latency_profile(planned.latency).as_sent(), planned.seed)
        yield
        await self._network.set_latency(seat.identity, None, planned.seed)

    def _tell_shared(self, planned: PlannedAttempt, told: Mapping[str, str], requests: str) -> None:
        """What many attempts have in common: in words once, by name in each."""
        facts = {name: (value, "as the driver told it") for name, value in told.items()}
        facts[f"request_sequence.{fingerprint(requests)}"] = (requests, "the seller's journal and the network's")
        for name, (value, how) in facts.items():
            self._tell(Fact(runtime=planned.runtime, name=name, value=value, how=how))

    def _tell_trace(self, planned: PlannedAttempt, acted: _Acted, testimony: Testimony, clocks: ClockReading) -> None:
        started_s = clocks.on_emulator(acted.started)
        name = self._traced[planned.attempt]
        self._tell(trace_fact(planned, name, testimony.entries, started_s=started_s, wall_s=acted.wall_s))


async def _prepared(seat: Seat, planned: PlannedAttempt) -> _Staged:
    experiment = experiment_named(planned.question)
    try:
        invoices = await experiment.prepare(seat, planned)
    except ContractBreach as breach:
        return _Staged(experiment=experiment, invoices=(), refused=breach)
    return _Staged(experiment=experiment, invoices=invoices, refused=None)


async def _acted(seat: Seat, planned: PlannedAttempt, staged: _Staged, intended: float | None) -> _Acted:
    if intended is not None:
        await until(intended)
    phases: tuple[Phase, ...] = ()
    started = time.perf_counter()
    try:
        if staged.refused:
            act = never_asked(staged.refused)
        elif intended is None:
            act = await staged.experiment.act(seat, planned, staged.invoices)
        else:
            ask = staged.experiment.act(seat, planned, staged.invoices)
            whole = await turn(ask, lambda: seat.state_of(planned.request_id), intended)
            act, phases = whole.result, _phases(turn=whole.turn_s, acknowledge=whole.acknowledged_s)
    except ContractBreach as breach:
        act = never_asked(breach, staged.invoices)
    return _Acted(act=act, started=started, wall_s=time.perf_counter() - started, phases=phases)


def _phases(**durations_s: float) -> tuple[Phase, ...]:
    return tuple(Phase(name=name, duration_s=took, clock="outside") for name, took in durations_s.items())


def _compose(seat: Seat, planned: PlannedAttempt, acted: _Acted, testimony: Testimony, requests: str) -> Attempt:
    act = acted.act
    return Attempt(
        attempt=planned.attempt,
        runtime=planned.runtime,
        experiment=planned.experiment,
        repeat=planned.repeat,
        seed=planned.seed,
        lane=planned.lane,
        incarnation=seat.incarnation,
        sequence=seat.served,
        expected=planned.expected,
        outcome=act.answer.outcome,
        code=act.answer.code,
        reason=act.answer.reason,
        wall_s=acted.wall_s,
        path=testimony.path,
        phases=(*seat.take_phases(), *acted.phases, *act.answer.phases),
        claim=act.answer.claim,
        ledger=testimony.ledger,
        calls=testimony.calls,
        asks=act.asks,
        faults=act.faults,
        requests=fingerprint(testimony.requests),
    )
