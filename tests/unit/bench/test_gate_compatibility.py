"""Gate 1: paying by both paths, and host needs. See also test_gate_again.py and test_platform_limits.py."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from bench import render
from bench.judgement import Judgement
from bench.verdict import Criterion, Verdict
from spikes.record import Outcome, PaymentPath
from tests.records.builder import WORKERD, Run
from tests.records.cases import HERE
from tests.records.fitting import fit_for_compatibility

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


def host(touched: int, missing: int, shimmed: int) -> Callable[[Run], None]:
    def add(run: Run) -> None:
        for name, value in (("touched", touched), ("missing", missing), ("shimmed", shimmed)):
            run.fact(W, f"host_apis_{name}", value)

    return add


@pytest.mark.parametrize(
    ("add", "verdict", "says"),
    [
        (host(31, 0, 0), PASS, "31 host APIs touched, none missing: PASS"),
        (host(31, 0, 1), PASS, "PASS with 1 shim"),
        (host(31, 0, 2), PASS, "PASS with 2 shims"),
        (host(31, 1, 0), FAIL, "missing"),
        (host(0, 0, 0), OPEN, "no ledger"),
    ],
)
def test_host_needs(judged: Judge, add: Callable[[Run], None], verdict: Verdict, says: str) -> None:
    found = criteria(judged, add)["host_needs"]
    assert found.verdict is verdict
    assert says in found.reason


def apis(**statuses: str) -> Callable[[Run], None]:
    def add(run: Run) -> None:
        host(31, 0, 0)(run)
        for name, status in statuses.items():
            run.fact(W, f"host_api.{name}", status)

    return add


@pytest.mark.parametrize(
    ("add", "verdict", "says"),
    [
        (apis(fetch="present"), PASS, "none missing: PASS"),
        (apis(fetch="present", queueMicrotask="missing", Blob="missing"), FAIL, r"touched: 2 \(Blob, queueMicrotask\)"),
        (apis(fetch="shimmed"), PASS, "PASS with 1 shim"),
        (apis(fetch="elsewhere"), FAIL, r"missing.*: 1 \(fetch\)"),  # a word that nobody knows must not read as present
    ],
)
def test_the_apis_by_name_outweigh_the_counts(
    judged: Judge, add: Callable[[Run], None], verdict: Verdict, says: str
) -> None:
    found = criteria(judged, add)["host_needs"]
    assert found.verdict is verdict
    assert re.search(says, found.reason)


def test_of_two_readings_of_an_api_the_worse_counts(judged: Judge) -> None:
    for order in (("present", "missing"), ("missing", "present")):

        def add(run: Run, order: tuple[str, str] = order) -> None:
            host(31, 0, 0)(run)
            for status in order:
                run.fact(W, "host_api.crypto.getRandomValues", status)

        found = criteria(judged, add)["host_needs"]
        assert (found.verdict, found.lines) == (FAIL, (5, 6))
        assert "crypto.getRandomValues" in found.reason


def test_a_shim_is_read_together_with_the_pass(judged: Judge) -> None:
    judgement = judged((HERE / "compatibility" / "pass.jsonl").read_bytes())
    verdict = judgement.of("compatibility", W)
    assert (verdict.verdict, verdict.remark) == (PASS, "with 2 shims")
    assert "31 host APIs touched, none missing: PASS with 2 shims" in verdict.reason
    assert "### workerd: PASS with 2 shims" in render.gates_md(judgement)


def test_a_fail_mentions_no_shims(judged: Judge) -> None:
    run = Run(WORKERD)
    fit_for_compatibility(run, W)
    run.attempt(W, "pay_swap", Outcome.UNSUPPORTED)
    run.negative_controls()
    verdict = judged(run.data()).of("compatibility", W)
    assert (verdict.verdict, verdict.remark) == (FAIL, None)
