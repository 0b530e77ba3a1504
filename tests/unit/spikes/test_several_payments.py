"""An attempt of several payments: sums, joint digests, and no payment that hides behind the others."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikes.contract import Answer
from spikes.experiments.act import joint_answer
from spikes.record import Claim, Outcome, joint_digest, joint_sats
from spikes.witness import joint_count

DIGESTS = st.lists(st.binary(min_size=32, max_size=32).map(bytes.hex), min_size=2, max_size=8, unique=True)


def answer(outcome: Outcome, amount: int | None = None, digest: str | None = None) -> Answer:
    claim = Claim(payment_hash=digest, amount_sats=amount, fee_sats=1 if amount else None, preimage_sha256=digest)
    code = None if outcome is Outcome.PAID else "some_code"
    return Answer(outcome=outcome, code=code, reason=code, claim=claim, phases=(), wall_s=0.5)


def test_one_digest_stands_for_itself_and_several_for_all() -> None:
    assert joint_digest([]) is None
    assert joint_digest(["ab"]) == "ab"
    assert joint_digest(["02", "01"]) == hashlib.sha256(bytes([1, 2])).hexdigest()


@given(DIGESTS)
def test_a_joint_digest_knows_no_order_and_notices_every_change(digests: list[str]) -> None:
    shuffled = sorted(digests, key=lambda digest: hashlib.sha256(digest.encode()).digest())
    assert joint_digest(shuffled) == joint_digest(digests)
    assert joint_digest([*digests[1:], "00" * 32]) != joint_digest(digests) or digests[0] == "00" * 32
    assert joint_digest([*digests, digests[0]]) != joint_digest(digests)


def test_an_amount_that_is_not_told_is_not_nothing() -> None:
    assert joint_sats([]) is None
    assert joint_sats([1, 2]) == 3
    assert joint_sats([1, None]) is None


@pytest.mark.parametrize(
    ("counts", "joint"), [((), 0), ((1,), 1), ((1, 1), 1), ((1, 0), 0), ((2, 0), 2), ((1, 3), 3), ((0, 0), 0)]
)
def test_settled_once_means_each_of_them(counts: tuple[int, ...], joint: int) -> None:
    assert joint_count(counts) == joint


def test_all_paid_is_paid() -> None:
    joint = joint_answer([answer(Outcome.PAID, 5, "aa" * 32), answer(Outcome.PAID, 7, "bb" * 32)])
    assert (joint.outcome, joint.code, joint.claim.amount_sats, joint.claim.fee_sats) == (Outcome.PAID, None, 12, 2)
    assert joint.claim.payment_hash == joint.claim.preimage_sha256 == joint_digest(["aa" * 32, "bb" * 32])


def test_what_is_unknown_weighs_more_than_what_failed() -> None:
    paid, failed, unknown = answer(Outcome.PAID, 5, "aa" * 32), answer(Outcome.FAILED), answer(Outcome.UNKNOWN)
    assert joint_answer([paid, failed, unknown]).outcome is Outcome.UNKNOWN
    joint = joint_answer([failed, paid])
    assert (joint.outcome, joint.claim.amount_sats, joint.reason) == (Outcome.FAILED, 5, "1 of 2 paid: some_code")
    assert joint_answer([failed, failed]).claim == Claim()


def test_a_claim_without_a_proof_makes_the_joint_claim_one_without() -> None:
    proven = answer(Outcome.PAID, 5, "aa" * 32)
    assert joint_answer([proven, answer(Outcome.PAID, 5, None)]).claim.preimage_sha256 is None
    assert joint_answer([proven, answer(Outcome.PAID, None, "bb" * 32)]).claim.amount_sats is None
