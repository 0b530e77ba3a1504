"""Plots of distributions: whatever the samples, a drawing that is whole, and steps that tell the truth."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bench.html.plots import EcdfPlot, Series, Target, ecdf
from bench.html.plots.ink import COLOURS, PAPERS, PARTIES, VERDICTS, colour, dashes
from bench.html.plots.scales import Scale, scale_over
from bench.html.plots.steps import MOST, MOST_OF_BAND, Stairs, half_band, steps
from bench.html.plots.svg import element
from bench.stats import Samples
from tests.unit.bench import drawn

ANY = st.floats(allow_nan=False, allow_infinity=True)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
TIMES = st.lists(st.floats(min_value=0, max_value=100), max_size=300)
HOSTILE = "</svg><script>alert(1)</script> \"'& \ud800 \x07\x1b[2J\nline"


def plot(*rows: Samples, targets: Sequence[float] = (), name: str = "r") -> EcdfPlot:
    return EcdfPlot(
        key="k",
        title=name,
        unit="s",
        series=tuple(Series(name=f"{name}{nth}", samples=row, slot=nth) for nth, row in enumerate(rows)),
        confidence=0.95,
        targets=tuple(Target(label=f"{name} at most {value}", value=value, quantile=0.95) for value in targets),
    )


def curves(drawing: drawn.Drawing) -> list[list[drawn.Point]]:
    """The curves, by the way they are drawn: unfilled, with a colour."""
    paths = drawing.of("path")
    return [list(p.points) for p in paths if p.attributes.get("fill") == "none" and p.attributes["stroke"] in COLOURS]


def bands(drawing: drawn.Drawing) -> list[list[drawn.Point]]:
    return [list(p.points) for p in drawing.of("path") if "fill-opacity" in p.attributes]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(ANY, max_size=40), max_size=4), st.lists(FINITE, max_size=2))
@example([[5e-324, 1e-323]], [])
@example([[1.7e308, -1.7e308]], [1e308])
@example([[1e16, 1e16 + 2]], [])
@example([[5e-324, 1.7e308]], [])
@example([[math.inf], []], [])
def test_any_samples_make_a_whole_drawing(rows: list[list[float]], targets: list[float]) -> None:
    drawing = drawn.read(ecdf(plot(*rows, targets=targets)))
    assert drawing.outside() == []
    assert len(curves(drawing)) == sum(bool(row) for row in rows)
    assert len(bands(drawing)) == sum(len(row) >= 8 and any(map(math.isfinite, row)) for row in rows)
    assert not {"nan", "inf"} & set(" ".join(drawing.words()).replace(",", " ").split())


@settings(max_examples=100, deadline=None)
@given(TIMES.filter(bool))
def test_a_curve_climbs_from_nothing_to_everything(samples: list[float]) -> None:
    (points,) = curves(drawn.read(ecdf(plot(samples))))
    xs, ys = [x for x, _ in points], [y for _, y in points]
    assert xs == sorted(xs)
    assert ys == sorted(ys, reverse=True)  # up is down
    top, bottom = 8.0, 178.0
    assert ys[0] == pytest.approx(bottom, abs=drawn.ROUNDED)
    assert ys[-1] == pytest.approx(top, abs=drawn.ROUNDED)


def test_known_samples_stand_where_they_should() -> None:
    (points,) = curves(drawn.read(ecdf(plot([1.0, 2.0, 2.0, 4.0]))))
    left, width = 46.0, 418.0  # from 0 to the largest sample
    at = {value: pytest.approx(left + width * value / 4, abs=drawn.ROUNDED) for value in (1, 2, 4)}
    assert points == [
        (40.0, 178.0),
        (at[1], 178.0),
        (at[1], 135.5),
        (at[2], 135.5),
        (at[2], 50.5),
        (at[4], 50.5),
        (at[4], 8.0),
        (470.0, 8.0),
    ]


def test_a_sample_that_never_came_keeps_the_curve_from_the_top() -> None:
    drawing = drawn.read(ecdf(plot([1.0, 2.0, 3.0, math.inf])))
    (points,) = curves(drawing)
    assert points[-1][1] == pytest.approx(8 + 170 / 4)
    assert "n 4, 1 never came" in drawing.description


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(min_value=0, max_value=1), min_size=1, max_size=600), st.sampled_from([0.5, 0.95, 0.999]))
@example([nth / 300 for nth in range(300)], 0.95)
@example([(nth / 300) ** 3 for nth in range(300)], 0.95)
def test_merged_steps_stay_as_near_as_is_said(samples: list[float], confidence: float) -> None:
    scale = Scale(low=0, high=1, start=0, end=424)
    found = steps(samples, scale, confidence)
    assert len(found.curve.places) <= MOST
    assert len(found.upper.places) <= MOST_OF_BAND
    exact = scale.places(np.sort(np.array(samples)))
    half = half_band(len(samples), confidence)
    for place in (*exact, *(place + 1e-9 for place in exact)):
        whole = np.searchsorted(exact, place, side="right") / len(exact)
        # As high as the true curve is somewhere within the distance that is owned up to.
        assert _at(found.curve, place + found.moved + 1e-6) >= whole - 1e-9
        assert _at(found.curve, place - found.moved - 1e-6) <= whole + 1e-9
        # The band as drawn is nowhere narrower than the band itself.
        assert _at(found.upper, place) >= min(whole + half, 1) - 1e-9
        assert _at(found.lower, place) <= max(whole - half, 0) + 1e-9
        assert _at(found.upper, place - found.widened - 1e-6) <= min(whole + half, 1) + 1e-9
        assert _at(found.lower, place + found.widened + 1e-6) >= max(whole - half, 0) - 1e-9


def _at(stairs: Stairs, place: float) -> float:
    reached = int(np.searchsorted(stairs.places, place, side="right"))
    return stairs.begin if reached == 0 else stairs.shares[reached - 1]


def test_the_band_is_as_wide_as_the_inequality_says() -> None:
    assert half_band(100, 0.95) == pytest.approx(math.sqrt(math.log(40) / 200))
    assert half_band(100, 0.95) == pytest.approx(0.1358, abs=1e-4)
    assert half_band(0, 0.95) == half_band(1, 0.95) == 1.0


def test_the_band_holds_the_true_distribution_as_often_as_it_says() -> None:
    """2,000 runs of 40 samples of a known distribution: the band fails in no more than its 5 %, but for chance."""
    chance = np.random.default_rng(7)
    inside = 0
    for _ in range(2000):
        samples = np.sort(chance.random(40))
        upto, before = np.arange(1, 41) / 40, np.arange(0, 40) / 40
        inside += bool(max(np.max(upto - samples), np.max(samples - before)) <= half_band(40, 0.95))
    assert 0.95 - 0.015 <= inside / 2000 <= 0.99


def test_the_drawn_band_encloses_the_drawn_curve() -> None:
    drawing = drawn.read(ecdf(plot([0.1 * n for n in range(1, 30)])))
    (points,), (band,) = curves(drawing), bands(drawing)
    assert min(y for _, y in band) <= min(y for _, y in points)
    assert max(y for _, y in band) >= max(y for _, y in points)
    assert band[0] == band[-1]
    steps_at = sorted({x for x, _ in points[1:-1]})
    assert min(x for x, _ in band) == pytest.approx(steps_at[0], abs=2)
    assert max(x for x, _ in band) == pytest.approx(steps_at[-1], abs=2)


def test_known_samples_have_a_known_band() -> None:
    (band,) = bands(drawn.read(ecdf(plot([1.0] * 4 + [2.0] * 4))))
    half = math.sqrt(math.log(40) / 16)  # 0.48
    share = Scale(low=0, high=1, start=178, end=8)
    at_one, at_two = 255.0, 464.0
    known = [
        *((at_one, share.place(0.5 + half)), (at_two, share.place(0.5 + half)), (at_two, share.place(1))),
        *((at_two, share.place(0.5 - half)), (at_one, share.place(0.5 - half)), (at_one, share.place(0))),
    ]
    for x, y in known:
        assert any(math.dist((x, y), corner) < 0.1 for corner in band), (x, y, band)
    assert {x for x, _ in band} == {at_one, at_two}


def test_few_samples_have_no_band_and_say_so() -> None:
    drawing = drawn.read(ecdf(plot([1.0] * 7, [1.0] * 8)))
    assert len(bands(drawing)) == 1
    assert "7, no band" in drawing.words()
    assert "8" in drawing.words()


def test_many_samples_make_no_larger_drawing() -> None:
    chance = np.random.default_rng(3)
    few, many = (len(ecdf(plot(chance.lognormal(size=n)))) for n in (200, 100_000))
    assert many < 1.5 * few


def test_a_wide_range_gets_a_logarithmic_axis_and_says_so() -> None:
    wide = drawn.read(ecdf(plot([0.01, 0.02], [1.0, 2.0])))
    assert any("log scale" in words for words in wide.words())
    assert "logarithmic axis" in wide.description
    narrow = drawn.read(ecdf(plot([1.0, 2.0])))
    assert not any("log scale" in words for words in narrow.words())


def test_a_target_is_a_line_at_its_number_with_a_ring_at_its_quantile() -> None:
    drawing = drawn.read(ecdf(plot([1.0, 2.0], targets=[4.0])))
    (ring,) = drawing.of("circle")
    share = Scale(low=0, high=1, start=193, end=23)
    assert float(ring.attributes["cx"]) == 464.0
    assert float(ring.attributes["cy"]) == pytest.approx(share.place(0.95), abs=drawn.ROUNDED)
    assert "r at most 4.0" in drawing.words()


def test_figures_stand_beside_each_series_with_their_bounds() -> None:
    drawing = drawn.read(ecdf(plot([n / 1000 for n in range(1, 101)], [0.5])))
    words = drawing.words()
    assert "50 [42, 59]" in words  # ranks of the one-sided 95 % bounds of the median of 100
    assert "95 [91, 99]" in words
    assert "500 [?, ?]" in words
    assert "ms, each bound at 95 %" in words


def test_hostile_names_stay_text() -> None:
    markup = ecdf(plot([1.0], targets=[1.0], name=HOSTILE))
    drawing = drawn.read(markup)
    assert "<script" not in markup
    assert markup.isprintable()
    assert any("</svg>" in words for words in drawing.words())


def test_what_is_put_into_an_element_is_text_unless_it_is_markup() -> None:
    inner = element("b", "<i>", title='"><script>')
    assert inner == '<b title="&#34;&gt;&lt;script&gt;">&lt;i&gt;</b>'
    assert element("g", inner) == f"<g>{inner}</g>"
    assert element("path", stroke_width=1.04) == '<path stroke-width="1" />'


def test_no_plot_names_an_id_a_style_or_another_place() -> None:
    markup = ecdf(plot([1.0, 2.0], [3.0], targets=[1.0]))
    assert not any(word in markup for word in (" id=", "<style", "href", "url(", "http"))
    assert not re.search(r" on\w+=", markup)


@settings(max_examples=200, deadline=None)
@given(st.lists(FINITE, min_size=1, max_size=6))
def test_ticks_lie_in_the_range_and_are_few(values: list[float]) -> None:
    scale = scale_over(values, 10.0, 20.0)
    ticks = scale.ticks()
    assert 1 <= len(ticks) <= 12
    assert list(ticks) == sorted(ticks)
    assert all(scale.low <= tick <= scale.high for tick in ticks)
    assert all(10.0 <= scale.place(value) <= 20.0 for value in values)


@settings(max_examples=200, deadline=None)
@given(st.lists(FINITE, min_size=2, max_size=6))
def test_a_scale_keeps_the_order(values: list[float]) -> None:
    scale = scale_over(values, 10.0, 20.0)
    places = [scale.place(value) for value in sorted(values)]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([1.0, 4.0], (0.0, 1.0, 2.0, 3.0, 4.0)),
        ([0.02, 0.08], (0.0, 0.02, 0.04, 0.06, 0.08)),
        ([1.0, 1000.0], (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)),
        ([0.0, 0.0], (0.0,)),
    ],
)
def test_ticks_are_round_numbers(values: list[float], ticks: tuple[float, ...]) -> None:
    assert scale_over(values, 0, 1).ticks() == pytest.approx(ticks)


def _luminance(hexadecimal: str) -> float:
    parts = [int(hexadecimal[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("paper", PAPERS)
def test_every_colour_is_seen_on_light_and_on_dark_paper(paper: str) -> None:
    inks = {*COLOURS, *VERDICTS.values(), *(ink for _, ink in PARTIES.values())}
    for ink in inks:
        light, dark = sorted((_luminance(ink), _luminance(paper)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 3.0, (ink, paper)


def test_no_two_series_look_alike() -> None:
    looks = [(colour(slot), dashes(slot)) for slot in range(56)]
    assert len(set(looks)) == 56
    assert len({dashes(slot) for slot in range(8)}) == 8
