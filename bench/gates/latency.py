"""Gate 3, latency and reliability: "Can meet latency/reliability targets for interactive chat usage."

Role: turns against their targets, success rate; own cost is in own_cost.py, money under faults in exactly_once.py.
Must not know: clocks inside runtimes. Only the outside clock is evidence. Turns of a fresh process are judged apart
(own_cost_cold), so the quantiles here are warm ones; both lanes of an A/A pair count for rates, lane "a" for times.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bench import stats
from bench.evidence import Evidence
from bench.gates import probes
from bench.gates.conclude import conclude, fails, passes, undecided
from bench.gates.exactly_once import judge_money
from bench.gates.own_cost import own_cost
from bench.gates.targets import Samples, judge_quantile
from bench.thresholds import Threshold, Thresholds
from bench.verdict import Criterion, GateVerdict, NotApplicable
from bench.witnesses import hear

NAME = "latency"
TITLE = "Latency and reliability"
REQUIREMENT = "Can meet latency/reliability targets for interactive chat usage."

# Attempts that are one payment each. Payments at once are gate 1's question: one attempt of them is no sample of one.
_PAYING = (
    *("pay_exact", "pay_swap", "pay_rebuilt", "pay_second_isolate"),
    *("pay_after_restart", "pay_after_eviction", "l402_paid"),
)


def judge(evidence: Evidence, thresholds: Thresholds, runtime: str) -> GateVerdict:
    """Judge gate 3 for one runtime. Pure."""
    probe = evidence.probe_of(runtime)
    if probe is not None:
        return probes.nothing_to_judge(NAME, evidence, runtime, probe)
    return conclude(NAME, evidence, runtime, _criteria(evidence, thresholds, runtime))


def _criteria(evidence: Evidence, thresholds: Thresholds, runtime: str) -> Iterator[Criterion | NotApplicable]:
    yield from judge_money(evidence, thresholds, runtime)
    yield _success_rate(evidence, thresholds, runtime)
    yield _paid_turn("paid_turn_p50", evidence, thresholds, runtime, q=0.50, target=thresholds.paid_turn_p50_s)
    yield _paid_turn("paid_turn_p95", evidence, thresholds, runtime, q=0.95, target=thresholds.paid_turn_p95_s)
    yield _acknowledgement(evidence, thresholds, runtime)
    yield from own_cost(evidence, thresholds, runtime)
    cached, blocked = thresholds.cached_turn_p95_s, thresholds.blocked_turn_p95_s
    yield _turn("cached_turn_p95", evidence, thresholds, runtime, experiments=("l402_cached",), q=0.95, target=cached)
    refusals = ("l402_blocked_cap", "l402_blocked_host")
    yield _turn("blocked_turn_p95", evidence, thresholds, runtime, experiments=refusals, q=0.95, target=blocked)


def _paid_turn(
    name: str, evidence: Evidence, thresholds: Thresholds, runtime: str, *, q: float, target: Threshold
) -> Criterion:
    t = evidence.table
    if not ((t["runtime"] == runtime) & (t["profile"] == "lightning")).any():
        return undecided(
            name,
            f"the Lightning profile was not run (this run: {evidence.latency_profile})",
            needs=f"{stats.samples_needed(q, thresholds.confidence.value)} paid turns on the lightning profile",
            threshold=target.value,
            unit=target.unit,
        )
    return _turn(
        name, evidence, thresholds, runtime, experiments=("l402_paid",), q=q, target=target, profile="lightning"
    )


def _acknowledgement(evidence: Evidence, thresholds: Thresholds, runtime: str) -> Criterion:
    """The time to the first typed state, phase `acknowledge`, over all turns that recorded one."""
    t = evidence.table
    rows = t[(t["runtime"] == runtime) & (t["lane"] == "a") & ~t["cold"] & t["acknowledge_s"].notna()]
    samples = Samples.exact(rows["acknowledge_s"].to_numpy(dtype=float), tuple(int(n) for n in rows["line"]))
    target, confidence = thresholds.acknowledgement_p95_s, thresholds.confidence.value
    needs = "warm turns with a phase `acknowledge` timed from outside"
    return judge_quantile("acknowledgement", samples, q=0.95, target=target, confidence=confidence, needs=needs)


def _turn(
    name: str,
    evidence: Evidence,
    thresholds: Thresholds,
    runtime: str,
    *,
    experiments: tuple[str, ...],
    q: float,
    target: Threshold,
    profile: str | None = None,
) -> Criterion:
    """A quantile of whole turns, on one latency profile or on all: phase `fetch` from outside, else the wall time."""
    t = evidence.table
    chosen = (t["runtime"] == runtime) & (t["lane"] == "a") & ~t["cold"] & t["experiment"].isin(experiments)
    if profile is not None:
        chosen &= t["profile"] == profile
    rows = t[chosen & (t["outcome"] != "unsupported")]
    ended = (rows["outcome"] == rows["expected"]).to_numpy(dtype=bool)
    seconds = rows["fetch_s"].fillna(rows["wall_s"]).to_numpy(dtype=float)
    samples = Samples.exact(np.where(ended, seconds, np.inf), tuple(int(n) for n in rows["line"]))
    needs = f"warm turns of {' and '.join(experiments)}"
    return judge_quantile(name, samples, q=q, target=target, confidence=thresholds.confidence.value, needs=needs)


def _success_rate(evidence: Evidence, thresholds: Thresholds, runtime: str) -> Criterion:
    """Fault-free payments that both witnesses call paid; one without a second witness counts neither way."""
    name, target, confidence = "success_rate", thresholds.success_rate, thresholds.confidence.value
    testimony = hear(evidence, runtime)
    agreed, unconfirmed = set(testimony.agreed), set(testimony.unconfirmed)
    tried = evidence.of(runtime, *_PAYING)
    n = len(tried)
    good = sum(a.line in agreed for a in tried)
    perhaps = good + sum(a.line in unconfirmed for a in tried)
    lower = stats.rate_lower_bound(good, n, confidence)
    upper = stats.rate_upper_bound(perhaps, n, confidence)
    lines = tuple(a.line for a in tried)
    measured = good / n if n else None
    if lower.value is not None and lower.value >= target.value:
        reason = f"{good} of {n} payments succeeded; the exact lower bound reaches the target"
        return passes(name, reason, lines=lines, measured=measured, threshold=target.value, unit=target.unit)
    if upper.value is not None and upper.value < target.value:
        bad = tuple(a.line for a in tried if a.line not in agreed)
        reason = f"{good} of {n} payments succeeded; even the exact upper bound misses the target"
        return fails(name, reason, lines=bad, measured=measured, threshold=target.value, unit=target.unit)
    needed = stats.trials_needed(target.value, n - good, confidence)
    return undecided(
        name,
        f"{good} of {n} payments succeeded; too few to bound the rate",
        needs=f"{needed} fault-free payments in all, if no further one fails",
        lines=lines,
        measured=measured,
        threshold=target.value,
        unit=target.unit,
    )
