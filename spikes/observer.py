"""One attempt, observed: prepare, open the witness window, act, close the window, put both testimonies side by side.

Role: turns an experiment on a seat into an `Attempt` of the record.
Must not know: files, other attempts, what the outcome ought to be. `expected` passes from plan to record unread.

`wall_s` is the act alone, from its first request to its answer. Phases that come before it (boot and build of a fresh
process, the sync that claims the funding, the first visit of a cached turn) belong to the preparation; they are in the
record too, since a cold start is data.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from spikes.contract import ContractBreach
from spikes.experiments import experiment_named
from spikes.experiments.act import Act, Invoices, never_asked
from spikes.network import Network
from spikes.plan import PlannedAttempt
from spikes.record import Attempt, Outcome, fingerprint
from spikes.seat import Seat
from spikes.witness import Testimony, close_window, open_window


class Observer:
    """Observes attempts one after the other; remembers where the journal stood, to read each part of it once."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._journal_position = 0

    async def observe(self, seat: Seat, planned: PlannedAttempt) -> Attempt:
        """Make one attempt. Raises HarnessFailure if the harness cannot; whatever the driver does is in the result."""
        experiment = experiment_named(planned.experiment)
        invoices: Invoices = ()
        refused: ContractBreach | None = None
        try:
            invoices = await experiment.prepare(seat, planned)
        except ContractBreach as breach:
            refused = breach
        window = await open_window(self._network, seat.identity, self._journal_position)
        started = time.perf_counter()
        try:
            act = never_asked(refused) if refused else await experiment.act(seat, planned, invoices)
        except ContractBreach as breach:
            act = never_asked(breach, invoices)
        wall_s = time.perf_counter() - started
        answered = act.answer.outcome is not Outcome.UNKNOWN
        testimony = await close_window(
            self._network, window, act.payment_hashes, answered=answered, exchanges=act.exchanges
        )
        self._journal_position = testimony.journal_position
        attempt = _compose(seat, planned, act, testimony, wall_s)
        seat.served += 1
        return attempt


def _compose(seat: Seat, planned: PlannedAttempt, act: Act, testimony: Testimony, wall_s: float) -> Attempt:
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
        wall_s=wall_s,
        path=testimony.path,
        phases=(*seat.take_phases(), *act.answer.phases),
        claim=act.answer.claim,
        ledger=testimony.ledger,
        calls=testimony.calls,
        asks=act.asks,
        faults=act.faults,
        requests=fingerprint(testimony.requests) if testimony.requests else None,
    )
