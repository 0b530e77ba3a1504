"""Whether the same seed gives the same run: over repeats, and across runtimes.

Role: three criteria of gate 4. Must not know: which fields are volatile; drivers drop those before digesting a receipt.
A receipt names the backend and wallet of its runtime, so across runtimes a different digest alone refutes nothing.
"""

from __future__ import annotations

from collections import defaultdict

from bench.evidence import Evidence, Numbered
from bench.gates.conclude import fails, passes, undecided
from bench.thresholds import Thresholds
from bench.verdict import Criterion, NotApplicable
from spikes.record import Attempt, Outcome

_Question = tuple[str, int]  # experiment and seed


def repeats_identical(evidence: Evidence, thresholds: Thresholds, runtime: str) -> Criterion:
    """Outcome, code, amounts and receipt digest agree over all attempts of the same experiment and seed."""
    name, enough = "repeats_identical", thresholds.repeats_min.value
    repeated = {q: found for q, found in _by_question(evidence, runtime).items() if len(found) >= enough}
    needs = "two attempts of each flow with the same experiment and seed, and receipt digests on those that paid"
    if not repeated:
        return undecided(name, "no experiment was repeated with the same seed", needs=needs)
    lines = tuple(a.line for found in repeated.values() for a in found)
    for (experiment, seed), found in repeated.items():
        for what, reading in (("outcome", _ending), ("receipt digest", _receipt)):
            values = {reading(a.value) for a in found}
            if len(values) > 1:
                reason = f"{experiment} with seed {seed}: the {what} differs between repeats"
                return fails(name, reason, lines=tuple(a.line for a in found))
    bare = tuple(a.line for found in repeated.values() for a in found if _lacks_receipt(a.value))
    if bare:
        return undecided(name, "outcomes agree, but paid attempts carry no receipt digest", needs=needs, lines=bare)
    flows = sorted({experiment for experiment, _ in repeated})
    return passes(name, f"{len(lines)} attempts agree over repeats ({', '.join(flows)})", lines=lines)


def requests_identical(evidence: Evidence, thresholds: Thresholds, runtime: str) -> Criterion:
    """Facts `request_digest.<experiment>.<seed>`, one a repeat, of the request sequence without volatile fields."""
    name = "requests_identical"
    digests: dict[str, list[tuple[int, object]]] = defaultdict(list)
    for fact in evidence.facts_of(runtime, "request_digest"):
        digests[fact.value.name].append((fact.line, fact.value.value))
    repeated = {question: found for question, found in digests.items() if len(found) >= thresholds.repeats_min.value}
    if not repeated:
        needs = "facts `request_digest.<experiment>.<seed>`, one a repeat: the record does not hold request sequences"
        return undecided(name, "request sequences were not recorded", needs=needs)
    for question, found in repeated.items():
        if len({value for _, value in found}) > 1:
            reason = f"{question}: the request sequence differs between repeats"
            return fails(name, reason, lines=tuple(line for line, _ in found))
    lines = tuple(line for found in repeated.values() for line, _ in found)
    return passes(name, f"{len(lines)} request sequences agree over repeats", lines=lines)


def identical_across_runtimes(evidence: Evidence, runtime: str) -> Criterion | NotApplicable:
    """Outcome, code and amounts agree with the control's for the same experiment and seed; then receipts do, too."""
    name = "identical_across_runtimes"
    if runtime in evidence.controls:
        return NotApplicable(name=name, reason="the control is what the others are compared with")
    needs = "attempts with the same experiment and seed on this runtime and on the control"
    theirs = {
        question: found[0]
        for control in evidence.controls
        for question, found in _by_question(evidence, control).items()
        if found[0].value.outcome is not Outcome.UNSUPPORTED or found[0].value.expected is Outcome.UNSUPPORTED
    }  # a question that the control cannot be asked compares nothing
    pairs = [(a, theirs[q]) for q, found in _by_question(evidence, runtime).items() if q in theirs for a in found]
    if not pairs:
        return undecided(name, "nothing to compare with the control", needs=needs)
    for mine, reference in pairs:
        if _ending(mine.value) != _ending(reference.value):
            reason = f"{mine.value.experiment} with seed {mine.value.seed} ends unlike on the control"
            return fails(name, reason, lines=(mine.line, reference.line))
    lines = tuple(line for pair in pairs for line in (pair[0].line, pair[1].line))
    unlike = [p for p in pairs if _receipt(p[0].value) != _receipt(p[1].value) or _lacks_receipt(p[0].value)]
    if unlike:
        reason = "outcomes and amounts agree; receipt digests are absent or differ, perhaps by the backend's own name"
        needs = "receipt digests over the fields that all runtimes share"
        return undecided(name, reason, needs=needs, lines=lines)
    return passes(name, f"{len(pairs)} attempts end as on the control, receipts included", lines=lines)


def _by_question(evidence: Evidence, runtime: str) -> dict[_Question, list[Numbered[Attempt]]]:
    """Flow attempts of a runtime, grouped by what was asked."""
    found: dict[_Question, list[Numbered[Attempt]]] = defaultdict(list)
    for a in evidence.of(runtime):
        if not a.value.experiment.startswith("fault_"):
            found[a.value.experiment, a.value.seed].append(a)
    return found


def _ending(a: Attempt) -> tuple[object, ...]:
    return (
        a.outcome,
        a.code,
        a.claim.amount_sats if a.claim else None,
        a.claim.fee_sats if a.claim else None,
        a.ledger.debited_sats if a.ledger else None,
    )


def _receipt(a: Attempt) -> str | None:
    return a.claim.receipt_digest if a.claim else None


def _lacks_receipt(a: Attempt) -> bool:
    """Whether a turn through the paywall that must leave a receipt has no digest of one."""
    return a.experiment.startswith("l402_") and a.outcome in ("paid", "cached") and _receipt(a) is None
