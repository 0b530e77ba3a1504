"""Gate 1's "again", criterion by criterion: what counts as a second payment, and when balances are exact."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bench.gates import again
from bench.judgement import Judgement
from bench.verdict import Criterion, Verdict
from spikes.record import Outcome, PaymentPath, RuntimePin
from tests.records.builder import CONVEX_ISOLATE, NATIVE, WORKERD, Run
from tests.records.fitting import fit_for_compatibility, pay_again

Judge = Callable[[bytes], Judgement]
Add = Callable[[Run], object]
FAIL, OPEN, PASS = Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.PASS
W = "workerd"


def criteria(judged: Judge, add: Add, pin: RuntimePin = WORKERD) -> dict[str, Criterion]:
    run = Run(pin)
    add(run)
    run.negative_controls()
    return {c.name: c for c in judged(run.data()).of("compatibility", pin.name).criteria}


def test_all_of_again_passes_on_a_fitting_record_and_is_open_without_one(judged: Judge) -> None:
    fitting = criteria(judged, lambda run: fit_for_compatibility(run, W))
    assert {fitting[name].verdict for name in again.NAMES} == {PASS}
    nothing = criteria(judged, lambda run: None)
    assert {nothing[name].verdict for name in again.NAMES} == {OPEN}


# --- the same isolate, and new ones -----------------------------------------------------------------------------------


def test_the_same_isolate_needs_a_payment_before_it_in_the_same_process(judged: Judge) -> None:
    def first_after_a_refusal(run: Run) -> None:
        run.refuse(W, "l402_blocked_cap")
        run.pay(W)

    def second_in_another_process(run: Run) -> None:
        run.pay(W)
        run.pay(W, incarnation=1)

    def second_elsewhere(run: Run) -> None:
        run.pay(W)
        run.pay(W, "pay_second_isolate")

    def second(run: Run) -> None:
        run.pay(W)
        run.pay(W)

    for add in (first_after_a_refusal, second_in_another_process, second_elsewhere):
        assert criteria(judged, add)["again_same_isolate"].verdict is OPEN
    assert criteria(judged, second)["again_same_isolate"].lines == (3,)


def test_where_every_call_is_a_fresh_context_no_isolate_is_the_same(judged: Judge) -> None:
    def add(run: Run) -> None:
        run.pay("convex_isolate")
        run.pay("convex_isolate")
        run.pay("convex_isolate", "pay_after_eviction")

    found = criteria(judged, add, CONVEX_ISOLATE)
    assert "again_same_isolate" not in found
    assert found["again_after_eviction"].verdict is PASS  # each call is one


@pytest.mark.parametrize("name", ["again_after_restart", "again_after_eviction"])
def test_a_restart_or_eviction_that_did_not_happen_is_none(judged: Judge, name: str) -> None:
    experiment = name.replace("again", "pay")

    def later_in_a_new_process(run: Run) -> None:
        run.pay(W, incarnation=1)
        run.pay(W, experiment, incarnation=1)

    assert criteria(judged, lambda run: run.pay(W, experiment))[name].verdict is OPEN
    assert criteria(judged, later_in_a_new_process)[name].verdict is OPEN
    assert criteria(judged, lambda run: run.pay(W, experiment, incarnation=1))[name].verdict is PASS


def test_what_no_platform_evicts_is_not_asked_about_eviction(judged: Judge) -> None:
    run = Run(NATIVE)
    pay_again(run, "native")
    run.negative_controls()
    verdict = judged(run.data()).of("compatibility", "native")
    assert "again_after_eviction" in {entry.name for entry in verdict.not_applicable}


@pytest.mark.parametrize("name", ["again_rebuilt", "again_second_isolate"])
@pytest.mark.parametrize(
    ("outcome", "verdict"), [(Outcome.PAID, PASS), (Outcome.FAILED, FAIL), (Outcome.UNKNOWN, OPEN)]
)
def test_rebuilt_and_elsewhere(judged: Judge, name: str, outcome: Outcome, verdict: Verdict) -> None:
    found = criteria(judged, lambda run: run.attempt(W, name.replace("again", "pay"), outcome))
    assert found[name].verdict is verdict


# --- at once ----------------------------------------------------------------------------------------------------------


def at_once(*others: tuple[str, Outcome, dict[str, Any]]) -> Add:
    """Both experiments once, all paid, and these besides."""

    def add(run: Run) -> None:
        run.pay(W, "pay_at_once")
        run.pay(W, "pay_at_once_one_leaf", lane="one")
        for experiment, outcome, changes in others:
            run.attempt(W, experiment, outcome, **changes)

    return add


@pytest.mark.parametrize(
    ("add", "verdict", "says"),
    [
        (at_once(), PASS, "2 of 2 attempts paid all of theirs at once"),
        (lambda run: run.pay(W, "pay_at_once"), OPEN, "not tried: pay_at_once_one_leaf"),
        (lambda run: run.pay(W, "pay_at_once_one_leaf"), OPEN, "not tried: pay_at_once"),
        (at_once(("pay_at_once", Outcome.UNKNOWN, {})), OPEN, "1 of 3 attempts ended unknown"),
        (at_once(("pay_at_once", Outcome.PAID, {"claim": {"fee_sats": None}})), OPEN, "1 of 3 attempts ended paid"),
        (
            at_once(("pay_at_once_one_leaf", Outcome.FAILED, {"reason": "5 of 6 paid: no funds"})),
            FAIL,
            "1 of 3 attempts did not pay all; pay_at_once_one_leaf ended failed (send_failed): 5 of 6 paid: no funds",
        ),
        (at_once(("pay_at_once", Outcome.PAID, {"ledger": {"debited_sats": 1}})), FAIL, "the ledger contradicts"),
    ],
)
def test_at_once_every_attempt_counts(judged: Judge, add: Add, verdict: Verdict, says: str) -> None:
    found = criteria(judged, add)["again_at_once"]
    assert found.verdict is verdict
    assert says in found.reason


def test_one_leaf_that_was_never_swapped_was_never_waited_for(judged: Judge) -> None:
    def add(run: Run) -> None:
        run.pay(W, "pay_at_once")
        run.pay(W, "pay_at_once_one_leaf", path=PaymentPath.EXACT)

    assert criteria(judged, add)["again_at_once"].reason == "not tried: pay_at_once_one_leaf"


# --- balances ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "verdict", "says"),
    [
        ({}, PASS, "2 balances are the ledger's"),
        (
            {"claim": {"balance_sats": 1}},
            FAIL,
            "line 3, pay_exact: the driver tells 1 sat, the ledger holds 997993 sat",
        ),
        ({"claim": {"balance_sats": 997_992}}, FAIL, "997992 sat"),
        ({"claim": {"balance_sats": 1}, "ledger": {"locked_sats": 5}}, PASS, "1 balances"),
        ({"claim": {"balance_sats": 1}, "outcome": Outcome.UNKNOWN}, PASS, "1 balances"),
        ({"claim": {"balance_sats": 1}, "outcome": Outcome.FAILED}, FAIL, "line 3"),
        ({"claim": {"balance_sats": None}}, PASS, "1 balances"),
    ],
)
def test_balances(judged: Judge, changes: dict[str, Any], verdict: Verdict, says: str) -> None:
    def add(run: Run) -> None:
        run.pay(W)
        run.attempt(W, "pay_exact", **{"outcome": Outcome.PAID, **changes})

    found = criteria(judged, add)["balances_exact"]
    assert found.verdict is verdict
    assert says in found.reason


def test_a_balance_told_under_faults_is_not_compared(judged: Judge) -> None:
    def add(run: Run) -> None:
        run.pay(W)
        run.attempt(W, "fault_delay.RequestSwap", outcome=Outcome.PAID, claim={"balance_sats": 1})

    found = criteria(judged, add)["balances_exact"]
    assert (found.verdict, found.lines) == (PASS, (2,))


@pytest.mark.parametrize(
    "experiment",
    [
        *("pay_at_once", "pay_at_once_one_leaf", "pay_rebuilt", "pay_second_isolate"),
        *("pay_after_eviction", "pay_after_restart"),
    ],
)
def test_after_each_kind_of_second_payment_the_balance_must_be_told(judged: Judge, experiment: str) -> None:
    def add(run: Run) -> None:
        run.pay(W)
        run.pay(W, experiment, claim={"balance_sats": None})

    found = criteria(judged, add)["balances_exact"]
    assert (found.verdict, found.reason, found.lines) == (OPEN, f"no balance to compare after {experiment}", (3,))
