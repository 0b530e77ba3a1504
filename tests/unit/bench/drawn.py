"""Reads a drawing back: where its elements lie, what stands in it. Knows the few SVG features that our plots use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

from bench.html.plots.svg import breadth

Point = tuple[float, float]
_COMMAND = re.compile(r"([MhvHVz])([^MhvHVz]*)")
ROUNDED = 0.06  # coordinates are written to a tenth


@dataclass(frozen=True, kw_only=True)
class Shape:
    """One element with everything that says where it is."""

    tag: str
    attributes: dict[str, str]
    points: tuple[Point, ...]
    words: str


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """A whole plot."""

    width: float
    height: float
    title: str
    description: str
    shapes: tuple[Shape, ...]

    def of(self, tag: str) -> list[Shape]:
        return [shape for shape in self.shapes if shape.tag == tag]

    def words(self) -> list[str]:
        return [shape.words for shape in self.of("text")]

    def outside(self) -> list[Shape]:
        """What is not wholly in the drawing."""

        def inside(point: Point) -> bool:
            return -ROUNDED <= point[0] <= self.width + ROUNDED and -ROUNDED <= point[1] <= self.height + ROUNDED

        return [shape for shape in self.shapes if not all(inside(point) for point in shape.points)]

    def cut_off(self) -> list[str]:
        """Words that are about as wide as to leave the drawing at its left or right."""

        def left_of(shape: Shape) -> float:
            share = {"start": 0.0, "middle": 0.5, "end": 1.0}[shape.attributes.get("text-anchor", "start")]
            return shape.points[0][0] - share * breadth(shape.words)

        texts = [(shape.words, left_of(shape)) for shape in self.of("text")]
        return [words for words, left in texts if left < -ROUNDED or left + breadth(words) > self.width + ROUNDED]


def read(markup: str) -> Drawing:
    """Raises if it is not well-formed, or holds an element that nobody expected."""
    root = ElementTree.fromstring(markup)  # noqa: S314 - it is our own
    assert root.tag == "svg"
    title, description, *rest = list(root)
    assert (title.tag, description.tag) == ("title", "desc")
    _, _, width, height = (float(part) for part in root.attrib["viewBox"].split())
    return Drawing(
        width=width,
        height=height,
        title=title.text or "",
        description=description.text or "",
        shapes=tuple(shape for element in rest for shape in _shapes(element, {}, 1.0)),
    )


def path(text: str) -> list[list[Point]]:
    """The strokes of a path, each as its corners."""
    strokes: list[list[Point]] = []
    x = y = 0.0
    taken = ""
    for command, told in _COMMAND.findall(text):
        taken += command + told
        numbers = [float(part) for part in told.split()]
        match command:
            case "M":
                x, y = numbers
                strokes.append([])
            case "h":
                x += numbers[0]
            case "v":
                y += numbers[0]
            case "H":
                x = numbers[0]
            case "V":
                y = numbers[0]
            case _:
                x, y = strokes[-1][0]
        strokes[-1].append((x, y))
    assert taken == text, f"not understood: {text!r}"
    return strokes


def _shapes(element: ElementTree.Element, inherited: dict[str, str], scale: float) -> Iterator[Shape]:
    attributes = {**inherited, **element.attrib}
    transform = attributes.pop("transform", None)
    assert transform in (None, "scale(.1)")
    scale = scale if transform is None else scale / 10
    if element.tag == "g":
        for child in element:
            yield from _shapes(child, attributes, scale)
        return
    yield Shape(
        tag=element.tag,
        attributes=attributes,
        points=tuple((scale * x, scale * y) for x, y in _points(element)),
        words=element.text or "",
    )


def _points(element: ElementTree.Element) -> list[Point]:
    def number(name: str) -> float:
        return float(element.attrib[name])

    match element.tag:
        case "path":
            return [point for stroke in path(element.attrib["d"]) for point in stroke]
        case "text":
            return [(number("x"), number("y"))]
        case "circle":
            x, y, r = number("cx"), number("cy"), number("r")
            return [(x - r, y - r), (x + r, y + r)]
        case _:
            raise AssertionError(f"an element that no plot has: {element.tag}")
