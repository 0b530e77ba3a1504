"""Corrupted books are found: by each check alone, and by the ledger once a command touches what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from spikes.emulator.crypto import curve
from spikes.emulator.ledger import Ledger
from spikes.emulator.ledger_checks import InvariantBreach, check_leaf, check_locks, check_sum
from spikes.emulator.ledger_state import Leaf, LeafStatus, TransferStatus
from tests.unit.emulator import ledger_moves as moves
from tests.unit.emulator.ledger_moves import NOW, PAYMENT_HASH, PREIMAGE, lock, stocked

SOUND = moves.new_leaf("leaf", 10)
FIRST, SECOND, THIRD = SOUND.shares
OTHER = curve.point(5)


@pytest.mark.parametrize(
    ("leaf", "words"),
    [
        (replace(SOUND, value_sats=0), "worth 0 sats"),
        (replace(SOUND, value_sats=-1), "worth -1 sats"),
        (replace(SOUND, shares=(FIRST + 1, SECOND, THIRD)), "one line"),
        (replace(SOUND, shares=(FIRST, SECOND + 1, THIRD)), "one line"),
        (replace(SOUND, shares=(FIRST, SECOND, THIRD + 1)), "one line"),
        (replace(SOUND, shares=(FIRST + 1, SECOND + 1, THIRD + 1)), "do not make the operator key"),
        (replace(SOUND, operator_key=OTHER), "do not make the operator key"),
        (replace(SOUND, owner_key=OTHER), "not the verifying key"),
        (replace(SOUND, verifying_key=OTHER), "not the verifying key"),
    ],
)
def test_a_corrupted_leaf_is_a_breach(leaf: Leaf, words: str) -> None:
    check_leaf(SOUND)
    with pytest.raises(InvariantBreach, match=words):
        check_leaf(leaf)


@pytest.mark.parametrize(
    ("supply", "reserve", "paid", "words"),
    [
        (100, 89, 0, "99 sats exist"),
        (100, 91, 0, "101 sats exist"),
        (100, 80, 9, "99 sats exist"),
        (9, -1, 0, "reserve is -1"),
    ],
)
def test_a_wrong_sum_is_a_breach(supply: int, reserve: int, paid: int, words: str) -> None:
    check_sum(supply_sats=100, reserve_sats=80, lightning_paid_sats=10, leaves=[SOUND])
    with pytest.raises(InvariantBreach, match=words):
        check_sum(supply_sats=supply, reserve_sats=reserve, lightning_paid_sats=paid, leaves=[SOUND])


def test_a_lock_that_does_not_fit_is_a_breach() -> None:
    transfer = moves.incoming("transfer", moves.WALLETS[0], [SOUND])
    held, transfers = {"leaf": "transfer"}, {"transfer": transfer}
    available = replace(SOUND, status=LeafStatus.AVAILABLE)
    check_locks([SOUND], transfers, held)
    check_locks([available], transfers, {})
    with pytest.raises(InvariantBreach, match="held by transfer None"):
        check_locks([SOUND], transfers, {})
    with pytest.raises(InvariantBreach, match="is AVAILABLE but held"):
        check_locks([available], transfers, held)
    with pytest.raises(InvariantBreach, match="does not hold it"):
        check_locks([SOUND], {"transfer": replace(transfer, status=TransferStatus.COMPLETED)}, held)
    with pytest.raises(InvariantBreach, match="does not hold it"):
        check_locks([SOUND], {"transfer": replace(transfer, leaves=())}, held)


def lose_a_sat(ledger: Ledger) -> None:
    ledger.reserve_sats -= 1


def gain_a_payment(ledger: Ledger) -> None:
    ledger.lightning_paid_sats += 1


def lose_a_leaf(ledger: Ledger) -> None:
    del ledger.leaves["a1"]


def inflate_a_leaf(ledger: Ledger) -> None:
    ledger.leaves["a1"] = replace(ledger.leaves["a1"], value_sats=1000)


def shift_an_operators_share(ledger: Ledger) -> None:
    first, second, third = ledger.leaves["a0"].shares
    ledger.leaves["a0"] = replace(ledger.leaves["a0"], shares=(first, second, third + 1))


def shift_all_shares(ledger: Ledger) -> None:
    first, second, third = ledger.leaves["a0"].shares
    ledger.leaves["a0"] = replace(ledger.leaves["a0"], shares=(first + 1, second + 1, third + 1))


def swap_the_owner_key(ledger: Ledger) -> None:
    ledger.leaves["a0"] = replace(ledger.leaves["a0"], owner_key=OTHER)


CORRUPTIONS = [
    lose_a_sat,
    gain_a_payment,
    lose_a_leaf,
    inflate_a_leaf,
    shift_an_operators_share,
    shift_all_shares,
    swap_the_owner_key,
]


@pytest.mark.parametrize("corrupt", CORRUPTIONS)
def test_a_command_on_corrupted_books_is_a_breach(corrupt: Callable[[Ledger], None]) -> None:
    sound, ledger = stocked(10, 20), stocked(10, 20)
    lock(sound, "payment", "a0", 10, value_sats=9)
    corrupt(ledger)
    with pytest.raises(InvariantBreach):
        lock(ledger, "payment", "a0", 10, value_sats=9)


@pytest.mark.parametrize("corrupt", CORRUPTIONS)
def test_so_is_a_settlement_on_corrupted_books(corrupt: Callable[[Ledger], None]) -> None:
    ledger = stocked(10, 20)
    lock(ledger, "payment", "a0", 10, value_sats=9)
    corrupt(ledger)
    with pytest.raises(InvariantBreach):
        ledger.settle(PAYMENT_HASH, PREIMAGE, NOW)


def test_a_leaf_that_two_open_transfers_hold_is_a_breach() -> None:
    ledger = stocked(10, 20)
    lock(ledger, "swap", "a0", 10)
    ledger.leaves["a0"] = replace(ledger.leaves["a0"], status=LeafStatus.AVAILABLE)  # as if it had never been locked
    with pytest.raises(InvariantBreach):
        lock(ledger, "payment", "a0", 10, value_sats=9)
