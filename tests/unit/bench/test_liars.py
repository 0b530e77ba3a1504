"""Drivers that contradict the ledger, each with the verdict it must provoke: the judge's track record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bench.judgement import Judgement
from bench.verdict import Criterion, Verdict
from spikes.record import Ask, Outcome, PaymentPath
from tests.records.builder import WORKERD, Run
from tests.records.cases import HERE, NOT_SETTLED
from tests.records.faults import asks

Judge = Callable[[bytes], Judgement]
F, I, P = Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.PASS  # noqa: E741 - as in the tables below


def criterion(judgement: Judgement, gate: str, name: str) -> Criterion:
    return next(c for c in judgement.of(gate, "workerd").criteria if c.name == name)


LIARS: list[tuple[str, Verdict, Verdict, str]] = [
    # record, witnesses_agree, exactly_once, what the report must say
    ("claims_a_payment_it_did_not_make", F, I, "the driver says paid, the ledger shows no settled payment"),
    ("returns_a_wrong_preimage", F, I, "sha256 of the preimage is not the payment hash"),
    ("pays_twice", F, F, "settled this payment hash 2 times"),
    ("debits_without_claiming", F, F, "the driver says blocked, the ledger debited 1003 sat"),
    ("takes_more_than_it_claims", F, F, "the ledger debited 1004 sat"),
    ("says_failed_though_paid", F, F, "the driver says failed, the ledger settled a payment"),
    ("makes_sats", F, F, "the sum of all sats in the network changed"),
    ("hides_one_of_several", F, F, "claims 4012 sat with fees for those of several that paid, the ledger debited 5015"),
    ("pays_twice_on_retry", F, F, "settled this payment hash 2 times"),
    ("forgets_on_pending", F, F, "the ledger debited 2006 sat"),
    ("reports_failed_on_timeout", F, F, "the driver says failed, the ledger settled a payment"),
    ("trusts_the_sellers_amount", F, F, "the driver claims 900 sat, the invoice asked for 1000"),
]
UNDER_FAULTS = {
    "pays_twice_on_retry": "double debit: the ledger settled the payment 2 times",
    "forgets_on_pending": "double debit: the ledger debited 2006 sat for an invoice of 1000 sat",
    "reports_failed_on_timeout": "lost: the driver says failed, the ledger debited 1003 sat",
}


@pytest.mark.parametrize(("record", "witnesses", "once", "says"), LIARS)
def test_liars_are_caught(judged: Judge, record: str, witnesses: Verdict, once: Verdict, says: str) -> None:
    judgement = judged((HERE / "liars" / f"{record}.jsonl").read_bytes())
    agree = criterion(judgement, "compatibility", "witnesses_agree")
    assert agree.verdict is witnesses
    assert says in agree.reason
    assert f"line {agree.lines[0]}," in agree.reason
    assert criterion(judgement, "latency", "exactly_once").verdict is once
    assert judgement.of("compatibility", "workerd").verdict is F


@pytest.mark.parametrize("record", UNDER_FAULTS)
def test_a_liar_that_faults_bring_out_is_named_with_its_replay(judged: Judge, record: str) -> None:
    judgement = judged((HERE / "liars" / f"{record}.jsonl").read_bytes())
    once = criterion(judgement, "latency", "exactly_once")
    assert UNDER_FAULTS[record] in once.reason
    assert "`make replay SEED=0 RUNTIME=workerd EXPERIMENT=fault_" in once.reason
    assert criterion(judgement, "latency", "unknown_stays_unknown").verdict is (
        I if record.startswith("forgets") else F
    )


def test_a_wrong_balance_is_caught_though_the_payment_is_right(judged: Judge) -> None:
    judgement = judged((HERE / "liars" / "tells_a_wrong_balance.jsonl").read_bytes())
    assert criterion(judgement, "compatibility", "witnesses_agree").verdict is P
    exact = criterion(judgement, "compatibility", "balances_exact")
    assert (exact.verdict, exact.measured, exact.threshold) == (F, 999_000, 998_997)
    assert judgement.of("compatibility", "workerd").verdict is F


def test_a_driver_that_answers_anything_decides_nothing(judged: Judge) -> None:
    judgement = judged((HERE / "liars" / "answers_anything.jsonl").read_bytes())
    assert {v.verdict for v in judgement.verdicts} == {I}
    assert "negative control ended cached instead of unsupported" in judgement.of("compatibility", "workerd").reason


def test_a_failed_payment_that_was_settled_breaks_unknown_stays_unknown(judged: Judge) -> None:
    judgement = judged((HERE / "liars" / "says_failed_though_paid.jsonl").read_bytes())
    assert criterion(judgement, "latency", "unknown_stays_unknown").verdict is F


def one(outcome: Outcome, **changes: Any) -> bytes:
    run = Run(WORKERD)
    run.attempt("workerd", "pay_exact", outcome, **changes)
    run.negative_controls()
    return run.data()


SETTLED = {"settled_count": 1, "debited_sats": 1003, "payment_hash": "ab" * 32, "invoice_amount_sats": 1000}


@pytest.mark.parametrize(
    ("outcome", "changes", "agree"),
    [
        (Outcome.PAID, {}, P),
        (Outcome.PAID, {"claim": {"payment_hash": "cd" * 32}}, F),
        (Outcome.PAID, {"claim": {"amount_sats": 999}}, F),
        (Outcome.PAID, {"claim": {"fee_sats": 0}}, F),
        (Outcome.PAID, {"ledger": {"debited_sats": 0}}, F),  # a payment that cost nothing made sats
        (Outcome.PAID, {"ledger": {**NOT_SETTLED, "debited_sats": 1003}}, F),
        (Outcome.PAID, {"claim": {"preimage_sha256": None}}, I),
        (Outcome.PAID, {"claim": {"fee_sats": None}}, I),
        (Outcome.CACHED, {"ledger": {"debited_sats": 1}}, F),
        (Outcome.UNSUPPORTED, {"ledger": {"debited_sats": 1}}, F),
        (Outcome.FAILED, {"ledger": {**SETTLED, "debited_sats": 0}, "path": PaymentPath.EXACT}, F),
        (Outcome.UNKNOWN, {"ledger": SETTLED}, I),
        (Outcome.UNKNOWN, {"ledger": {**SETTLED, "settled_count": 2}}, F),
        (Outcome.UNKNOWN, {"ledger": {"supply_ok": False}}, F),
        (Outcome.FAILED, {}, I),
    ],
)
def test_each_contradiction_alone(judged: Judge, outcome: Outcome, changes: dict[str, Any], agree: Verdict) -> None:
    judgement = judged(one(outcome, **changes))
    assert criterion(judgement, "compatibility", "witnesses_agree").verdict is agree


def test_a_missing_ledger_entry_confirms_nothing(judged: Judge) -> None:
    data = one(Outcome.PAID)
    start, end = data.index(b'"ledger":') + len(b'"ledger":'), data.index(b',"calls"')
    judgement = judged(data[:start] + b"null" + data[end:])
    assert criterion(judgement, "compatibility", "witnesses_agree").verdict is I
    assert criterion(judgement, "compatibility", "pays_exact").verdict is I


def test_a_cached_answer_may_name_the_payment_that_bought_it(judged: Judge) -> None:
    run = Run(WORKERD)
    bought = {"payment_hash": "ab" * 32, "settled_count": 1, "invoice_amount_sats": 1000}
    run.pay("workerd")
    run.refuse("workerd", "l402_cached", ledger=bought)
    run.negative_controls()
    assert criterion(judged(run.data()), "compatibility", "witnesses_agree").verdict is P


def test_one_hash_debited_in_two_attempts_is_paid_twice(judged: Judge) -> None:
    run = Run(WORKERD)
    for _ in range(2):
        claim = {"payment_hash": "ab" * 32, "preimage_sha256": "ab" * 32, "amount_sats": 1000, "fee_sats": 3}
        run.pay("workerd", ledger=SETTLED, claim=claim)
    run.negative_controls()
    once = criterion(judged(run.data()), "latency", "exactly_once")
    assert (once.verdict, once.lines) == (F, (3,))
    assert "debited 2006 sat" in once.reason


def test_the_same_answer_given_again_is_paid_once(judged: Judge) -> None:
    run = Run(WORKERD)
    claim = {"payment_hash": "ab" * 32, "preimage_sha256": "ab" * 32, "amount_sats": 1000, "fee_sats": 3}
    run.pay("workerd", ledger=SETTLED, claim=claim)
    run.pay("workerd", ledger={**SETTLED, "debited_sats": 0}, claim=claim)
    run.negative_controls()
    assert criterion(judged(run.data()), "compatibility", "witnesses_agree").verdict is P


def test_an_unknown_payment_stays_open_until_it_is_reconciled(judged: Judge) -> None:
    run = Run(WORKERD)
    run.attempt("workerd", "pay_exact", Outcome.UNKNOWN, ledger=SETTLED)
    open_ = criterion(judged(run.data()), "latency", "unknown_stays_unknown")
    assert (open_.verdict, open_.lines) == (I, (2,))
    claim = {"payment_hash": "ab" * 32, "preimage_sha256": "ab" * 32, "amount_sats": 1000, "fee_sats": 3}
    run.pay("workerd", ledger={**SETTLED, "debited_sats": 0}, claim=claim)
    run.negative_controls()
    closed = criterion(judged(run.data()), "latency", "unknown_stays_unknown")
    assert closed.reason == "no response was lost in this run"


# --- several asks in one attempt --------------------------------------------------------------------------------------

PAID, FAILED, UNKNOWN, BLOCKED = Outcome.PAID, Outcome.FAILED, Outcome.UNKNOWN, Outcome.BLOCKED
PAID_FOR = {"payment_hash": "ab" * 32, "preimage_sha256": "ab" * 32, "amount_sats": 1000, "fee_sats": 3}
NO_DEBIT = {"payment_hash": "ab" * 32, "settled_count": 0, "debited_sats": 0, "invoice_amount_sats": 1000}


@pytest.mark.parametrize(
    ("told", "outcome", "changes", "agree", "says"),
    [
        (asks(UNKNOWN, PAID), PAID, {"ledger": SETTLED, "claim": PAID_FOR}, P, ""),
        (asks(PAID, PAID), PAID, {"ledger": SETTLED, "claim": PAID_FOR}, P, ""),
        (asks(UNKNOWN, FAILED), FAILED, {"ledger": NO_DEBIT}, I, ""),
        (
            asks(FAILED, PAID),
            PAID,
            {"ledger": SETTLED, "claim": PAID_FOR},
            F,
            "ask 1 of 2 was answered failed, the ledger",
        ),
        (asks(BLOCKED, PAID), PAID, {"ledger": SETTLED, "claim": PAID_FOR}, F, "ask 1 of 2 was answered blocked"),
        (
            asks(PAID, FAILED),
            FAILED,
            {"ledger": NO_DEBIT},
            F,
            "the driver said paid, and to the same request again failed",
        ),
        (asks(PAID, UNKNOWN), UNKNOWN, {"ledger": SETTLED}, I, ""),
        (asks(UNKNOWN, FAILED), FAILED, {"ledger": SETTLED}, F, "the driver says failed, the ledger settled a payment"),
        (asks(FAILED, PAID, code="idempotency_conflict"), PAID, {"ledger": SETTLED, "claim": PAID_FOR}, P, ""),
        # the harness finds fault with an answer, since it is not the one before it: the ledger is no witness of that
        (asks(PAID, PAID), FAILED, {"ledger": SETTLED, "claim": PAID_FOR, "code": "answer_differs"}, I, ""),
    ],
)
def test_every_answer_to_one_request_is_held_against_the_ledger(
    judged: Judge, *, told: tuple[Ask, ...], outcome: Outcome, changes: dict[str, Any], agree: Verdict, says: str
) -> None:
    found = criterion(judged(one(outcome, asks=told, **changes)), "compatibility", "witnesses_agree")
    assert found.verdict is agree
    assert says in found.reason


def test_a_second_request_that_was_refused_does_not_deny_the_first(judged: Judge) -> None:
    def window(told: tuple[Ask, ...], **ledger: Any) -> Verdict:
        run = Run(WORKERD)
        run.attempt("workerd", "remember_window", BLOCKED, asks=told, ledger={**SETTLED, **ledger})
        run.negative_controls()
        return criterion(judged(run.data()), "compatibility", "witnesses_agree").verdict

    assert window(asks(PAID, BLOCKED)) is I
    assert window(asks(PAID, BLOCKED), settled_count=0) is F
    assert window(asks(BLOCKED, BLOCKED)) is F
    assert window(asks(PAID, BLOCKED), settled_count=2) is F


# --- several payments in one attempt ----------------------------------------------------------------------------------

PART = {"amount_sats": 4000, "fee_sats": 12, "payment_hash": "ef" * 32, "preimage_sha256": "ef" * 32}
DEBIT = {"debited_sats": 4012, "invoice_amount_sats": 6000, "payment_hash": "ab" * 32}


def several(outcome: Outcome, experiment: str = "pay_at_once", **changes: Any) -> bytes:
    run = Run(WORKERD)
    run.attempt("workerd", experiment, outcome, path=PaymentPath.EXACT, **changes)
    run.negative_controls()
    return run.data()


@pytest.mark.parametrize("experiment", ["pay_at_once", "pay_at_once_one_leaf"])
@pytest.mark.parametrize(
    ("outcome", "claim", "ledger", "agree"),
    [
        # some of the six paid, and both witnesses say how many satoshis that was
        (Outcome.FAILED, PART, DEBIT, I),
        (Outcome.BLOCKED, PART, DEBIT, I),
        (Outcome.UNKNOWN, PART, DEBIT, I),
        (Outcome.UNKNOWN, PART, {**DEBIT, "debited_sats": 6018, "settled_count": 1}, I),  # those in doubt were paid
        (Outcome.FAILED, {}, {"invoice_amount_sats": 6000, "payment_hash": "ab" * 32}, I),
        # they say different things
        (Outcome.FAILED, PART, {**DEBIT, "debited_sats": 4013}, F),
        (Outcome.FAILED, PART, {**DEBIT, "debited_sats": 4011}, F),
        (Outcome.FAILED, {}, DEBIT, F),
        (Outcome.FAILED, PART, {**DEBIT, "settled_count": 1}, F),
        (Outcome.FAILED, PART, {**DEBIT, "settled_count": 2}, F),
        (Outcome.FAILED, {**PART, "preimage_sha256": "cd" * 32}, DEBIT, F),
        (Outcome.UNKNOWN, {**PART, "preimage_sha256": "cd" * 32}, DEBIT, F),
        (Outcome.UNKNOWN, PART, {**DEBIT, "debited_sats": 4011}, F),
        (Outcome.UNKNOWN, PART, {**DEBIT, "settled_count": 2}, F),
        (Outcome.PAID, {"payment_hash": "ef" * 32}, {}, F),
        (Outcome.PAID, {"fee_sats": 4}, {}, F),
    ],
)
def test_of_several_payments_the_claim_is_about_those_that_paid(
    judged: Judge,
    *,
    experiment: str,
    outcome: Outcome,
    claim: dict[str, Any],
    ledger: dict[str, Any],
    agree: Verdict,
) -> None:
    judgement = judged(several(outcome, experiment, claim=claim, ledger=ledger))
    assert criterion(judgement, "compatibility", "witnesses_agree").verdict is agree


def test_of_one_payment_a_debit_without_success_stays_a_contradiction(judged: Judge) -> None:
    for experiment in ("pay_exact", "pay_rebuilt", "pay_second_isolate"):
        judgement = judged(several(Outcome.FAILED, experiment, claim=PART, ledger=DEBIT))
        assert criterion(judgement, "compatibility", "witnesses_agree").verdict is F
        assert criterion(judgement, "latency", "exactly_once").verdict is F
