"""Scales: from values to places on an axis, with ticks at round numbers.

Role: linear and logarithmic axes over any finite range. Must not know: SVG, samples.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_WIDE = 12.0  # a range whose ends differ by more than this factor is shown on a logarithmic axis
_MANY = 6  # ticks, at most a few more


@dataclass(frozen=True, kw_only=True)
class Scale:
    """An axis from `low` to `high`, drawn from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool = False

    def place(self, value: float) -> float:
        """Where a value lies; one outside the range lies at the axis's end."""
        return float(self.places(np.array([value]))[0])

    def places(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Where values lie, in their order."""
        return self.start + self._shares(np.clip(values, self.low, self.high)) * (self.end - self.start)

    def _shares(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        if self.logarithmic:
            low, high, inside = math.log(self.low), math.log(self.high), np.log(values)
        else:  # halves: the whole width of a range may be more than a float holds
            low, high, inside = self.low / 2, self.high / 2, values / 2
        if not high > low:
            return np.full(len(values), 0.5)
        return np.clip((inside - low) / (high - low), 0.0, 1.0)

    def ticks(self) -> tuple[float, ...]:
        """Round numbers inside the range, few enough to be labelled."""
        inside = self._decades() if self.logarithmic else self._steps()
        return tuple(tick for tick in inside if self.low <= tick <= self.high) or (self.low,)

    def _decades(self) -> list[float]:
        first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
        if last - first > _MANY:
            stride = math.ceil((last - first) / _MANY)
            return [_power(n) for n in range(first, last + 1, stride)]
        digits = (1, 2, 5) if last - first <= 2 else (1, 3) if last - first <= 3 else (1,)
        return [digit * _power(n) for n in range(first, last + 1) for digit in digits]

    def _steps(self) -> list[float]:
        rough = self.high / (_MANY - 1) - self.low / (_MANY - 1)
        if not rough > 0:
            return []
        power = _power(math.floor(math.log10(rough)))
        step = next((d * power for d in (1, 2, 5) if d * power >= rough), 10 * power)
        if not (step > 0 and math.isfinite(step)):
            return []
        first = math.ceil(self.low / step)
        return [(first + n) * step for n in range(2 * _MANY)]


def scale_over(values: Iterable[float], start: float, end: float) -> Scale:
    """An axis that holds all these finite values; a linear one of values above 0 begins at 0."""
    known = list(values) or [0.0]
    low, high = min(known), max(known)
    if low > 0 and high / low > _WIDE:
        return Scale(low=low, high=high, start=start, end=end, logarithmic=True)
    return Scale(low=min(low, 0.0), high=high, start=start, end=end)


def _power(exponent: int) -> float:
    """Ten to this power, as near as a float comes: 1e-324 is 0."""
    return float(f"1e{exponent}")
