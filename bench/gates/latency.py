"""Gate 3, latency and reliability: "Can meet latency/reliability targets for interactive chat usage."

Role: turns against their targets, success rate; own cost is in own_cost.py, money under faults in exactly_once.py, what
outlives a process in remembers.py. Must not know: clocks inside runtimes. Only the outside clock is evidence. Turns of
a fresh process are judged apart (own_cost_cold), so the quantiles here are warm ones; both lanes of an A/A pair count
for rates, its second one ("b") never for times.
A paid turn counts from its intended start: whoever waits behind a slow turn waits too (phase `turn`, open loop).
A stand-in's time is not its platform's: over a target it decides nothing. Neither does that of a shard which had not
its machine to itself.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import pandas as pd

from bench import stats
from bench.evidence import Evidence, Numbered
from bench.gates import probes
from bench.gates.conclude import compared, conclude, fails, passes, undecided
from bench.gates.exactly_once import judge_money
from bench.gates.own_cost import own_cost
from bench.gates.remembers import remembers
from bench.gates.targets import Samples, judge_quantile
from bench.shards import crowded
from bench.thresholds import Threshold, Thresholds
from bench.verdict import Criterion, GateVerdict, Held, NotApplicable, Sense, Verdict
from bench.witnesses import hear
from spikes.record import Attempt, Tier

NAME = "latency"
TITLE = "Latency and reliability"
REQUIREMENT = "Can meet latency/reliability targets for interactive chat usage."

LIGHTNING = "lightning"
AA_LANE = "b"
# Profiles that ask how slow is too slow: a payment that their waits cut off says nothing about a usual day's rate.
_SCENARIOS = ("lightning_slow", "degraded")
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
    yield remembers(evidence, runtime)
    yield from _bounded(evidence, thresholds, runtime)


def _bounded(evidence: Evidence, thresholds: Thresholds, runtime: str) -> Iterator[Criterion | NotApplicable]:
    yield _success_rate(evidence, thresholds, runtime)
    yield from _as_told(evidence, runtime, _timed(evidence, thresholds, runtime))


def bounded(evidence: Evidence, thresholds: Thresholds, runtime: str) -> tuple[Criterion, ...]:
    """The criteria that rest on a confidence bound, as they are judged by these thresholds."""
    return tuple(c for c in _bounded(evidence, thresholds, runtime) if isinstance(c, Criterion))


def paid_turn_at(evidence: Evidence, thresholds: Thresholds, runtime: str, settling: float) -> tuple[Criterion, ...]:
    """The criteria on paid turns, if Lightning had taken `settling` times as long."""
    judged = _paid_turns(evidence, thresholds, runtime, settling)
    return tuple(c for c in _as_told(evidence, runtime, judged) if isinstance(c, Criterion))


def _as_told(
    evidence: Evidence, runtime: str, timed: Iterator[Criterion | NotApplicable]
) -> Iterator[Criterion | NotApplicable]:
    doubt = _doubt(evidence, runtime)
    for entry in timed:
        yield _doubted(entry, *doubt) if doubt is not None and isinstance(entry, Criterion) else entry


def _doubt(evidence: Evidence, runtime: str) -> tuple[str, str] | None:
    """Why a time over its target may not be the runtime's own, and what would settle that; None if nothing says so."""
    if evidence.pin(runtime).tier is Tier.STAND_IN:
        return "a stand-in's time is not its platform's", "the same turns on the platform itself"
    if others := crowded(evidence, runtime):
        said = f"shard {', '.join(map(str, others))} ran at the same time on this machine"
        return said, "the same turns on a machine that this shard has to itself"
    return None


def _paid_turns(
    evidence: Evidence, thresholds: Thresholds, runtime: str, settling: float = 1.0
) -> Iterator[Criterion | NotApplicable]:
    for q, target in ((0.50, thresholds.paid_turn_p50_s), (0.95, thresholds.paid_turn_p95_s)):
        name = f"paid_turn_p{100 * q:g}"
        yield _paid_turn(name, evidence, thresholds, runtime, q=q, target=target, settling=settling)


def _timed(evidence: Evidence, thresholds: Thresholds, runtime: str) -> Iterator[Criterion | NotApplicable]:
    yield from _paid_turns(evidence, thresholds, runtime)
    yield _acknowledgement(evidence, thresholds, runtime)
    yield from own_cost(evidence, thresholds, runtime)
    cached, blocked = thresholds.cached_turn_p95_s, thresholds.blocked_turn_p95_s
    yield _turn("cached_turn_p95", evidence, thresholds, runtime, experiments=("l402_cached",), target=cached)
    refusals = ("l402_blocked_cap", "l402_blocked_host")
    yield _turn("blocked_turn_p95", evidence, thresholds, runtime, experiments=refusals, target=blocked)


def _doubted(judged: Criterion, why: str, needs: str) -> Criterion:
    """A time over its target that may not be the runtime's own says nothing of it; one below it stays what it is."""
    held = tuple(dataclasses.replace(h, beyond=Verdict.INCONCLUSIVE) for h in judged.held)
    judged = dataclasses.replace(judged, held=held)
    if judged.verdict is not Verdict.FAIL:
        return judged
    return dataclasses.replace(judged, verdict=Verdict.INCONCLUSIVE, reason=f"{judged.reason}; {why}", needs=needs)


def _paid_turn(
    name: str,
    evidence: Evidence,
    thresholds: Thresholds,
    runtime: str,
    *,
    q: float,
    target: Threshold,
    settling: float,
) -> Criterion:
    confidence = thresholds.confidence.value
    enough = f"{stats.samples_needed(q, confidence)} paid turns on the lightning profile"
    if not (evidence.rows_of(runtime)["profile"] == LIGHTNING).any():
        reason = f"the Lightning profile was not run (this run: {evidence.latency_profile})"
        return undecided(name, reason, needs=enough, threshold=target.value, unit=target.unit)
    rows = paid_turns(evidence, runtime)
    if rows.empty:
        return undecided(
            name,
            "no turn on the Lightning profile was timed from its intended start",
            needs=f"{enough}, with a phase `turn`",
            threshold=target.value,
            unit=target.unit,
        )
    seconds = rows["seconds"].to_numpy(dtype=float)
    if settling != 1:
        seconds = seconds + (settling - 1) * rows["settle_s"].to_numpy(dtype=float)
    samples = Samples.exact(seconds, tuple(int(n) for n in rows["line"]))
    return judge_quantile(
        name, samples, q=q, target=target, confidence=confidence, needs="warm turns of l402_paid on the profile"
    )


@lru_cache(maxsize=64)  # judged, shown in tables, and asked again for other numbers
def paid_turns(evidence: Evidence, runtime: str, profile: str = LIGHTNING) -> pd.DataFrame:
    """Warm turns that were to buy something, on one profile: columns line, seconds (phase `turn`), settle_s.

    One that ended otherwise than it should is a sample of infinity.
    """
    t = evidence.rows_of(runtime)
    mine = (t["profile"] == profile) & (t["lane"] != AA_LANE) & ~t["cold"]
    rows = t[mine & (t["experiment"] == "l402_paid") & (t["outcome"] != "unsupported") & t["turn_s"].notna()]
    ended = (rows["outcome"] == rows["expected"]).to_numpy(dtype=bool)
    seconds = np.where(ended, rows["turn_s"].to_numpy(dtype=float), np.inf)
    return rows[["line", "settle_s"]].assign(seconds=seconds)


@lru_cache(maxsize=64)  # judged, shown in tables, and asked again for other numbers
def acknowledgements(evidence: Evidence, runtime: str) -> pd.DataFrame:
    """Warm turns of which the first typed state was timed: columns line, acknowledge_s."""
    t = evidence.rows_of(runtime)
    mine = (t["lane"] != AA_LANE) & ~t["cold"] & ~t["profile"].isin(_SCENARIOS)
    return t.loc[mine & t["acknowledge_s"].notna(), ["line", "acknowledge_s"]]


def _acknowledgement(evidence: Evidence, thresholds: Thresholds, runtime: str) -> Criterion:
    """The time to the first typed state, phase `acknowledge`, over all turns that recorded one."""
    rows = acknowledgements(evidence, runtime)
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
    target: Threshold,
) -> Criterion:
    """The p95 of whole turns that move no money: phase `fetch` from outside, else the wall time."""
    t = evidence.rows_of(runtime)
    chosen = (t["lane"] != AA_LANE) & ~t["cold"] & t["experiment"].isin(experiments)
    rows = t[chosen & (t["outcome"] != "unsupported")]
    ended = (rows["outcome"] == rows["expected"]).to_numpy(dtype=bool)
    seconds = rows["fetch_s"].fillna(rows["wall_s"]).to_numpy(dtype=float)
    samples = Samples.exact(np.where(ended, seconds, np.inf), tuple(int(n) for n in rows["line"]))
    needs = f"warm turns of {' and '.join(experiments)}"
    return judge_quantile(name, samples, q=0.95, target=target, confidence=thresholds.confidence.value, needs=needs)


def _success_rate(evidence: Evidence, thresholds: Thresholds, runtime: str) -> Criterion:
    """Fault-free payments that both witnesses call paid; one without a second witness counts neither way."""
    target, confidence = thresholds.success_rate, thresholds.confidence.value
    testimony = hear(evidence, runtime)
    agreed, unconfirmed = set(testimony.agreed), set(testimony.unconfirmed)
    tried = tuple(a for a in evidence.of(runtime) if _is_payment(a))
    n = len(tried)
    good = sum(a.line in agreed for a in tried)
    perhaps = good + sum(a.line in unconfirmed for a in tried)
    lower = stats.rate_lower_bound(good, n, confidence)
    upper = stats.rate_upper_bound(perhaps, n, confidence)
    held = Held(
        lever=target.key,
        sense=Sense.AT_LEAST,
        threshold=target.value,
        low=lower.value,
        high=upper.value,
        unit=target.unit,
    )
    bad = tuple(a.line for a in tried if a.line not in agreed)
    of = tuple(a.line for a in tried)
    return compared(_rate(target, lower, upper, good=good, tried=of, bad=bad), held)


def _rate(
    target: Threshold,
    lower: stats.Bound,
    upper: stats.Bound,
    *,
    good: int,
    tried: tuple[int, ...],
    bad: tuple[int, ...],
) -> Criterion:
    name, lines, n = "success_rate", tried, len(tried)
    measured = good / n if n else None
    if lower.value is not None and lower.value >= target.value:
        reason = f"{good} of {n} payments succeeded; the exact lower bound reaches the target"
        return passes(name, reason, lines=lines, measured=measured, threshold=target.value, unit=target.unit)
    if upper.value is not None and upper.value < target.value:
        reason = f"{good} of {n} payments succeeded; even the exact upper bound misses the target"
        return fails(name, reason, lines=bad, measured=measured, threshold=target.value, unit=target.unit)
    needs = "a target below 1: no number of payments proves that none will ever fail"
    if target.value < 1:
        needed = stats.trials_needed(target.value, n - good, lower.confidence)
        needs = f"{needed} fault-free payments in all, if no further one fails"
    return undecided(
        name,
        f"{good} of {n} payments succeeded; too few to bound the rate",
        needs=needs,
        lines=lines,
        measured=measured,
        threshold=target.value,
        unit=target.unit,
    )


def _is_payment(attempt: Numbered[Attempt]) -> bool:
    experiment, _, profile = attempt.value.experiment.partition("@")
    return experiment in _PAYING and profile not in _SCENARIOS
