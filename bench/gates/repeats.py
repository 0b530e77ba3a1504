"""Whether the same seed gives the same run: over repeats, and across runtimes.

Role: two criteria of gate 4. All attempts of one flow in a run are repeats of one question: it has one price.
Must not know: which fields are volatile; drivers drop those before digesting, and the harness before fingerprinting.
A turn whose requests were not recorded is of an earlier form of the record, when every repeat had a price of its own:
it compares nothing. Compared are how a turn ended, what the ledger moved, what the receipt shares with every repeat
(its flow digest), and the sequence of requests. The first difference is shown in full, where the record spells it out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from bench.evidence import Evidence, Numbered
from bench.gates.conclude import compared, fails, passes, undecided
from bench.gates.flows import FLOWS, Flow, ending
from bench.gates.readings import few_decide_nothing
from bench.gates.spelled import difference, sequence_of, spelled_receipt
from bench.thresholds import Thresholds
from bench.verdict import Criterion, NotApplicable, Verdict
from spikes.record import Attempt, Outcome

Attempts = tuple[Numbered[Attempt], ...]
# What every runtime must ask for: the seller's answers and the money-moving calls. How often a runtime builds, syncs
# or polls is its own affair, and stands in no line that begins so.
_SHARED = ("seller ", "wallet ")


@dataclass(frozen=True, kw_only=True)
class _Aspect:
    """Something that must agree: how to read it (None: not recorded), and how to spell it out."""

    what: str
    read: Callable[[Attempt], object]
    spell: Callable[[Evidence, Attempt], str | None]


@dataclass(frozen=True, kw_only=True)
class _Unlike:
    """Two attempts of one flow that differ."""

    flow: Flow
    aspect: _Aspect
    usual: Numbered[Attempt]
    odd: Numbered[Attempt]


def _ended(a: Attempt) -> str:
    return ending(a.outcome, a.code)


def _moved(a: Attempt) -> str | None:
    """What the ledger says that the turn moved. The balance and the payment hash are another's in every turn."""
    if a.ledger is None:
        return None
    asked, settled = a.ledger.invoice_amount_sats, a.ledger.settled_count
    locked = f", {a.ledger.locked_sats} locked" if a.ledger.locked_sats else ""
    return f"{a.ledger.debited_sats} sat debited, invoice of {asked} sat, settled {settled} times{locked}"


def _flow_digest(a: Attempt) -> str | None:
    return a.claim.flow_digest if a.claim is not None else None


_ENDING = _Aspect(what="end", read=_ended, spell=lambda _, a: _ended(a))
_LEDGER = _Aspect(what="ledger", read=_moved, spell=lambda _, a: _moved(a))
_RECEIPT = _Aspect(what="receipt", read=_flow_digest, spell=lambda e, a: spelled_receipt(e, _flow_digest(a)))
_REQUESTS = _Aspect(what="request sequence", read=lambda a: a.requests, spell=lambda e, a: sequence_of(e, a.requests))
_ASPECTS = (_ENDING, _LEDGER, _RECEIPT, _REQUESTS)


def repeats_identical(evidence: Evidence, thresholds: Thresholds, runtime: str) -> Criterion:
    """Every repeat of a flow ends alike, moves the same, leaves the same receipt and makes the same requests."""
    name, enough = "repeats_identical", thresholds.repeats_min.value
    asked = {flow: evidence.of(runtime, flow.experiment) for flow in FLOWS}
    for flow, attempts in asked.items():
        for aspect in _ASPECTS:
            unlike = _first_unlike(flow, aspect, tuple(a for a in attempts if a.value.requests is not None))
            if unlike is not None:
                lines = tuple(sorted((unlike.usual.line, unlike.odd.line)))
                reason = f"{flow.name}: the {aspect.what} differs between repeats, lines {lines[0]} and {lines[1]}"
                return fails(name, reason, lines=lines, detail=_shown(evidence, unlike))
    bare = [(a, what) for attempts in asked.values() for a in attempts if (what := _not_recorded(a.value))]
    judged = _as_far_as_repeated(name, enough, asked, bare)
    held = few_decide_nothing(thresholds.repeats_min, min(len(attempts) for attempts in asked.values()))
    return compared(judged, held, otherwise=Verdict.INCONCLUSIVE if bare else Verdict.PASS)


def _as_far_as_repeated(
    name: str, enough: float, asked: dict[Flow, Attempts], bare: list[tuple[Numbered[Attempt], str]]
) -> Criterion:
    """Nothing recorded differs: whether that is enough."""
    needs = "two repeats of every flow, each with a ledger entry, a flow digest and a request fingerprint"
    few = [flow.name for flow, attempts in asked.items() if len(attempts) < enough]
    if few:
        return undecided(name, f"not repeated: {_names(few)}", needs=needs)
    if bare:
        first, what = bare[0]
        reason = f"what was recorded agrees; {len(bare)} attempts lack something, line {first.line} its {what}"
        return undecided(name, reason, needs=needs, lines=tuple(a.line for a, _ in bare))
    lines = tuple(a.line for attempts in asked.values() for a in attempts)
    return passes(name, f"{len(lines)} attempts of {len(asked)} flows agree with their repeats", lines=lines)


def identical_across_runtimes(evidence: Evidence, runtime: str) -> Criterion | NotApplicable:
    """What every flow ends in, moves, says in its receipt and asks for is what it is on the control."""
    name = "identical_across_runtimes"
    if runtime in evidence.controls:
        return NotApplicable(name=name, reason="the control is what the others are compared with")
    pairs = {flow: pair for flow in FLOWS if (pair := _beside_control(evidence, runtime, flow)) is not None}
    for flow, (mine, reference) in pairs.items():
        if None in (mine.value.requests, reference.value.requests):
            continue
        for aspect in (_ENDING, _LEDGER, _RECEIPT):
            if _unlike(aspect, mine.value, reference.value):
                unlike = _Unlike(flow=flow, aspect=aspect, usual=reference, odd=mine)
                return _fails_across(name, evidence, unlike, _shown(evidence, unlike))
        theirs, ours = (_shared_requests(evidence, a.value) for a in (reference, mine))
        if theirs is not None and ours is not None and theirs != ours:
            unlike = _Unlike(flow=flow, aspect=_REQUESTS, usual=reference, odd=mine)
            return _fails_across(name, evidence, unlike, difference(theirs, ours, names=_titles(unlike)))
    return _as_far_as_compared(name, evidence, pairs)


def _fails_across(name: str, evidence: Evidence, unlike: _Unlike, detail: str | None) -> Criterion:
    control = unlike.usual.value.runtime
    reason = f"{unlike.flow.name}: the {unlike.aspect.what} is not what it is on {control}"
    return fails(name, reason, lines=(unlike.usual.line, unlike.odd.line), detail=detail)


def _as_far_as_compared(
    name: str, evidence: Evidence, pairs: dict[Flow, tuple[Numbered[Attempt], Numbered[Attempt]]]
) -> Criterion:
    lines = tuple(sorted(a.line for pair in pairs.values() for a in pair))
    needs = "attempts of every flow on this runtime and on the control, with flow digests and request sequences"
    untold = [flow.name for flow in FLOWS if flow not in pairs]
    if untold:
        return undecided(name, f"nothing to compare with the control: {_names(untold)}", needs=needs, lines=lines)
    bare = [a for pair in pairs.values() for a in pair if _not_recorded(a.value) or not _same_spelled(evidence, pair)]
    if bare:
        reason = f"ends and amounts agree; receipt or request sequence not recorded, line {bare[0].line} first"
        return undecided(name, reason, needs=needs, lines=tuple(sorted({a.line for a in bare})))
    return passes(name, f"{len(pairs)} flows are what they are on the control", lines=lines)


def _beside_control(evidence: Evidence, runtime: str, flow: Flow) -> tuple[Numbered[Attempt], Numbered[Attempt]] | None:
    """The first of my attempts and of the control's: that repeats agree is asked elsewhere.

    A question that the control cannot be asked compares nothing.
    """
    mine = evidence.of(runtime, flow.experiment)
    theirs = [a for control in evidence.controls for a in evidence.of(control, flow.experiment)]
    if not mine or not theirs or theirs[0].value.outcome is Outcome.UNSUPPORTED:
        return None
    return mine[0], theirs[0]


def _first_unlike(flow: Flow, aspect: _Aspect, attempts: Attempts) -> _Unlike | None:
    """The first attempt that is not like most of them, beside the first of those."""
    told = [(a, aspect.read(a.value)) for a in attempts]
    known = [(a, value) for a, value in told if value is not None]
    if len({value for _, value in known}) < 2:
        return None
    most = Counter(value for _, value in known).most_common(1)[0][0]
    usual = next(a for a, value in known if value == most)
    return _Unlike(flow=flow, aspect=aspect, usual=usual, odd=next(a for a, value in known if value != most))


def _unlike(aspect: _Aspect, one: Attempt, other: Attempt) -> bool:
    """Whether both are known and differ."""
    values = aspect.read(one), aspect.read(other)
    return None not in values and values[0] != values[1]


def _shared_requests(evidence: Evidence, a: Attempt) -> str | None:
    """The part of a request sequence that every runtime must ask for alike."""
    text = sequence_of(evidence, a.requests)
    return None if text is None else "\n".join(line for line in text.splitlines() if line.startswith(_SHARED))


def _same_spelled(evidence: Evidence, pair: tuple[Numbered[Attempt], Numbered[Attempt]]) -> bool:
    """Whether the requests of both are known to share what they must."""
    mine, reference = (a.value for a in pair)
    return mine.requests == reference.requests or None not in (
        _shared_requests(evidence, mine),
        _shared_requests(evidence, reference),
    )


def _shown(evidence: Evidence, unlike: _Unlike) -> str | None:
    texts = (unlike.aspect.spell(evidence, a.value) for a in (unlike.usual, unlike.odd))
    return difference(*texts, names=_titles(unlike))


def _titles(unlike: _Unlike) -> tuple[str, str]:
    usual, odd = (f"{a.value.runtime}, line {a.line}" for a in (unlike.usual, unlike.odd))
    return usual, odd


def _not_recorded(a: Attempt) -> str | None:
    """What of an attempt cannot be compared, if anything."""
    return next((aspect.what for aspect in _ASPECTS if aspect.read(a) is None), None)


def _names(names: list[str], most: int = 6) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
