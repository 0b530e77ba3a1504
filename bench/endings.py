"""How one attempt under faults ended, told from its answers and from the ledger: paid once, returned, or worse.

Role: a pure function of one attempt. Must not know: other attempts, gates, thresholds, how a fault is made.
The fault is healed and the return time has passed before the ledger is read, so what is still locked then is lost.
Each attempt is about one request, asked once or several times under one id, and about one payment (or, for two
processes at once, about the sum of theirs).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from spikes.record import Ask, Attempt, LedgerEntry, Outcome

# Definite answers about the id that was used, not about the payment: they deny no settlement.
ABOUT_THE_ID = ("idempotency_conflict",)
# Two processes of one wallet, each with books of its own: that one stopped before it submitted anything is true of it
# and denies nothing of the other. That one of them must know what the ledger knows is read from the last answer.
TWO_PROCESSES = "two_processes"
DENIALS = (Outcome.FAILED, Outcome.BLOCKED, Outcome.UNSUPPORTED)  # definite: not paid


class Ending(StrEnum):
    """What became of the money, in the words of the report."""

    PAID_ONCE = "paid once"
    RETURNED = "returned"  # not paid, and every sat is back
    RECONCILED = "unknown, then reconciled"  # a later ask under the same id told which of the two above it was
    UNKNOWN = "unknown"  # the last answer was no answer; nothing is wrong with the money as far as the ledger shows
    DOUBLE_DEBIT = "double debit"
    LOST = "lost"  # sats gone, made, or locked for good; or an answer that the ledger contradicts
    UNSEEN = "unseen"  # no second witness: proves nothing


GOOD = frozenset({Ending.PAID_ONCE, Ending.RETURNED, Ending.RECONCILED})
BAD = frozenset({Ending.DOUBLE_DEBIT, Ending.LOST})


@dataclass(frozen=True, kw_only=True)
class Reading:
    """An ending; `why` says in one plain line what is wrong, and is empty if nothing is."""

    ending: Ending
    why: str = ""


def read(attempt: Attempt) -> Reading:
    """How this attempt ended. The worst that can be said of it is said."""
    ledger = attempt.ledger
    if ledger is None:
        return Reading(ending=Ending.UNSEEN)
    wrong = next(_twice(attempt, ledger), None)
    if wrong is not None:
        return Reading(ending=Ending.DOUBLE_DEBIT, why=wrong)
    wrong = next(_lost(attempt, ledger), None)
    if wrong is not None:
        return Reading(ending=Ending.LOST, why=wrong)
    if attempt.outcome is Outcome.UNKNOWN:
        return Reading(ending=Ending.UNKNOWN)
    if any(ask.outcome is Outcome.UNKNOWN for ask in attempt.asks[:-1]):
        return Reading(ending=Ending.RECONCILED)
    return Reading(ending=Ending.PAID_ONCE if ledger.settled_count else Ending.RETURNED)


def denied_though_settled(attempt: Attempt) -> tuple[int, Ask] | None:
    """The first ask before the last (1-based) that called failed what the ledger settled in this attempt."""
    ledger = attempt.ledger
    if ledger is None or ledger.settled_count == 0 or ledger.debited_sats <= 0:
        return None
    if any(fault.kind == TWO_PROCESSES for fault in attempt.faults):
        return None
    for number, ask in enumerate(attempt.asks[:-1], start=1):
        if ask.outcome in DENIALS and ask.code not in ABOUT_THE_ID:
            return number, ask
    return None


def _twice(a: Attempt, ledger: LedgerEntry) -> Iterator[str]:
    invoice, debited = ledger.invoice_amount_sats, ledger.debited_sats
    if ledger.settled_count > 1:
        yield f"the ledger settled the payment {ledger.settled_count} times"
    if invoice and debited >= 2 * invoice:
        yield f"the ledger debited {debited} sat for an invoice of {invoice} sat"


def _lost(a: Attempt, ledger: LedgerEntry) -> Iterator[str]:
    """Everything else that must not be, the gravest first."""
    debited, settled = ledger.debited_sats, ledger.settled_count
    if not ledger.supply_ok:
        yield "the sum of all sats in the network changed"
    if debited < 0:
        yield f"the wallet holds {-debited} sat more than before"
    if a.outcome is Outcome.UNKNOWN:
        return  # an honest "I do not know": its last ask may have started something that the ledger still shows
    if ledger.locked_sats:
        yield f"the driver says {a.outcome}, and {ledger.locked_sats} sat are still locked after the return time"
    if a.outcome is Outcome.PAID:
        yield from _falsely_paid(a, ledger)
    elif settled or debited:
        gone = f"the ledger debited {debited} sat" if debited else "the ledger settled the payment"
        yield f"the driver says {a.outcome}, {gone}"
    denied = denied_though_settled(a)
    if denied is not None:
        number, ask = denied
        yield f"ask {number} of {len(a.asks)} was answered {ask.outcome} ({ask.code}), the ledger settled the payment"


def _falsely_paid(a: Attempt, ledger: LedgerEntry) -> Iterator[str]:
    debited, claim = ledger.debited_sats, a.claim
    if ledger.settled_count == 0:
        yield f"the driver says paid, the ledger settled nothing and debited {debited} sat"
    if claim is None or claim.amount_sats is None or claim.fee_sats is None:
        return
    if debited != claim.amount_sats + claim.fee_sats:
        yield f"the driver claims {claim.amount_sats} + {claim.fee_sats} sat, the ledger debited {debited} sat"
