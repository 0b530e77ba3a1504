"""Statistics that a verdict may stand on: exact bounds, and the n they would need.

Role: distribution-free one-sided confidence bounds on quantiles (order statistics) and on success rates
(Clopper-Pearson). Must not know: records, runtimes, gates. Reservations travel as values (`Bound.warnings`).
Method: the binomial model of order statistics; the r-th smallest of n values bounds the q-quantile from above
when P(Binomial(n, q) <= r - 1) >= confidence. No distribution of the values is assumed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from scipy.special import bdtr, betaincinv  # scipy.stats says the same and takes a second to import

Samples = Sequence[float] | npt.NDArray[np.float64]
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
    at_most = bdtr(np.arange(n), n, q)  # P(Binomial(n, q) <= r - 1) for r = 1..n, ascending
    rank = int(np.searchsorted(at_most, confidence - _ROUNDING)) + 1
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
