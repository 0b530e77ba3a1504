"""Waterfalls and bars of limits: whatever is told, a drawing that is whole; and what is told stands in it."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bench.html.plots import MarginPlot, MarginRow, margin_bars, waterfall
from bench.html.plots.ink import OTHER_PARTY, PARTIES, VERDICTS
from bench.html.plots.margins import percent
from bench.html.plots.waterfalls import MOST
from bench.trace_tables import Call, Trace
from bench.verdict import Verdict
from tests.unit.bench import drawn

HOSTILE = "</svg><script>alert(1)</script> \"'& \ud800 \x07\nline"
TIME = st.floats(-1e6, 1e6)


def call(method: str, start_s: float, duration_s: float, party: str = "ssp", code: str | None = None) -> Call:
    return Call(party=party, method=method, start_s=start_s, duration_s=duration_s, code=code)


def trace(*calls: Call, answered_s: float = 1.0, runtime: str = "native") -> Trace:
    return Trace(
        runtime=runtime,
        name="cold",
        title="first payment of a fresh process",
        experiment=None,
        outcome=None,
        answered_s=answered_s,
        calls=calls,
        phases=(),
        lines=(1,),
    )


def bars(drawing: drawn.Drawing, ink: str) -> list[list[drawn.Point]]:
    return [
        stroke
        for shape in drawing.of("path")
        if shape.attributes.get("fill") == ink
        for stroke in drawn.path(shape.attributes["d"])
    ]


CALLS = st.builds(
    call,
    st.text(max_size=40),
    TIME,
    st.floats(0, 1e6),
    st.sampled_from([*PARTIES, "elsewhere"]),
    st.none() | st.text(max_size=20),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(CALLS, max_size=60), st.floats(0, 1e6))
@example([], 0.0)
def test_any_trace_makes_a_whole_drawing(calls: list[Call], answered_s: float) -> None:
    drawing = drawn.read(waterfall(trace(*calls, answered_s=answered_s)))
    assert drawing.outside() == []
    inks = {ink for _, ink in (*PARTIES.values(), OTHER_PARTY)}
    assert sum(len(bars(drawing, ink)) for ink in inks) == min(len(calls), MOST)


def test_known_calls_stand_where_they_should() -> None:
    calls = (call("first", 0.0, 0.25), call("second", 0.5, 0.5, "operator-0", "UNAVAILABLE"))
    drawing = drawn.read(waterfall(trace(*calls)))
    left, width = 188.0, 244.0  # from 0 to the answer after 1 s
    (first,), (second,) = bars(drawing, PARTIES["ssp"][1]), bars(drawing, PARTIES["operator-0"][1])
    assert (first[0], first[1][0]) == ((left, 18.0), left + width / 4)
    assert (second[0], second[1][0]) == ((left + width / 2, 32.0), left + width)
    words = drawing.words()
    assert {"S first", "0 second", "250", "500 UNAVAILABLE", "answer 1.00 s"} <= set(words)
    assert "2 calls; answered after 1.00 s, 750 ms of it with a call under way." in drawing.description
    assert "Longest: second, 500 ms." in drawing.description


def test_a_bar_too_short_to_be_seen_is_seen() -> None:
    drawing = drawn.read(waterfall(trace(call("short", 0.5, 1e-9))))
    ((bar,),) = (bars(drawing, PARTIES["ssp"][1]),)
    assert bar[1][0] - bar[0][0] == pytest.approx(1.0)


def test_a_call_under_way_before_the_act_and_work_after_the_answer_are_in_the_picture() -> None:
    drawing = drawn.read(waterfall(trace(call("before", -0.5, 0.1), call("after", 1.5, 0.5))))
    early, late = bars(drawing, PARTIES["ssp"][1])
    assert early[0][0] == 188.0
    assert early[1][0] == pytest.approx(188 + 244 * 0.1 / 2.5, abs=drawn.ROUNDED)  # 0.1 s of -0.5 s to 2 s
    assert late[1][0] == 432.0
    assert "1 calls began after the answer." in drawing.description


def test_rows_that_are_left_out_are_counted() -> None:
    drawing = drawn.read(waterfall(trace(*(call("poll", 0.01 * n, 0.001) for n in range(MOST + 7)))))
    assert "and 7 more calls, in the record" in drawing.words()
    assert f"{MOST + 7} calls" in drawing.description


def test_a_payment_that_called_nobody_is_drawn_as_that() -> None:
    drawing = drawn.read(waterfall(trace()))
    assert "0 calls" in drawing.description
    assert drawing.outside() == []


def row(
    share: float | None, *, verdict: Verdict = Verdict.PASS, decides: bool = True, label: str = "memory"
) -> MarginRow:
    return MarginRow(label=label, share=share, use="1 MiB of 2 MiB", verdict=verdict, decides=decides)


def plot(*rows: MarginRow) -> MarginPlot:
    return MarginPlot(runtime="workerd", title="limits of workerd", rows=rows)


SHARES = st.none() | st.floats(0, 1e12) | st.sampled_from([0.0, 5e-324, 1.0, 1.7e308])


@settings(max_examples=150, deadline=None)
@given(st.lists(st.builds(row, SHARES, verdict=st.sampled_from(Verdict), decides=st.booleans()), max_size=12))
@example([])
@example([row(0.000139), row(0.47)])  # the limit is the right end of a logarithmic axis
def test_any_shares_make_a_whole_drawing(rows: list[MarginRow]) -> None:
    drawing = drawn.read(margin_bars(plot(*rows)))
    assert drawing.outside() == []
    assert drawing.cut_off() == []
    drawn_bars = [stroke for stroke in _strokes(drawing) if len(stroke) == 5]
    assert len(drawn_bars) == sum(each.share is not None for each in rows)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(1e-6, 1e3), min_size=2, max_size=8))
def test_more_use_is_a_longer_bar(shares: list[float]) -> None:
    strokes = [s for s in _strokes(drawn.read(margin_bars(plot(*map(row, shares))))) if len(s) == 5]
    lengths = {nth: s[1][0] - s[0][0] for nth, s in enumerate(sorted(strokes, key=lambda s: s[0][1]))}
    order = sorted(range(len(shares)), key=lambda nth: shares[nth])
    assert all(lengths[a] <= lengths[b] for a, b in pairwise(order))


def _strokes(drawing: drawn.Drawing) -> list[list[drawn.Point]]:
    return [stroke for shape in drawing.of("path") for stroke in drawn.path(shape.attributes["d"])]


def test_half_of_a_limit_is_half_the_way_to_it() -> None:
    drawing = drawn.read(margin_bars(plot(row(0.5), row(1.5, verdict=Verdict.FAIL))))
    ((good,),) = (bars(drawing, VERDICTS["PASS"]),)
    ((bad,),) = (bars(drawing, VERDICTS["FAIL"]),)
    (limits,) = (s for s in drawing.of("path") if s.attributes.get("stroke-width") == "2")
    limit = limits.points[0][0]
    assert good[1][0] - good[0][0] == pytest.approx((limit - good[0][0]) / 2, abs=0.2)
    assert bad[1][0] == pytest.approx(470.0)
    assert "linear axis from 0" in drawing.description
    assert {"50 % ✓ PASS", "150 % ✗ FAIL", "memory: 1 MiB of 2 MiB"} <= set(drawing.words())
    assert "Nearest of those that count: memory, 150 %." in drawing.description


def test_uses_of_different_sizes_get_a_logarithmic_axis_that_says_where_it_begins() -> None:
    drawing = drawn.read(margin_bars(plot(row(0.0001), row(0.5))))
    assert "logarithmic axis that begins at 0.01 %" in drawing.description
    assert "0.01 %" in drawing.words()


def test_what_is_not_counted_is_hollow_and_says_so() -> None:
    drawing = drawn.read(margin_bars(plot(row(0.5, decides=False), row(None, verdict=Verdict.INCONCLUSIVE))))
    assert bars(drawing, VERDICTS["PASS"]) == []
    assert "50 % ✓ PASS, not counted" in drawing.words()
    assert "not measured ? INC" in drawing.words()
    assert "Nearest" not in drawing.description


@pytest.mark.parametrize(
    ("share", "words"), [(0.0023, "0.23 %"), (1.0, "100 %"), (18.37, "1,837 %"), (1e12, "1e+14 %"), (0.0, "0 %")]
)
def test_shares_are_written_to_be_read(share: float, words: str) -> None:
    assert percent(share) == words


def test_hostile_words_stay_text() -> None:
    for markup in (
        waterfall(trace(call(HOSTILE, 0.0, 0.1, HOSTILE, HOSTILE), runtime=HOSTILE)),
        margin_bars(plot(row(0.5, label=HOSTILE))),
    ):
        assert "<script" not in markup
        assert markup.isprintable()
        drawn.read(markup)


def test_no_time_at_all_is_no_division_by_it() -> None:
    drawing = drawn.read(waterfall(trace(call("x", 0.0, 0.0), answered_s=0.0)))
    assert drawing.outside() == []
    assert math.isfinite(drawing.height)
