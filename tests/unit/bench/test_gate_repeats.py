"""Gate 4's sameness: over repeats and across runtimes, with the first difference shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bench.gates import spelled
from bench.judgement import Judgement
from bench.verdict import Criterion, Verdict
from spikes.record import Outcome
from tests.records.builder import NATIVE, WORKERD, Run
from tests.records.flows import FLOWS, digest, fit_for_determinism, receipt, sequence, spell_out, turn

Judge = Callable[[bytes], Judgement]
FAIL, OPEN, PASS = Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.PASS
W = "workerd"
DEARER = receipt("paid", feeMsats=4000)
TWICE = sequence("paid") + "\nwallet RequestLightningSend"
BUILT = sequence("paid") + "\nsync login"


def criterion(judged: Judge, run: Run, name: str) -> Criterion:
    run.negative_controls()
    return next(c for c in judged(run.data()).of("determinism", W).criteria if c.name == name)


def spelled_out(run: Run) -> None:
    spell_out(run, W, DEARER)
    for text in (TWICE, BUILT):
        run.fact(W, f"request_sequence.{digest(text)[:16]}", text)


ONE_ODD: list[tuple[dict[str, Any], Verdict, str, str | None]] = [
    ({}, PASS, "agree with their repeats", None),
    ({"outcome": Outcome.FAILED, "code": "payment_failed"}, FAIL, "paid: the end differs", "+failed (payment_failed)"),
    ({"code": "credential_refused"}, FAIL, "paid: the end differs", "-paid\n+paid (credential_refused)"),
    ({"ledger": {"debited_sats": 1006}, "claim": {"fee_sats": 4}}, FAIL, "the ledger differs", "+1006 sat debited"),
    ({"ledger": {"locked_sats": 8}}, FAIL, "the ledger differs", "+1005 sat debited, invoice of 1002 sat, settled 1"),
    (
        {"claim": {"flow_digest": digest(DEARER)}},
        FAIL,
        "the receipt differs",
        '- "feeMsats": 3000,\n+ "feeMsats": 4000',
    ),
    ({"claim": {"flow_digest": "77" * 32}}, FAIL, "the receipt differs", None),  # not spelled out: no diff
    ({"requests": digest(TWICE)[:16]}, FAIL, "the request sequence differs", "+wallet RequestLightningSend"),
    ({"claim": {"flow_digest": None}}, OPEN, "lack something, line", None),
    ({"requests": None}, OPEN, "its request sequence", None),
    ({"requests": None, "code": "credential_refused"}, OPEN, "its request sequence", None),  # of an earlier form
    ({"claim": {"receipt_digest": "77" * 32}}, PASS, "agree", None),  # each request has a receipt of its own
]


@pytest.mark.parametrize(("odd", "verdict", "says", "shows"), ONE_ODD)
def test_over_repeats(judged: Judge, odd: dict[str, Any], verdict: Verdict, says: str, shows: str | None) -> None:
    run = Run(WORKERD)
    fit_for_determinism(run, W, repeats=3)
    number = turn(run, W, "paid", **{**odd}).attempt
    spelled_out(run)
    found = criterion(judged, run, "repeats_identical")
    assert found.verdict is verdict
    assert says in found.reason
    assert (shows is None) is (found.detail is None)
    if shows is not None and found.detail is not None:
        line = next(n for n, entry in enumerate(run.lines, start=2) if getattr(entry, "attempt", None) == number)
        assert shows in found.detail
        assert found.detail.startswith(f"--- workerd, line 2\n+++ workerd, line {line}\n")
        assert found.lines == (2, line)


def test_the_odd_one_is_told_from_the_usual_ones(judged: Judge) -> None:
    run = Run(WORKERD)
    turn(run, W, "cached", outcome=Outcome.FAILED, code="seller_error")
    fit_for_determinism(run, W, repeats=3)
    found = criterion(judged, run, "repeats_identical")
    assert (found.verdict, found.lines) == (FAIL, (2, 4))
    assert found.detail is not None
    assert found.detail.startswith("--- workerd, line 4\n+++ workerd, line 2\n")


def test_a_flow_that_was_not_repeated_is_named(judged: Judge) -> None:
    run = Run(WORKERD)
    fit_for_determinism(run, W, repeats=1)
    for name, _, _ in FLOWS:
        if name not in ("redirect", "at_once"):
            turn(run, W, name)
    found = criterion(judged, run, "repeats_identical")
    assert (found.verdict, found.reason) == (OPEN, "not repeated: at_once, redirect")


def test_turns_on_a_latency_profile_are_no_repeats(judged: Judge) -> None:
    run = Run(WORKERD)
    fit_for_determinism(run, W, repeats=2)
    run.attempt(W, "l402_paid@lightning", Outcome.PAID, requests="1" * 16)
    assert criterion(judged, run, "repeats_identical").verdict is PASS


ACROSS: list[tuple[dict[str, Any], Verdict, str, str | None]] = [
    ({}, PASS, "29 flows are what they are on the control", None),
    ({"outcome": Outcome.CACHED}, FAIL, "paid: the end is not what it is on native", "-paid\n+cached"),
    ({"ledger": {"debited_sats": 1006}, "claim": {"fee_sats": 4}}, FAIL, "paid: the ledger is not", "+1006 sat"),
    ({"claim": {"flow_digest": digest(DEARER)}}, FAIL, "paid: the receipt is not", '+ "feeMsats": 4000'),
    ({"requests": digest(TWICE)[:16]}, FAIL, "paid: the request sequence is not", "+wallet RequestLightningSend"),
    ({"requests": digest(BUILT)[:16]}, PASS, "29 flows", None),  # how often it syncs is the runtime's own affair
    ({"requests": "77" * 8}, OPEN, "not recorded", None),
    ({"requests": None, "outcome": Outcome.CACHED}, OPEN, "not recorded", None),
    ({"claim": {"flow_digest": None}}, OPEN, "not recorded", None),
]


@pytest.mark.parametrize(("mine", "verdict", "says", "shows"), ACROSS)
def test_across_runtimes(judged: Judge, mine: dict[str, Any], verdict: Verdict, says: str, shows: str | None) -> None:
    run = Run(NATIVE, WORKERD)
    fit_for_determinism(run, "native", repeats=1)
    turn(run, W, "paid", **{**mine})
    for name, _, _ in FLOWS[1:]:
        turn(run, W, name)
    spelled_out(run)
    found = criterion(judged, run, "identical_across_runtimes")
    assert found.verdict is verdict
    assert says in found.reason
    assert (found.detail is None) is (shows is None)
    if found.detail is not None and shows is not None:
        assert shows in found.detail
        assert found.detail.startswith("--- native, line 2\n+++ workerd, line ")


def test_a_question_that_the_control_cannot_be_asked_compares_nothing(judged: Judge) -> None:
    run = Run(NATIVE, WORKERD)
    for name, _, _ in FLOWS:
        unable = {"outcome": Outcome.UNSUPPORTED, "code": "unsupported"} if name == "paid_lsat" else {}
        turn(run, "native", name, **unable)
        turn(run, W, name)
    found = criterion(judged, run, "identical_across_runtimes")
    assert (found.verdict, found.reason) == (OPEN, "nothing to compare with the control: paid_lsat")


def test_without_a_control_there_is_nothing_to_compare(judged: Judge) -> None:
    run = Run(WORKERD)
    fit_for_determinism(run, W, repeats=2)
    assert criterion(judged, run, "identical_across_runtimes").verdict is OPEN


def test_a_diff_is_bounded() -> None:
    shown = spelled.difference("\n".join("abc" * 40), "\n".join("xyz" * 40), names=("one", "other"))
    assert shown is not None
    assert len(shown.splitlines()) == 41
    assert shown.endswith("more lines")
    assert spelled.difference("a", "a", names=("one", "other")) is None
    assert spelled.difference("a", None, names=("one", "other")) is None
