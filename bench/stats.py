"""Statistics that a verdict may stand on: exact bounds, and the n they would need; intervals that a table may show.

Role: distribution-free one-sided confidence bounds on quantiles (order statistics) and on success rates
(Clopper-Pearson); two-sided intervals of a difference of medians (bootstrap) and of a trend (Theil and Sen).
Must not know: records, runtimes, gates. Reservations travel as values (`warnings`).
Method: the binomial model of order statistics; the r-th smallest of n values bounds the q-quantile from above
when P(Binomial(n, q) <= r - 1) >= confidence. No distribution of the values is assumed.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from scipy.special import bdtr, betaincinv  # scipy.stats says the same and takes a second to import

Samples = Sequence[float] | npt.NDArray[np.float64]
BOOTSTRAP_MIN = 8  # fewer values have too few different resamples to speak of an interval
TREND_MIN = 8
_BOOTSTRAP_SEED = 20_261_122
_ROUNDING = 1e-12  # 1 - 0.95 is not exactly 0.05: a bound that holds exactly must not be lost to the last bit


class Side(StrEnum):
    """Which side of the true value the bound lies on."""

    LOWER = "lower"
    UPPER = "upper"


@dataclass(frozen=True, kw_only=True)
class Bound:
    """A one-sided confidence bound. `value` is None if n samples cannot give one; `warnings` says why."""

    value: float | None
    side: Side
    confidence: float
    n: int
    rank: int | None = None  # 1-based order statistic behind a quantile's bound
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A two-sided confidence interval around an estimate; `warnings` says what is to be thought of it."""

    point: float | None
    low: float | None
    high: float | None
    confidence: float
    warnings: tuple[str, ...] = ()


def quantile(samples: Samples, q: float) -> float | None:
    """Point estimate of the q-quantile by nearest rank: a value that was really measured. None without samples."""
    if len(samples) == 0:
        return None
    return float(np.sort(np.asarray(samples, dtype=float))[max(math.ceil(q * len(samples) - _ROUNDING), 1) - 1])


def median(samples: Samples) -> float | None:
    """The middle value (the mean of the two middle ones when n is even). None without samples."""
    return float(np.median(np.asarray(samples, dtype=float))) if len(samples) else None


def quantile_upper_bound(samples: Samples, q: float, confidence: float) -> Bound:
    """The smallest order statistic that is at or above the true q-quantile with the given confidence."""
    n = len(samples)
    rank = upper_rank(n, q, confidence)
    return _order_statistic(samples, rank, Side.UPPER, confidence, _too_few(n, q, confidence))


def quantile_lower_bound(samples: Samples, q: float, confidence: float) -> Bound:
    """The largest order statistic that is at or below the true q-quantile with the given confidence."""
    n = len(samples)
    rank = lower_rank(n, q, confidence)
    return _order_statistic(samples, rank, Side.LOWER, confidence, _too_few(n, 1 - q, confidence, of=q))


def upper_rank(n: int, q: float, confidence: float) -> int | None:
    """Smallest r with P(Binomial(n, q) <= r - 1) >= confidence; None if even the maximum will not do."""
    if n < samples_needed(q, confidence):
        return None
    # P(Binomial(n, q) <= r - 1) grows with r: looking at a few of them tells where it reaches the confidence.
    rank = bisect_left(range(n), confidence - _ROUNDING, key=lambda below: float(bdtr(below, n, q))) + 1
    return rank if rank <= n else None


def lower_rank(n: int, q: float, confidence: float) -> int | None:
    """Largest r with P(Binomial(n, q) >= r) >= confidence; None if even the minimum will not do."""
    mirrored = upper_rank(n, 1 - q, confidence)
    return None if mirrored is None else n + 1 - mirrored


def samples_needed(q: float, confidence: float) -> int:
    """Fewest samples whose maximum bounds the q-quantile from above: 59 for p95, 299 for p99, at 95 %."""
    return math.ceil(math.log(1 - confidence) / math.log(q) - _ROUNDING)


def rate_lower_bound(successes: int, n: int, confidence: float) -> Bound:
    """Exact (Clopper-Pearson) lower bound on a success rate."""
    _check_counts(successes, n)
    if n == 0:
        return Bound(value=None, side=Side.LOWER, confidence=confidence, n=0, warnings=("n = 0: nothing was tried",))
    value = 0.0 if successes == 0 else float(betaincinv(successes, n - successes + 1, 1 - confidence))
    return Bound(value=value, side=Side.LOWER, confidence=confidence, n=n)


def rate_upper_bound(successes: int, n: int, confidence: float) -> Bound:
    """Exact (Clopper-Pearson) upper bound on a success rate."""
    _check_counts(successes, n)
    if n == 0:
        return Bound(value=None, side=Side.UPPER, confidence=confidence, n=0, warnings=("n = 0: nothing was tried",))
    value = 1.0 if successes == n else float(betaincinv(successes + 1, n - successes, confidence))
    return Bound(value=value, side=Side.UPPER, confidence=confidence, n=n)


def trials_needed(target: float, failures: int, confidence: float) -> int:
    """Fewest trials that prove a rate >= target with this many failures among them: 299, 473, 628 for 99 %.

    The same number answers for quantiles: q as the target, samples over the threshold as the failures.
    """

    def proves(n: int) -> bool:
        return float(bdtr(failures, n, 1 - target)) <= 1 - confidence + _ROUNDING

    low, high = failures, failures + 1
    while not proves(high):
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if proves(middle) else (middle, high)
    return high


def median_difference(ours: Samples, theirs: Samples, confidence: float, *, resamples: int = 2000) -> Interval:
    """Our median minus theirs, with a percentile bootstrap interval; the same samples give the same interval."""
    short = [f"n = {len(s)}: a bootstrap needs {BOOTSTRAP_MIN}" for s in (ours, theirs) if len(s) < BOOTSTRAP_MIN]
    a, b = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
    point = float(np.median(a) - np.median(b)) if len(a) and len(b) else None
    if short:
        return Interval(point=point, low=None, high=None, confidence=confidence, warnings=tuple(dict.fromkeys(short)))
    rng = np.random.default_rng(_BOOTSTRAP_SEED)
    differences = _resampled_medians(a, resamples, rng) - _resampled_medians(b, resamples, rng)
    low, high = np.quantile(differences, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Interval(point=point, low=float(low), high=float(high), confidence=confidence)


def _resampled_medians(
    samples: npt.NDArray[np.float64], resamples: int, rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Medians of that many bootstrap resamples, without drawing their values one by one.

    To draw n values with replacement is to look n uniform numbers up in the sorted samples. So the k-th smallest value
    drawn is the one that the k-th smallest number points at, and that number is Beta(k, n - k + 1) distributed; the
    next one above it is the least of the n - k numbers left.
    """
    ordered, n = np.sort(samples), len(samples)
    middle = (n + 1) // 2
    at = rng.beta(middle, n - middle + 1, resamples)
    lower = ordered[np.minimum((at * n).astype(np.intp), n - 1)]
    if n % 2:
        return lower
    above = at + (1 - at) * rng.beta(1, n - middle, resamples)
    upper = ordered[np.minimum((above * n).astype(np.intp), n - 1)]
    return np.asarray((lower + upper) / 2)


def trend(at: Samples, values: Samples, confidence: float) -> Interval:
    """Slope of `values` over `at`: the median of all pairwise slopes (Theil and Sen), which no outlier moves far."""
    if len(set(np.asarray(at, dtype=float))) < TREND_MIN:
        warning = f"n = {len(at)}: a trend needs {TREND_MIN} readings at different times"
        return Interval(point=None, low=None, high=None, confidence=confidence, warnings=(warning,))
    from scipy.stats import theilslopes  # noqa: PLC0415 - only soaks ask, and its import takes longer than a judgement

    found = theilslopes(np.asarray(values, dtype=float), np.asarray(at, dtype=float), confidence)
    return Interval(
        point=float(found.slope), low=float(found.low_slope), high=float(found.high_slope), confidence=confidence
    )


def _order_statistic(samples: Samples, rank: int | None, side: Side, confidence: float, warning: str) -> Bound:
    n = len(samples)
    if rank is None:
        return Bound(value=None, side=side, confidence=confidence, n=n, warnings=(warning,))
    value = float(np.sort(np.asarray(samples, dtype=float))[rank - 1])
    return Bound(value=value, side=side, confidence=confidence, n=n, rank=rank)


def _too_few(n: int, q: float, confidence: float, of: float | None = None) -> str:
    return f"n = {n}: p{100 * (q if of is None else of):g} needs {samples_needed(q, confidence)}"


def _check_counts(successes: int, n: int) -> None:
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} successes of {n} trials is impossible; count again")
