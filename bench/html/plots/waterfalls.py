"""The calls of one payment over time: a row a call, a bar from its start to its answer.

Role: one drawing of a trace. Must not know: records, where the times come from, other traces.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from bench.formats import quantity
from bench.html.plots.axes import across
from bench.html.plots.ink import party
from bench.html.plots.scales import Scale
from bench.html.plots.svg import WIDTH, breadth, drawing, element, joined, number, text
from bench.trace_tables import Call, Trace

MOST = 48  # rows; a payment has a dozen, a turn that waits for its payment polls for longer
_LEFT, _RIGHT = 188.0, 432.0
_HEAD, _ROW, _BAR = 16.0, 14.0, 9.0
_EDGE = WIDTH - 4
_LAST = 438.0  # where the figure behind a bar begins at the latest


def waterfall(trace: Trace) -> Markup:
    """One row a call, in the order in which they began; a line where the driver gave its answer."""
    shown = trace.calls[:MOST]
    ends = [trace.answered_s, *(call.end_s for call in shown)]
    begins = [0.0, *(call.start_s for call in shown)]
    scale = Scale(low=min(begins), high=max(0.0, *ends), start=_LEFT, end=_RIGHT)
    bottom = _HEAD + _ROW * len(shown) + 2
    left_out = len(trace.calls) - len(shown)
    more = [text(f"and {left_out} more calls, in the record", 4, bottom + 13)] if left_out else []
    return drawing(
        f"{trace.runtime}: {trace.title}",
        _description(trace),
        bottom + 30,
        across(scale, _HEAD - 2, bottom, "s"),
        _answer(trace, scale, bottom),
        joined(_words(call, scale, _HEAD + _ROW * nth) for nth, call in enumerate(shown)),
        _bars(shown, scale),
        *more,
    )


def _answer(trace: Trace, scale: Scale, bottom: float) -> Markup:
    x = scale.place(trace.answered_s)
    words = f"answer {quantity(trace.answered_s, 's')}"
    left_half = x < (_LEFT + _RIGHT) / 2
    return joined(
        (
            element("path", d=f"M{number(x)} {number(_HEAD - 2)}V{number(bottom)}", stroke="currentColor"),
            text(words, x, 10, text_anchor="start" if left_half else "end"),
        )
    )


def _words(call: Call, scale: Scale, y: float) -> Markup:
    """Who serves it and what it is, to the left; how long it took, and what went wrong, behind its bar."""
    letter, _ = party(call.party)
    failed = "" if call.code is None else f" {call.code}"
    took = f"{1000 * call.duration_s:.3g}{failed}"
    behind, before = min(scale.place(call.end_s) + 3, _LAST), scale.place(call.start_s) - 3
    if behind + breadth(took) > _EDGE and before - breadth(took) > _LEFT:
        figure = text(took, before, y + 10, text_anchor="end")
    else:
        figure = text(took, behind, y + 10, width=_EDGE - behind)
    return joined((text(f"{letter} {call.method}", 4, y + 10, width=_LEFT - 8), figure))


def _bars(calls: Sequence[Call], scale: Scale) -> Markup:
    """All bars of a party are one shape: a dozen rectangles would be most of the drawing."""
    shapes: dict[str, str] = {}
    for nth, call in enumerate(calls):
        _, ink = party(call.party)
        start, end = scale.place(call.start_s), scale.place(call.end_s)
        wide, top = max(end - start, 1.0), _HEAD + _ROW * nth + 2
        shapes[ink] = (
            shapes.get(ink, "") + f"M{number(start)} {number(top)}h{number(wide)}v{number(_BAR)}H{number(start)}z"
        )
    return joined(element("path", d=shape, fill=ink) for ink, shape in shapes.items())


def _description(trace: Trace) -> str:
    """What the drawing says, for those who do not see it."""
    before = [call for call in trace.calls if call.start_s < trace.answered_s]
    after = len(trace.calls) - len(before)
    answered, under_way = quantity(trace.answered_s, "s"), quantity(trace.in_calls_s, "s")
    parts = [f"{len(trace.calls)} calls; answered after {answered}, {under_way} of it with a call under way."]
    if before:
        longest = max(before, key=lambda call: call.duration_s)
        parts.append(f"Longest: {longest.method}, {quantity(longest.duration_s, 's')}.")
    if after:
        parts.append(f"{after} calls began after the answer.")
    return " ".join(parts)
