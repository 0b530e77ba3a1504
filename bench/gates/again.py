"""Gate 1's "again": a second payment in the same isolate, at once, rebuilt, elsewhere, after eviction and restart.

Role: one criterion each, and that balances stay exact over all of them. Must not know: how a runtime is restarted or
evicted; the record's lane, incarnation and sequence say what happened.
"""

from __future__ import annotations

from collections.abc import Iterator

from bench.evidence import Evidence, Numbered
from bench.gates.conclude import fails, passes, undecided
from bench.gates.payments import Attempts, refuted, shows_ability, why
from bench.verdict import Criterion, NotApplicable
from bench.witnesses import Testimony, lines_of
from spikes.record import Attempt, Outcome, PaymentPath, Platform

_LEAF_EACH, _ONE_LEAF = "pay_at_once", "pay_at_once_one_leaf"
_ELSEWHERE = "pay_second_isolate"
_AGAIN = (_LEAF_EACH, _ONE_LEAF, "pay_rebuilt", _ELSEWHERE, "pay_after_eviction", "pay_after_restart")
NAMES = (
    *("again_same_isolate", "again_at_once", "again_rebuilt", "again_second_isolate"),
    *("again_after_eviction", "again_after_restart", "balances_exact"),
)


def judge(evidence: Evidence, runtime: str, testimony: Testimony) -> Iterator[Criterion | NotApplicable]:
    """All criteria of "again" for one runtime that has a driver."""
    yield _same_isolate(evidence, runtime, testimony)
    yield _at_once(evidence, runtime, testimony)
    for name, experiment in (("again_rebuilt", "pay_rebuilt"), ("again_second_isolate", _ELSEWHERE)):
        yield shows_ability(name, evidence.of(runtime, experiment), testimony, experiment)
    yield _after_eviction(evidence, runtime, testimony)
    restarted = _first_of_theirs(evidence.of(runtime, "pay_after_restart"))
    yield shows_ability(
        "again_after_restart", restarted, testimony, "pay_after_restart, the first of a new incarnation"
    )
    yield _balances_exact(evidence, runtime, testimony)


def _same_isolate(evidence: Evidence, runtime: str, testimony: Testimony) -> Criterion | NotApplicable:
    """A second payment in one process, from another request: two agreed payments in one lane and incarnation."""
    name = "again_same_isolate"
    if evidence.pin(runtime).platform is Platform.CONVEX_ISOLATE:
        return NotApplicable(name=name, reason="on this platform every call finds a fresh context")
    agreed = frozenset(testimony.agreed)
    before: dict[tuple[str, int], int] = {}
    followers: list[Numbered[Attempt]] = []
    for a in evidence.of(runtime):
        if a.value.experiment in (_LEAF_EACH, _ONE_LEAF, _ELSEWHERE):
            continue  # asked below; and what a second isolate pays, this one does not
        place = (a.value.lane, a.value.incarnation)
        if a.value.sequence >= 1 and place in before and a.value.expected is Outcome.PAID:
            followers.append(a)
        if a.line in agreed:
            before.setdefault(place, a.line)
    return shows_ability(name, tuple(followers), testimony, "any payment, following another in the same incarnation")


def _at_once(evidence: Evidence, runtime: str, testimony: Testimony) -> Criterion:
    """Every attempt must have paid all of its payments: a race that was won once shows nothing about the next."""
    name, needs = "again_at_once", f"attempts of {_LEAF_EACH} and of {_ONE_LEAF} (path swap) that all end paid"
    tried = evidence.of(runtime, _LEAF_EACH, _ONE_LEAF)
    lost = refuted(tried, testimony)
    if lost:
        said = f": {lost[0].value.reason}" if lost[0].value.reason else ""
        reason = f"{len(lost)} of {len(tried)} attempts did not pay all; {lost[0].value.experiment}"
        return fails(name, f"{reason} ended {why(lost[0], testimony)}{said}", lines=lines_of(lost))
    agreed = frozenset(testimony.agreed)
    vague = tuple(a for a in tried if a.line not in agreed)
    if vague:
        ends = f"ended {vague[0].value.outcome} without a complete second witness"
        return undecided(name, f"{len(vague)} of {len(tried)} attempts {ends}", needs=needs, lines=lines_of(vague))
    waited = tuple(a for a in evidence.of(runtime, _ONE_LEAF) if a.value.path is PaymentPath.SWAP)
    untried = [e for e, found in ((_LEAF_EACH, evidence.of(runtime, _LEAF_EACH)), (_ONE_LEAF, waited)) if not found]
    if untried:
        return undecided(name, f"not tried: {', '.join(untried)}", needs=needs, lines=lines_of(tried))
    return passes(
        name, f"{len(tried)} of {len(tried)} attempts paid all of theirs at once, ledger agrees", lines=lines_of(tried)
    )


def _after_eviction(evidence: Evidence, runtime: str, testimony: Testimony) -> Criterion | NotApplicable:
    name, platform = "again_after_eviction", evidence.pin(runtime).platform
    if platform is Platform.NONE:
        return NotApplicable(name=name, reason="this runtime's processes are not evicted by a platform")
    experiment = "pay_after_eviction"
    evicted = evidence.of(runtime, experiment)
    if platform is Platform.CONVEX_ISOLATE:  # every call there finds a fresh context
        return shows_ability(name, evicted, testimony, experiment)
    return shows_ability(name, _first_of_theirs(evicted), testimony, f"{experiment}, the first of a new incarnation")


def _first_of_theirs(attempts: Attempts) -> Attempts:
    """The first attempts of further incarnations: the isolate before them was taken away for their sake."""
    return tuple(a for a in attempts if a.value.incarnation >= 1 and a.value.sequence == 0)


def _balances_exact(evidence: Evidence, runtime: str, testimony: Testimony) -> Criterion:
    """What the driver says that it holds is what the ledger says, to the satoshi, wherever the two can be compared.

    Not under faults: a swap that was cut off hides its leaves until a later sync, and that is gate 3's question.
    """
    name = "balances_exact"
    compared = tuple(
        (a, told, held)
        for a in evidence.of(runtime)
        if not a.value.experiment.startswith("fault_")
        if (told := _told(a)) is not None
        if (held := _held(a)) is not None
    )
    wrong = tuple((a, told, held) for a, told, held in compared if told != held)
    if wrong:
        first, told, held = wrong[0]
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        place = f"line {first.line}, {first.value.experiment}"
        reason = f"{place}: the driver tells {told} sat, the ledger holds {held} sat{more}"
        return fails(name, reason, lines=tuple(a.line for a, _, _ in wrong), measured=told, threshold=held, unit="sat")
    lines = tuple(a.line for a, _, _ in compared)
    agreed = frozenset(testimony.agreed) - frozenset(lines)
    silent = tuple(a for a in evidence.of(runtime, *_AGAIN) if a.line in agreed)
    if silent or not compared:
        of = f" after {', '.join(dict.fromkeys(a.value.experiment for a in silent))}" if silent else ""
        needs = "a balance that the driver tells, and a ledger entry with nothing locked, after every such payment"
        return undecided(name, f"no balance to compare{of}", needs=needs, lines=lines_of(silent) or lines)
    return passes(name, f"{len(compared)} balances are the ledger's, to the satoshi", lines=lines)


def _told(attempt: Numbered[Attempt]) -> int | None:
    """The balance that the driver tells. Of an answer in doubt nothing can be said: its work may still go on."""
    a = attempt.value
    return None if a.claim is None or a.outcome is Outcome.UNKNOWN else a.claim.balance_sats


def _held(attempt: Numbered[Attempt]) -> int | None:
    """The ledger's balance; None while satoshis are locked, which a driver may count either way.

    The ledger's balance is what is available. Incoming satoshis are in neither: nobody has claimed them.
    """
    ledger = attempt.value.ledger
    return None if ledger is None or ledger.locked_sats else ledger.balance_sats
