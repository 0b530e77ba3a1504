"""What the two halves of an experiment hand over: facts for the record, and nothing else.

Times are not here: the seat keeps them, by the outside clock.
"""

from __future__ import annotations

from dataclasses import dataclass

from spikes.contract import Answer, ContractBreach
from spikes.network import Invoice
from spikes.record import Claim, Outcome
from spikes.redaction import redact


@dataclass(frozen=True, kw_only=True)
class Act:
    """One asking of the question, and the payment hash at stake as the harness or the seller knows it."""

    answer: Answer
    payment_hash: str | None = None


def never_asked(breach: ContractBreach, invoice: Invoice | None = None) -> Act:
    """The driver failed before it was asked to pay (it could not sync): definite, no money can have moved."""
    answer = Answer(
        outcome=Outcome.FAILED, code="sync_failed", reason=redact(str(breach)), claim=Claim(), phases=(), wall_s=0.0
    )
    return Act(answer=answer, payment_hash=None if invoice is None else invoice.payment_hash)
