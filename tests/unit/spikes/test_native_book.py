"""The native driver's payment book: one payment for an id, one id for an invoice, over restarts too."""

from __future__ import annotations

from pathlib import Path

import pytest

from spikes.drivers.native.book import Entry, PaymentBook, State, payment_fingerprint
from spikes.drivers.native.failures import WalletError

HASH, OTHER_HASH = "aa" * 32, "bb" * 32


def submitted(book: PaymentBook, request_id: str = "id-1", payment_hash: str = HASH, at_s: float = 100.0) -> Entry:
    return book.submit(request_id, "print", payment_hash, 5_000, at_s)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "payments.jsonl"


def test_nothing_is_known_of_a_new_payment(path: Path) -> None:
    assert PaymentBook(path).find("id-1", "print", HASH) is None


def test_the_same_request_while_it_is_being_paid_is_in_flight(path: Path) -> None:
    book = PaymentBook(path)
    submitted(book)
    with pytest.raises(WalletError) as refused:
        book.find("id-1", "print", HASH)
    assert refused.value.code == "idempotency_in_flight"


def test_an_id_belongs_to_one_payment_and_an_invoice_to_one_id(path: Path) -> None:
    book = PaymentBook(path)
    submitted(book).in_flight = False
    for request_id, fingerprint, payment_hash in (
        ("id-1", "another print", HASH),
        ("id-1", "another print", OTHER_HASH),
        ("id-2", "print", HASH),
    ):
        with pytest.raises(WalletError) as refused:
            book.find(request_id, fingerprint, payment_hash)
        assert refused.value.code == "idempotency_conflict"


@pytest.mark.parametrize("state", [None, State.PAID, State.FAILED])
def test_what_was_submitted_is_remembered_by_the_next_process(path: Path, state: State | None) -> None:
    book = PaymentBook(path)
    entry = submitted(book)
    if state is not None:
        book.settle(entry, state)
    again = PaymentBook(path).find("id-1", "print", HASH)
    assert again is not None
    assert again.state is (state or State.SUBMITTED)
    assert not again.in_flight


def test_a_withdrawn_id_is_as_good_as_new(path: Path) -> None:
    book = PaymentBook(path)
    book.withdraw(submitted(book))
    assert book.find("id-1", "other print", OTHER_HASH) is None
    assert PaymentBook(path).find("id-2", "print", HASH) is None


def test_a_line_cut_by_a_kill_is_dropped_and_the_book_goes_on(path: Path) -> None:
    book = PaymentBook(path)
    submitted(book)
    with path.open("a") as file:
        file.write('{"request_id": "id-2", "finger')
    again = PaymentBook(path)
    assert again.find("id-2", "print", OTHER_HASH) is None
    submitted(again, "id-3", OTHER_HASH)
    assert PaymentBook(path).find("id-3", "print", OTHER_HASH) is not None


def test_unknown_payments_count_as_spent_and_failed_ones_do_not(path: Path) -> None:
    book = PaymentBook(path)
    submitted(book, "id-1", "01" * 32, at_s=100.0)
    book.settle(submitted(book, "id-2", "02" * 32, at_s=110.0), State.PAID)
    book.settle(submitted(book, "id-3", "03" * 32, at_s=120.0), State.FAILED)
    assert book.spent_msats(0.0) == 10_000
    assert book.spent_msats(105.0) == 5_000


def test_the_file_holds_no_invoice(path: Path) -> None:
    invoice = "lnbcrt10u1made-up"
    book = PaymentBook(path)
    book.submit("id-1", payment_fingerprint(invoice, 1000, "seller"), HASH, 1000, 1.0)
    assert invoice not in path.read_text()
