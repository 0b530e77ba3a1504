"""Gate 3, criterion by criterion: verdicts turn exactly where the bounds say."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from bench.judgement import Judgement
from bench.verdict import Criterion, NotApplicable, Verdict
from spikes.record import Attempt, Calls, Outcome, Phase, RuntimePin
from tests.records.builder import CONVEX_ISOLATE, METHODS, NATIVE, WORKERD, Run
from tests.records.fitting import COLD, reference_payments

Judge = Callable[[bytes], Judgement]
FAIL, OPEN, PASS = Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.PASS
W = "workerd"


def criteria(judged: Judge, run: Run, runtime: str = W) -> dict[str, Criterion]:
    run.negative_controls()
    return {c.name: c for c in judged(run.data()).of("latency", runtime).criteria}


@pytest.mark.parametrize(
    ("good", "bad", "verdict"),
    [(298, 0, OPEN), (299, 0, PASS), (471, 1, OPEN), (472, 1, PASS), (0, 1, FAIL), (10, 2, FAIL), (40, 1, OPEN)],
)
def test_success_rate(judged: Judge, good: int, bad: int, verdict: Verdict) -> None:
    run = Run(WORKERD)
    for _ in range(good):
        run.pay(W)
    for _ in range(bad):
        run.attempt(W, "pay_exact", Outcome.FAILED)
    found = criteria(judged, run)["success_rate"]
    assert found.verdict is verdict
    if verdict is OPEN:
        assert found.needs == f"{(299, 473)[bad]} fault-free payments in all, if no further one fails"


def test_a_payment_without_second_witness_counts_neither_way(judged: Judge) -> None:
    run = Run(WORKERD)
    for _ in range(299):
        run.pay(W, claim={"preimage_sha256": None})
    assert criteria(judged, run)["success_rate"].verdict is OPEN


def test_which_attempts_are_payments_of_the_rate(judged: Judge) -> None:
    run = Run(WORKERD)
    for experiment in ("pay_rebuilt", "pay_second_isolate", "pay_after_eviction", "pay_after_restart"):
        run.pay(W, experiment)
    run.attempt(W, "pay_at_once", Outcome.FAILED)  # six payments, and gate 1's question
    assert criteria(judged, run)["success_rate"].reason.startswith("4 of 4 payments")


def test_payments_under_faults_are_no_part_of_the_rate(judged: Judge) -> None:
    run = Run(WORKERD)
    for _ in range(20):
        run.attempt(W, "fault_delay.RequestSwap", Outcome.FAILED)
    assert criteria(judged, run)["success_rate"].measured is None


def turns(experiment: str, seconds: float, n: int, slow: int = 0, **changes: Any) -> Run:
    run = Run(WORKERD)
    run.pay(W)
    for number in range(n):
        run.refuse(W, experiment, wall_s=9.0 if number < slow else seconds, **changes)
    return run


@pytest.mark.parametrize(
    ("seconds", "n", "slow", "verdict"),
    [
        (0.150, 59, 0, PASS),
        (0.151, 59, 0, FAIL),
        (0.151, 58, 0, OPEN),
        (0.010, 58, 0, OPEN),
        (0.010, 59, 1, OPEN),
        (0.010, 93, 1, PASS),
        (0.010, 59, 8, FAIL),
    ],
)
def test_cached_turns(judged: Judge, seconds: float, n: int, slow: int, verdict: Verdict) -> None:
    assert criteria(judged, turns("l402_cached", seconds, n, slow))["cached_turn_p95"].verdict is verdict


def test_too_few_turns_say_how_many_it_takes(judged: Judge) -> None:
    found = criteria(judged, turns("l402_cached", 0.01, 40))["cached_turn_p95"]
    assert (found.reason, found.needs) == ("n = 40: p95 needs 59", "59 warm turns of l402_cached")
    between = criteria(judged, turns("l402_cached", 0.01, 59, 1))["cached_turn_p95"]
    assert between.needs == "93 warm turns of l402_cached, if no further one is over the target"


def test_a_turn_that_ended_otherwise_is_slower_than_any_target(judged: Judge) -> None:
    run = turns("l402_blocked_host", 0.01, 59)
    for _ in range(8):
        run.attempt(W, "l402_blocked_host", Outcome.UNKNOWN, wall_s=0.01)
    assert criteria(judged, run)["blocked_turn_p95"].verdict is FAIL


def test_turns_of_a_fresh_process_are_judged_apart(judged: Judge) -> None:
    run = turns("l402_cached", 0.01, 59)
    for incarnation in range(1, 9):
        run.refuse(W, "l402_cached", wall_s=9.0, incarnation=incarnation)
    assert criteria(judged, run)["cached_turn_p95"].verdict is PASS


def lightning(seconds: float, n: int = 60, *, pin: RuntimePin = WORKERD, slow: int = 0, **changes: Any) -> Run:
    """Turns on the lightning profile in one lane, the first of them cold."""
    run = Run(pin)
    for number in range(n):
        turn = Phase(name="turn", duration_s=11.0 if 0 < number <= slow else seconds, clock="outside")
        fields = {"lane": "lightning1", "phases": (turn,), **changes}
        run.pay(pin.name, "l402_paid@lightning", **fields)
    return run


@pytest.mark.parametrize(
    ("run", "p50", "p95"),
    [
        (lightning(3.0), PASS, PASS),
        (lightning(5.01), FAIL, PASS),
        (lightning(10.01), FAIL, FAIL),
        (lightning(3.0, 59), PASS, OPEN),
        (lightning(3.0, slow=1), PASS, OPEN),
        (lightning(3.0, slow=8), PASS, FAIL),
        (lightning(3.0, 94, slow=1), PASS, PASS),
    ],
)
def test_paid_turns_on_the_lightning_profile(judged: Judge, run: Run, p50: Verdict, p95: Verdict) -> None:
    found = criteria(judged, run)
    assert (found["paid_turn_p50"].verdict, found["paid_turn_p95"].verdict) == (p50, p95)


def test_a_paid_turn_counts_from_its_intended_start_or_not_at_all(judged: Judge) -> None:
    late = (
        Phase(name="fetch", duration_s=3.0, clock="outside"),
        Phase(name="turn", duration_s=12.0, clock="outside"),  # nine seconds behind the turn before it
    )
    assert criteria(judged, lightning(0, phases=late))["paid_turn_p95"].verdict is FAIL
    closed_loop = criteria(judged, lightning(0, phases=late[:1]))["paid_turn_p95"]
    assert (closed_loop.verdict, closed_loop.reason) == (
        OPEN,
        "no turn on the Lightning profile was timed from its intended start",
    )


def test_paid_turns_count_on_the_lightning_profile_only(judged: Judge) -> None:
    run = lightning(3.0)
    run.lines = [dataclasses.replace(a, experiment="l402_paid@degraded") for a in run.lines if isinstance(a, Attempt)]
    found = criteria(judged, run)
    assert found["paid_turn_p95"].reason == "the Lightning profile was not run (this run: zero)"
    assert found["success_rate"].measured is None  # a scenario: no part of the rate either
    whole_run = Run(WORKERD, profile="standard-lightning")
    for _ in range(60):
        whole_run.pay(W, "l402_paid", phases=(Phase(name="turn", duration_s=3.0, clock="outside"),))
    assert criteria(judged, whole_run)["paid_turn_p95"].verdict is PASS


def test_turns_on_the_lightning_profile_are_payments_of_the_rate(judged: Judge) -> None:
    assert criteria(judged, lightning(3.0, 299))["success_rate"].verdict is PASS


def test_acknowledgements_count_from_the_intended_start_in_any_lane_but_the_second_of_a_pair(judged: Judge) -> None:
    def run(seconds: float, lane: str) -> Run:
        told = (Phase(name="acknowledge", duration_s=seconds, clock="outside"),)
        return lightning(3.0, lane=lane, phases=told)

    assert criteria(judged, run(0.9, "lightning1"))["acknowledgement"].verdict is PASS
    assert criteria(judged, run(1.1, "lightning1"))["acknowledgement"].verdict is FAIL
    assert criteria(judged, run(1.1, "b"))["acknowledgement"].reason == "n = 0: p95 needs 59"


@pytest.mark.parametrize(("pin", "verdict"), [(WORKERD, FAIL), (CONVEX_ISOLATE, OPEN)])
def test_the_time_of_a_stand_in_is_not_its_platforms(judged: Judge, pin: RuntimePin, verdict: Verdict) -> None:
    run = lightning(12.0, pin=pin, calls=Calls(count=12, by_method=METHODS))
    for _ in range(60):
        run.refuse(pin.name, "l402_cached", wall_s=9.0)
    found = criteria(judged, run, pin.name)
    for name in ("paid_turn_p50", "paid_turn_p95", "cached_turn_p95"):
        assert found[name].verdict is verdict
        assert ("a stand-in's time is not its platform's" in found[name].reason) is (verdict is OPEN)


def test_a_stand_in_fails_for_money_and_for_failing_payments(judged: Judge) -> None:
    run = Run(CONVEX_ISOLATE)
    run.pay("convex_isolate", ledger={"settled_count": 2})
    for _ in range(9):
        run.attempt("convex_isolate", "pay_exact", Outcome.FAILED)
    found = criteria(judged, run, "convex_isolate")
    assert (found["exactly_once"].verdict, found["success_rate"].verdict) == (FAIL, FAIL)


def paying(
    judged: Judge, *, pay_s: float, lane_b_s: float | None = 0.2, cold_pay_s: float = 0.3
) -> dict[str, Criterion]:
    """Own cost of workerd whose warm payments take pay_s; the control's take 0.2 s."""
    run = Run(NATIVE, WORKERD)
    reference_payments(run, "native")

    def phase(seconds: float) -> tuple[Phase, ...]:
        return (Phase(name="pay", duration_s=seconds, clock="outside"),)

    for incarnation in range(5):
        run.pay(W, incarnation=incarnation, phases=(*COLD[:-1], *phase(cold_pay_s)))
    for _ in range(59):
        run.pay(W, incarnation=4, phases=phase(pay_s))
    if lane_b_s is not None:
        for _ in range(21):
            run.pay(W, lane="b", phases=phase(lane_b_s))
    return criteria(judged, run)


def test_own_cost_is_what_exceeds_the_control(judged: Judge) -> None:
    assert paying(judged, pay_s=1.19, lane_b_s=1.19)["own_cost_warm"].verdict is PASS
    over = paying(judged, pay_s=1.21, lane_b_s=1.21)["own_cost_warm"]
    assert over.verdict is FAIL
    assert over.measured == pytest.approx(1.01)


def test_a_difference_below_the_noise_floor_is_no_claim(judged: Judge) -> None:
    assert paying(judged, pay_s=1.19, lane_b_s=1.30)["own_cost_warm"].verdict is OPEN
    assert paying(judged, pay_s=1.25, lane_b_s=1.15)["own_cost_warm"].verdict is OPEN
    assert "A/A lane" in paying(judged, pay_s=0.2, lane_b_s=None)["own_cost_warm"].reason


def test_cold_starts_are_compared_with_the_controls_cold_starts(judged: Judge) -> None:
    assert paying(judged, pay_s=0.2)["own_cost_cold"].verdict is PASS
    over = paying(judged, pay_s=0.2, cold_pay_s=2.4)["own_cost_cold"]
    assert over.verdict is FAIL
    assert over.measured == pytest.approx(2.1)


def test_own_cost_asks_nothing_of_the_control_and_needs_one(judged: Judge) -> None:
    run = Run(NATIVE)
    run.pay("native")
    run.negative_controls()
    entries = judged(run.data()).of("latency", "native").not_applicable
    assert NotApplicable(name="own_cost_warm", reason="the control is what the others are compared with") in entries
    alone = Run(WORKERD)
    alone.pay(W)
    assert criteria(judged, alone)["own_cost_warm"].reason == "0 controls in the run"


def test_a_cold_start_without_its_boot_is_none_and_the_boot_may_be_a_fact(judged: Judge) -> None:
    def run(with_fact: bool) -> Run:
        run = Run(NATIVE, WORKERD)
        for runtime in ("native", W):
            for incarnation in range(5):
                run.pay(runtime, incarnation=incarnation)
            for lane in ("a", "b"):
                for _ in range(21):
                    run.pay(runtime, lane=lane)
            if with_fact:
                run.fact(runtime, "boot_s", 0.2)
        return run

    assert "n = 0" in criteria(judged, run(False))["own_cost_cold"].reason
    assert criteria(judged, run(True))["own_cost_cold"].verdict is PASS


def test_a_cold_start_counts_what_came_before_the_first_payment(judged: Judge) -> None:
    run = Run(NATIVE, WORKERD)
    for runtime, boot_s in (("native", 0.1), (W, 2.2)):
        for incarnation in range(5):
            boot = (Phase(name="boot", duration_s=boot_s, clock="outside"),)
            run.refuse(runtime, "l402_blocked_cap", incarnation=incarnation, phases=boot)
            run.pay(runtime, incarnation=incarnation)
        run.refuse(runtime, "l402_blocked_cap", lane="b", phases=boot)
        for lane in ("a", "b"):
            for _ in range(21):
                run.pay(runtime, lane=lane)
        run.fact(runtime, "boot_s", 0.1)
    found = criteria(judged, run)["own_cost_cold"]
    assert found.verdict is FAIL
    assert found.measured == pytest.approx(2.1)
