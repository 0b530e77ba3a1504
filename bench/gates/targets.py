"""Comparing a quantile with a target by its confidence bounds.

Role: shared by the latency criteria; PASS only when the upper bound is within the target, FAIL only when the lower one
is over it. Must not know: where samples come from. An attempt that did not end as it should
is a sample of infinity: a turn that never came is slower than any target.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench import stats
from bench.gates.conclude import compared, fails, passes, undecided
from bench.thresholds import Threshold
from bench.verdict import Criterion, Held, Sense

Seconds = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Samples:
    """Durations in seconds and the record lines they come from.

    `highest` and `lowest` differ where a reference with an uncertainty of its own was subtracted: PASS is judged by
    the highest that each sample may be, FAIL by the lowest.
    """

    highest: Seconds
    lowest: Seconds
    point: Seconds
    lines: tuple[int, ...]

    @classmethod
    def exact(cls, values: Seconds, lines: tuple[int, ...]) -> Samples:
        """Samples that are compared as they were measured."""
        return cls(highest=values, lowest=values, point=values, lines=lines)


def judge_quantile(
    name: str, samples: Samples, *, q: float, target: Threshold, confidence: float, needs: str
) -> Criterion:
    """Judge "the q-quantile is at most `target`". `needs` names the kind of sample that is counted."""
    upper = stats.quantile_upper_bound(samples.highest, q, confidence)
    lower = stats.quantile_lower_bound(samples.lowest, q, confidence)
    judged = _judge(name, samples, upper, lower, q=q, target=target, confidence=confidence, needs=needs)
    return compared(
        judged,
        Held(
            lever=target.key,
            sense=Sense.AT_MOST,
            threshold=target.value,
            low=None if upper.value is None else lower.value,  # without an upper bound nothing is decided
            high=upper.value,
            unit=target.unit,
        ),
    )


def _judge(
    name: str,
    samples: Samples,
    upper: stats.Bound,
    lower: stats.Bound,
    *,
    q: float,
    target: Threshold,
    confidence: float,
    needs: str,
) -> Criterion:
    n, word = len(samples.point), f"p{100 * q:g}"
    measured = stats.quantile(samples.point, q)
    shown = None if measured is None or math.isinf(measured) else measured
    if upper.value is None:
        return undecided(
            name,
            "; ".join(upper.warnings),
            needs=f"{upper_needs(q, confidence)} {needs}",
            lines=samples.lines,
            measured=shown,
            threshold=target.value,
            unit=target.unit,
        )
    if upper.value <= target.value:
        reason = f"{word} is at most sample {upper.rank} of {n}, which is within the target"
        return passes(name, reason, lines=samples.lines, measured=shown, threshold=target.value, unit=target.unit)
    if lower.value is not None and lower.value > target.value:
        reason = f"{word} is at least sample {lower.rank} of {n}, which is over the target"
        return fails(name, reason, lines=samples.lines, measured=shown, threshold=target.value, unit=target.unit)
    over = int(np.sum(samples.highest > target.value))
    return undecided(
        name,
        f"the bounds on {word} lie on both sides of the target at n = {n} ({over} over it)",
        needs=f"{stats.trials_needed(q, over, confidence)} {needs}, if no further one is over the target",
        lines=samples.lines,
        measured=shown,
        threshold=target.value,
        unit=target.unit,
    )


def upper_needs(q: float, confidence: float) -> int:
    """How many samples an upper bound on this quantile needs at least (q below 1/2 is not asked by any gate)."""
    return stats.samples_needed(q, confidence)
