"""How an attempt under faults ended, from both witnesses.

Role: one word for a pair of testimonies, so that a counterexample can be known, shrunk and shown.
Must not know: gates and thresholds. Pure.
"""

from __future__ import annotations

from enum import StrEnum

from spikes.record import LedgerEntry, Outcome


class Ending(StrEnum):
    """What became of the money, and whether the driver says so."""

    PAID_ONCE = "paid_once"
    RETURNED = "returned"  # not paid, and every satoshi is the wallet's again
    UNRESOLVED = "unresolved"  # one of the two, but the driver still does not know which
    DOUBLE_DEBIT = "double_debit"  # settled twice, or debited for more than the price
    LOST = "lost"  # not settled, and less in the wallet than before; or the network's sum is wrong
    STUCK = "stuck"  # leaves are still locked after the return time
    FALSELY_FAILED = "falsely_failed"  # the driver says that it is not paid, and it is
    FALSELY_PAID = "falsely_paid"  # the driver says that it is paid, and it is not


SOUND = frozenset({Ending.PAID_ONCE, Ending.RETURNED})
# Not knowing is no damage: money is where it ought to be. Everything else is a counterexample to "exactly once".
COUNTEREXAMPLES = frozenset(Ending) - SOUND - {Ending.UNRESOLVED}


def ending_of(outcome: Outcome, ledger: LedgerEntry, price_sats: int) -> Ending:
    """`price_sats`: amount and fee, as quoted when the invoice was ordered."""
    if not ledger.supply_ok:
        return Ending.LOST
    if ledger.settled_count > 1 or ledger.debited_sats > price_sats:
        return Ending.DOUBLE_DEBIT
    if ledger.locked_sats > 0:
        return Ending.STUCK
    if (ledger.settled_count, ledger.debited_sats) not in ((1, price_sats), (0, 0)):
        return Ending.LOST
    return _told(outcome, paid=ledger.settled_count == 1)


def _told(outcome: Outcome, *, paid: bool) -> Ending:
    if outcome is Outcome.UNKNOWN:
        return Ending.UNRESOLVED
    if paid:
        return Ending.PAID_ONCE if outcome is Outcome.PAID else Ending.FALSELY_FAILED
    return Ending.FALSELY_PAID if outcome is Outcome.PAID else Ending.RETURNED
