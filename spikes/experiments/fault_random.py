"""Does a payment end paid once, or not paid with every satoshi back, whatever one to three things go wrong?

The schedule is drawn from the attempt's seed, the same for every runtime; `replay` shows it again.
"""

from __future__ import annotations

from spikes.experiments import faulty
from spikes.experiments.act import Act, Invoices
from spikes.faults.draw import draw
from spikes.plan import PlannedAttempt
from spikes.record import Outcome
from spikes.seat import Seat

NAME = "fault_random"
EXPECTED = Outcome.PAID  # what a plan can say of a payment that it knows nothing of; "not paid" is as sound an end


async def prepare(seat: Seat, planned: PlannedAttempt) -> Invoices:
    """An invoice, the leaves to pay it, and no fault left of the attempt before."""
    return await faulty.prepare(seat, planned, draw(planned.seed))


async def act(seat: Seat, planned: PlannedAttempt, invoices: Invoices) -> Act:
    """Let it happen, heal, and ask until the end is known."""
    return await faulty.pay_under(seat, planned, invoices, draw(planned.seed))
