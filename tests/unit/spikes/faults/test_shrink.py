"""Shrinking: what comes out still fails, is no larger, and has nothing left that could be left out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikes.faults.draw import draw
from spikes.faults.schedule import Asking, Blow, Fault, Kind, Schedule, Side, Strike
from spikes.faults.shrink import shrink, simpler

seeds = st.integers(min_value=0, max_value=2**63 - 1)
Predicate = Callable[[Schedule], bool]
LOST = Fault(kind=Kind.LOST_AFTER_COMMIT, method="initiate_preimage_swap_v3")


def has_kind(kind: Kind) -> Predicate:
    return lambda schedule: any(fault.kind is kind for fault in schedule.faults)


def shortest(schedule: Schedule, fails: Predicate, most_trials: int = 1_000) -> tuple[Schedule, list[Schedule]]:
    tried: list[Schedule] = []

    async def trial(candidate: Schedule) -> bool:
        tried.append(candidate)
        return fails(candidate)

    return asyncio.run(shrink(schedule, trial, most_trials)), tried


@given(seeds)
def test_every_simpler_schedule_is_smaller(seed: int) -> None:
    schedule = draw(seed)
    assert all(candidate.size < schedule.size for candidate in simpler(schedule))


@given(seeds, st.sampled_from(Kind), st.booleans(), st.booleans())
def test_the_shortest_fails_too_and_nothing_of_it_can_be_left_out(
    seed: int, kind: Kind, with_strike: bool, with_swap: bool
) -> None:
    def fails(schedule: Schedule) -> bool:
        struck = bool(schedule.strikes) or not with_strike
        return struck and (schedule.swap or not with_swap) and has_kind(kind)(schedule)

    schedule = draw(seed)
    if not fails(schedule):
        return
    found, tried = shortest(schedule, fails)
    assert fails(found)
    assert found.size <= schedule.size
    assert not any(fails(candidate) for candidate in simpler(found))
    assert len(set(tried)) == len(tried), "nothing is tried twice"


def test_one_fault_of_three_is_left_in_its_plainest_form() -> None:
    odd = Fault(kind=LOST.kind, method=LOST.method, nth=2, count=2)
    others = (Fault(kind=Kind.STUCK), Fault(kind=Kind.DELAY, method="UserRequest", delay_s=0.05))
    schedule = Schedule(faults=(others[0], odd, others[1]), asking=Asking.TWICE, swap=True, cold=True)
    found, _ = shortest(schedule, has_kind(Kind.LOST_AFTER_COMMIT))
    assert found == Schedule(faults=(LOST,))


def test_two_faults_that_fail_together_only_are_both_kept() -> None:
    strike = Strike(blow=Blow.KILL, method="UserRequest", side=Side.AFTER_COMMIT)
    schedule = Schedule(faults=(LOST, Fault(kind=Kind.STUCK)), strikes=(strike,))
    found, _ = shortest(schedule, lambda s: bool(s.strikes) and has_kind(Kind.STUCK)(s))
    assert found == Schedule(faults=(Fault(kind=Kind.STUCK),), strikes=(strike,))


@pytest.mark.parametrize("most_trials", [0, 1, 2])
def test_it_stops_after_so_many_trials_with_something_that_fails(most_trials: int) -> None:
    schedule = Schedule(faults=(Fault(kind=Kind.STUCK), LOST, LOST))
    found, tried = shortest(schedule, has_kind(Kind.STUCK), most_trials)
    assert len(tried) == most_trials
    assert has_kind(Kind.STUCK)(found)
