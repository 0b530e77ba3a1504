"""Steps that the experiments under faults share: the stage, one trial, its Act, and what is told of a counterexample.

They belong in a lane of their own, whose process may be killed and whose wallet nobody else uses.
"""

from __future__ import annotations

from spikes.errors import EmulatorFailure
from spikes.experiments.act import Act, Invoices, hashes_of
from spikes.faults.ending import COUNTEREXAMPLES
from spikes.faults.rehearsal import ending_now, shortest
from spikes.faults.schedule import Schedule, canonical
from spikes.faults.trial import Order, stage, try_payment
from spikes.plan import PlannedAttempt
from spikes.seat import Seat


async def prepare(seat: Seat, planned: PlannedAttempt, schedule: Schedule) -> Invoices:
    """A whole network, a living process, an invoice, and leaves as the schedule wants them."""
    return (await stage(seat, schedule, planned.amount_sats, f"{planned.experiment} {planned.attempt}"),)


async def pay_under(seat: Seat, planned: PlannedAttempt, invoices: Invoices, schedule: Schedule) -> Act:
    """Have it paid while the schedule happens; the last answer is the attempt's."""
    if len(invoices) != 1:
        raise EmulatorFailure(f"{planned.experiment} was asked with {len(invoices)} invoices; it needs one")
    order = Order(request_id=planned.request_id, invoice=invoices[0])
    before = await seat.network.wallet(seat.identity)
    trial = await try_payment(seat, schedule, order)
    ending = await ending_now(seat, order, before, trial.answers[-1].outcome)
    told = {}
    if ending in COUNTEREXAMPLES:
        told[f"counterexample.{planned.seed}"] = canonical(await _shown(seat, planned, schedule))
    return Act(
        answer=trial.answers[-1],
        payment_hashes=hashes_of(invoices),
        asks=trial.asks if len(trial.asks) > 1 else (),
        faults=trial.faults,
        told=told,
    )


async def _shown(seat: Seat, planned: PlannedAttempt, schedule: Schedule) -> Schedule:
    """A seat's first counterexample is shrunk, away from its network; each further one is told as it is."""
    if seat.has_shrunk:
        return schedule
    seat.has_shrunk = True
    return await shortest(seat.runtime, planned.seed, schedule)
