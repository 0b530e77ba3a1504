"""How two testimonies make one ending."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikes.faults.ending import COUNTEREXAMPLES, SOUND, Ending, ending_of
from spikes.record import LedgerEntry, Outcome

PRICE = 1_237


def ledger(settled: int, debited: int, locked: int = 0, *, supply_ok: bool = True) -> LedgerEntry:
    return LedgerEntry(
        payment_hash="ab" * 32,
        invoice_amount_sats=1_234,
        settled_count=settled,
        debited_sats=debited,
        locked_sats=locked,
        balance_sats=0,
        supply_ok=supply_ok,
    )


@pytest.mark.parametrize(
    ("outcome", "testimony", "ending"),
    [
        (Outcome.PAID, ledger(1, PRICE), Ending.PAID_ONCE),
        (Outcome.FAILED, ledger(0, 0), Ending.RETURNED),
        (Outcome.BLOCKED, ledger(0, 0), Ending.RETURNED),
        (Outcome.UNKNOWN, ledger(0, 0), Ending.UNRESOLVED),
        (Outcome.UNKNOWN, ledger(1, PRICE), Ending.UNRESOLVED),
        (Outcome.PAID, ledger(2, 2 * PRICE), Ending.DOUBLE_DEBIT),
        (Outcome.PAID, ledger(1, 2 * PRICE), Ending.DOUBLE_DEBIT),
        (Outcome.FAILED, ledger(0, PRICE + 1), Ending.DOUBLE_DEBIT),
        (Outcome.FAILED, ledger(0, PRICE), Ending.LOST),
        (Outcome.PAID, ledger(1, 0), Ending.LOST),
        (Outcome.PAID, ledger(1, PRICE - 1), Ending.LOST),
        (Outcome.PAID, ledger(1, PRICE, supply_ok=False), Ending.LOST),
        (Outcome.FAILED, ledger(0, 0, locked=PRICE), Ending.STUCK),
        (Outcome.FAILED, ledger(1, PRICE), Ending.FALSELY_FAILED),
        (Outcome.BLOCKED, ledger(1, PRICE), Ending.FALSELY_FAILED),
        (Outcome.PAID, ledger(0, 0), Ending.FALSELY_PAID),
    ],
)
def test_endings(outcome: Outcome, testimony: LedgerEntry, ending: Ending) -> None:
    assert ending_of(outcome, testimony, PRICE) is ending


@given(st.sampled_from(Outcome), st.integers(0, 3), st.integers(-PRICE, 3 * PRICE), st.integers(0, PRICE))
def test_sound_means_that_the_money_is_where_the_answer_says(
    outcome: Outcome, settled: int, debited: int, locked: int
) -> None:
    ending = ending_of(outcome, ledger(settled, debited, locked), PRICE)
    where_it_ought_to_be = locked == 0 and (settled, debited) in ((0, 0), (1, PRICE))
    assert (ending in COUNTEREXAMPLES) or where_it_ought_to_be
    if ending in SOUND:
        assert (outcome is Outcome.PAID) == (settled == 1)
