"""The negative control: does a driver say `unsupported` to something that nobody has ever heard of?"""

from __future__ import annotations

from spikes.experiments.act import Act, Invoices
from spikes.plan import PlannedAttempt
from spikes.record import Outcome
from spikes.seat import Seat

NAME = "no_such_experiment"
EXPECTED = Outcome.UNSUPPORTED


async def prepare(seat: Seat, planned: PlannedAttempt) -> Invoices:
    """Nothing."""
    return ()


async def act(seat: Seat, planned: PlannedAttempt, invoices: Invoices) -> Act:
    """Ask for it by name."""
    return Act(answer=await seat.ask(NAME, {"requestId": planned.request_id}, phase="ask"))
