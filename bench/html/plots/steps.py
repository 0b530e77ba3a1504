"""Empirical distributions as steps: the curve, its band, and fewer steps where the eye cannot tell them apart.

Role: from samples to staircases on a scale. Must not know: SVG, colours, runtimes.
The band is that of Dvoretzky, Kiefer and Wolfowitz with Massart's constant: with the given confidence the whole true
distribution lies in it, whatever its shape. Where steps are merged a curve's stands in their middle, so that it is as
likely too early as too late; a band's edges are moved outwards, so that the band is never drawn too narrow.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.html.plots.scales import Scale
from bench.stats import Samples

MOST = 45  # steps of one curve: more are hardly more to be seen
MOST_OF_BAND = 16
_FINEST = 0.1  # what coordinates are rounded to
_COARSER = 1.25


@dataclass(frozen=True, kw_only=True)
class Stairs:
    """Before the first place it is at `begin`; at `places[i]`, ascending, it rises to `shares[i]`."""

    begin: float
    places: tuple[float, ...]
    shares: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Steps:
    """The curve of n samples, those that were never reached too, between the edges of its band.

    No step of the curve stands further than `moved` from its own place, no edge of the band further than `widened`.
    """

    n: int
    curve: Stairs
    upper: Stairs
    lower: Stairs
    moved: float
    widened: float


def half_band(n: int, confidence: float) -> float:
    """How far the true distribution may be above or below the empirical one of n samples; 1 without any."""
    return min(1.0, math.sqrt(math.log(2 / (1 - confidence)) / (2 * n))) if n else 1.0


def steps(samples: Samples, scale: Scale, confidence: float) -> Steps:
    """The staircases of these samples on this scale."""
    values = np.asarray(samples, dtype=float)
    exact, n = scale.places(np.sort(values[np.isfinite(values)])), len(values)
    fine, coarse = _merged(exact, MOST), _merged(exact, MOST_OF_BAND)
    half = half_band(n, confidence)
    firsts, lasts = ([float(exact[end]) for end in ends] for ends in zip(*coarse, strict=True)) if coarse else ([], [])
    return Steps(
        n=n,
        curve=_stairs((float(exact[a] + exact[b]) / 2 for a, b in fine), (b for _, b in fine), n, 0.0),
        upper=_stairs(firsts, (b for _, b in coarse), n, half),
        lower=_stairs(lasts, (b for _, b in coarse), n, -half),
        moved=max((float(exact[b] - exact[a]) / 2 for a, b in fine), default=0.0),
        widened=max((float(exact[b] - exact[a]) for a, b in coarse), default=0.0),
    )


def _stairs(places: Iterable[float], ends: Iterable[int], n: int, offset: float) -> Stairs:
    def within(share: float) -> float:
        return min(max(share + offset, 0.0), 1.0)

    return Stairs(begin=within(0.0), places=tuple(places), shares=tuple(within((end + 1) / n) for end in ends))


def _merged(places: npt.NDArray[np.float64], most: int) -> list[tuple[int, int]]:
    """Groups of ascending places, `most` at most, each by its first and last index and none wider than it needs."""
    tolerance = _FINEST
    groups = _groups(places, tolerance)
    while len(groups) > most:
        tolerance *= _COARSER
        groups = _groups(places, tolerance)
    return groups


def _groups(places: npt.NDArray[np.float64], tolerance: float) -> list[tuple[int, int]]:
    groups: list[tuple[int, int]] = []
    first = 0
    while first < len(places):
        last = int(np.searchsorted(places, places[first] + tolerance, side="right")) - 1
        groups.append((first, last))
        first = last + 1
    return groups
