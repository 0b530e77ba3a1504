"""Gate 4's receipts: every turn leaves one, with what is declared and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bench.judgement import Judgement
from bench.verdict import Criterion, Verdict
from spikes.record import Outcome
from tests.records.builder import WORKERD, Run
from tests.records.flows import FIELDS, digest, receipt, spell_out, turn

Judge = Callable[[bytes], Judgement]
FAIL, OPEN, PASS = Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.PASS
W = "workerd"
INVOICE = "lnbcrt10n1pjexample"


def contents(judged: Judge, run: Run) -> Criterion:
    run.negative_controls()
    return next(c for c in judged(run.data()).of("determinism", W).criteria if c.name == "receipt_contents")


def sound() -> Run:
    run = Run(WORKERD)
    turn(run, W, "paid")
    turn(run, W, "blocked_cap")
    turn(run, W, "paid", outcome=Outcome.UNKNOWN, code="payment_pending", claim={"receipt_digest": None})
    spell_out(run, W)
    return run


def test_a_sound_receipt(judged: Judge) -> None:
    found = contents(judged, sound())
    assert (found.verdict, found.measured) == (PASS, 0)
    assert found.reason == "2 turns left a receipt; 29 distinct ones hold what is declared, no more"


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("receipt_fields", ",".join(FIELDS).replace("requestId,", ""), "a receipt lacks requestId"),
        ("receipt_fields", ",".join((*FIELDS, "proofReference")), "carries proofReference, which no receipt declares"),
        ("receipt_fields", ",".join((*FIELDS, "volatile.atMs")), None),
        ("receipt_faults", 2, "2 receipts lack a field"),
        ("receipt_faults", 0, None),
        ("receipt.0000000000000000", receipt("paid"), "the text of receipt 0000000000000000 is not what was digested"),
        ("receipt.0000000000000000", "paid", "a receipt is no JSON object"),
    ],
)
def test_one_more_reading(judged: Judge, name: str, value: str | int, says: str | None) -> None:
    run = sound()
    run.fact(W, name, value)
    found = contents(judged, run)
    assert found.verdict is (PASS if says is None else FAIL)
    assert says is None or says in found.reason


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("host", INVOICE),
        ("code", "L402 AgEEbHNhdA"),
        ("code", "0123456789abcdef"),  # half a preimage
        ("capsApplied", {"note": "ab" * 32}),
        ("host", "AgEEbHNhdAJCAAB7J2Z1bGwgbWFjYXJvb24gaW4gYmFzZTY0"),
    ],
)
def test_a_value_that_looks_like_a_proof(judged: Judge, field: str, value: object) -> None:
    run = sound()
    text = receipt("paid", **{field: value})
    run.fact(W, f"receipt.{digest(text)[:16]}", text)
    found = contents(judged, run)
    assert found.verdict is FAIL
    assert f"{field} of a receipt looks like a proof, an invoice or a header" in found.reason
    assert str(value) not in found.reason


def test_an_undeclared_field_in_the_text(judged: Judge) -> None:
    run = sound()
    text = receipt("paid", proofReference="preimage:01234567")
    run.fact(W, f"receipt.{digest(text)[:16]}", text)
    found = contents(judged, run)
    assert (found.verdict, found.measured) == (FAIL, 1)
    assert "proofReference" in found.reason


def test_a_turn_that_leaves_no_receipt_among_others_that_do(judged: Judge) -> None:
    run = sound()
    turn(run, W, "lying_hash", claim={"receipt_digest": None})
    found = contents(judged, run)
    assert found.verdict is FAIL
    assert found.reason.endswith("l402_lying_hash ended failed without a receipt")


def test_a_digest_of_another_receipt(judged: Judge) -> None:
    run = sound()
    turn(run, W, "paid", claim={"flow_digest": "77" * 32})
    found = contents(judged, run)
    assert found.verdict is FAIL
    assert found.reason.endswith("l402_paid names a flow digest of no receipt that came back")


def test_no_receipts_at_all_are_open(judged: Judge) -> None:
    run = Run(WORKERD)
    turn(run, W, "paid", claim={"receipt_digest": None})
    found = contents(judged, run)
    assert (found.verdict, found.reason) == (OPEN, "not recorded: receipt_fields, receipt")
