"""The questions: one module each, asked the same way of every runtime, and the literal registry of them.

An experiment has two halves. `prepare` sets the stage (invoice, money, a first visit); `act` is what is measured.
The witness window opens between them, so that nothing of the preparation is counted as the attempt's.
"""

from __future__ import annotations

from typing import Protocol

from spikes.errors import PlanError
from spikes.experiments import (
    fault,
    fault_random,
    l402_flows,
    no_such_experiment,
    pay_after_eviction,
    pay_after_restart,
    pay_at_once,
    pay_at_once_one_leaf,
    pay_exact,
    pay_rebuilt,
    pay_second_isolate,
    pay_swap,
    remember_request,
    remember_window,
)
from spikes.experiments.act import Act, Invoices
from spikes.plan import PROBE, PlannedAttempt
from spikes.record import Outcome
from spikes.runtimes import Eviction, Form, Runtime
from spikes.seat import Seat


class Experiment(Protocol):
    """A module of this package, or anything shaped like one."""

    @property
    def NAME(self) -> str: ...
    @property
    def EXPECTED(self) -> Outcome: ...

    async def prepare(self, seat: Seat, planned: PlannedAttempt) -> Invoices:
        """Set the stage; the invoice to be paid, if the harness ordered one.

        Raises HarnessFailure if the harness cannot, ContractBreach if the driver does not play.
        """

    async def act(self, seat: Seat, planned: PlannedAttempt, invoices: Invoices) -> Act:
        """Ask the question once. What the driver does is a result, not an exception; ContractBreach: it cannot sync."""


EXPERIMENTS: tuple[Experiment, ...] = (
    pay_exact,
    pay_swap,
    pay_after_restart,
    pay_after_eviction,
    pay_at_once,
    pay_at_once_one_leaf,
    pay_rebuilt,
    pay_second_isolate,
    *l402_flows.EXPERIMENTS,  # one for each flow, listed in flow_table.py by name
    no_such_experiment,
    *fault.EXPERIMENTS,  # one for each named schedule, listed there by name
    fault_random,
    remember_request,
    remember_window,
)
# A probe (spikes/probe.py) asks the one question that needs no driver.
EXPECTED: dict[str, Outcome] = {
    **{experiment.NAME: experiment.EXPECTED for experiment in EXPERIMENTS},
    PROBE: Outcome.UNSUPPORTED,
}
_EVICTING = frozenset(experiment.NAME for experiment in fault.EXPERIMENTS if experiment.evicts)


def fits(experiment: str, runtime: Runtime) -> bool:
    """Whether the question can be asked of this runtime at all."""
    if experiment == PROBE or runtime.FORM is Form.PROBE:
        return experiment == PROBE and runtime.FORM is Form.PROBE
    if experiment in _EVICTING:
        return runtime.EVICTION in (Eviction.ASKED, Eviction.STOPPED)  # else there is no isolate to take away
    return experiment != pay_after_eviction.NAME or runtime.EVICTION is not Eviction.NEVER


def experiment_named(name: str) -> Experiment:
    """The experiment of that name. Raises PlanError."""
    for experiment in EXPERIMENTS:
        if name == experiment.NAME:
            return experiment
    raise PlanError(f"there is no experiment {name!r}; known: {', '.join(sorted(EXPECTED))}")
