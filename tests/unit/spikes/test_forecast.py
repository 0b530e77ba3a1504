"""How long a run will take: the parts of a plan, and an estimate that learns the machine's pace."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikes import experiments
from spikes.checkup import COSTS, Cost
from spikes.forecast import (
    Estimate,
    Expected,
    Part,
    attempt_step,
    forecast,
    inspection_step,
    load_pace,
    seconds,
)
from spikes.inspections import INSPECTIONS
from spikes.plan import Plan, load_profile, make_plan
from spikes.runtimes import RUNTIMES
from spikes.stages import LANES_AT_ONCE

PACE = load_pace()


def plan_of(profile: str, names: list[str] | None = None) -> Plan:
    by_name = {runtime.NAME: runtime for runtime in RUNTIMES}
    return make_plan(
        load_profile(profile),
        1,
        names or list(by_name),
        experiments.EXPECTED,
        lambda experiment, runtime: experiments.fits(experiment, by_name[runtime]),
    )


def part(name: Part, seconds: float, weights: list[float], first: int = 0, start_s: float = 0.0) -> Expected:
    steps = {attempt_step(first + number): weight for number, weight in enumerate(weights)}
    return Expected(part=name, seconds=seconds, start_s=start_s, steps=steps)


def test_the_table_knows_what_works_side_by_side() -> None:
    assert PACE.at_once == {"lanes": LANES_AT_ONCE, **{each.NAME: each.AT_ONCE for each in INSPECTIONS}}
    assert {each.NAME for each in INSPECTIONS} <= set(PACE.inspection_s)


def test_the_last_pattern_that_fits_counts() -> None:
    assert PACE.of_attempt("l402_paid") == PACE.attempt_s["l402_paid"]
    assert PACE.of_attempt("l402_at_once") == PACE.attempt_s["l402_*"]
    assert PACE.of_attempt("l402_paid@lightning") == PACE.attempt_s["*@*"]
    assert PACE.of_attempt("something_new") == PACE.attempt_s["*"]


def test_every_attempt_and_inspection_of_a_plan_is_a_step_of_one_part() -> None:
    plan = plan_of("standard")
    steps = list(itertools.chain.from_iterable(part.steps for part in forecast(plan, PACE)))
    attempts = {attempt_step(planned.attempt) for planned in plan.attempts}
    assert len(steps) == len(set(steps))
    assert attempts < set(steps)
    assert inspection_step("custody", "node") in steps
    assert [part.part for part in forecast(plan, PACE)] == list(Part)


@pytest.mark.parametrize("cost", [cost for cost in COSTS if "spike" in cost.command])
def test_what_the_doctor_says_is_what_is_forecast(cost: Cost) -> None:
    profile = "quick" if "quick" in cost.command else "standard"
    assert seconds(forecast(plan_of(profile), PACE)) == pytest.approx(cost.minutes * 60, rel=0.15)


def test_an_open_loop_takes_as_long_as_its_timetable() -> None:
    parts = (part(Part.OPEN_LOOP, 100.0, [1.0] * 10),)
    estimate = Estimate(parts=parts)
    estimate.done(attempt_step(0), 30.0)
    assert estimate.left_s(30.0) == 70.0
    assert estimate.left_s(45.0) == 55.0
    for number in range(1, 10):
        estimate.done(attempt_step(number), 99.0)
    assert estimate.left_s(99.0) == 0.0


def test_an_open_loop_says_nothing_of_the_machine() -> None:
    estimate = Estimate(parts=(part(Part.OPEN_LOOP, 100.0, [1.0]), part(Part.BESIDE, 50.0, [1.0], first=1)))
    estimate.done(attempt_step(0), 400.0)
    assert estimate.left_s(400.0) == 50.0


def test_what_is_over_leaves_nothing_though_a_step_was_never_told() -> None:
    estimate = Estimate(parts=(part(Part.SERIAL, 100.0, [1.0] * 10), part(Part.BESIDE, 50.0, [1.0], first=10)))
    estimate.done(attempt_step(0), 10.0)
    assert estimate.done(attempt_step(10), 20.0)
    assert estimate.left_s(20.0) == 0.0


def test_a_step_that_nobody_planned_changes_nothing() -> None:
    estimate = Estimate(parts=(part(Part.SERIAL, 10.0, [1.0] * 10),))
    before = estimate.left_s(0.0)
    assert not estimate.done("something else", 5.0)
    estimate.skip("something else")
    assert estimate.left_s(5.0) == before == 10.0


@given(slowness=st.floats(0.25, 8.0), at=st.integers(30, 99))
def test_the_estimate_learns_the_pace(slowness: float, at: int) -> None:
    """A machine `slowness` times as slow as the table's: the rest is told within a fifth, some way into the run."""
    parts = (part(Part.SERIAL, 105.0, [1.0] * 100, start_s=5.0), part(Part.BESIDE, 400.0, [1.0] * 100, first=100))
    estimate, now_s = Estimate(parts=parts), 5.0 * slowness
    for number in range(at):
        now_s += slowness
        estimate.done(attempt_step(number), now_s)
    truth = slowness * (100 - at + 400)
    # The first seconds of the table still weigh: 20 s of trust against `at` seconds of work.
    blended = (20 + now_s) / (20 + 5 + at)
    assert estimate.left_s(now_s) == pytest.approx(blended * truth / slowness)
    if 0.75 <= slowness <= 1.5:
        assert estimate.left_s(now_s) == pytest.approx(truth, rel=0.2)


@given(
    moves=st.lists(st.tuples(st.integers(0, 24), st.floats(0, 100), st.booleans()), max_size=60),
)
def test_the_time_left_is_never_below_zero_and_ends_there(moves: list[tuple[int, float, bool]]) -> None:
    parts = (
        part(Part.SERIAL, 10.0, [1.0, 2.0] * 5),
        part(Part.OPEN_LOOP, 30.0, [3.0] * 5, first=10),
        part(Part.BESIDE, 20.0, [1.0] * 10, first=15, start_s=2.0),
    )
    estimate, now_s = Estimate(parts=parts), 0.0
    for number, wait_s, skipped in moves:
        now_s += wait_s
        if skipped:
            estimate.skip(attempt_step(number))
        else:
            estimate.done(attempt_step(number), now_s)
        assert estimate.left_s(now_s) >= 0.0
    for number in range(25):
        estimate.done(attempt_step(number), now_s)
    assert estimate.left_s(now_s) == 0.0
