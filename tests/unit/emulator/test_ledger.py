"""The ledger's promises after every command of any sequence, checked without the ledger's own checks."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis.stateful import invariant

from spikes.emulator.archive_file import FileArchive
from spikes.emulator.crypto import curve, feldman
from spikes.emulator.ledger import Ledger
from spikes.emulator.ledger_history import HistoryQuery
from spikes.emulator.ledger_rules import LedgerError
from spikes.emulator.ledger_state import (
    OPEN,
    Balance,
    HtlcStatus,
    Leaf,
    LeafStatus,
    TransferKind,
    TransferStatus,
)
from tests.unit.emulator import ledger_moves as moves
from tests.unit.emulator.ledger_books import SUPPLY_SATS
from tests.unit.emulator.ledger_machine import (
    CLAIM_FLAWS,
    HASHES,
    HTLC_FLAWS,
    ISSUE_FLAWS,
    LOCK_FLAWS,
    SWAP_FLAWS,
    LedgerMachine,
)
from tests.unit.emulator.ledger_moves import NOW, PAYMENT_HASH, PREIMAGE, PROVIDER, WALLETS, lock, sent, stocked

ALICE = WALLETS[0]


class LedgerPromises(LedgerMachine):
    """What must hold after every command."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: dict[str, Leaf] = {}

    @invariant()
    def the_supply_is_constant(self) -> None:
        live = sum(leaf.value_sats for leaf in self.ledger.leaves.values())
        assert self.ledger.reserve_sats + self.ledger.lightning_paid_sats + live == SUPPLY_SATS
        assert (self.ledger.reserve_sats, self.ledger.lightning_paid_sats) == (
            self.books.reserve_sats,
            self.books.paid_sats,
        )

    @invariant()
    def every_leafs_keys_add_up(self) -> None:
        for leaf in (*self.ledger.leaves.values(), *self.ledger.retired.values()):
            if self._seen.get(leaf.id) is leaf:
                continue  # values are immutable: seen once is seen for good
            for left_out in (1, 2, 3):
                shares = {i: share for i, share in enumerate(leaf.shares, start=1) if i != left_out}
                assert curve.point(feldman.reconstruct(shares)) == leaf.operator_key
            assert leaf.owner_key == curve.point(self.books.secret[leaf.id])
            assert curve.add(leaf.operator_key, leaf.owner_key) == leaf.verifying_key
            assert leaf.value_sats == self.books.worth[leaf.id]
            self._seen[leaf.id] = leaf

    @invariant()
    def leaves_are_where_they_should_be(self) -> None:
        leaves = self.ledger.leaves
        assert {leaf.id: leaf.owner for leaf in leaves.values()} == self.books.owner
        assert {leaf.id for leaf in leaves.values() if leaf.status is LeafStatus.LOCKED} == set(self.books.locked_in)
        assert not set(leaves) & set(self.ledger.retired)
        for leaf_id in {*leaves, *self.ledger.retired}:
            assert self.ledger.leaf(leaf_id) == (leaves.get(leaf_id) or self.ledger.retired[leaf_id])

    @invariant()
    def a_leaf_is_in_one_open_transfer_at_most(self) -> None:
        held = [
            (entry.leaf_id, transfer.id)
            for transfer in self.ledger.transfers.values()
            if transfer.status in OPEN
            for entry in transfer.leaves
        ]
        assert sorted(held) == sorted(self.books.locked_in.items())

    @invariant()
    def transfers_are_as_they_were_made(self) -> None:
        transfers = self.ledger.transfers
        assert {name: (t.status, t.kind, t.sender, t.receiver, t.total_sats) for name, t in transfers.items()} == {
            name: (k.status, k.kind, k.sender, k.receiver, k.total_sats) for name, k in self.books.transfers.items()
        }
        assert all(name == transfer.id for name, transfer in transfers.items())
        pending = [t for t in transfers.values() if t.status is TransferStatus.PENDING]
        assert sorted(t.id for t in self.ledger.pending()) == sorted(t.id for t in pending)

    @invariant()
    def a_payment_hash_is_settled_at_most_once(self) -> None:
        assert self.ledger.settled_counts == Counter(self.books.settled)
        assert all(count == 1 for count in self.ledger.settled_counts.values())
        for payment_hash in HASHES:
            tries = [htlc for htlc in self.ledger.htlcs.values() if htlc.payment_hash == payment_hash]
            assert sum(htlc.status is not HtlcStatus.RETURNED for htlc in tries) <= 1
            shown = [htlc.preimage for htlc in tries if htlc.preimage is not None]
            assert len(shown) == self.ledger.settled_counts.get(payment_hash, 0)
            assert all(hashlib.sha256(preimage).digest() == payment_hash for preimage in shown)

    @invariant()
    def balances_are_sums(self) -> None:
        for who in WALLETS:
            mine = [leaf for leaf, owner in self.books.owner.items() if owner == who]
            known = self.books.transfers.items()
            claimable = [name for name, k in known if k.receiver == who and k.status is TransferStatus.CLAIMABLE]
            assert self.ledger.balance(who) == Balance(
                available_sats=sum(self.books.worth[leaf] for leaf in self.books.free(who)),
                locked_sats=sum(self.books.worth[leaf] for leaf in mine if leaf in self.books.locked_in),
                incoming_sats=sum(self.books.transfers[name].total_sats for name in claimable),
                leaves=len(mine),
            )
            assert [transfer.id for transfer in self.ledger.claimable(who)] == claimable
            assert [t.id for t in self.ledger.find(HistoryQuery(wallet=who))] == [
                name for name, k in known if who in (k.sender, k.receiver)
            ]

    @invariant()
    def every_success_is_counted(self) -> None:
        assert self.ledger.sequence == self.committed


TestLedger = LedgerPromises.TestCase
TestLedger.settings = settings(max_examples=120, stateful_step_count=40, deadline=None)


@pytest.fixture
def machine() -> LedgerPromises:
    """One payment and one swap are open; every command checks by itself that it was refused or carried out rightly."""
    begun = LedgerPromises()
    begun.begin_in_the_middle()
    return begun


FIRST = 1  # picks the first transfer that fits the command


@pytest.mark.parametrize("flaw", [None, *ISSUE_FLAWS])
def test_a_flawed_issue_is_refused(machine: LedgerPromises, flaw: str | None) -> None:
    committed = machine.committed
    machine.issue(ALICE, [5, 6], flaw)
    assert machine.committed - committed == (flaw is None)


@pytest.mark.parametrize("flaw", [None, *CLAIM_FLAWS])
def test_a_flawed_claim_is_refused(machine: LedgerPromises, flaw: str | None) -> None:
    machine.issue(ALICE, [5, 6], None)
    committed = machine.committed
    machine.claim(FIRST, flaw)
    assert machine.committed - committed == (flaw is None)


@pytest.mark.parametrize("payment", [None, HASHES[1]])
@pytest.mark.parametrize("flaw", [None, *LOCK_FLAWS])
def test_a_flawed_lock_is_refused(machine: LedgerPromises, payment: bytes | None, flaw: str | None) -> None:
    committed = machine.committed
    machine.lock(ALICE, 2, payment, flaw, None)
    assert machine.committed - committed == (flaw is None)


@pytest.mark.parametrize("flaw", HTLC_FLAWS)
def test_a_flawed_hash_lock_is_refused(machine: LedgerPromises, flaw: str) -> None:
    committed = machine.committed
    machine.lock(ALICE, 2, HASHES[1], flaw, None)
    assert machine.committed == committed


def test_a_leaf_that_is_taken_cannot_be_locked(machine: LedgerPromises) -> None:
    committed = machine.committed
    for leaf in range(len(machine.books.worth)):
        if list(machine.books.worth)[leaf] not in machine.books.free(ALICE):
            machine.lock(ALICE, 1, None, None, leaf)
    assert machine.committed == committed


def test_a_preimage_settles_its_payment_once(machine: LedgerPromises) -> None:
    committed = machine.committed
    machine.settle(FIRST, 0)  # the preimage of another payment
    assert machine.committed == committed
    machine.settle(FIRST, 1)
    assert machine.committed == committed + 1
    machine.settle(0, 1)
    machine.give_back(0)
    assert machine.committed == committed + 1


@pytest.mark.parametrize("flaw", [None, *SWAP_FLAWS])
def test_a_flawed_swap_is_refused(machine: LedgerPromises, flaw: str | None) -> None:
    machine.give_back(FIRST)  # the payment: the swap is the only pending transfer then
    committed = machine.committed
    machine.swap(FIRST, 50, flaw)
    assert machine.committed - committed == (flaw is None)


def test_a_claim_gives_the_receiver_the_refunds_it_signed() -> None:
    ledger = stocked(10)
    (leaf,) = ledger.owned(ALICE)
    assert (leaf.owner, leaf.status, leaf.refunds) == (ALICE, LeafStatus.AVAILABLE, moves.REFUNDS)
    assert leaf.owner_key == curve.point(moves.secret(leaf.id))


def test_the_fee_stays_with_the_provider() -> None:
    ledger = stocked(100)
    lock(ledger, "payment", "a0", 100, value_sats=95)
    ledger.settle(PAYMENT_HASH, PREIMAGE, NOW)
    assert (ledger.reserve_sats, ledger.lightning_paid_sats) == (SUPPLY_SATS - 95, 95)
    assert ledger.owned(ALICE) == []
    assert ledger.retired["a0"].owner == PROVIDER
    assert [entry.tweak for entry in ledger.transfers["payment"].leaves] == [None]


def test_a_payment_that_was_returned_keeps_its_record_when_it_is_tried_again() -> None:
    ledger = stocked(100, 100)
    lock(ledger, "first", "a0", 100, value_sats=95)
    ledger.give_back("first", NOW + 1)
    lock(ledger, "second", "a1", 100, value_sats=95)
    ledger.settle(PAYMENT_HASH, PREIMAGE, NOW + 2)
    states = {name: (htlc.status, htlc.preimage) for name, htlc in ledger.htlcs.items()}
    assert states == {"first": (HtlcStatus.RETURNED, None), "second": (HtlcStatus.SETTLED, PREIMAGE)}
    assert [leaf.id for leaf in ledger.owned(ALICE)] == ["a0"]


def test_a_returned_leaf_is_unchanged_but_for_its_time() -> None:
    ledger = stocked(100)
    before = ledger.leaves["a0"]
    lock(ledger, "payment", "a0", 100, value_sats=95)
    ledger.give_back("payment", NOW + 1)
    assert ledger.leaves["a0"] == replace(before, updated_at=NOW + 1)


def test_a_leaf_whose_owner_changed_is_nobody_elses() -> None:
    ledger = stocked(10)
    assert (ledger.owned(PROVIDER), ledger.claimable(ALICE), ledger.pending()) == ([], [], [])
    assert ledger.identities() == [ALICE]
    assert ledger.balance(WALLETS[1]) == Balance(available_sats=0, locked_sats=0, incoming_sats=0, leaves=0)


def test_the_provider_is_an_owner_like_any_other() -> None:
    ledger = Ledger(provider=PROVIDER, supply_sats=SUPPLY_SATS, history=FileArchive())
    leaf = moves.new_leaf("own", 100)
    ledger.issue(moves.incoming("funding", PROVIDER, [leaf]), [leaf])
    ledger.claim("funding", {"own": moves.claimed(moves.owner_secret("own"), moves.secret("own"))}, NOW)
    assert [held.id for held in ledger.owned(PROVIDER)] == ["own"]
    ledger.lock(
        moves.outgoing("payment", PROVIDER, [sent("own")], 100, TransferKind.PREIMAGE_SWAP),
        moves.hash_lock(PAYMENT_HASH, "payment", 95),
    )
    ledger.settle(PAYMENT_HASH, PREIMAGE, NOW)
    assert ledger.owned(PROVIDER) == []
    assert [transfer.id for transfer in ledger.find(HistoryQuery(wallet=PROVIDER))] == ["funding", "payment"]


@pytest.mark.parametrize("kind", [TransferKind.TRANSFER, TransferKind.PRIMARY_SWAP, TransferKind.COUNTER_SWAP])
def test_a_hash_lock_belongs_to_a_lightning_payment_only(kind: TransferKind) -> None:
    """Else the leaves of a hash-locked swap could be taken twice: once by the swap and once by the preimage."""
    ledger = stocked(100)
    transfer = moves.outgoing("crossed", ALICE, [sent("a0")], 100, kind)
    with pytest.raises(LedgerError):
        ledger.lock(transfer, moves.hash_lock(PAYMENT_HASH, "crossed", 95))
