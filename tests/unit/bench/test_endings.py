"""How one attempt under faults ended: a table of cases, and that the worst that can be said is said."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.endings import BAD, GOOD, Ending, read
from spikes.record import Ask, Attempt, Claim, FaultSeen, LedgerEntry, Outcome
from tests.records.builder import WORKERD, Run
from tests.records.faults import asks, under_fault

PAID, FAILED, UNKNOWN, BLOCKED = Outcome.PAID, Outcome.FAILED, Outcome.UNKNOWN, Outcome.BLOCKED
HASH = "ab" * 32
SETTLED = {"settled_count": 1, "debited_sats": 1003, "invoice_amount_sats": 1000, "payment_hash": HASH}
UNPAID = {"settled_count": 0, "debited_sats": 0, "invoice_amount_sats": 1000, "payment_hash": HASH}
BY_TWO = (FaultSeen(kind="two_processes", method=None, fired=1),)
CLAIMED = {"amount_sats": 1000, "fee_sats": 3, "payment_hash": HASH, "preimage_sha256": HASH}


def attempt(outcome: Outcome, ledger: dict[str, Any], **changes: Any) -> Attempt:
    claim = CLAIMED if outcome is PAID else {}
    fields = {"ledger": ledger, "claim": claim, **changes}
    return under_fault(Run(WORKERD), "workerd", "delay.RequestSwap", outcome, **fields)


CASES: list[tuple[Outcome, dict[str, Any], dict[str, Any], Ending]] = [
    # outcome, ledger, further changes, ending
    (PAID, SETTLED, {}, Ending.PAID_ONCE),
    (PAID, SETTLED, {"claim": {**CLAIMED, "fee_sats": None}}, Ending.PAID_ONCE),
    (PAID, SETTLED, {"asks": asks(PAID, PAID)}, Ending.PAID_ONCE),
    (FAILED, UNPAID, {}, Ending.RETURNED),
    (BLOCKED, UNPAID, {}, Ending.RETURNED),
    (FAILED, UNPAID, {"asks": asks(FAILED, FAILED)}, Ending.RETURNED),
    (PAID, SETTLED, {"asks": asks(UNKNOWN, PAID)}, Ending.RECONCILED),
    (PAID, SETTLED, {"asks": asks(UNKNOWN, UNKNOWN, UNKNOWN, PAID)}, Ending.RECONCILED),
    (FAILED, UNPAID, {"asks": asks(UNKNOWN, FAILED)}, Ending.RECONCILED),
    # one of two processes truthfully submitted nothing; but that neither knows of the payment is a lie
    (PAID, SETTLED, {"asks": asks(FAILED, PAID), "faults": BY_TWO}, Ending.PAID_ONCE),
    (FAILED, SETTLED, {"asks": asks(FAILED, FAILED), "faults": BY_TWO}, Ending.LOST),
    (PAID, {**SETTLED, "debited_sats": 2006}, {"asks": asks(FAILED, PAID), "faults": BY_TWO}, Ending.DOUBLE_DEBIT),
    (UNKNOWN, UNPAID, {}, Ending.UNKNOWN),
    (UNKNOWN, SETTLED, {"asks": asks(UNKNOWN, UNKNOWN)}, Ending.UNKNOWN),
    (UNKNOWN, {**UNPAID, "locked_sats": 1003}, {}, Ending.UNKNOWN),
    (PAID, {**SETTLED, "settled_count": 2, "debited_sats": 2006}, {}, Ending.DOUBLE_DEBIT),
    (PAID, {**SETTLED, "debited_sats": 2006}, {}, Ending.DOUBLE_DEBIT),
    (PAID, {**SETTLED, "debited_sats": 2000}, {}, Ending.DOUBLE_DEBIT),
    (FAILED, {**UNPAID, "debited_sats": 2006}, {}, Ending.DOUBLE_DEBIT),
    (UNKNOWN, {**SETTLED, "debited_sats": 2006}, {}, Ending.DOUBLE_DEBIT),
    (UNKNOWN, {**SETTLED, "settled_count": 2}, {}, Ending.DOUBLE_DEBIT),
    (FAILED, SETTLED, {}, Ending.LOST),
    (BLOCKED, SETTLED, {}, Ending.LOST),
    (FAILED, {**UNPAID, "settled_count": 1}, {}, Ending.LOST),
    (FAILED, {**UNPAID, "debited_sats": 1}, {}, Ending.LOST),
    (FAILED, SETTLED, {"asks": asks(UNKNOWN, FAILED)}, Ending.LOST),
    (FAILED, {**UNPAID, "locked_sats": 1003}, {}, Ending.LOST),
    (PAID, {**SETTLED, "locked_sats": 5}, {}, Ending.LOST),
    (PAID, SETTLED, {"asks": asks(FAILED, PAID)}, Ending.LOST),
    (PAID, SETTLED, {"asks": asks(UNKNOWN, FAILED, PAID)}, Ending.LOST),
    (PAID, SETTLED, {"asks": asks(FAILED, PAID, code="idempotency_conflict")}, Ending.PAID_ONCE),
    (PAID, {**SETTLED, "debited_sats": 1002}, {}, Ending.LOST),
    (PAID, {**SETTLED, "debited_sats": 1004}, {}, Ending.LOST),
    (PAID, UNPAID, {}, Ending.LOST),
    (PAID, {**UNPAID, "debited_sats": 1003}, {}, Ending.LOST),
    (PAID, {**SETTLED, "supply_ok": False}, {}, Ending.LOST),
    (UNKNOWN, {**UNPAID, "supply_ok": False}, {}, Ending.LOST),
    (FAILED, {**UNPAID, "debited_sats": -1}, {}, Ending.LOST),
    (UNKNOWN, {**UNPAID, "debited_sats": -1}, {}, Ending.LOST),
]


@pytest.mark.parametrize(("outcome", "ledger", "changes", "ending"), CASES)
def test_each_case(outcome: Outcome, ledger: dict[str, Any], changes: dict[str, Any], ending: Ending) -> None:
    found = read(attempt(outcome, ledger, **changes))
    assert found.ending is ending
    assert bool(found.why) is (ending in BAD)


def test_without_a_ledger_nothing_was_seen() -> None:
    assert read(dataclasses.replace(attempt(PAID, SETTLED), ledger=None)).ending is Ending.UNSEEN


@pytest.mark.parametrize(
    ("outcome", "ledger", "changes", "says"),
    [
        (FAILED, SETTLED, {}, "the driver says failed, the ledger debited 1003 sat"),
        (PAID, {**SETTLED, "debited_sats": 2006}, {}, "the ledger debited 2006 sat for an invoice of 1000 sat"),
        (FAILED, {**UNPAID, "locked_sats": 8}, {}, "the driver says failed, and 8 sat are still locked after"),
        (PAID, SETTLED, {"asks": asks(FAILED, PAID)}, "ask 1 of 2 was answered failed (payment_failed), the ledger"),
        (FAILED, {**UNPAID, "debited_sats": -7}, {}, "the wallet holds 7 sat more than before"),
    ],
)
def test_what_is_wrong_is_said(outcome: Outcome, ledger: dict[str, Any], changes: dict[str, Any], says: str) -> None:
    assert says in read(attempt(outcome, ledger, **changes)).why


@given(
    outcome=st.sampled_from(Outcome),
    before=st.lists(st.sampled_from(Outcome), max_size=3),
    settled=st.integers(0, 3),
    debited=st.integers(-2000, 5000),
    locked=st.integers(0, 2),
    supply_ok=st.booleans(),
)
def test_a_good_ending_means_that_the_money_is_where_it_ought_to_be(
    *, outcome: Outcome, before: list[Outcome], settled: int, debited: int, locked: int, supply_ok: bool
) -> None:
    told = tuple(Ask(outcome=o, code=None, wall_s=0.0) for o in (*before, outcome))
    sound = attempt(PAID, SETTLED)
    ledger = LedgerEntry(
        payment_hash=HASH,
        invoice_amount_sats=1000,
        settled_count=settled,
        debited_sats=debited,
        locked_sats=locked,
        balance_sats=0,
        supply_ok=supply_ok,
    )
    claim = Claim(amount_sats=1000, fee_sats=3)
    found = read(dataclasses.replace(sound, outcome=outcome, asks=told, ledger=ledger, claim=claim)).ending
    if found in GOOD:
        assert supply_ok
        assert locked == 0
        assert (outcome is PAID, settled, debited) in ((True, 1, 1003), (False, 0, 0))
        assert outcome is not UNKNOWN
    if found is Ending.UNKNOWN:
        assert settled <= 1
        assert 0 <= debited < 2000
