"""Use of limits as bars, with the limit itself as a line across each.

Role: one drawing of a runtime's limits. Must not know: records, platforms, gates.
Where uses differ by orders of magnitude the axis is logarithmic; a bar then says how near a limit is, and only that.
"""

from __future__ import annotations

from markupsafe import Markup

from bench.formats import SHORT, SYMBOLS
from bench.html.plots.data import MarginPlot, MarginRow
from bench.html.plots.ink import VERDICTS
from bench.html.plots.scales import Scale
from bench.html.plots.svg import TEXT, WIDTH, breadth, drawing, element, joined, number, text
from bench.verdict import Verdict

_LEFT, _RIGHT, _EDGE = 4.0, 470.0, WIDTH - 4
_HEAD, _ROW = 14.0, 27.0
_LEAST = 1e-3  # the logarithmic axis begins here, or lower: a tenth of a percent of a limit is next to nothing
_NEAR = 0.02  # a linear axis shows a use of a fiftieth; one below it needs a logarithmic one
_FAR = 2.0  # and a use of twice a limit
_APART = 50.0  # between labels of the axis


def margin_bars(plot: MarginPlot) -> Markup:
    """A bar a limit with its name, use, verdict and share; hollow if the gate does not count it."""
    scale = _scale(plot)
    bottom = _HEAD + _ROW * len(plot.rows)
    limit = scale.place(1.0)
    ends = "".join(f"M{number(limit)} {number(_top(nth) - 1)}v10" for nth in range(len(plot.rows)))
    words = [_words(row) for row in plot.rows]
    return drawing(
        plot.title,
        _description(plot, scale),
        bottom + 18,
        _above("limit", limit, TEXT - 1),
        joined(
            text(f"{row.label}: {row.use}", _LEFT, _top(nth) - 5, width=_EDGE - breadth(word) - 2 * _LEFT)
            for nth, (row, word) in enumerate(zip(plot.rows, words, strict=True))
        ),
        element("g", *(text(word, _EDGE, _top(nth) - 5) for nth, word in enumerate(words)), text_anchor="end"),
        _bars(plot, scale),
        element("path", d=ends or "M0 0", stroke="currentColor", stroke_width=2),
        _axis(scale, bottom + 13),
    )


def _top(nth: int) -> float:
    """Of the n-th bar; the words stand above it."""
    return _HEAD + _ROW * nth + 15


def _scale(plot: MarginPlot) -> Scale:
    shares = [row.share for row in plot.rows if row.share is not None and row.share > 0]
    largest = max([1.0, *shares])
    if min(shares, default=1.0) >= _NEAR and largest <= _FAR:
        return Scale(low=0.0, high=largest, start=_LEFT, end=_RIGHT)
    return Scale(low=min([_LEAST, *shares]), high=largest, start=_LEFT, end=_RIGHT, logarithmic=True)


def _axis(scale: Scale, y: float) -> Markup:
    """Labels as far apart as they can be read; the first begins at the edge."""
    labels = [text(percent(scale.low), _LEFT, y)]
    last = _LEFT
    for tick in scale.ticks():
        place = scale.place(tick)
        if place - last >= _APART:
            labels.append(_above(percent(tick), place, y))
            last = place
    return joined(labels)


def _above(words: str, place: float, y: float) -> Markup:
    """Words centred on a place of the axis, or ending or beginning at the edge that they would be cut off by."""
    half = breadth(words) / 2
    if place + half > _EDGE:
        return text(words, _EDGE, y, text_anchor="end")
    if place - half < _LEFT:
        return text(words, _LEFT, y)
    return text(words, place, y, text_anchor="middle")


def _words(row: MarginRow) -> str:
    share = "not measured" if row.share is None else percent(row.share)
    return f"{share} {SYMBOLS[row.verdict]} {SHORT[row.verdict]}" + ("" if row.decides else ", not counted")


def _bars(plot: MarginPlot, scale: Scale) -> Markup:
    """All bars that look alike are one shape."""
    shapes: dict[tuple[Verdict, bool], str] = {}
    for nth, row in enumerate(plot.rows):
        if row.share is not None:
            wide = number(max(scale.place(row.share) - _LEFT, 0.5))
            look = (row.verdict, row.decides)
            shapes[look] = shapes.get(look, "") + f"M{number(_LEFT)} {number(_top(nth))}h{wide}v8h-{wide}z"
    return joined(
        element("path", d=shape, **({"fill": ink(verdict)} if decides else {"fill": "none", "stroke": ink(verdict)}))
        for (verdict, decides), shape in shapes.items()
    )


def ink(verdict: Verdict) -> str:
    """The colour of a verdict; the words above the bar say it too."""
    return VERDICTS[verdict.value]


def percent(share: float) -> str:
    """A share as people write it: 0.0023 -> "0.23 %", 18.4 -> "1,840 %"."""
    return f"{100 * share:,.0f} %" if 10 <= share < 1e9 else f"{100 * share:.3g} %"


def _description(plot: MarginPlot, scale: Scale) -> str:
    kind = f"logarithmic axis that begins at {percent(scale.low)}" if scale.logarithmic else "linear axis from 0"
    known = [(row.share, row) for row in plot.rows if row.share is not None and row.decides]
    parts = [f"Share of each of {len(plot.rows)} limits that was used; {kind}."]
    if known:
        share, nearest = max(known, key=lambda each: each[0])
        parts.append(f"Nearest of those that count: {nearest.label}, {percent(share)}.")
    return " ".join(parts)
