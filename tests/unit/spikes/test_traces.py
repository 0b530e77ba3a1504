"""Which payments are traced, and what a trace says: a function of the plan, and of the journal alone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from spikes.experiments import EXPECTED
from spikes.network import ClockReading, JournalEntry
from spikes.plan import Plan, PlannedAttempt, Profile, make_plan
from spikes.profiles import LaneGroup
from spikes.record import Outcome
from spikes.traces import trace_fact, traced_attempts

REPEATS = {
    "pay_exact": {"*": 9},
    "pay_swap": {"*": 5, "native@b": 5},
    "l402_blocked_cap": {"*": 20},
    "no_such_experiment": {"*": 1},
}
LIGHTNING = LaneGroup(name="lightning", latency="lightning", every_s=9.0, wallets=2, repeats={"l402_paid": {"*": 6}})
NAMES = ["cold", "l402_paid@lightning", "pay_exact", "pay_swap"]


def plan_of(runtimes: Sequence[str], repeats: Mapping[str, Mapping[str, int]] | None = None, seed: int = 1) -> Plan:
    profile = Profile(
        name="made-up", purpose="a test", attempt_deadline_s=9.0, repeats=repeats or REPEATS, beside=(LIGHTNING,)
    )
    return make_plan(profile, seed, runtimes, EXPECTED)


def traced(plan: Plan, runtime: str) -> dict[str, PlannedAttempt]:
    found = [(name, plan.attempts[number]) for number, name in traced_attempts(plan).items()]
    return {name: planned for name, planned in found if planned.runtime == runtime}


def test_each_runtime_has_one_trace_of_each_kind() -> None:
    plan = plan_of(["native", "node"])
    names = sorted((plan.attempts[number].runtime, name) for number, name in traced_attempts(plan).items())
    assert names == [(runtime, name) for runtime in ("native", "node") for name in NAMES]


def test_the_cold_one_is_the_first_that_is_to_be_paid() -> None:
    plan = plan_of(["native"])
    mine = [planned for planned in plan.attempts if planned.lane == "a"]
    assert mine[0].expected is Outcome.BLOCKED, "a refusal comes first in this plan, or nothing is shown"
    first = next(planned for planned in mine if planned.expected is Outcome.PAID)
    assert traced(plan, "native")["cold"] is first


def test_the_warm_ones_stand_in_the_middle_of_their_rows_in_the_first_lane() -> None:
    found = traced(plan_of(["native", "node"]), "native")
    # Repeat 0 of pay_exact is the cold one, so the middle of 1 to 8 is 5; of 0 to 4 it is 2.
    assert {name: planned.repeat for name, planned in found.items()} == {
        "cold": 0,
        "pay_exact": 5,
        "pay_swap": 2,
        "l402_paid@lightning": 3,
    }
    assert found["pay_swap"].lane == "a"
    assert found["l402_paid@lightning"].experiment == "l402_paid@lightning"


def test_another_runtime_in_the_plan_changes_no_choice() -> None:
    alone, beside = traced(plan_of(["native"]), "native"), traced(plan_of(["node", "native"]), "native")
    assert {name: p.request_id for name, p in alone.items()} == {name: p.request_id for name, p in beside.items()}


def test_another_seed_changes_no_choice() -> None:
    assert traced_attempts(plan_of(["native"], seed=1)) == traced_attempts(plan_of(["native"], seed=2))


def test_one_payment_alone_is_the_cold_one_and_is_traced_once() -> None:
    plan = plan_of(["native"], {"pay_exact": {"*": 1}})
    assert sorted(traced_attempts(plan).values()) == ["cold", "l402_paid@lightning"]


def test_a_runtime_that_is_to_pay_nothing_is_not_traced() -> None:
    plan = plan_of(["native", "node"], {"pay_exact": {"native": 2}, "no_such_experiment": {"node": 1}})
    assert {plan.attempts[number].runtime for number in traced_attempts(plan)} == {"native"}


def entry(method: str, started_s: float, took_s: float, *, code: str = "OK", party: str = "ssp") -> JournalEntry:
    return JournalEntry(
        party=party, method=method, code=code, handler_s=0.0, identity="02" * 33, started_s=started_s, took_s=took_s
    )


def test_a_trace_tells_calls_by_their_start_from_the_start_of_the_act() -> None:
    planned = plan_of(["native"]).attempts[3]
    calls = [
        entry("second", 100.25, 0.5, party="operator-0"),
        entry("first", 100.0, 2.0, code="200"),
        entry("refused", 101.0, 0.125, code="UNAVAILABLE"),
        entry("before", 99.9375, 0.25),
    ]
    fact = trace_fact(planned, "cold", calls, started_s=100.0, wall_s=1.5)
    assert (fact.runtime, fact.name) == ("native", "trace.cold")
    assert json.loads(str(fact.value)) == {
        "attempt": 3,
        "answered_ms": 1500.0,
        "calls": [
            ["ssp", "before", -62.5, 250.0],
            ["ssp", "first", 0.0, 2000.0],
            ["operator-0", "second", 250.0, 500.0],
            ["ssp", "refused", 1000.0, 125.0, "UNAVAILABLE"],
        ],
    }


def test_a_payment_that_called_nobody_has_an_empty_trace() -> None:
    fact = trace_fact(plan_of(["native"]).attempts[0], "cold", [], started_s=1.0, wall_s=0.0)
    assert json.loads(str(fact.value))["calls"] == []


def test_a_moment_is_carried_from_one_clock_to_the_other() -> None:
    reading = ClockReading(emulator_s=1000.0, outside_s=20.0)
    assert reading.on_emulator(20.5) == 1000.5
    assert reading.on_emulator(19.0) == 999.0
