"""Break-even: how slow may Lightning be, before a runtime's paid turns miss their targets?

Role: the largest multiple of the times that Lightning took to settle, at which both quantiles of a paid turn still pass
by their upper bounds. What a turn takes beside the settling stays as it was measured, and so does what it waited behind
the turn before it: turns that follow each other closely would break even earlier. A driver learns of the end when it
looks, about once a second, so that a break-even is exact to about that. Must not know: runtimes,
templates. The profile is a scenario (few published figures), so this number says more than the verdict on it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from bench import stats
from bench.thresholds import Threshold, Thresholds

Seconds = npt.NDArray[np.float64]
MOST = 100.0  # beyond a hundred times the profile nothing is claimed
_STEPS = 40


@dataclass(frozen=True, kw_only=True)
class BreakEven:
    """Up to this multiple of the profile's settle times both targets are met. None: at no multiple, or not known."""

    n: int
    multiple: float | None
    settle_s: float | None  # the median settle time that this multiple means
    binds: str | None  # which target ends it: "p50" or "p95"
    statement: str


def of(turns: pd.DataFrame, thresholds: Thresholds) -> BreakEven:
    """The break-even of turns with columns seconds and settle_s."""
    seconds, settle = turns["seconds"].to_numpy(dtype=float), turns["settle_s"].to_numpy(dtype=float)
    n, confidence = len(seconds), thresholds.confidence.value
    targets = {"p50": (0.50, thresholds.paid_turn_p50_s), "p95": (0.95, thresholds.paid_turn_p95_s)}
    if n == 0:
        return _none(n, "no paid turn on the lightning profile")
    few = stats.quantile_upper_bound(seconds, 0.95, confidence).warnings
    if few:
        return _none(n, few[0])
    drawn = stats.median(settle) or 0.0
    if drawn <= 0:
        return _none(n, "the record does not say how long Lightning took to settle")
    each = {word: _largest(seconds, settle, q, target, confidence) for word, (q, target) in targets.items()}
    missed = [word for word, multiple in each.items() if multiple is None]
    if missed:
        return _none(n, f"{' and '.join(missed)} would miss even if Lightning settled at once", binds=missed[0])
    binds = min(each, key=lambda word: each[word] or 0.0)
    multiple = each[binds] or 0.0
    more = f"at least {multiple:g}" if multiple >= MOST else f"{multiple:.2f}"
    statement = f"passes up to {more} times the profile, a median of {multiple * drawn:.1f} s; then {binds} is missed"
    return BreakEven(n=n, multiple=multiple, settle_s=multiple * drawn, binds=binds, statement=statement)


def _largest(seconds: Seconds, settle: Seconds, q: float, target: Threshold, confidence: float) -> float | None:
    """Largest multiple whose upper bound is within the target, by bisection: the bound never falls as it grows."""
    own = seconds - settle

    def holds(multiple: float) -> bool:
        bound = stats.quantile_upper_bound(own + multiple * settle, q, confidence).value
        return bound is not None and math.isfinite(bound) and bound <= target.value

    if not holds(0.0):
        return None
    low, high = 0.0, MOST
    if holds(high):
        return MOST
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def _none(n: int, statement: str, binds: str | None = None) -> BreakEven:
    return BreakEven(n=n, multiple=None, settle_s=None, binds=binds, statement=statement)
