"""Gate 1, runtime compatibility: "Can run Spark payment path without unsupported runtime dependencies."

Role: pays by both paths, pays again, needs no missing host API, both witnesses agree; the platform's limits are in
cloudflare_limits.py. Must not know: how a runtime is started. How often payments succeed is gate 3's question:
here one agreed payment shows the ability, and one `unsupported` denies it.
"""

from __future__ import annotations

from collections.abc import Iterator

from bench.evidence import Evidence, Numbered
from bench.gates import cloudflare_limits
from bench.gates.conclude import conclude, fails, passes, undecided
from bench.thresholds import Thresholds
from bench.verdict import Criterion, GateVerdict, NotApplicable
from bench.witnesses import Testimony, hear, lines_of
from spikes.record import Attempt, Outcome, PaymentPath

NAME = "compatibility"
TITLE = "Runtime compatibility"
REQUIREMENT = "Can run Spark payment path without unsupported runtime dependencies."

_DEFINITE = (Outcome.FAILED, Outcome.BLOCKED, Outcome.UNSUPPORTED, Outcome.CACHED)


def judge(evidence: Evidence, thresholds: Thresholds, runtime: str) -> GateVerdict:
    """Judge gate 1 for one runtime. Pure."""
    decisive, informative = cloudflare_limits.judge(evidence, thresholds, runtime)
    return conclude(NAME, evidence, runtime, [*_payments(evidence, thresholds, runtime), *decisive], informative)


def _payments(evidence: Evidence, thresholds: Thresholds, runtime: str) -> Iterator[Criterion | NotApplicable]:
    testimony = hear(evidence, runtime)
    yield _witnesses_agree(evidence, runtime, testimony)
    yield _pays("pays_exact", evidence.of(runtime, "pay_exact"), testimony, "pay_exact", PaymentPath.EXACT)
    yield _pays("pays_swap", evidence.of(runtime, "pay_swap"), testimony, "pay_swap", PaymentPath.SWAP)
    yield _again_same_isolate(evidence, runtime, testimony)
    restarted = tuple(a for a in evidence.of(runtime, "pay_after_restart") if a.value.incarnation >= 1)
    yield _pays("again_after_restart", restarted, testimony, "pay_after_restart (incarnation >= 1)")
    if cloudflare_limits.applies(evidence.pin(runtime)):
        evicted = evidence.of(runtime, "pay_after_eviction")
        yield _pays("again_after_eviction", evicted, testimony, "pay_after_eviction")
    else:
        yield NotApplicable(
            name="again_after_eviction", reason="this runtime's processes are not evicted by a platform"
        )
    yield _host_needs(evidence, thresholds, runtime)


def _witnesses_agree(evidence: Evidence, runtime: str, testimony: Testimony) -> Criterion:
    name = "witnesses_agree"
    if testimony.disagreements:
        first, *others = testimony.disagreements
        more = f" (and {len(others)} more)" if others else ""
        lines = tuple(dict.fromkeys(d.line for d in testimony.disagreements))
        return fails(name, first.what + more, lines=lines)
    if testimony.unconfirmed:
        reason = f"{len(testimony.unconfirmed)} payments are claimed without a complete second witness"
        return undecided(
            name, reason, needs="claim (hash, amount, fee, preimage digest) and ledger", lines=testimony.unconfirmed
        )
    heard = tuple(a.line for a in evidence.of(runtime) if a.value.ledger is not None)
    if not testimony.agreed:
        return undecided(
            name, "no payment that both witnesses saw", needs="one paid attempt with a ledger entry", lines=heard
        )
    return passes(name, f"driver and ledger agree on {len(heard)} attempts", lines=heard)


def _pays(
    name: str,
    attempts: tuple[Numbered[Attempt], ...],
    testimony: Testimony,
    experiment: str,
    path: PaymentPath | None = None,
) -> Criterion:
    """One agreed payment shows the ability; `path` is the way its leaves must have been found, if that matters."""
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
    denied = {d.line for d in testimony.disagreements}
    bad = tuple(a for a in attempts if a.value.outcome in _DEFINITE or a.line in denied)
    if attempts and len(bad) == len(attempts):
        first = bad[0].value
        what = "the ledger contradicts the claim" if bad[0].line in denied else f"{first.outcome} ({first.code})"
        return fails(name, f"none of {len(attempts)} attempts paid: {what}", lines=lines_of(bad))
    reason = "no attempt ended in a payment that both witnesses saw" if attempts else "not tried"
    return undecided(name, reason, needs=f"a paid attempt of {experiment}", lines=lines_of(attempts))


def _again_same_isolate(evidence: Evidence, runtime: str, testimony: Testimony) -> Criterion:
    """A second payment in one process, from another request: two agreed payments in one lane and incarnation."""
    name = "again_same_isolate"
    agreed = frozenset(testimony.agreed)
    before: dict[tuple[str, int], int] = {}
    followers: list[Numbered[Attempt]] = []
    for a in evidence.of(runtime):
        place = (a.value.lane, a.value.incarnation)
        if a.value.sequence >= 1 and place in before and a.value.expected is Outcome.PAID:
            followers.append(a)
        if a.line in agreed:
            before.setdefault(place, a.line)
    return _pays(name, tuple(followers), testimony, "any payment, following another in the same incarnation")


def _host_needs(evidence: Evidence, thresholds: Thresholds, runtime: str) -> Criterion:
    name, ceiling = "host_needs", thresholds.host_apis_missing_max
    touched = evidence.largest(runtime, "host_apis_touched")
    missing = evidence.largest(runtime, "host_apis_missing")
    shims = evidence.largest(runtime, "host_apis_shimmed")
    if missing is not None and missing.value > ceiling.value:
        reason = "host APIs that the SDK touched are missing"
        return fails(
            name, reason, lines=(missing.line,), measured=missing.value, threshold=ceiling.value, unit=ceiling.unit
        )
    if touched is None or missing is None or shims is None or touched.value == 0:
        return undecided(
            name,
            "no ledger of the host APIs that the SDK touches",
            needs="facts `host_apis_touched`, `host_apis_missing`, `host_apis_shimmed`",
        )
    with_shims = f" with {shims.value:g} shims" if shims.value else ""
    return passes(
        name,
        f"{touched.value:g} host APIs touched, none missing: PASS{with_shims}",
        lines=(touched.line, missing.line, shims.line),
        measured=missing.value,
        threshold=ceiling.value,
        unit=ceiling.unit,
    )
