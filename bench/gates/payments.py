"""Whether attempts show that a runtime can pay.

Role: the reading that gate 1's paying criteria share: one agreed payment shows the ability, one `unsupported` denies
it. Must not know: which question the attempts asked. How often payments succeed is gate 3's question.
"""

from __future__ import annotations

from bench.evidence import Numbered
from bench.gates.conclude import fails, passes, undecided
from bench.verdict import Criterion
from bench.witnesses import Testimony, lines_of
from spikes.record import Attempt, Outcome, PaymentPath

DEFINITE = (Outcome.FAILED, Outcome.BLOCKED, Outcome.UNSUPPORTED, Outcome.CACHED)
Attempts = tuple[Numbered[Attempt], ...]


def shows_ability(
    name: str, attempts: Attempts, testimony: Testimony, experiment: str, path: PaymentPath | None = None
) -> Criterion:
    """One agreed payment is enough; `path` is the way its leaves must have been found, if that matters."""
    refused = tuple(a for a in attempts if a.value.outcome is Outcome.UNSUPPORTED)
    if refused:
        return fails(
            name, f"the driver answers unsupported: {refused[0].value.reason or 'no reason'}", lines=lines_of(refused)
        )
    agreed = frozenset(testimony.agreed)
    good = tuple(a for a in attempts if a.line in agreed)
    shown = tuple(a for a in good if path is None or a.value.path is path)
    if shown:
        return passes(name, f"{len(shown)} of {len(attempts)} attempts paid, ledger agrees", lines=lines_of(shown))
    if good:
        reason = f"paid, but by path {good[0].value.path}: the experiment did not test the {path} path"
        return undecided(name, reason, needs=f"an attempt of {experiment} with path {path}", lines=lines_of(good))
    bad = refuted(attempts, testimony)
    if attempts and len(bad) == len(attempts):
        return fails(name, f"none of {len(attempts)} attempts paid: {why(bad[0], testimony)}", lines=lines_of(bad))
    reason = "no attempt ended in a payment that both witnesses saw" if attempts else "not tried"
    return undecided(name, reason, needs=f"a paid attempt of {experiment}", lines=lines_of(attempts))


def refuted(attempts: Attempts, testimony: Testimony) -> Attempts:
    """Attempts that definitely did not pay, or whose claim the ledger contradicts."""
    return tuple(a for a in attempts if a.value.outcome in DEFINITE or a.line in testimony.disputed)


def why(attempt: Numbered[Attempt], testimony: Testimony) -> str:
    """How a refuted attempt ended, for a reason."""
    if attempt.line in testimony.disputed:
        return "the ledger contradicts the claim"
    return f"{attempt.value.outcome} ({attempt.value.code})"
