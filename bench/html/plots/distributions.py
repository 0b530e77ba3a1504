"""Distributions side by side: how large a share of a runtime's samples came within a time.

Role: one drawing of staircases with their bands, targets and a row of figures for each. Must not know: records, gates.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from markupsafe import Markup

from bench.html.plots.axes import across, axis_unit, up
from bench.html.plots.data import EcdfPlot, Series, Target
from bench.html.plots.ink import colour, dashes
from bench.html.plots.paths import FINE, band, curve
from bench.html.plots.scales import Scale, scale_over
from bench.html.plots.steps import Steps, steps
from bench.html.plots.svg import WIDTH, breadth, drawing, element, joined, number, text
from bench.latency_tables import Spread, spread

_LEFT, _RIGHT, _TALL = 40.0, 470.0, 170.0
_ROW = 15.0
FEWEST_FOR_BAND = 8  # the band of fewer samples is most of the plot, and tells next to nothing
_BEYOND = 6.0  # the axis goes on a little after the last sample, so that a curve is seen to end
_N, _P50, _P95 = 208.0, 222.0, 350.0  # the columns of figures
_Quantile = tuple[float | None, float | None, float | None]  # with its bounds


def ecdf(plot: EcdfPlot) -> Markup:
    """One step a sample (merged where the eye cannot tell), in a band that holds the true distribution."""
    scale = _scale(plot)
    top = _ROW * len(plot.targets) + 8
    share = Scale(low=0, high=1, start=top + _TALL, end=top)
    stairs = [steps(series.samples, scale, plot.confidence) for series in plot.series]
    figures = [spread(np.asarray(series.samples, dtype=float), plot.confidence) for series in plot.series]
    below = top + _TALL + 42
    drawn = [(series, stair) for series, stair in zip(plot.series, stairs, strict=True) if stair.n]
    return drawing(
        plot.title,
        _description(plot, stairs, figures, scale),
        below + _ROW * (len(plot.series) + 1) + 4,
        across(scale, top, top + _TALL, plot.unit),
        up(share, _LEFT, _RIGHT),
        element(
            "g", *(_band(*each, share) for each in drawn if _has_band(each[1])), transform=FINE, fill_opacity=".09"
        ),
        element("g", *(_curve(*each, share) for each in drawn), transform=FINE, fill="none", stroke_width=16),
        joined(_target(target, nth, scale, share) for nth, target in enumerate(plot.targets)),
        _legend(plot, figures, scale, below),
    )


def _scale(plot: EcdfPlot) -> Scale:
    values = [np.asarray(series.samples, dtype=float) for series in plot.series]
    known = [float(end) for each in values for end in _ends(each[np.isfinite(each)])]
    return scale_over([*known, *(target.value for target in plot.targets)], _LEFT + _BEYOND, _RIGHT - _BEYOND)


def _ends(samples: npt.NDArray[np.float64]) -> tuple[float, ...]:
    return (float(samples.min()), float(samples.max())) if len(samples) else ()


def _curve(series: Series, stair: Steps, share: Scale) -> Markup:
    path = curve(stair.curve, share.place, _LEFT, _RIGHT)
    return element("path", d=path, stroke=colour(series.slot), **_dashed(series, 10))


def _band(series: Series, stair: Steps, share: Scale) -> Markup:
    """From the first sample to the last: beyond them it says what n says already, and hides other runtimes'."""
    first, last = stair.upper.places[0], stair.lower.places[-1]
    return element("path", d=band(stair.upper, stair.lower, share.place, first, last), fill=colour(series.slot))


def _has_band(stair: Steps) -> bool:
    return stair.n >= FEWEST_FOR_BAND and bool(stair.curve.places)


def _target(target: Target, nth: int, scale: Scale, share: Scale) -> Markup:
    """A line at the number, and a ring where it meets its quantile: the curve has to pass above and left of it."""
    x, row = scale.place(target.value), _ROW * nth + 11
    left_half = x < (_LEFT + _RIGHT) / 2
    line = f"M{number(x)} {number(row + 3)}V{number(share.start)}"
    ring = {"cy": share.place(target.quantile), "r": 3.5} if target.quantile is not None else None
    return joined(
        (
            element("path", d=line, stroke="currentColor", stroke_dasharray="1 2"),
            element("circle", cx=x, **ring, fill="none", stroke="currentColor") if ring else "",
            text(target.label, x + (3 if left_half else -3), row, text_anchor="start" if left_half else "end"),
        )
    )


def _legend(plot: EcdfPlot, figures: Sequence[Spread], scale: Scale, y: float) -> Markup:
    """A row a series: how it is drawn, how many samples, and two quantiles with their one-sided bounds."""
    word, size = axis_unit(scale, plot.unit)
    head = (
        text(f"{word}, each bound at {_percent(plot.confidence)}", 4, y),
        text("n", _N, y, text_anchor="end"),
        text("p50 [bounds]", _P50, y),
        text("p95 [bounds]", _P95, y),
    )
    rows = (_row(*both, y + _ROW * (nth + 1), size) for nth, both in enumerate(zip(plot.series, figures, strict=True)))
    return joined((*head, *rows))


def _row(series: Series, told: Spread, y: float, size: float) -> Markup:
    p50, p95 = (_bounded(quantile, size) for quantile in _quantiles(told))
    n = f"{told.n}" if told.n >= FEWEST_FOR_BAND else f"{told.n}, no band"
    line = {"stroke": colour(series.slot), **_dashed(series)}
    return joined(
        (
            element("path", d=f"M4 {number(y - 4)}H34", stroke_width=2.4, **line),
            text(series.name, _LEFT, y, width=_N - breadth(n) - 8 - _LEFT),
            text(n, _N, y, text_anchor="end"),
            text(p50, _P50, y, width=_P95 - _P50 - 4),
            text(p95, _P95, y, width=WIDTH - _P95),
        )
    )


def _dashed(series: Series, times: int = 1) -> dict[str, str]:
    marks = dashes(series.slot)
    return {"stroke_dasharray": " ".join(f"{times * mark}" for mark in marks)} if marks else {}


def _quantiles(told: Spread) -> tuple[_Quantile, _Quantile]:
    return (told.p50, told.p50_low, told.p50_high), (told.p95, told.p95_low, told.p95_high)


def _bounded(quantile: _Quantile, size: float) -> str:
    value, low, high = quantile
    return "-" if value is None else f"{_figure(value, size)} [{_figure(low, size)}, {_figure(high, size)}]"


def _figure(value: float | None, size: float) -> str:
    if value is None:
        return "?"
    return f"{value / size:.0f}" if 1000 <= abs(value / size) < 1e9 else f"{value / size:.3g}"


def _percent(share: float) -> str:
    return f"{100 * share:.4g} %"


def _description(plot: EcdfPlot, stairs: Sequence[Steps], figures: Sequence[Spread], scale: Scale) -> str:
    kind = "logarithmic" if scale.logarithmic else "linear"
    word, size = axis_unit(scale, plot.unit)
    moved = max((stair.moved for stair in stairs), default=0.0)
    widened = max((stair.widened for stair in stairs), default=0.0)
    parts = [
        f"Share of samples that came within a time, {kind} axis, in bands at {_percent(plot.confidence)} each "
        f"from {FEWEST_FOR_BAND} samples on, as far as samples go.",
        f"Of {number(WIDTH)} units across, no step is moved by more than {number(moved + 0.1)} to save space, "
        f"and no band widened by more than {number(widened + 0.1)}.",
    ]
    for series, told in zip(plot.series, figures, strict=True):
        lost = int(np.sum(~np.isfinite(np.asarray(series.samples, dtype=float))))
        never = f", {lost} never came" if lost else ""
        p50, p95 = (_figure(value, size) for value in (told.p50, told.p95))
        parts.append(f"{series.name}: n {told.n}{never}, p50 {p50}, p95 {p95} {word}.")
    return " ".join(parts)
