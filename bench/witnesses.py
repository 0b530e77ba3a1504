"""Two witnesses: what a driver claims, held against what the emulator's ledger says.

Role: find every disagreement, name it and its line. Must not know: gates, thresholds, verdicts.
A debit is compared over all attempts on one payment hash, because a retry with the same idempotency key may
confirm in a second attempt what the first one paid for. UNKNOWN that turns out paid is no disagreement: it is open.
A settlement counts against an attempt only if the attempt can have caused it: it is new in the record, and money moved
or a payment call reached the network. (A cached answer may name the hash of the payment that bought it.)
An attempt of payments at once stands for several: hashes and preimages are joint digests, amounts are sums over those
that paid, and `settled_count` is 1 only if every one of them was settled once. Where not all of them paid it ends
failed or unknown, and must have claimed exactly, or at most, what the ledger debited.
An attempt that asked several times under one request id stands for one payment: its outcome and claim are those of the
last answer, and no earlier answer may have called failed what the ledger settled, or paid what the last one denies.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from bench.endings import ABOUT_THE_ID, DENIALS, denied_though_settled
from bench.evidence import Evidence, Numbered
from spikes.record import Attempt, Claim, LedgerEntry, Outcome, PaymentPath

TWO_REQUESTS = "remember_window"  # pays one, and asks for another that must be refused; the ledger names the first
SEVERAL = ("pay_at_once", "pay_at_once_one_leaf")  # experiments of which one attempt stands for several payments


@dataclass(frozen=True, kw_only=True)
class Disagreement:
    """One contradiction between driver and ledger. `money` marks a double debit, a lost or a created sat."""

    line: int
    runtime: str
    what: str  # one plain line
    money: bool


@dataclass(frozen=True, kw_only=True)
class Testimony:
    """What comparing both witnesses of one runtime gave. All numbers are record lines."""

    disagreements: tuple[Disagreement, ...]
    agreed: tuple[int, ...]  # paid, and both witnesses say so
    unconfirmed: tuple[int, ...]  # claimed paid, but a witness is missing or incomplete
    open: tuple[int, ...]  # UNKNOWN, and no later attempt on the same payment hash has reconciled it

    @cached_property
    def disputed(self) -> Mapping[int, str]:
        """The first disagreement of each line that has one."""
        return {d.line: d.what for d in reversed(self.disagreements)}

    @cached_property
    def about_money(self) -> frozenset[int]:
        """Lines on which a sat was debited twice, lost or made."""
        return frozenset(d.line for d in self.disagreements if d.money)


@dataclass
class _Books:
    """What the ledger said so far, by payment hash: settlements network-wide, debits per runtime."""

    settled: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    debited: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))


@dataclass
class _Notes:
    """A testimony in the making."""

    found: list[Disagreement] = field(default_factory=list)
    agreed: list[int] = field(default_factory=list)
    unconfirmed: list[int] = field(default_factory=list)
    pending: dict[int, None] = field(default_factory=dict)
    pending_on: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))  # by payment hash


def hear(evidence: Evidence, runtime: str) -> Testimony:
    """What both witnesses of one runtime say. Raises KeyError for a runtime that was not in the run."""
    return _hear_all(evidence)[runtime]


@lru_cache(maxsize=1)  # every gate asks, once a runtime; one pass over the record answers all of them
def _hear_all(evidence: Evidence) -> Mapping[str, Testimony]:
    books = _Books()
    notes = {pin.name: _Notes() for pin in evidence.runtimes}
    for numbered in evidence.attempts:
        new_settlements = _enter(books, numbered.value)
        _hear_one(notes[numbered.value.runtime], numbered.line, numbered.value, books, new_settlements)
    return {
        runtime: Testimony(
            disagreements=tuple(note.found),
            agreed=tuple(note.agreed),
            unconfirmed=tuple(note.unconfirmed),
            open=tuple(note.pending),
        )
        for runtime, note in notes.items()
    }


def _hear_one(note: _Notes, line: int, a: Attempt, books: _Books, new_settlements: int) -> None:
    complaints = [
        Disagreement(line=line, runtime=a.runtime, what=f"line {line}, {a.experiment}: {what}", money=money)
        for what, money in _compare(a, books, new_settlements)
    ]
    note.found += complaints
    payment_hash = a.ledger.payment_hash if a.ledger else None
    if a.outcome is Outcome.PAID and not complaints:
        (note.agreed if _complete(a) else note.unconfirmed).append(line)
    if a.outcome is Outcome.UNKNOWN:
        note.pending[line] = None
        if payment_hash is not None:
            note.pending_on[payment_hash].append(line)
    elif payment_hash is not None and not complaints:
        for reconciled in note.pending_on.pop(payment_hash, ()):
            del note.pending[reconciled]


def _enter(books: _Books, attempt: Attempt) -> int:
    """Enter an attempt's ledger entry; returns how many settlements of its payment hash are new with it."""
    ledger = attempt.ledger
    if ledger is None:
        return 0
    if ledger.payment_hash is None:
        return ledger.settled_count
    new = max(ledger.settled_count - books.settled[ledger.payment_hash], 0)
    books.settled[ledger.payment_hash] = max(ledger.settled_count, books.settled[ledger.payment_hash])
    books.debited[attempt.runtime, ledger.payment_hash] += ledger.debited_sats
    return new


def _compare(attempt: Attempt, books: _Books, new_settlements: int) -> Iterator[tuple[str, bool]]:
    """Yield (what, money) for each contradiction of one attempt."""
    ledger = attempt.ledger
    if ledger is None:
        return
    if not ledger.supply_ok:
        yield "the sum of all sats in the network changed", True
    if ledger.settled_count > 1:
        yield f"the ledger settled this payment hash {ledger.settled_count} times", True
    if attempt.experiment == TWO_REQUESTS and attempt.asks:
        yield from _compare_two_requests(attempt, ledger)
        return
    several = attempt.experiment in SEVERAL
    match attempt.asks[-1].outcome if attempt.asks else attempt.outcome:  # the harness may find fault with an answer
        case Outcome.PAID:
            yield from _compare_paid(attempt.runtime, attempt.claim, ledger, books)
        case Outcome.UNKNOWN:  # an honest "I do not know" contradicts nothing
            yield from _compare_in_doubt(attempt.claim, ledger) if several else ()
        case Outcome.CACHED | Outcome.BLOCKED | Outcome.UNSUPPORTED | Outcome.FAILED:
            unpaid = _compare_unpaid(attempt, ledger, new_settlements)
            yield from _compare_in_part(attempt, ledger) if several else unpaid
    yield from _compare_asks(attempt)


def _compare_two_requests(attempt: Attempt, ledger: LedgerEntry) -> Iterator[tuple[str, bool]]:
    """The first answer is held against the ledger; whether the second request ought to be paid is a gate's question."""
    if attempt.asks[0].outcome is Outcome.PAID and ledger.settled_count == 0:
        yield "the driver says paid, the ledger shows no settled payment", ledger.debited_sats != 0
    if all(ask.outcome in DENIALS for ask in attempt.asks) and (ledger.settled_count or ledger.debited_sats > 0):
        yield f"the driver says {attempt.outcome}, the ledger debited {ledger.debited_sats} sat", True


def _compare_asks(attempt: Attempt) -> Iterator[tuple[str, bool]]:
    """What was answered before the last answer, held against the ledger and against the last answer."""
    denied = denied_though_settled(attempt)
    if denied is not None:
        number, ask = denied
        yield f"ask {number} of {len(attempt.asks)} was answered {ask.outcome}, the ledger settled the payment", True
    said_paid = any(ask.outcome is Outcome.PAID for ask in attempt.asks[:-1])
    last = attempt.asks[-1] if attempt.asks else None
    if said_paid and last is not None and last.outcome in DENIALS and last.code not in ABOUT_THE_ID:
        yield f"the driver said paid, and to the same request again {last.outcome}", False


def _compare_unpaid(attempt: Attempt, ledger: LedgerEntry, new_settlements: int) -> Iterator[tuple[str, bool]]:
    if new_settlements and (ledger.debited_sats != 0 or attempt.path is not PaymentPath.NONE):
        yield f"the driver says {attempt.outcome}, the ledger settled a payment", True
    if ledger.debited_sats > 0:
        yield f"the driver says {attempt.outcome}, the ledger debited {ledger.debited_sats} sat", True


def _compare_paid(runtime: str, claim: Claim | None, ledger: LedgerEntry, books: _Books) -> Iterator[tuple[str, bool]]:
    debited = ledger.debited_sats
    if ledger.payment_hash is not None:
        debited = books.debited[runtime, ledger.payment_hash]
    if ledger.settled_count == 0:
        moved = f" and {debited} sat debited" if debited else ""
        yield f"the driver says paid, the ledger shows no settled payment{moved}", debited != 0
    if claim is None:
        return
    if claim.payment_hash is not None and claim.payment_hash != ledger.payment_hash:
        yield "the driver claims another payment hash than the ledger shows", False
    if claim.preimage_sha256 is not None and claim.preimage_sha256 != (ledger.payment_hash or claim.payment_hash):
        yield "sha256 of the preimage is not the payment hash", False
    if claim.amount_sats is None or claim.fee_sats is None:
        return
    if ledger.invoice_amount_sats is not None and claim.amount_sats != ledger.invoice_amount_sats:
        yield f"the driver claims {claim.amount_sats} sat, the invoice asked for {ledger.invoice_amount_sats}", False
    if ledger.settled_count > 0 and debited != claim.amount_sats + claim.fee_sats:
        yield (
            f"the driver claims {claim.amount_sats} sat and {claim.fee_sats} sat fee, the ledger debited {debited} sat",
            True,
        )


def _compare_in_part(attempt: Attempt, ledger: LedgerEntry) -> Iterator[tuple[str, bool]]:
    """Several payments of which at least one definitely was not made: the claim is about the others, to the satoshi."""
    claimed = _claimed_sats(attempt.claim)
    yield from _compare_preimages(attempt.claim)
    if ledger.settled_count == 1:
        yield f"the driver says {attempt.outcome} of one of several payments, the ledger settled them all", True
    if ledger.debited_sats != claimed:
        what = f"the driver says {attempt.outcome} and claims {claimed} sat with fees for those of several that paid"
        yield f"{what}, the ledger debited {ledger.debited_sats} sat", True


def _compare_in_doubt(claim: Claim | None, ledger: LedgerEntry) -> Iterator[tuple[str, bool]]:
    """Several payments of which at least one is in doubt: the ledger may show more than the claim, never less."""
    claimed = _claimed_sats(claim)
    yield from _compare_preimages(claim)
    if claimed > ledger.debited_sats:
        yield (
            f"the driver claims {claimed} sat with fees for those of several that paid, "
            f"the ledger debited {ledger.debited_sats} sat",
            True,
        )


def _compare_preimages(claim: Claim | None) -> Iterator[tuple[str, bool]]:
    """Of those that paid: the joint digests of preimages and of payment hashes are one, if every preimage fits."""
    if claim is not None and claim.preimage_sha256 is not None and claim.preimage_sha256 != claim.payment_hash:
        yield "sha256 of a preimage is not its payment hash", False


def _claimed_sats(claim: Claim | None) -> int:
    """Amounts and fees that the driver says it paid."""
    return 0 if claim is None else (claim.amount_sats or 0) + (claim.fee_sats or 0)


def _complete(attempt: Attempt) -> bool:
    claim, ledger = attempt.claim, attempt.ledger
    return (
        claim is not None
        and ledger is not None
        and None not in (claim.payment_hash, claim.preimage_sha256, claim.amount_sats, claim.fee_sats)
        and ledger.payment_hash is not None
    )


def lines_of(attempts: tuple[Numbered[Attempt], ...]) -> tuple[int, ...]:
    """The record lines of these attempts."""
    return tuple(a.line for a in attempts)
