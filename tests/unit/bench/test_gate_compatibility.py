"""Gate 1, criterion by criterion."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bench.judgement import Judgement
from bench.verdict import Criterion, Verdict
from spikes.record import Calls, Outcome, PaymentPath
from tests.records.builder import WORKERD, Run

Judge = Callable[[bytes], Judgement]
FAIL, OPEN, PASS = Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.PASS
W = "workerd"


def criteria(judged: Judge, add: Callable[[Run], object]) -> dict[str, Criterion]:
    run = Run(WORKERD)
    add(run)
    run.negative_controls()
    verdict = judged(run.data()).of("compatibility", W)
    return {c.name: c for c in (*verdict.criteria, *verdict.informative)}


@pytest.mark.parametrize(
    ("add", "verdict"),
    [
        (lambda run: None, OPEN),
        (lambda run: run.pay(W, "pay_swap"), PASS),
        (lambda run: run.pay(W, "pay_swap", path=PaymentPath.EXACT), OPEN),
        (lambda run: run.attempt(W, "pay_swap", Outcome.FAILED), FAIL),
        (lambda run: run.attempt(W, "pay_swap", Outcome.UNKNOWN), OPEN),
        (lambda run: run.attempt(W, "pay_swap", Outcome.UNSUPPORTED), FAIL),
    ],
)
def test_pays_swap(judged: Judge, add: Callable[[Run], object], verdict: Verdict) -> None:
    assert criteria(judged, add)["pays_swap"].verdict is verdict


def test_one_agreed_payment_shows_the_ability_however_often_it_fails_beside(judged: Judge) -> None:
    def add(run: Run) -> None:
        run.attempt(W, "pay_exact", Outcome.FAILED)
        run.pay(W)

    pays = criteria(judged, add)["pays_exact"]
    assert (pays.verdict, pays.lines) == (PASS, (3,))
    assert "1 of 2" in pays.reason


def test_again_needs_a_payment_before_it_in_the_same_process(judged: Judge) -> None:
    def first_after_a_refusal(run: Run) -> None:
        run.refuse(W, "l402_blocked_cap")
        run.pay(W)

    def second_in_another_process(run: Run) -> None:
        run.pay(W)
        run.pay(W, incarnation=1)

    def second(run: Run) -> None:
        run.pay(W)
        run.pay(W)

    assert criteria(judged, first_after_a_refusal)["again_same_isolate"].verdict is OPEN
    assert criteria(judged, second_in_another_process)["again_same_isolate"].verdict is OPEN
    assert criteria(judged, second)["again_same_isolate"].lines == (3,)


def test_a_restart_that_did_not_happen_is_no_restart(judged: Judge) -> None:
    assert criteria(judged, lambda run: run.pay(W, "pay_after_restart"))["again_after_restart"].verdict is OPEN
    again = criteria(judged, lambda run: run.pay(W, "pay_after_restart", incarnation=1))
    assert again["again_after_restart"].verdict is PASS


def host(touched: int, missing: int, shimmed: int) -> Callable[[Run], None]:
    def add(run: Run) -> None:
        for name, value in (("touched", touched), ("missing", missing), ("shimmed", shimmed)):
            run.fact(W, f"host_apis_{name}", value)

    return add


@pytest.mark.parametrize(
    ("add", "verdict", "says"),
    [
        (host(31, 0, 0), PASS, "31 host APIs touched, none missing: PASS"),
        (host(31, 0, 2), PASS, "PASS with 2 shims"),
        (host(31, 1, 0), FAIL, "missing"),
        (host(0, 0, 0), OPEN, "no ledger"),
    ],
)
def test_host_needs(judged: Judge, add: Callable[[Run], None], verdict: Verdict, says: str) -> None:
    found = criteria(judged, add)["host_needs"]
    assert found.verdict is verdict
    assert says in found.reason


@pytest.mark.parametrize(("used", "verdict"), [(67_108_864, PASS), (67_108_865, FAIL)])
def test_upload_size_at_its_limit(judged: Judge, used: int, verdict: Verdict) -> None:
    found = criteria(judged, lambda run: run.fact(W, "upload_raw_bytes", used))["limit_upload_size"]
    assert (found.verdict, found.measured, found.threshold) == (verdict, used, 67_108_864)


@pytest.mark.parametrize(("calls", "paid", "free"), [(50, PASS, PASS), (51, PASS, FAIL), (10_001, FAIL, FAIL)])
def test_plans_are_judged_apart_and_the_free_one_decides_nothing(
    judged: Judge, calls: int, paid: Verdict, free: Verdict
) -> None:
    found = criteria(judged, lambda run: run.pay(W, calls=Calls(count=calls)))
    assert found["limit_subrequests"].verdict is paid
    assert found["limit_subrequests_free_plan"].verdict is free


def test_the_free_plan_cannot_fail_the_gate(judged: Judge) -> None:
    run = Run(WORKERD)
    run.pay(W, calls=Calls(count=51))
    run.negative_controls()
    assert judged(run.data()).of("compatibility", W).verdict is OPEN


def test_a_part_of_the_memory_can_refute_but_not_prove(judged: Judge) -> None:
    small = criteria(judged, lambda run: run.fact(W, "wasm_memory_bytes", 3_000_000))["limit_memory"]
    large = criteria(judged, lambda run: run.fact(W, "wasm_memory_bytes", 200_000_000))["limit_memory"]
    rss = criteria(judged, lambda run: run.fact(W, "rss_bytes", 200_000_000))["limit_memory"]
    assert (small.verdict, large.verdict, rss.verdict) == (OPEN, FAIL, OPEN)


def test_calls_of_an_attempt_that_did_not_pay_are_no_reading(judged: Judge) -> None:
    found = criteria(judged, lambda run: run.attempt(W, "pay_exact", Outcome.FAILED, calls=Calls(count=20_000)))
    assert found["limit_subrequests"].verdict is OPEN
