"""What the two halves of an experiment hand over: facts for the record, and nothing else.

Times are not here: the seat keeps them, by the outside clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from spikes.contract import Answer, ContractBreach
from spikes.network import Invoice
from spikes.record import Ask, Claim, FaultSeen, Outcome, joint_digest, joint_sats
from spikes.redaction import redact

Invoices = tuple[Invoice, ...]  # what an experiment wants paid; () if the harness ordered nothing


@dataclass(frozen=True, kw_only=True)
class Act:
    """One asking of the question, and the payment hashes at stake as the harness or the seller knows them.

    `told` are facts that many attempts share: name -> value, written once for each runtime.
    """

    answer: Answer
    payment_hashes: tuple[str, ...] = ()
    asks: tuple[Ask, ...] = ()  # every answer in order, if it was asked more than once; `answer` is the last
    faults: tuple[FaultSeen, ...] = ()  # what was done to it on purpose
    exchanges: tuple[str, ...] = ()  # the seller's part of the request sequence, a line each
    told: Mapping[str, str] = field(default_factory=dict)


def never_asked(breach: ContractBreach, invoices: Invoices = ()) -> Act:
    """The driver failed before it was asked to pay (it could not sync): definite, no money can have moved."""
    answer = Answer(
        outcome=Outcome.FAILED, code="sync_failed", reason=redact(str(breach)), claim=Claim(), phases=(), wall_s=0.0
    )
    return Act(answer=answer, payment_hashes=hashes_of(invoices))


def hashes_of(invoices: Invoices) -> tuple[str, ...]:
    """The payment hashes of invoices."""
    return tuple(invoice.payment_hash for invoice in invoices)


def joint_answer(answers: Sequence[Answer]) -> Answer:
    """One answer for several payments: paid if all are, else the first unknown one, else the first not paid.

    Its claim sums up what was paid, and names all of it by joint digests.
    """
    paid = [answer for answer in answers if answer.outcome is Outcome.PAID]
    worst = next((a for a in answers if a.outcome is Outcome.UNKNOWN), None)
    worst = worst or next((a for a in answers if a.outcome is not Outcome.PAID), None)
    claims = [answer.claim for answer in paid]
    return Answer(
        outcome=Outcome.PAID if worst is None else worst.outcome,
        code=None if worst is None else worst.code,
        reason=None if worst is None else f"{len(paid)} of {len(answers)} paid: {worst.reason or worst.code}",
        claim=Claim(
            payment_hash=_joint(claim.payment_hash for claim in claims),
            amount_sats=joint_sats(claim.amount_sats for claim in claims),
            fee_sats=joint_sats(claim.fee_sats for claim in claims),
            preimage_sha256=_joint(claim.preimage_sha256 for claim in claims),
        ),
        phases=tuple(phase for answer in answers for phase in answer.phases),
        wall_s=max(answer.wall_s for answer in answers),
    )


def _joint(digests: Iterable[str | None]) -> str | None:
    named = list(digests)
    return None if None in named else joint_digest(digest for digest in named if digest is not None)
