"""The runtime's own cost: its payment minus the native control's, on the zero-latency profile.

Role: two criteria of gate 3, warm and cold. Must not know: the other latency targets.
The control's median is itself uncertain, so PASS subtracts its lower bound and FAIL its upper bound. The A/A lane
(one runtime twice, interleaved) is the noise floor: both bounds are widened by its spread, so that a smaller
difference is no claim. All of it is taken from the machine that measured the runtime: of a run that was made in shards,
the control is the one that its shard measured again for this.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from bench import stats
from bench.evidence import Evidence
from bench.gates.conclude import undecided
from bench.gates.targets import Samples, judge_quantile
from bench.shards import beside
from bench.thresholds import Threshold, Thresholds
from bench.verdict import Criterion, NotApplicable
from spikes.record import Role

_WARM = ("pay_exact", "pay_swap")
_COLD = ("pay_exact", "pay_swap", "pay_after_restart")
_COLD_PHASES = ("boot_s", "load_s", "build_s", "sync_s", "pay_s")


def own_cost(evidence: Evidence, thresholds: Thresholds, runtime: str) -> tuple[Criterion | NotApplicable, ...]:
    """own_cost_warm and own_cost_cold of one runtime."""
    names = ("own_cost_warm", "own_cost_cold")
    if runtime in evidence.controls:
        return tuple(NotApplicable(name=n, reason="the control is what the others are compared with") for n in names)
    warm, cold = thresholds.own_cost_warm_p95_s, thresholds.own_cost_cold_p50_s
    return (
        _own_cost(names[0], evidence, thresholds, runtime, q=0.95, target=warm, kind="warm payments"),
        _own_cost(names[1], evidence, thresholds, runtime, q=0.50, target=cold, kind="cold first payments"),
    )


def _own_cost(
    name: str, evidence: Evidence, thresholds: Thresholds, runtime: str, *, q: float, target: Threshold, kind: str
) -> Criterion:
    def leave_open(reason: str, needs: str) -> Criterion:
        return undecided(name, reason, needs=needs, threshold=target.value, unit=target.unit)

    if len(evidence.controls) != 1:
        return leave_open(f"{len(evidence.controls)} controls in the run", "exactly one native control")
    read = warm_payments if name == "own_cost_warm" else cold_payments
    confidence = thresholds.confidence.value
    evidence = beside(evidence, runtime)
    mine, reference = read(evidence, runtime), read(evidence, evidence.controls[0])
    if mine.empty:
        needs = f"{stats.samples_needed(q, confidence)} {kind} on the zero-latency profile"
        return leave_open(f"n = 0 {kind} on the zero-latency profile (this run: {evidence.latency_profile})", needs)
    if reference.empty and evidence.header.shards:
        few = stats.samples_needed(0.5, confidence)
        reason = f"the control made no {kind} on the machine that measured this runtime"
        return leave_open(reason, f"{few} {kind} of the control in the same shard")
    excess = _excess(mine, reference, confidence)
    if excess is None:
        few = stats.samples_needed(0.5, confidence)
        return leave_open(
            f"too few {kind} of the control to bound its median", f"{few} {kind} of the control, an experiment"
        )
    spread = noise_floor(evidence, runtime, int(thresholds.aa_lane_attempts.value))
    if spread is None:
        enough = int(thresholds.aa_lane_attempts.value)
        return leave_open(
            "no A/A lane, so the noise floor is unknown", f"{enough} warm payments an A/A lane, an experiment"
        )
    widened = Samples(
        highest=excess.highest + spread, lowest=excess.lowest - spread, point=excess.point, lines=excess.lines
    )
    return judge_quantile(name, widened, q=q, target=target, confidence=confidence, needs=kind)


@lru_cache(maxsize=64)  # judged, shown in tables, and asked again for other numbers
def warm_payments(evidence: Evidence, runtime: str, lane: str = "a") -> pd.DataFrame:
    """Paid attempts after an incarnation's first, one lane: columns line, experiment, seconds (phase `pay`)."""
    t = evidence.rows_of(runtime)
    chosen = (t["lane"] == lane) & (t["outcome"] == "paid") & ~t["cold"] & (t["profile"] == "zero")
    rows = t[chosen & t["experiment"].isin(_WARM) & t["pay_s"].notna()]
    return rows[["line", "experiment"]].assign(seconds=rows["pay_s"])


@lru_cache(maxsize=64)  # judged, shown in tables, and asked again for other numbers
def cold_payments(evidence: Evidence, runtime: str) -> pd.DataFrame:
    """The first payment of every incarnation, both lanes: boot + load + build + sync + pay as timed from outside.

    The phases before the payment are summed over all attempts up to it, because a refusal may have come first. A boot
    that no attempt carries is taken from the runtime's `boot_s` facts (their median); without either there is no
    sample, because a cold start without its start is not one.
    """
    t = evidence.rows_of(runtime)
    cold = t[t["cold"] & (t["profile"] == "zero")]
    before = cold.groupby(["lane", "incarnation"])[list(_COLD_PHASES)].sum(min_count=1)
    paid = cold[(cold["outcome"] == "paid") & cold["experiment"].isin(_COLD) & cold["pay_s"].notna()]
    rows = paid[["line", "lane", "incarnation"]].join(before, on=["lane", "incarnation"])
    facts = [f.value.value for f in evidence.facts_of(runtime, "boot_s")]
    boot = stats.median([float(v) for v in facts if not isinstance(v, str)])
    if boot is not None:
        rows = rows.fillna({"boot_s": boot})
    rows = rows[rows["boot_s"].notna()]
    # One kind for all: every runtime gets the same mix, and each kind alone would be too few to bound a median.
    return rows[["line"]].assign(experiment="cold", seconds=rows[list(_COLD_PHASES)].sum(axis=1))


def _excess(mine: pd.DataFrame, reference: pd.DataFrame, confidence: float) -> Samples | None:
    """Each payment minus the control's median for the same experiment; None if the control cannot bound its median."""
    highest: list[float] = []
    lowest: list[float] = []
    point: list[float] = []
    for experiment, rows in mine.groupby("experiment"):
        control = reference.loc[reference["experiment"] == experiment, "seconds"].to_numpy(dtype=float)
        low = stats.quantile_lower_bound(control, 0.5, confidence).value
        high = stats.quantile_upper_bound(control, 0.5, confidence).value
        middle = stats.median(control)
        if low is None or high is None or middle is None:
            return None
        seconds = rows["seconds"].to_numpy(dtype=float)
        highest += list(seconds - low)
        lowest += list(seconds - high)
        point += list(seconds - middle)
    return Samples(
        highest=np.asarray(highest),
        lowest=np.asarray(lowest),
        point=np.asarray(point),
        lines=tuple(sorted(int(line) for line in mine["line"])),
    )


def noise_floor(evidence: Evidence, runtime: str, enough: int) -> float | None:
    """Difference in seconds of p95 between the lanes "a" and "b": this runtime's own, else the largest in the run.

    The lanes of an informative runtime speak for itself alone: it must not move the verdict of one that decides.
    """
    own = _lane_spread(evidence, runtime, enough)
    if own is not None:
        return own
    deciding = [pin for pin in evidence.runtimes if pin.role is not Role.INFORMATIVE]
    spreads = [_lane_spread(evidence, pin.name, enough) for pin in deciding]
    return max((s for s in spreads if s is not None), default=None)


@lru_cache(maxsize=32)  # every runtime without lanes of its own asks for those of all others
def _lane_spread(evidence: Evidence, runtime: str, enough: int) -> float | None:
    a, b = warm_payments(evidence, runtime, "a"), warm_payments(evidence, runtime, "b")
    spreads: list[float] = []
    for experiment in _WARM:
        of_a = a.loc[a["experiment"] == experiment, "seconds"].to_numpy(dtype=float)
        of_b = b.loc[b["experiment"] == experiment, "seconds"].to_numpy(dtype=float)
        p_a, p_b = stats.quantile(of_a, 0.95), stats.quantile(of_b, 0.95)
        if len(of_a) >= enough and len(of_b) >= enough and p_a is not None and p_b is not None:
            spreads.append(abs(p_a - p_b))
    return max(spreads, default=None)
