"""Axes: a line with ticks and their labels in units that people read.

Role: what every plot with numbers along an edge shares. Must not know: samples, calls, limits.
"""

from __future__ import annotations

import math

from markupsafe import Markup

from bench.html.plots.scales import Scale
from bench.html.plots.svg import element, joined, number, text

_QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)
FAINT = "0.25"
_LONG = 1e6  # no part of a larger number of seconds is worth a word of its own
_UNITS = (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6))


def across(scale: Scale, top: float, bottom: float, unit: str) -> Markup:
    """The axis below a plot: faint lines up through it, labels under it, the unit at its right end."""
    word, size = axis_unit(scale, unit)
    ticks = [tick for tick in scale.ticks() if abs(tick / size) < 1e15]
    grid = "".join(f"M{number(scale.place(tick))} {number(top)}V{number(bottom)}" for tick in ticks)
    labels = [_label(f"{tick / size:.4g}", scale.place(tick), bottom + 13, scale) for tick in ticks]
    kind = "log scale" if scale.logarithmic else ""
    name = ", ".join(filter(None, (word, kind)))
    return joined(
        (
            element("path", d=grid or "M0 0", stroke="currentColor", stroke_opacity=FAINT),
            element("path", d=f"M{number(scale.start)} {number(bottom)}H{number(scale.end)}", stroke="currentColor"),
            *labels,
            text(name, scale.end, bottom + 25, text_anchor="end"),
        )
    )


def up(scale: Scale, left: float, right: float) -> Markup:
    """Shares from 0 to 100 % along the left edge, with faint lines through the plot."""
    lines = "".join(f"M{number(left)} {number(scale.place(q))}H{number(right)}" for q in _QUARTERS)
    labels = (text(f"{100 * q:g} %", left - 4, scale.place(q) + 4, text_anchor="end") for q in _QUARTERS)
    return joined((element("path", d=lines, stroke="currentColor", stroke_opacity=FAINT), *labels))


def axis_unit(scale: Scale, unit: str) -> tuple[str, float]:
    """The unit that suits an axis, and how many base units it is: by its end, or by its middle if it is logarithmic."""
    if unit != "s" or abs(scale.high) > _LONG:
        return unit, 1.0
    largest = math.sqrt(scale.low) * math.sqrt(scale.high) if scale.logarithmic else abs(scale.high)
    return next(((word, size) for word, size in _UNITS if largest >= size), _UNITS[-1])


def _label(words: str, x: float, y: float, scale: Scale) -> Markup:
    """Centred under its tick, except where it would stick out of the drawing."""
    at_end = x > scale.end - 12
    return text(words, x, y, text_anchor="end" if at_end else "middle")
