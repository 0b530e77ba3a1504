"""The plan is a pure function of seed, profile and runtimes, and spreads every series over the run."""

from __future__ import annotations

import uuid
from itertools import pairwise

import pytest

from spikes.errors import PlanError
from spikes.experiments import EXPECTED, fits
from spikes.plan import ANY_RUNTIME, PROBE, Plan, Profile, load_profile, make_plan, seat_name
from spikes.runtimes import RUNTIMES, Eviction, Form

THREE = ("native", "node", "workerd")


def profile(**repeats: dict[str, int]) -> Profile:
    return Profile(name="made-up", purpose="a test", attempt_deadline_s=5.0, repeats=repeats)


def plan(seed: int = 7, runtimes: tuple[str, ...] = THREE, **repeats: dict[str, int]) -> Plan:
    return make_plan(profile(**repeats), seed, runtimes, EXPECTED)


def test_the_same_seed_gives_the_same_plan_and_another_seed_another() -> None:
    quick = load_profile("quick")
    assert make_plan(quick, 3, THREE, EXPECTED) == make_plan(quick, 3, THREE, EXPECTED)
    other = make_plan(quick, 4, THREE, EXPECTED)
    assert [a.request_id for a in other.attempts] != [
        a.request_id for a in make_plan(quick, 3, THREE, EXPECTED).attempts
    ]


def test_runtimes_take_turns() -> None:
    attempts = plan(pay_exact={ANY_RUNTIME: 4}).attempts
    assert [a.runtime for a in attempts] == list(THREE) * 4
    assert [a.attempt for a in attempts] == list(range(12))


def test_a_short_series_is_spread_over_the_whole_run() -> None:
    attempts = plan(pay_exact={"native": 90, "workerd": 9}).attempts
    places = [a.attempt for a in attempts if a.runtime == "workerd"]
    assert all(8 <= later - earlier <= 14 for earlier, later in pairwise(places))


def test_a_repeat_asks_the_same_amount_of_every_runtime_under_ids_of_their_own() -> None:
    attempts = plan(pay_exact={ANY_RUNTIME: 20}, pay_swap={ANY_RUNTIME: 20}).attempts
    by_question: dict[tuple[str, int], set[tuple[int, int]]] = {}
    for a in attempts:
        by_question.setdefault((a.experiment, a.repeat), set()).add((a.seed, a.amount_sats))
    assert all(len(asked) == 1 for asked in by_question.values())
    assert len({seed for asked in by_question.values() for seed, _ in asked}) == 40
    ids = [a.request_id for a in attempts] + [a.second_request_id() for a in attempts]
    assert len(set(ids)) == len(ids) == 240
    assert all(str(uuid.UUID(text)) == text and uuid.UUID(text).version == 4 for text in ids)


def test_what_one_runtime_is_asked_does_not_depend_on_the_others() -> None:
    alone = plan(runtimes=("node",), pay_exact={ANY_RUNTIME: 5}).attempts
    among = [a for a in plan(pay_exact={ANY_RUNTIME: 5}).attempts if a.runtime == "node"]
    assert [(a.request_id, a.seed, a.amount_sats) for a in alone] == [
        (a.request_id, a.seed, a.amount_sats) for a in among
    ]


def test_a_second_lane_is_a_seat_of_its_own_with_questions_of_its_own() -> None:
    made = plan(pay_exact={ANY_RUNTIME: 4, "native@b": 2})
    assert made.seats() == {"native": "native", "native@b": "native", "node": "node", "workerd": "workerd"}
    lane_b = [a for a in made.attempts if a.lane == "b"]
    assert [a.runtime for a in lane_b] == ["native", "native"]
    assert not {a.seed for a in lane_b} & {a.seed for a in made.attempts if a.lane == "a"}
    assert seat_name("native", "b") == "native@b"


def test_expectations_come_from_the_experiments() -> None:
    made = plan(l402_cached={ANY_RUNTIME: 1}, no_such_experiment={ANY_RUNTIME: 1}).attempts
    assert {(a.experiment, a.expected.value) for a in made} == {
        ("l402_cached", "cached"),
        ("no_such_experiment", "unsupported"),
    }


def test_a_lane_of_all_runtimes_is_a_seat_of_each() -> None:
    made = plan(pay_swap={"*@one": 2, "node@one": 1, "workerd@b": 1})
    assert made.seats() == {
        "native@one": "native",
        "node@one": "node",
        "workerd@b": "workerd",
        "workerd@one": "workerd",
    }
    assert [a.runtime for a in made.attempts if a.lane == "one"].count("native") == 2
    assert [a.runtime for a in made.attempts if a.lane == "one"].count("node") == 1


def test_what_cannot_be_asked_is_left_out_and_probes_come_last() -> None:
    asked = profile(pay_exact={ANY_RUNTIME: 3}, probe={ANY_RUNTIME: 1})
    made = make_plan(
        asked,
        7,
        ("wasmtime", *THREE),
        EXPECTED,
        lambda experiment, runtime: (experiment == PROBE) == (runtime[0] == "w"),
    )
    assert [(a.runtime, a.experiment) for a in made.attempts] == [
        *[("native", "pay_exact"), ("node", "pay_exact")] * 3,
        ("wasmtime", PROBE),
        ("workerd", PROBE),
    ]
    with pytest.raises(PlanError, match="asks nothing"):
        make_plan(asked, 7, THREE, EXPECTED, lambda experiment, runtime: False)


def test_only_what_is_evicted_is_asked_about_evictions_and_only_a_probe_is_probed() -> None:
    for runtime in RUNTIMES:
        assert fits("pay_after_eviction", runtime) is (
            runtime.FORM is Form.DRIVER and runtime.EVICTION is not Eviction.NEVER
        )
        assert fits("pay_exact", runtime) is (runtime.FORM is Form.DRIVER)
        assert fits(PROBE, runtime) is (runtime.FORM is Form.PROBE)


@pytest.mark.parametrize(
    ("seed", "runtimes", "repeats", "says"),
    [
        (-1, THREE, {"pay_exact": {ANY_RUNTIME: 1}}, "seed"),
        (1, (), {"pay_exact": {ANY_RUNTIME: 1}}, "runtime"),
        (1, ("node", "node"), {"pay_exact": {ANY_RUNTIME: 1}}, "once"),
        (1, THREE, {"pay_twice": {ANY_RUNTIME: 1}}, "pay_twice"),
        (1, THREE, {"pay_exact": {"other": 1}}, "asks nothing"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(
    seed: int, runtimes: tuple[str, ...], repeats: dict[str, dict[str, int]], says: str
) -> None:
    with pytest.raises(PlanError, match=says):
        make_plan(profile(**repeats), seed, runtimes, EXPECTED)
