"""The native driver's payment book: one submission for an id, one id for an invoice, over restarts and crashes too."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from spikes.drivers.native.book import Entry, PaymentBook, Seen, State, payment_fingerprint
from spikes.drivers.native.failures import WalletError

HASH, OTHER_HASH = "aa" * 32, "bb" * 32
LIMIT_S, WINDOW_S = 100.0, 50.0


class Clock:
    """A time that stands still until it is moved."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "payments.sqlite"


@pytest.fixture
def book(path: Path, clock: Clock) -> PaymentBook:
    return another(path, clock)


def another(path: Path, clock: Clock) -> PaymentBook:
    """The book of another process on the same file, or of the next one."""
    return PaymentBook(path, in_flight_limit_s=LIMIT_S, window_s=WINDOW_S, now_s=clock)


def opened(book: PaymentBook, request_id: str = "id-1", payment_hash: str = HASH) -> Entry:
    return book.open(request_id, "print", payment_hash, 5_000)


def submitted(book: PaymentBook, request_id: str = "id-1", payment_hash: str = HASH) -> Entry:
    entry = opened(book, request_id, payment_hash)
    book.mark_submitted(entry)
    return entry


def paid(spent_msats: int) -> dict[str, Any]:
    return {"spent": spent_msats, "receipt": {"digest": "d"}}


def refusal(code: str) -> Any:
    return pytest.raises(WalletError, check=lambda error: error.code == code)


def seen(book: PaymentBook, request_id: str = "id-1") -> Seen | None:
    view = book.view(request_id)
    return None if view is None else view.state


def test_from_first_to_last(book: PaymentBook) -> None:
    assert seen(book) is None
    entry = opened(book)
    assert (entry.state, seen(book)) == (State.IN_FLIGHT, Seen.APPROVED)
    with refusal("idempotency_in_flight"):
        opened(book)
    book.mark_submitted(entry)
    assert seen(book) is Seen.IN_FLIGHT
    assert book.settle_paid(entry, paid).paid == paid(5_000)
    assert opened(book).paid == paid(5_000)
    view = book.view("id-1")
    assert view is not None
    assert (view.state, view.paid) == (Seen.PAID, paid(5_000))


def test_an_id_belongs_to_one_payment_and_an_invoice_to_one_id_that_has_not_failed(book: PaymentBook) -> None:
    entry = submitted(book)
    book.mark_unknown(entry, submitted=True)
    for request_id, fingerprint, payment_hash in (
        ("id-1", "another print", HASH),
        ("id-1", "another print", OTHER_HASH),
        ("id-2", "print", HASH),
    ):
        with refusal("idempotency_conflict"):
            book.open(request_id, fingerprint, payment_hash, 5_000)
    book.settle_failed(entry)
    assert opened(book, "id-2").state is State.IN_FLIGHT


def test_what_was_submitted_is_unknown_to_the_next_process_and_paid_by_nobody(
    book: PaymentBook, path: Path, clock: Clock
) -> None:
    entry = submitted(book)
    reborn = another(path, clock)
    assert seen(reborn) is Seen.IN_FLIGHT
    assert opened(reborn).state is State.UNKNOWN
    assert seen(reborn) is Seen.UNKNOWN
    book.mark_submitted(entry)  # it was alive, and chooses other leaves
    assert seen(reborn) is Seen.IN_FLIGHT


@pytest.mark.parametrize("later_s", [0.0, LIMIT_S])
def test_what_was_not_submitted_is_taken_over_and_the_other_is_fenced_off(
    book: PaymentBook, path: Path, clock: Clock, later_s: float
) -> None:
    first = opened(book)
    clock.now_s += later_s
    second_book = another(path, clock) if later_s == 0 else book  # its own, when its time is up
    second = opened(second_book)
    assert (second.state, second.attempt != first.attempt) == (State.IN_FLIGHT, True)
    with refusal("idempotency_in_flight"):
        book.mark_submitted(first)
    book.mark_unknown(first, submitted=True)
    known = book.release(first)
    assert known is not None
    assert known.attempt == second.attempt
    second_book.mark_submitted(second)
    assert seen(book) is Seen.IN_FLIGHT


def test_a_submitted_request_past_its_deadline_is_unknown(book: PaymentBook, clock: Clock) -> None:
    submitted(book)
    clock.now_s += LIMIT_S
    assert seen(book) is Seen.UNKNOWN
    assert opened(book).state is State.UNKNOWN


def test_not_known_how_it_ended(book: PaymentBook) -> None:
    entry = opened(book)
    book.mark_unknown(entry, submitted=False)
    assert seen(book) is None, "it was not even submitted"
    with refusal("idempotency_in_flight"):
        book.mark_submitted(entry)
    entry = opened(book)
    book.mark_unknown(entry, submitted=True)
    assert seen(book) is Seen.UNKNOWN
    assert opened(book).submitted_at_s is not None
    marked = submitted(book, "id-2", OTHER_HASH)
    book.mark_unknown(marked, submitted=False)
    assert seen(book, "id-2") is Seen.UNKNOWN


def test_a_released_id_is_as_good_as_new(book: PaymentBook) -> None:
    entry = opened(book)
    assert book.release(entry) is None
    assert book.open("id-1", "other print", OTHER_HASH, 5_000).state is State.IN_FLIGHT
    assert opened(book, "id-2").state is State.IN_FLIGHT


def test_lost_only_while_the_mark_is_the_one_that_was_seen(book: PaymentBook, path: Path, clock: Clock) -> None:
    entry = submitted(book)
    reborn = another(path, clock)
    looked_at = opened(reborn)
    clock.now_s += 1
    book.mark_submitted(entry)
    with refusal("idempotency_in_flight"):
        reborn.settle_failed(looked_at, lost=True)
    assert reborn.settle_failed(opened(reborn), lost=True).state is State.FAILED
    with refusal("idempotency_in_flight"):
        book.mark_submitted(entry)


def test_proof_replaces_failed_and_nothing_replaces_the_proof(book: PaymentBook, clock: Clock) -> None:
    entry = submitted(book)
    assert book.settle_failed(entry).state is State.FAILED
    clock.now_s += WINDOW_S
    assert book.settle_paid(entry, paid).paid == paid(5_000), "it counts again"
    assert book.settle_failed(entry).state is State.PAID
    assert book.settle_paid(entry, lambda _: {"another": 1}).paid == paid(5_000)
    assert book.release(entry) is not None


def test_the_window_holds_what_was_paid_lately_and_whatever_is_open_however_old(
    book: PaymentBook, clock: Clock
) -> None:
    book.settle_paid(submitted(book, "id-1", "01" * 32), paid)
    book.settle_failed(submitted(book, "id-2", "02" * 32))
    book.mark_unknown(submitted(book, "id-3", "03" * 32), submitted=True)
    assert book.spent_msats() == 10_000
    clock.now_s += WINDOW_S
    assert book.spent_msats() == 5_000
    clock.now_s += 10**9
    assert book.spent_msats() == 5_000


def test_a_limit_is_asked_with_what_the_window_holds_and_leaves_no_trace(book: PaymentBook) -> None:
    held: list[int] = []

    def full(spent_msats: int) -> None:
        held.append(spent_msats)
        raise WalletError("window_cap_exceeded", "full")

    submitted(book)
    with refusal("window_cap_exceeded"):
        book.open("id-2", "print", OTHER_HASH, 5_000, full)
    assert (held, seen(book, "id-2")) == ([5_000], None)


def test_room_that_a_dead_process_held_without_submitting_is_free_again(
    book: PaymentBook, path: Path, clock: Clock
) -> None:
    opened(book, "id-1", HASH)
    submitted(book, "id-2", OTHER_HASH)
    held: list[int] = []
    reborn = another(path, clock)
    reborn.open("id-1", "print", HASH, 5_000, held.append)  # its own room does not count against it
    clock.now_s += LIMIT_S
    reborn.open("id-3", "print", "cc" * 32, 5_000, held.append)
    assert held == [5_000, 5_000]
    assert seen(reborn, "id-1") is None


def test_whatever_somebody_may_be_at_keeps_its_room(book: PaymentBook, path: Path, clock: Clock) -> None:
    opened(book)
    clock.now_s += LIMIT_S - 1
    opened(another(path, clock), "id-2", OTHER_HASH)
    assert seen(book) is Seen.APPROVED


def test_two_processes_at_once_submit_every_payment_once(path: Path, clock: Clock) -> None:
    def submit_all() -> int:
        book, mine = another(path, clock), 0
        for number in range(40):
            entry = book.open(f"id-{number}", "print", f"hash-{number}", 5_000)
            if entry.state is State.IN_FLIGHT:
                with suppress(WalletError):  # the other one has taken it over
                    book.mark_submitted(entry)
                    mine += 1
        book.close()
        return mine

    with ThreadPoolExecutor(2) as processes:
        counts = [done.result() for done in [processes.submit(submit_all) for _ in range(2)]]
    assert sum(counts) == 40


def test_the_file_is_its_owners_and_holds_no_invoice(path: Path, clock: Clock) -> None:
    invoice = "lnbcrt10u1made-up"
    book = another(path, clock)
    book.open("id-1", payment_fingerprint(invoice, 1000, "seller"), HASH, 1000)
    book.close()
    assert path.stat().st_mode & 0o777 == 0o600
    assert invoice.encode() not in path.read_bytes()


def test_a_book_that_is_no_book_is_refused(path: Path, clock: Clock) -> None:
    path.write_text("notes about something else\n" * 100)
    with pytest.raises(sqlite3.DatabaseError):
        another(path, clock)
