"""No order of events makes the native driver's book submit a request twice, or free what may have been paid.

A network that remembers, processes that crash at any point, commits whose answer is lost, and a hypothesis that chooses
what happens. One thing is taken for granted, as the driver does: a message that pays reaches the network within a time
after its mark, or never.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from spikes.drivers.native.book import Entry, PaymentBook, Seen, State
from spikes.drivers.native.failures import WalletError

PRICE, CAP = 5_000, 30_000
IN_FLIGHT_LIMIT_S, LOST_AFTER_S, FOR_EVER_S = 100.0, 10.0, 1e12
PROCESSES = st.integers(0, 1)
INVOICES = st.integers(0, 5)


class End(StrEnum):
    """What the network knows of an invoice that it was asked to pay."""

    OPEN = "open"
    PAID = "paid"
    FAILED = "failed"


class ReplyLostError(Exception):
    """It was committed, and nobody hears of it."""


@dataclass(eq=False)
class Running:
    """An attempt that a living process is at."""

    process: int
    entry: Entry
    marked_at_s: float | None = None
    sent: bool = False


class World(RuleBasedStateMachine):
    """Two processes on one file."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.now_s = 0.0
        self.books = [self.born(), self.born()]
        self.network: dict[str, tuple[str, End]] = {}  # invoice -> request and end
        self.running: list[Running] = []

    def born(self) -> PaymentBook:
        path = Path(self.folder.name) / "payments.sqlite"
        return PaymentBook(path, in_flight_limit_s=IN_FLIGHT_LIMIT_S, window_s=FOR_EVER_S, now_s=lambda: self.now_s)

    def teardown(self) -> None:
        for book in self.books:
            book.close()
        self.folder.cleanup()

    def paid_by(self, invoice: str) -> str | None:
        request, end = self.network.get(invoice, ("", End.FAILED))
        return request if end is End.PAID else None

    @rule(process=PROCESSES, number=INVOICES, which=st.integers(0, 1), lost=st.integers(0, 9))
    def ask(self, process: int, number: int, which: int, lost: int) -> None:
        request, invoice = f"request-{number}-{which}", f"invoice-{number}"

        def within_cap(spent_msats: int) -> None:
            if spent_msats + PRICE > CAP:
                raise WalletError("window_cap_exceeded", "full")

        try:
            entry = self.books[process].open(request, invoice, invoice, PRICE, within_cap)
        except WalletError:
            return
        match entry.state:
            case State.IN_FLIGHT if lost:
                self.running.append(Running(process, entry))
            case State.PAID:
                assert self.paid_by(invoice) == request
            case State.FAILED:
                assert self.paid_by(invoice) != request, "told as failed"
            case State.UNKNOWN:
                self.look_up(process, entry)
            case _:
                pass  # entered, and its process heard nothing of it

    @precondition(lambda self: self.running)
    @rule(data=st.data(), lost=st.integers(0, 9))
    def mark(self, data: st.DataObject, lost: int) -> None:
        one = data.draw(st.sampled_from(self.running))
        try:
            self.books[one.process].mark_submitted(one.entry)
            if not lost:
                raise ReplyLostError
            one.marked_at_s = self.now_s
        except (WalletError, ReplyLostError):  # the SDK gives it up
            self.running.remove(one)
            if not one.sent:
                self.books[one.process].release(one.entry)

    @precondition(lambda self: any(one.marked_at_s is not None and not one.sent for one in self.running))
    @rule(data=st.data())
    def send(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from([o for o in self.running if o.marked_at_s is not None and not o.sent]))
        assert one.marked_at_s is not None
        if self.now_s >= one.marked_at_s + LOST_AFTER_S:
            return
        known = self.network.get(one.entry.payment_hash)
        assert known is None or known[1] is End.FAILED, "submitted twice"
        self.network[one.entry.payment_hash] = (one.entry.request_id, End.OPEN)
        one.sent = True

    @precondition(lambda self: self.running)
    @rule(data=st.data(), knows=st.booleans())
    def end(self, data: st.DataObject, knows: bool) -> None:
        one = data.draw(st.sampled_from(self.running))
        self.running.remove(one)
        book = self.books[one.process]
        if one.sent and knows:
            self.look_up(one.process, one.entry)
        elif one.marked_at_s is None and knows:
            book.release(one.entry)
        else:
            book.mark_unknown(one.entry, submitted=one.marked_at_s is not None and knows)

    def look_up(self, process: int, entry: Entry) -> None:
        book, (request, end) = self.books[process], self.network.get(entry.payment_hash, ("", End.OPEN))
        if request != entry.request_id:
            if entry.submitted_at_s is not None and self.now_s >= entry.submitted_at_s + LOST_AFTER_S:
                quietly(lambda: book.settle_failed(entry, lost=True))
            return
        if end is End.PAID:
            book.settle_paid(entry, lambda spent_msats: {"spent": spent_msats})
        elif end is End.FAILED:
            book.settle_failed(entry)

    @rule(number=INVOICES, end=st.sampled_from([End.PAID, End.PAID, End.FAILED]))
    def settle(self, number: int, end: End) -> None:
        request, now = self.network.get(f"invoice-{number}", ("", End.FAILED))
        if now is End.OPEN:
            self.network[f"invoice-{number}"] = (request, end)

    @rule(process=PROCESSES)
    def crash(self, process: int) -> None:
        self.running = [one for one in self.running if one.process != process]
        self.books[process].close()
        self.books[process] = self.born()

    @rule(seconds=st.sampled_from([1.0, LOST_AFTER_S, IN_FLIGHT_LIMIT_S]))
    def time_passes(self, seconds: float) -> None:
        self.now_s += seconds

    @invariant()
    def what_may_be_paid_is_neither_forgotten_nor_called_failed(self) -> None:
        for request, end in self.network.values():
            if end is not End.FAILED:
                view = self.books[0].view(request)
                assert view is not None
                assert view.state is not Seen.FAILED

    @invariant()
    def the_window_holds_every_open_and_every_paid_satoshi(self) -> None:
        requests = [f"request-{number}-{which}" for number in range(6) for which in range(2)]
        views = [view for request in requests if (view := self.books[1].view(request))]
        holding = sum(view.state is not Seen.FAILED for view in views)
        assert self.books[0].spent_msats() == holding * PRICE <= CAP


def quietly(work: Callable[[], object]) -> None:
    """It may be refused."""
    try:
        work()
    except WalletError:
        return


TestWorld = World.TestCase
TestWorld.settings = settings(max_examples=60, stateful_step_count=60, deadline=None)
