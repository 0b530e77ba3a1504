"""Gates 2 and 4, criterion by criterion."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bench.judgement import Judgement
from bench.verdict import Criterion, Verdict
from spikes.record import Calls, Outcome, PaymentPath
from tests.records.builder import NATIVE, WORKERD, Run
from tests.records.fitting import fit_for_custody

Judge = Callable[[bytes], Judgement]
FAIL, OPEN, PASS = Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.PASS
W = "workerd"


def criteria(judged: Judge, run: Run, gate: str = "determinism") -> dict[str, Criterion]:
    run.negative_controls()
    return {c.name: c for c in judged(run.data()).of(gate, W).criteria}


@pytest.mark.parametrize(
    ("changes", "verdict", "says"),
    [
        ({}, PASS, "1 of 1 attempts ended blocked"),
        ({"code": None}, FAIL, "no typed code"),
        ({"code": "host_not_allowed"}, OPEN, "the rule in question was not shown to work"),
        ({"path": PaymentPath.EXACT}, FAIL, "a payment call reached the network"),
        ({"calls": Calls(count=1, by_method={"RequestLightningSend": 1})}, FAIL, "RequestLightningSend"),
        ({"calls": Calls(count=1, by_method={"spark.SparkService/initiate_preimage_swap_v3": 1})}, FAIL, "network"),
        ({"calls": Calls(count=1, by_method={"query_nodes": 3})}, PASS, "ended blocked"),
        ({"ledger": {"debited_sats": 5}}, FAIL, "driver and ledger disagree"),
        ({"ledger": {"debited_sats": -5}}, FAIL, "the ledger debited -5 sat"),
    ],
)
def test_a_blocked_flow(judged: Judge, changes: dict[str, Any], verdict: Verdict, says: str) -> None:
    run = Run(WORKERD)
    run.refuse(W, "l402_blocked_cap", **changes)
    found = criteria(judged, run)["flow_blocked_cap"]
    assert found.verdict is verdict
    assert says in found.reason


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [(Outcome.PAID, PASS), (Outcome.UNKNOWN, OPEN), (Outcome.FAILED, FAIL), (Outcome.CACHED, FAIL)],
)
def test_the_paid_flow(judged: Judge, outcome: Outcome, verdict: Verdict) -> None:
    run = Run(WORKERD)
    run.attempt(W, "l402_paid", outcome)
    assert criteria(judged, run)["flow_paid"].verdict is verdict


def test_one_wrong_end_among_many_fails_the_flow(judged: Judge) -> None:
    run = Run(WORKERD)
    for _ in range(9):
        run.refuse(W, "l402_cached")
    run.pay(W, "l402_cached")
    found = criteria(judged, run)["flow_cached"]
    assert (found.verdict, found.lines) == (FAIL, (11,))


@pytest.mark.parametrize(
    ("second", "verdict"),
    [
        ({}, PASS),
        ({"claim": {"receipt_digest": "sha256:other"}}, FAIL),
        ({"claim": {"receipt_digest": None}}, FAIL),
        ({"claim": {"amount_sats": 1004}, "ledger": {"invoice_amount_sats": 1004, "debited_sats": 1007}}, FAIL),
        ({"seed": 6}, OPEN),
    ],
)
def test_repeats(judged: Judge, second: dict[str, Any], verdict: Verdict) -> None:
    run = Run(WORKERD)
    run.pay(W, "l402_paid", seed=5)
    run.pay(W, "l402_paid", **{"seed": 5, **second})
    assert criteria(judged, run)["repeats_identical"].verdict is verdict


def test_repeats_without_receipts_are_open(judged: Judge) -> None:
    run = Run(WORKERD)
    for _ in range(2):
        run.pay(W, "l402_paid", seed=5, claim={"receipt_digest": None})
    assert criteria(judged, run)["repeats_identical"].verdict is OPEN


def test_request_sequences(judged: Judge) -> None:
    for second, verdict in (("x", PASS), ("y", FAIL)):
        run = Run(WORKERD)
        run.fact(W, "request_digest.l402_paid.5", "x")
        run.fact(W, "request_digest.l402_paid.5", second)
        assert criteria(judged, run)["requests_identical"].verdict is verdict


@pytest.mark.parametrize(
    ("mine", "verdict"),
    [
        ({}, PASS),
        ({"claim": {"receipt_digest": "sha256:other"}}, OPEN),
        ({"claim": {"fee_sats": 4}, "ledger": {"debited_sats": 1009}}, FAIL),
    ],
)
def test_across_runtimes(judged: Judge, mine: dict[str, Any], verdict: Verdict) -> None:
    run = Run(NATIVE, WORKERD)
    run.pay("native", "l402_paid", seed=5)
    run.pay(W, "l402_paid", seed=5, **mine)
    assert criteria(judged, run)["identical_across_runtimes"].verdict is verdict


def test_a_question_that_the_control_cannot_be_asked_compares_nothing(judged: Judge) -> None:
    run = Run(NATIVE, WORKERD)
    run.attempt("native", "l402_paid", Outcome.UNSUPPORTED, seed=5)
    run.pay(W, "l402_paid", seed=5)
    found = criteria(judged, run)["identical_across_runtimes"]
    assert (found.verdict, found.reason) == (OPEN, "nothing to compare with the control")


@pytest.mark.parametrize(
    ("name", "value", "criterion", "verdict"),
    [
        ("plaintext_inputs", 1, "envelope", FAIL),
        ("data_key_uses", 2, "envelope", FAIL),
        ("envelope.cipher", "AES-128-CBC", "envelope", FAIL),
        ("leak_scan.heap_snapshot", "LEAK", "no_leak", FAIL),
        ("leak_scan.stdout", "UNPLANTED", "no_leak", OPEN),
        ("leak_scan.stdout", "UNSCANNED", "no_leak", OPEN),
        ("leak_control.stdout", "MISSED", "honest_scan", OPEN),
        ("key_life.kms_denied", "empty_seed", "key_life", FAIL),
        ("key_life.kms_denied", "error:", "key_life", FAIL),
        ("key_life.import", "error:secret_error", "key_life", FAIL),
        ("foreign_state", 1, "isolation", FAIL),
        ("residue_window_s", 3.0, "no_leak", PASS),
    ],
)
def test_one_bad_reading_changes_custody(
    judged: Judge, name: str, value: int | str, criterion: str, verdict: Verdict
) -> None:
    run = Run(WORKERD)
    fit_for_custody(run, W)
    run.fact(W, name, value)
    found = criteria(judged, run, "custody")
    assert found[criterion].verdict is verdict
    assert all(c.verdict is PASS for other, c in found.items() if other != criterion)


def test_one_wallet_shows_no_isolation(judged: Judge) -> None:
    run = Run(WORKERD)
    run.fact(W, "isolated_wallets", 1)
    run.fact(W, "foreign_state", 0)
    assert criteria(judged, run, "custody")["isolation"].verdict is OPEN
