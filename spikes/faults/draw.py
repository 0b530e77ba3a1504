"""Random schedules: one to three things go wrong, drawn from a seed alone.

Role: the same seed draws the same schedule, on every machine and with every Python. Must not know: runtimes. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from spikes.faults.schedule import (
    CALL_KINDS,
    OPERATORS,
    PAYMENT_METHODS,
    SWAP_METHODS,
    Asking,
    Blow,
    Fault,
    Kind,
    Schedule,
    Side,
    Strike,
)
from spikes.plan import derived_int

MOST_FAULTS = 3
CODES = (None, "INTERNAL", "RESOURCE_EXHAUSTED", "PERMISSION_DENIED")
# A process that a fault stops before it has submitted anything says "failed", and is right, while the other one pays:
# in one record of one request that would look like a lie. So two processes meet only faults that stop nobody.
GENTLE_KINDS = frozenset({Kind.DELAY, Kind.DUPLICATE, Kind.EXPIRED_SESSION, Kind.SLOW_SETTLE})
PAYMENT_KINDS = tuple(kind for kind in Kind if kind not in (*CALL_KINDS, Kind.OPERATOR_DOWN))
T = TypeVar("T")


class _Draws:
    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._drawn = 0

    def one_of(self, options: Sequence[T]) -> T:
        self._drawn += 1
        return options[derived_int(self._seed, "fault", self._drawn) % len(options)]

    def one_in(self, number: int) -> bool:
        return self.one_of(range(number)) == 0


def draw(seed: int) -> Schedule:
    """The schedule of a seed."""
    draws = _Draws(seed)
    swap = draws.one_in(3)
    methods = (*PAYMENT_METHODS, *SWAP_METHODS) if swap else PAYMENT_METHODS
    wanted = draws.one_of((1, 1, 2, 2, MOST_FAULTS))
    struck = draws.one_in(3)
    strikes = (_strike(draws, methods),) if struck else ()
    if struck and wanted > 1 and draws.one_in(3):
        strikes = (*strikes, _strike(draws, methods))
    faults = tuple(_fault(draws, methods) for _ in range(wanted - len(strikes)))
    askings = (Asking.ONCE,) if struck else (*[Asking.ONCE] * 4, Asking.TWICE, Asking.TWO_PROCESSES)
    asking = draws.one_of(askings)
    if asking is Asking.TWO_PROCESSES and not {fault.kind for fault in faults} <= GENTLE_KINDS:
        asking = Asking.ONCE
    return Schedule(
        faults=faults,
        strikes=strikes,
        asking=asking,
        swap=swap,
        cold=draws.one_in(5),
        impatient=any(fault.kind is Kind.STUCK for fault in faults),  # else the driver would wait for 45 s
    )


def _fault(draws: _Draws, methods: Sequence[str]) -> Fault:
    if draws.one_in(4):
        return _fault_of_the_payment(draws)
    kind = draws.one_of(CALL_KINDS)
    return Fault(
        kind=kind,
        method=draws.one_of(methods),
        nth=draws.one_of((1, 1, 1, 2)),
        count=draws.one_of((1, 1, 1, 2)),
        delay_s=draws.one_of((0.05, 0.2)) if kind is Kind.DELAY else None,
        code=draws.one_of(CODES) if kind is Kind.ERROR_BEFORE_COMMIT else None,
    )


def _fault_of_the_payment(draws: _Draws) -> Fault:
    if draws.one_in(4):
        return Fault(kind=Kind.OPERATOR_DOWN, operator=draws.one_of((None, *range(OPERATORS))), count=0)
    kind = draws.one_of(PAYMENT_KINDS)
    return Fault(
        kind=kind,
        count=0 if kind is Kind.SSP_ERROR else 1,
        delay_s=0.3 if kind is Kind.SLOW_SETTLE else None,
    )


def _strike(draws: _Draws, methods: Sequence[str]) -> Strike:
    # Eviction and memory differ from platform to platform; a seed has to mean the same everywhere.
    return Strike(blow=Blow.KILL, method=draws.one_of(methods), side=draws.one_of(tuple(Side)))
