"""Gate 3 under faults: what is FAIL at any n, what counts as covered, what must outlive a process."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from bench.judgement import Judgement
from bench.schedules import RPC_SCHEDULES, distinct, missing, trials
from bench.verdict import Criterion, Verdict
from spikes.record import Attempt, Calls, FaultSeen, Outcome, RuntimePin
from tests.records.builder import DRIFT, METHODS, NATIVE, WORKERD, Run
from tests.records.faults import LANE, asks, fit_to_remember, fit_under_faults, struck, under_fault

Judge = Callable[[bytes], Judgement]
FAIL, OPEN, PASS = Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.PASS
PAID, FAILED, UNKNOWN, BLOCKED = Outcome.PAID, Outcome.FAILED, Outcome.UNKNOWN, Outcome.BLOCKED
W = "workerd"
FIRST, SECOND = sorted(METHODS)[:2]
TWICE = {"settled_count": 2, "debited_sats": 2006, "invoice_amount_sats": 1000, "payment_hash": "ab" * 32}
GONE = {"settled_count": 1, "debited_sats": 1003, "invoice_amount_sats": 1000, "payment_hash": "ab" * 32}


def covered(pin: RuntimePin = WORKERD) -> Run:
    """One fault-free payment by either path, and every fault schedule."""
    run = Run(pin)
    run.pay(pin.name)
    run.pay(pin.name, "pay_swap")
    fit_under_faults(run, pin.name)
    return run


def criteria(judged: Judge, run: Run, runtime: str = W) -> dict[str, Criterion]:
    run.negative_controls()
    return {c.name: c for c in judged(run.data()).of("latency", runtime).criteria}


def without(run: Run, experiment: str, keep: Attempt | None = None) -> Run:
    run.lines = [line for line in run.lines if getattr(line, "experiment", None) != experiment or line is keep]
    return run


# --- exactly once -----------------------------------------------------------------------------------------------------


def test_every_schedule_without_an_event_passes_and_is_counted(judged: Judge) -> None:
    found = criteria(judged, covered())
    once, unknown = found["exactly_once"], found["unknown_stays_unknown"]
    assert (once.verdict, unknown.verdict) == (PASS, PASS)
    assert "64 distinct fault schedules" in once.reason
    assert "59 paid once, 1 returned, 4 unknown, then reconciled" in once.reason


@pytest.mark.parametrize(
    ("outcome", "changes", "says"),
    [
        (FAILED, {"ledger": GONE}, "lost: the driver says failed, the ledger debited 1003 sat"),
        (PAID, {"ledger": TWICE}, "double debit: the ledger settled the payment 2 times"),
        (PAID, {"ledger": {"supply_ok": False}}, "lost: the sum of all sats in the network changed"),
        (FAILED, {"ledger": {"locked_sats": 9}}, "lost: the driver says failed, and 9 sat are still locked"),
        (PAID, {"asks": asks(FAILED, PAID)}, "lost: ask 1 of 2 was answered failed"),
        (PAID, {"ledger": {"settled_count": 0, "debited_sats": 0}}, "lost: the driver says paid, the ledger settled"),
    ],
)
def test_one_event_among_many_attempts_is_a_fail(
    judged: Judge, outcome: Outcome, changes: dict[str, Any], says: str
) -> None:
    run = covered()
    bad = under_fault(run, W, f"delay.{FIRST}", outcome, **changes)
    found = criteria(judged, run)["exactly_once"]
    assert (found.verdict, found.measured, len(found.lines)) == (FAIL, 1, 1)
    assert says in found.reason
    again = f"make replay SEED={bad.seed} RUNTIME=workerd EXPERIMENT=fault_delay.{FIRST}"
    assert f"`{again}`" in found.reason
    assert (found.detail or "").startswith(again)


def test_of_several_events_the_shortest_schedule_is_named(judged: Judge) -> None:
    run = covered()
    two = tuple(FaultSeen(kind=kind, method=FIRST, fired=1) for kind in ("delay", "duplicate"))
    idle = FaultSeen(kind="delay", method=SECOND, fired=0)
    under_fault(run, W, "random", FAILED, ledger=GONE, faults=two)
    short = under_fault(run, W, "random", FAILED, ledger=GONE, faults=(*struck("reset_mid_body", SECOND), idle))
    found = criteria(judged, run)["exactly_once"]
    assert found.measured == 2
    assert (
        f"shortest schedule: reset_mid_body {SECOND}; `make replay SEED={short.seed} RUNTIME=workerd`" in found.reason
    )


def test_a_schedule_that_was_shrunk_is_named_as_shrunk(judged: Judge) -> None:
    run = covered()
    bad = under_fault(run, W, "random", FAILED, ledger=GONE, faults=struck("delay", FIRST))
    run.fact(W, f"counterexample.{bad.seed}", '{"faults":[{"kind":"delay"}]}')
    found = criteria(judged, run)["exactly_once"]
    assert 'shortest schedule: {"faults":[{"kind":"delay"}]}; `make replay' in found.reason


def test_an_event_without_a_fault_needs_no_schedule(judged: Judge) -> None:
    run = Run(WORKERD)
    run.pay(W, ledger={"settled_count": 2})
    found = criteria(judged, run)["exactly_once"]
    assert found.verdict is FAIL
    assert "replay" not in found.reason


# --- what counts as covered -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "needs"),
    [(f"duplicate.{FIRST}", f"duplicate for {FIRST}"), ("two_processes", "two_processes"), ("eviction", "eviction")],
)
@pytest.mark.parametrize("how", ["not tried", "not struck", "not seen"])
def test_a_schedule_that_shows_nothing_is_missing(judged: Judge, name: str, needs: str, how: str) -> None:
    run = covered()
    keep = under_fault(run, W, name, faults=struck(name, fired=int(how != "not struck")))
    if how == "not seen":
        unseen = dataclasses.replace(keep, ledger=None)
        run.lines[-1] = unseen
        keep = unseen
    without(run, f"fault_{name}", keep if how != "not tried" else None)
    found = criteria(judged, run)["exactly_once"]
    assert found.verdict is OPEN
    assert found.needs == f"the fault schedules {needs}, each with a fault that strikes"


def test_without_any_fault_schedule_all_are_missing(judged: Judge) -> None:
    run = Run(WORKERD)
    run.pay(W)
    needs = criteria(judged, run)["exactly_once"].needs
    assert needs is not None
    assert f"{'/'.join(RPC_SCHEDULES)} for every RPC, one_operator_down, " in needs
    assert "further ones (0 distinct so far, 60 are asked for)" in needs


def test_a_runtime_that_decides_needs_sixty_distinct_ones(judged: Judge) -> None:
    def found(pin: RuntimePin) -> Criterion:
        return criteria(judged, without(covered(pin), "fault_random"), pin.name)["exactly_once"]

    assert "34 distinct so far, 60" in (found(WORKERD).needs or "")
    assert found(DRIFT).verdict is PASS  # every schedule, and it decides nothing


def test_the_same_drawn_schedule_again_is_no_further_one(judged: Judge) -> None:
    run = without(covered(), "fault_random")
    for _ in range(40):
        under_fault(run, W, "random", faults=struck("delay", FIRST))
    run.negative_controls()
    assert distinct(trials(judged(run.data()).evidence, W)) == 35


def test_the_path_is_what_payments_usually_call(judged: Judge) -> None:
    run = covered()
    for number in range(8):
        rare, often = ({"query_nodes": 1} if number < 4 else {}), ({"Transfers": 1} if number < 5 else {})
        run.pay(W, calls=Calls(by_method={**METHODS, **rare, **often}))
    found = criteria(judged, run)["exactly_once"]
    assert "delay for Transfers" in (found.needs or "")  # 5 of 9
    assert "query_nodes" not in (found.needs or "")  # 4 of 9


def test_what_no_platform_evicts_is_not_asked_about_eviction(judged: Judge) -> None:
    run = without(covered(NATIVE), "fault_eviction")
    run.negative_controls()
    assert list(missing(judged(run.data()).evidence, "native")) == []


# --- unknown stays unknown --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "verdict", "says"),
    [
        ((UNKNOWN,), OPEN, "1 attempts ended unknown and were never reconciled"),
        ((UNKNOWN, UNKNOWN), OPEN, "1 attempts ended unknown and were never reconciled"),
        ((UNKNOWN, UNKNOWN, UNKNOWN), FAIL, "asked 3 times under one id, the driver never finds out"),
        ((UNKNOWN, UNKNOWN, PAID), PASS, "3 lost responses"),
    ],
)
def test_who_is_asked_again_and_again_must_find_out(
    judged: Judge, answers: tuple[Outcome, ...], verdict: Verdict, says: str
) -> None:
    run = covered()
    under_fault(run, W, f"lost_after_commit.{FIRST}", answers[-1], asks=asks(*answers))
    found = criteria(judged, run)["unknown_stays_unknown"]
    assert found.verdict is verdict
    assert says in found.reason


@pytest.mark.parametrize("changes", [{"asks": asks(UNKNOWN, FAILED)}, {}])
def test_failed_though_the_money_has_gone_names_its_replay(judged: Judge, changes: dict[str, Any]) -> None:
    run = covered()
    bad = under_fault(run, W, f"lost_after_commit.{FIRST}", FAILED, ledger=GONE, **changes)
    found = criteria(judged, run)["unknown_stays_unknown"]
    assert found.verdict is FAIL
    assert "the driver says failed, the money has gone" in found.reason
    assert f"SEED={bad.seed} " in found.reason


def test_a_lost_response_that_was_paid_twice_is_a_fail(judged: Judge) -> None:
    run = covered()
    under_fault(run, W, f"lost_after_commit.{FIRST}", ledger=TWICE, asks=asks(UNKNOWN, PAID))
    assert criteria(judged, run)["unknown_stays_unknown"].verdict is FAIL


def test_each_rpc_must_have_lost_a_response(judged: Judge) -> None:
    run = without(covered(), f"fault_lost_after_commit.{FIRST}")
    found = criteria(judged, run)["unknown_stays_unknown"]
    assert (found.verdict, found.reason) == (OPEN, f"1 lost responses were reconciled; not tried for {FIRST}")


# --- what outlives the process ----------------------------------------------------------------------------------------


def remembering(*, durability: str | None = "disk", request: Any = PASS, window: Any = PASS) -> Run:
    """PASS: as it should be; None: not tried; a dict: changes to the attempt."""
    run = Run(WORKERD)
    if durability is not None:
        run.fact(W, "durability", durability)
    if request is not None:
        changes = {} if request is PASS else dict(request)
        fields = {"lane": LANE, "asks": asks(PAID, PAID), **changes}
        run.attempt(W, "remember_request", fields.pop("outcome", PAID), **fields)
    if window is not None:
        changes = {} if window is PASS else dict(window)
        fields = {"lane": LANE, "code": "window_cap_exceeded", "asks": asks(PAID, BLOCKED), "ledger": GONE, **changes}
        run.attempt(W, "remember_window", fields.pop("outcome", BLOCKED), **fields)
    return run


PLAIN = "no durable state: the idempotency record does not outlive the process"


@pytest.mark.parametrize(
    ("changes", "verdict", "says"),
    [
        ({}, PASS, "2 times a killed process came back and knew (disk)"),
        ({"durability": "object"}, PASS, "(object)"),
        ({"durability": "isolate"}, FAIL, PLAIN),
        ({"durability": "isolate", "request": None, "window": None}, FAIL, PLAIN),
        ({"durability": None}, OPEN, "a fact `durability`"),
        ({"durability": "somewhere"}, OPEN, "a fact `durability`"),
        ({"request": None}, OPEN, "an attempt of remember_request that holds"),
        ({"window": None}, OPEN, "an attempt of remember_window that holds"),
        ({"request": {"asks": asks(PAID, FAILED), "outcome": FAILED}}, FAIL, PLAIN),
        ({"request": {"asks": asks(PAID, UNKNOWN), "outcome": UNKNOWN, "ledger": GONE}}, FAIL, PLAIN),
        ({"request": {"asks": asks(PAID, PAID), "ledger": TWICE}}, FAIL, "driver and ledger disagree"),
        ({"request": {"asks": asks(UNKNOWN, UNKNOWN), "outcome": UNKNOWN}}, OPEN, "remember_request that holds"),
        ({"request": {"asks": ()}}, OPEN, "remember_request that holds"),
        ({"window": {"outcome": PAID, "code": None}}, FAIL, "the window let more through than it had left"),
        ({"window": {"code": "quoted_amount_exceeds_cap"}}, OPEN, "remember_window that holds"),
        ({"window": {"outcome": UNKNOWN}}, OPEN, "remember_window that holds"),
    ],
)
def test_remembers(judged: Judge, changes: dict[str, Any], verdict: Verdict, says: str) -> None:
    found = criteria(judged, remembering(**changes))["remembers"]
    assert found.verdict is verdict
    assert says in found.reason


def test_a_fitting_runtime_remembers(judged: Judge) -> None:
    run = Run(WORKERD)
    fit_to_remember(run, W)
    assert criteria(judged, run)["remembers"].verdict is PASS
