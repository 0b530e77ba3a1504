"""Gate 3's times side by side: payments cold and warm, what a runtime adds to the control, and where it breaks even.

Role: read times, CPU and calls of fault-free payments into tables. Must not know: how they are written; values stay in
base units. Nothing is judged here. Bounds are one-sided order-statistic bounds, each at the confidence of the gates;
a difference is a two-sided bootstrap interval, and one below the A/A lane's spread is marked as no claim.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bench import break_even, stats
from bench.evidence import Evidence
from bench.gates.latency import LIGHTNING, acknowledgements, paid_turns
from bench.gates.own_cost import cold_payments, noise_floor, warm_payments
from bench.shards import beside
from bench.thresholds import Thresholds
from spikes.record import Role, RuntimePin, Tier

COLD, EXACT, SWAP = "cold", "pay_exact", "pay_swap"
# CPU facts of one warm payment, by kind (facts `cpu_s.<phase>.warm`).
_CPU = {EXACT: ("prepare", "send_exact"), SWAP: ("prepare", "send_swap")}


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Two quantiles with their bounds; None where n is too small, and `warnings` says so."""

    n: int
    p50: float | None
    p50_low: float | None
    p50_high: float | None
    p95: float | None
    p95_low: float | None
    p95_high: float | None
    warnings: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Overhead:
    """This runtime's median minus the control's. `claim`: the difference is larger than the noise of this run."""

    point: float | None
    low: float | None
    high: float | None
    claim: bool
    warnings: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Use:
    """What one warm payment of a kind takes: the machine's CPU, calls over the network, and the emulator's part."""

    cpu_s: float | None
    calls: float | None  # median
    emulator_s: float | None  # median, inside the emulator's handlers
    emulator_share: float | None  # of the payment's time


@dataclass(frozen=True, kw_only=True)
class LatencyRow:
    """One runtime. Payments are on the zero-latency profile, turns on the lightning profile."""

    runtime: str
    role: Role
    tier: Tier
    payments: Mapping[str, Spread]  # COLD, EXACT, SWAP
    overhead: Mapping[str, Overhead]  # the same; empty for the control itself
    use: Mapping[str, Use]  # EXACT, SWAP
    paid_turn: Spread
    acknowledgement: Spread
    break_even: break_even.BreakEven


@dataclass(frozen=True, kw_only=True)
class LatencyTables:
    """Everything of gate 3's times. `noise_s`: the spread of the A/A lane; None without one."""

    rows: tuple[LatencyRow, ...]
    confidence: float
    noise_s: float | None
    calibration_s: float | None  # a fixed piece of work on this machine's CPU


def latency_tables(evidence: Evidence, thresholds: Thresholds) -> LatencyTables:
    """The tables of a record; runtimes that never paid and were never timed are left out."""
    rows = tuple(_row(evidence, thresholds, pin) for pin in evidence.runtimes)
    return LatencyTables(
        rows=tuple(row for row in rows if _timed(row)),
        confidence=thresholds.confidence.value,
        noise_s=_noise(evidence, thresholds),
        calibration_s=_calibration(evidence),
    )


def _row(evidence: Evidence, thresholds: Thresholds, pin: RuntimePin) -> LatencyRow:
    confidence = thresholds.confidence.value
    mine = _seconds(evidence, pin.name)
    warm = warm_payments(evidence, pin.name)
    turns = paid_turns(evidence, pin.name, LIGHTNING)
    told = acknowledgements(evidence, pin.name)["acknowledge_s"].to_numpy(dtype=float)
    return LatencyRow(
        runtime=pin.name,
        role=pin.role,
        tier=pin.tier,
        payments={kind: spread(seconds, confidence) for kind, seconds in mine.items()},
        overhead=_overhead(evidence, thresholds, pin, mine),
        use={kind: _use(evidence, pin.name, warm, kind) for kind in (EXACT, SWAP)},
        paid_turn=spread(turns["seconds"].to_numpy(dtype=float), confidence),
        acknowledgement=spread(told, confidence),
        break_even=break_even.of(turns, thresholds),
    )


def _timed(row: LatencyRow) -> bool:
    return any(s.n for s in (*row.payments.values(), row.paid_turn, row.acknowledgement))


def _seconds(evidence: Evidence, runtime: str) -> dict[str, stats.Samples]:
    warm = warm_payments(evidence, runtime)
    by_kind = {k: warm.loc[warm["experiment"] == k, "seconds"].to_numpy(dtype=float) for k in (EXACT, SWAP)}
    return {COLD: cold_payments(evidence, runtime)["seconds"].to_numpy(dtype=float), **by_kind}


def spread(samples: stats.Samples, confidence: float) -> Spread:
    """p50 and p95 of samples, with bounds. An infinite sample (a turn that never came) is shown as None."""

    def bounds(q: float) -> tuple[float | None, float | None, float | None, tuple[str, ...]]:
        low = stats.quantile_lower_bound(samples, q, confidence)
        high = stats.quantile_upper_bound(samples, q, confidence)
        return _finite(stats.quantile(samples, q)), _finite(low.value), _finite(high.value), high.warnings

    p50, p50_low, p50_high, few = bounds(0.50)
    p95, p95_low, p95_high, fewer = bounds(0.95)
    return Spread(
        n=len(samples),
        **{"p50": p50, "p50_low": p50_low, "p50_high": p50_high},
        **{"p95": p95, "p95_low": p95_low, "p95_high": p95_high},
        warnings=tuple(dict.fromkeys((*few, *fewer))) if len(samples) else (),
    )


def _overhead(
    evidence: Evidence, thresholds: Thresholds, pin: RuntimePin, mine: Mapping[str, stats.Samples]
) -> dict[str, Overhead]:
    if len(evidence.controls) != 1 or pin.name in evidence.controls:
        return {}
    evidence = beside(evidence, pin.name)  # what ran on another machine compares no times
    control = _seconds(evidence, evidence.controls[0])
    noise = noise_floor(evidence, pin.name, int(thresholds.aa_lane_attempts.value))
    return {kind: _difference(mine[kind], control[kind], thresholds.confidence.value, noise) for kind in mine}


def _difference(ours: stats.Samples, theirs: stats.Samples, confidence: float, noise: float | None) -> Overhead:
    found = stats.median_difference(ours, theirs, confidence)
    low, high = found.low, found.high
    apart = low is not None and high is not None and noise is not None and (low > noise or high < -noise)
    return Overhead(point=found.point, low=low, high=high, claim=apart, warnings=found.warnings)


def _use(evidence: Evidence, runtime: str, warm: pd.DataFrame, kind: str) -> Use:
    lines = warm.loc[warm["experiment"] == kind, ["line", "seconds"]]
    rows = evidence.rows_of(runtime).merge(lines, on="line")
    parts = [evidence.largest(runtime, f"cpu_s.{phase}.warm") for phase in _CPU[kind]]
    total = float(rows["seconds"].sum())
    return Use(
        cpu_s=None if any(part is None for part in parts) else sum(part.value for part in parts if part is not None),
        calls=stats.median(rows["calls"].to_numpy(dtype=float)),
        emulator_s=stats.median(rows["emulator_s"].to_numpy(dtype=float)),
        emulator_share=float(rows["emulator_s"].sum()) / total if total else None,
    )


def _noise(evidence: Evidence, thresholds: Thresholds) -> float | None:
    enough = int(thresholds.aa_lane_attempts.value)
    return noise_floor(evidence, evidence.controls[0], enough) if evidence.controls else None


def _calibration(evidence: Evidence) -> float | None:
    try:
        return float(evidence.header.host["calibration_s"])
    except (KeyError, ValueError):
        return None


def _finite(value: float | None) -> float | None:
    return value if value is not None and np.isfinite(value) else None
