"""Gate 1 on a network that is not ours: what its payments show, and what they cannot.

Role: hold a live payment's claim against the invoice as the harness read it and against the balance that another
process read before and after. Any contradiction is FAIL. All of it in agreement is INCONCLUSIVE still: nobody here can
read a live network's ledger, and a driver that pays twice from another wallet would look the same.
Must not know: how the balance was read. Facts: `live.<what>.<attempt>`, for each attempt at a payment.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bench.evidence import Evidence, Numbered
from bench.gates.conclude import fails, undecided
from bench.verdict import Criterion
from bench.witnesses import lines_of
from spikes.record import Attempt, Claim, Outcome

NAME, EXPERIMENT = "pays_live", "pay_live"
EMULATED = "emulated"
NEEDS = "the payee's word that each invoice was paid once (docs/runbooks/first-live-confirmation.md says how)"


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What stands beside the driver's word, of one attempt. None: the record does not tell."""

    before_sats: int | None
    after_sats: int | None
    invoice_sats: int | None
    payment_hash: str | None

    @property
    def gone_sats(self) -> int | None:
        if self.before_sats is None or self.after_sats is None:
            return None
        return self.before_sats - self.after_sats


def judge(evidence: Evidence, runtime: str) -> Iterator[Criterion]:
    """One criterion on a live network, none on the emulated one, where the ledger is the second witness."""
    if evidence.header.network != EMULATED:
        yield _pays_live(evidence, runtime)


def _pays_live(evidence: Evidence, runtime: str) -> Criterion:
    attempts = evidence.of(runtime, EXPERIMENT)
    facts, fact_lines = _facts(evidence, runtime)
    lines = tuple(sorted({*lines_of(attempts), *fact_lines}))
    wrong = [
        f"line {attempt.line}: {what}"
        for attempt in attempts
        for what in _contradictions(attempt.value, _seen(facts, attempt.value.attempt))
    ]
    if wrong:
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        return fails(NAME, wrong[0] + more, lines=lines)
    paid = [attempt for attempt in attempts if attempt.value.outcome is Outcome.PAID]
    if not paid:
        return undecided(NAME, _none_paid(attempts), needs="a payment that ends paid", lines=lines)
    unseen = [a for a in paid if not _whole(a.value.claim, _seen(facts, a.value.attempt))]
    if unseen:
        reason = f"{len(unseen)} of {len(paid)} payments lack a proof, or a balance before and after"
        return undecided(NAME, reason, needs="claim and balances of every payment", lines=lines)
    sats = sum(_seen(facts, attempt.value.attempt).gone_sats or 0 for attempt in paid)
    reason = (
        f"{len(paid)} of {len(attempts)} payments paid on {evidence.header.network}: the preimage opens the invoice's "
        f"hash and the balance fell by what was claimed, {sats} sats in all; "
        f"{statistics.median(attempt.value.wall_s for attempt in paid):.2f} s (median). No ledger was seen"
    )
    return undecided(NAME, reason, needs=NEEDS, lines=lines, measured=len(paid), unit="count")


def _none_paid(attempts: tuple[Numbered[Attempt], ...]) -> str:
    if not attempts:
        return "not tried"
    last = attempts[-1].value
    return f"none of {len(attempts)} payments ended paid; the last one {last.outcome} ({last.code})"


def _contradictions(attempt: Attempt, seen: Seen) -> Iterator[str]:
    claim, gone = attempt.claim or Claim(), seen.gone_sats
    if attempt.outcome is Outcome.PAID:
        if claim.payment_hash is not None and seen.payment_hash not in (None, claim.payment_hash):
            yield "the driver claims another payment hash than the invoice has"
        if claim.preimage_sha256 is not None and seen.payment_hash not in (None, claim.preimage_sha256):
            yield "sha256 of the preimage is not the invoice's payment hash"
        if claim.amount_sats is not None and seen.invoice_sats not in (None, claim.amount_sats):
            yield f"the driver claims {claim.amount_sats} sats, the invoice asks for {seen.invoice_sats}"
        if gone is not None and None not in (claim.amount_sats, claim.fee_sats):
            claimed = (claim.amount_sats or 0) + (claim.fee_sats or 0)
            if gone != claimed:
                yield f"the driver claims {claimed} sats with the fee, the balance fell by {gone}"
    elif attempt.outcome is not Outcome.UNKNOWN and gone is not None and gone > 0:
        yield f"the driver says {attempt.outcome}, the balance fell by {gone} sats"


def _whole(claim: Claim | None, seen: Seen) -> bool:
    """Whether every part of the comparison was there."""
    return (
        claim is not None
        and None not in (claim.payment_hash, claim.preimage_sha256, claim.amount_sats, claim.fee_sats)
        and None not in (seen.before_sats, seen.after_sats, seen.invoice_sats, seen.payment_hash)
    )


def _facts(evidence: Evidence, runtime: str) -> tuple[Mapping[tuple[str, int], int | str], tuple[int, ...]]:
    """(what, attempt) -> value, and the lines where they stand. What is no attempt's is passed over."""
    found: dict[tuple[str, int], int | str] = {}
    lines: list[int] = []
    for fact in evidence.facts_of(runtime, "live"):
        _, what, number = (*fact.value.name.split("."), "", "")[:3]
        if number.isdecimal() and isinstance(fact.value.value, int | str):
            found[what, int(number)] = fact.value.value
            lines.append(fact.line)
    return found, tuple(lines)


def _seen(facts: Mapping[tuple[str, int], int | str], attempt: int) -> Seen:
    def whole(what: str) -> int | None:
        value = facts.get((what, attempt))
        return value if isinstance(value, int) else None

    payment_hash = facts.get(("payment_hash", attempt))
    return Seen(
        before_sats=whole("balance_before_sats"),
        after_sats=whole("balance_after_sats"),
        invoice_sats=whole("invoice_sats"),
        payment_hash=payment_hash if isinstance(payment_hash, str) else None,
    )
