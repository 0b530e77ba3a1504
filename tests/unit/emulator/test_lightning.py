"""The payee's node: it issues invoices that clients can read, and takes each payment once and in full."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikes.emulator import bolt11
from spikes.emulator.archive_file import FileArchive
from spikes.emulator.clock import ManualClock
from spikes.emulator.crypto import curve
from spikes.emulator.entropy import Entropy
from spikes.emulator.identities import KeyPair
from spikes.emulator.lightning import MAX_AMOUNT_SATS, InvoiceState, LightningError, LightningNode

START = 1_800_000_000.0


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def node(clock: ManualClock) -> LightningNode:
    return LightningNode(keys=KeyPair.of(7), entropy=Entropy(1), clock=clock, archive=FileArchive())


def state_of(node: LightningNode, payment_hash: bytes) -> InvoiceState:
    found = node.find(payment_hash)
    assert found is not None
    return found.state


@pytest.mark.parametrize("amount_sats", [1, 999, MAX_AMOUNT_SATS])
def test_an_invoice_says_what_was_asked_for(node: LightningNode, amount_sats: int) -> None:
    issued = node.issue(amount_sats, "tea", 60)
    read = bolt11.decode(issued.text)
    assert (bolt11.amount_sats(read), read.description, read.expiry_s) == (amount_sats, "tea", 60)
    assert (read.network_prefix, read.payee, read.timestamp) == ("bcrt", curve.point(7), START)
    assert read.payment_hash == issued.payment_hash == hashlib.sha256(issued.preimage).digest()
    assert (issued.expires_at, issued.state) == (START + 60, InvoiceState.OPEN)


def test_no_two_invoices_share_a_secret(node: LightningNode) -> None:
    issued = [node.issue(5) for _ in range(10)]
    assert len({invoice.preimage for invoice in issued}) == 10
    assert len({bolt11.decode(invoice.text).payment_secret for invoice in issued}) == 10


ORDERS = st.lists(st.tuples(st.sampled_from(("", "tea", "10/x")), st.sampled_from((1, 10))), max_size=12)


@given(orders=ORDERS.flatmap(lambda orders: st.tuples(st.just(orders), st.permutations(orders))))
@settings(deadline=None, max_examples=30)
def test_secrets_do_not_depend_on_what_else_is_ordered(
    orders: tuple[list[tuple[str, int]], list[tuple[str, int]]],
) -> None:
    """The n-th invoice of a memo and amount has the same payment hash, whichever order others come in."""
    hashes: list[list[tuple[str, int, bytes]]] = []
    for ordered in orders:
        clock = ManualClock(START + len(hashes))
        node = LightningNode(keys=KeyPair.of(7), entropy=Entropy(1), clock=clock, archive=FileArchive(at_hand=2))
        issued = [(memo, amount, node.issue(amount, memo).payment_hash) for memo, amount in ordered]
        assert len({payment_hash for _, _, payment_hash in issued}) == len(issued)
        hashes.append(sorted(issued, key=lambda invoice: invoice[:2]))  # stable: in the order of each kind
    assert hashes[0] == hashes[1]


@pytest.mark.parametrize("amount_sats", [0, -1, MAX_AMOUNT_SATS + 1])
def test_an_amount_that_makes_no_sense_is_refused(node: LightningNode, amount_sats: int) -> None:
    with pytest.raises(LightningError, match=f"amount_sats must be 1 to {MAX_AMOUNT_SATS}, got {amount_sats}"):
        node.issue(amount_sats)


@pytest.mark.parametrize("expiry_s", [0, -1, 365 * 86400 + 1])
def test_a_lifetime_that_makes_no_sense_is_refused(node: LightningNode, expiry_s: int) -> None:
    with pytest.raises(LightningError, match=f"expiry_s must be 1 to 31536000, got {expiry_s}"):
        node.issue(5, expiry_s=expiry_s)


def test_a_payment_is_taken_once(node: LightningNode) -> None:
    issued = node.issue(5)
    assert node.settle(issued.payment_hash, 5) == issued.preimage
    assert state_of(node, issued.payment_hash) is InvoiceState.SETTLED
    with pytest.raises(LightningError, match="the invoice is settled"):
        node.settle(issued.payment_hash, 5)


@pytest.mark.parametrize("amount_sats", [4, 6, 0])
def test_a_payment_of_another_amount_is_refused(node: LightningNode, amount_sats: int) -> None:
    issued = node.issue(5)
    with pytest.raises(LightningError, match=f"asks for 5 sats, not {amount_sats}"):
        node.settle(issued.payment_hash, amount_sats)
    assert state_of(node, issued.payment_hash) is InvoiceState.OPEN


def test_a_payment_for_a_hash_that_is_not_ours_is_refused(node: LightningNode) -> None:
    assert node.find(bytes(32)) is None
    with pytest.raises(LightningError, match="not of this network"):
        node.settle(bytes(32), 5)
    node.fail(bytes(32))
    assert node.find(bytes(32)) is None


def test_an_invoice_that_failed_may_be_paid_until_it_expires(node: LightningNode, clock: ManualClock) -> None:
    first, second = node.issue(5, expiry_s=60), node.issue(6, expiry_s=60)
    for issued in (first, second):
        node.fail(issued.payment_hash)
        assert state_of(node, issued.payment_hash) is InvoiceState.FAILED
    assert node.settle(first.payment_hash, 5) == first.preimage
    clock.advance(60)
    with pytest.raises(LightningError, match="the invoice is expired"):
        node.settle(second.payment_hash, 6)


def test_what_was_paid_stays_paid(node: LightningNode, clock: ManualClock) -> None:
    issued = node.issue(5, expiry_s=60)
    node.settle(issued.payment_hash, 5)
    node.fail(issued.payment_hash)
    clock.advance(1000)
    assert state_of(node, issued.payment_hash) is InvoiceState.SETTLED


@pytest.mark.parametrize("amount_msats", [1, 10**18 - 1, 10**18 + 1, 21 * 10**17, 21 * 10**17 - 1])
def test_an_amount_that_can_be_written_can_be_read(amount_msats: int) -> None:
    """Up to all bitcoin there will be, which takes 20 digits in pico-bitcoin."""
    invoice = bolt11.Invoice(
        network_prefix="bcrt",
        amount_msats=amount_msats,
        timestamp=int(START),
        payment_hash=bytes(32),
        payment_secret=bytes(32),
        description="",
        expiry_s=60,
        min_final_cltv=18,
        payee=curve.point(7),
    )
    assert bolt11.decode(bolt11.encode(invoice, 7)).amount_msats == amount_msats
