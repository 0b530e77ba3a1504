"""Live payments are judged by what stands beside the driver's word; agreement is no PASS, contradiction is FAIL."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import evidence
from bench.gates import live
from bench.judgement import Judgement
from bench.verdict import Criterion, Verdict
from spikes.record import Header, Outcome
from tests.records.builder import FEE_SATS, NATIVE, WORKERD, Run

Judge = Callable[[bytes], Judgement]
W = "workerd"
FAIL, OPEN = Verdict.FAIL, Verdict.INCONCLUSIVE


class LiveRun(Run):
    """A record as a live run writes it: no ledger, and what the witness saw in facts."""

    network = "hosted-regtest"

    def header(self) -> Header:
        return dataclasses.replace(super().header(), network=self.network, profile="live", seed=0)

    def live(self, outcome: Outcome = Outcome.PAID, *, seen: dict[str, Any] | None = None, **changes: Any) -> None:
        """One payment, with what was seen of it; `seen` changes that, None leaves a fact out."""
        made = self.attempt(W, live.EXPERIMENT, outcome, **changes)
        self.lines[-1] = dataclasses.replace(made, ledger=None)
        claim = made.claim
        assert claim is not None
        sats = claim.amount_sats or 1_000
        gone = sats + FEE_SATS if outcome is Outcome.PAID else 0
        told: dict[str, Any] = {
            "balance_before_sats": 50_000,
            "balance_after_sats": 50_000 - gone,
            "invoice_sats": sats,
            "payment_hash": claim.payment_hash or "ab" * 32,
            **(seen or {}),
        }
        for name, value in told.items():
            if value is not None:
                self.fact(W, f"live.{name}.{made.attempt}", value)


def judgement(judged: Judge, add: Callable[[LiveRun], object]) -> Judgement:
    run = LiveRun(NATIVE, WORKERD)
    add(run)
    run.negative_controls()
    return judged(run.data())


def criterion(judged: Judge, add: Callable[[LiveRun], object]) -> Criterion:
    verdict = judgement(judged, add).of("compatibility", W)
    return next(c for c in verdict.criteria if c.name == live.NAME)


def test_agreement_of_all_that_can_be_seen_is_no_pass(judged: Judge) -> None:
    def add(run: LiveRun) -> None:
        run.live()
        run.live(wall_s=0.75)
        run.live(wall_s=2.5)

    found = criterion(judged, add)
    assert found.verdict is OPEN
    assert "3 of 3 payments paid on hosted-regtest" in found.reason
    assert "0.75 s (median)" in found.reason
    assert "No ledger was seen" in found.reason
    assert found.needs == live.NEEDS
    assert found.measured == 3
    assert len(found.lines) == 3 * 5


@pytest.mark.parametrize(
    ("add", "says"),
    [
        (lambda run: run.live(seen={"payment_hash": "cd" * 32}), "another payment hash"),
        (lambda run: run.live(claim={"preimage_sha256": "cd" * 32}), "sha256 of the preimage"),
        (lambda run: run.live(seen={"invoice_sats": 1}), "the invoice asks for 1"),
        (lambda run: run.live(seen={"balance_after_sats": 40_000}), "the balance fell by 10000"),
        (lambda run: run.live(seen={"balance_after_sats": 50_000}), "the balance fell by 0"),
        (lambda run: run.live(seen={"balance_after_sats": 60_000}), "the balance fell by -10000"),
        (lambda run: run.live(claim={"fee_sats": 0}), f"the balance fell by {1_000 + FEE_SATS}"),
        (
            lambda run: run.live(Outcome.FAILED, seen={"balance_after_sats": 49_000}),
            "says failed, the balance fell by 1000 sats",
        ),
    ],
)
def test_a_contradiction_fails(judged: Judge, add: Callable[[LiveRun], object], says: str) -> None:
    found = criterion(judged, add)
    assert found.verdict is FAIL
    assert says in found.reason


@pytest.mark.parametrize(
    ("add", "says"),
    [
        (lambda run: None, "not tried"),
        (lambda run: run.live(Outcome.FAILED), "none of 1 payments ended paid; the last one failed"),
        (lambda run: run.live(Outcome.UNKNOWN, seen={"balance_after_sats": 49_000}), "the last one unknown"),
        (lambda run: run.live(seen={"balance_after_sats": None}), "1 of 1 payments lack a proof"),
        (lambda run: run.live(seen={"balance_before_sats": None}), "1 of 1 payments lack a proof"),
        (lambda run: run.live(seen={"payment_hash": None}), "1 of 1 payments lack a proof"),
        (lambda run: run.live(claim={"preimage_sha256": None}), "1 of 1 payments lack a proof"),
        (lambda run: run.live(claim={"fee_sats": None}), "1 of 1 payments lack a proof"),
        (lambda run: run.live(seen={"invoice_sats": "1000"}), "1 of 1 payments lack a proof"),
    ],
)
def test_what_cannot_be_compared_is_left_open(judged: Judge, add: Callable[[LiveRun], object], says: str) -> None:
    found = criterion(judged, add)
    assert found.verdict is OPEN
    assert says in found.reason


def test_on_the_emulator_there_is_no_such_criterion(judged: Judge) -> None:
    run = Run(NATIVE, WORKERD)
    run.pay(W)
    run.negative_controls()
    assert live.NAME not in {c.name for c in judged(run.data()).of("compatibility", W).criteria}


def test_a_live_payment_is_nowhere_a_pass(judged: Judge) -> None:
    """Not even where a criterion of the emulated network would find something to count."""

    def add(run: LiveRun) -> None:
        for number in range(60):
            run.live(wall_s=0.1 + number / 100)

    for verdict in judgement(judged, add).verdicts:
        assert not [c.name for c in verdict.criteria if c.verdict is Verdict.PASS]
        assert verdict.network_tier == "hosted-regtest"


NAMES = st.sampled_from(["live.invoice_sats.0", "live.invoice_sats.x", "live.", "live", "live.a.b.c", "live.é.٣"])


VALUES = st.one_of(
    st.integers(min_value=0), st.text(max_size=5), st.floats(min_value=0, allow_nan=False, allow_infinity=False)
)


@given(st.lists(st.tuples(NAMES, VALUES), max_size=5))
def test_no_fact_breaks_the_reader(facts: list[tuple[str, Any]]) -> None:
    run = LiveRun(NATIVE, WORKERD)
    for name, value in facts:
        run.fact(W, name, value)
    found = list(live.judge(evidence.parse(run.data()), W))
    assert [c.verdict for c in found] == [OPEN]
