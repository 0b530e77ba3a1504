"""badge.svg: the decision in words, well-formed whatever a run is called, and readable."""

from __future__ import annotations

import dataclasses
import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import evidence, formats
from bench.badge import badge_svg
from bench.decision import Topology
from bench.judgement import Judgement, judge
from bench.thresholds import Thresholds
from tests.records.builder import Run
from tests.records.cases import everything

Judge = Callable[[bytes], Judgement]
SVG = "{http://www.w3.org/2000/svg}"
AWKWARD = ["\x00\x0b\x1b[2J", "\ud800", "\ufffe\uffff", "]]><&\"'", "</title><script>"]


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text.encode("utf-8"))  # noqa: S314 - our own text


def run_ending(topology: Topology) -> Run:
    if topology is Topology.UNDECIDED:
        return everything("native")
    run = everything("native", "node", "workerd")
    if topology is Topology.B:
        run.fact("workerd", "leak_scan.runtime_logs", "LEAK")
    return run


@pytest.fixture(scope="module")
def decided(numbers: Thresholds) -> Judgement:
    return judge(evidence.parse(run_ending(Topology.A).data()), numbers)


@pytest.mark.parametrize(
    ("topology", "message"),
    [(Topology.A, "topology A"), (Topology.B, "topology B"), (Topology.UNDECIDED, "undecided")],
)
def test_it_says_what_was_decided(judged: Judge, topology: Topology, message: str) -> None:
    judgement = judged(run_ending(topology).data())
    assert judgement.decision.topology is topology
    root = parsed(badge_svg(judgement))
    assert [text.text for text in root.iter(f"{SVG}text")] == ["spark payments", message]
    title = root.findtext(f"{SVG}title")
    assert title == f"spark payments: {message} (run {judgement.evidence.header.run_id}, network emulated)"
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"] == title


def test_white_on_every_colour_can_be_read(judged: Judge) -> None:
    for topology in Topology:
        root = parsed(badge_svg(judged(run_ending(topology).data())))
        fills = {rect.attrib["fill"] for rect in root.iter(f"{SVG}rect") if "fill" in rect.attrib}
        assert len(fills) == 2
        assert all(contrast_with_white(fill) >= 4.5 for fill in fills)


def test_all_text_lies_inside(judged: Judge) -> None:
    root = parsed(badge_svg(judged(run_ending(Topology.A).data())))
    width = float(root.attrib["width"])
    edges = [
        (float(text.attrib["x"]) - float(text.attrib["textLength"]) / 2, float(text.attrib["textLength"]))
        for text in root.iter(f"{SVG}text")
    ]
    assert all(left > 0 and left + long < width for left, long in edges)
    assert edges[0][0] + edges[0][1] < edges[1][0]


@given(name=st.text() | st.sampled_from(AWKWARD))
def test_any_run_id_stays_text(decided: Judgement, name: str) -> None:
    header = dataclasses.replace(decided.evidence.header, run_id=name)
    renamed = dataclasses.replace(decided, evidence=dataclasses.replace(decided.evidence, header=header))
    root = parsed(badge_svg(renamed))
    assert f"(run {formats.plain(name)}, " in (root.findtext(f"{SVG}title") or "")
    assert {element.tag.removeprefix(SVG) for element in root.iter()} == {
        "svg",
        "title",
        "clipPath",
        "rect",
        "g",
        "text",
    }


def contrast_with_white(colour: str) -> float:
    """WCAG 2.1's contrast ratio."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)
