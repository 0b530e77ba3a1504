"""Staircases as path data: relative whole numbers of tenths, since paths are most of a plot's bytes.

Role: from stairs to the text of a `d` attribute. Must not know: what they mean.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bench.html.plots.steps import Stairs

FINE = "scale(.1)"  # the transform under which these paths are drawn
_Height = Callable[[float], float]


def tenths(place: float) -> int:
    """A place as these paths count."""
    return round(place * 10)


def curve(stairs: Stairs, height: _Height, left: float, right: float) -> str:
    """From the left edge to the right one."""
    first, corners = _corners(stairs, height)
    return f"M{tenths(left)} {first}" + _there(tenths(left), first, corners, tenths(right))


def band(upper: Stairs, lower: Stairs, height: _Height, left: float, right: float) -> str:
    """The area between two staircases."""
    high, above = _corners(upper, height)
    low, below = _corners(lower, height)
    there = _there(tenths(left), high, above, tenths(right))
    top = above[-1][1] if above else high
    bottom = below[-1][1] if below else low
    back = "".join(_back(tenths(right), bottom, low, below, tenths(left)))
    return f"M{tenths(left)} {high}{there}v{bottom - top}{back}z"


def _corners(stairs: Stairs, height: _Height) -> tuple[int, list[tuple[int, int]]]:
    """The height at the left edge, and (place, new height) where it changes to be seen."""
    first = last = tenths(height(stairs.begin))
    corners: list[tuple[int, int]] = []
    for place, share in zip(stairs.places, stairs.shares, strict=True):
        new = tenths(height(share))
        if new != last:
            corners.append((tenths(place), new))
            last = new
    return first, corners


def _there(x: int, y: int, corners: list[tuple[int, int]], end: int) -> str:
    parts: list[str] = []
    for place, new in corners:
        parts.append(f"h{place - x}v{new - y}")
        x, y = place, new
    return "".join(parts) + f"h{end - x}"


def _back(x: int, y: int, first: int, corners: list[tuple[int, int]], end: int) -> Iterator[str]:
    heights = [first, *(height for _, height in corners)]
    for nth, (place, _) in reversed(list(enumerate(corners))):
        yield f"h{place - x}v{heights[nth] - y}"
        x, y = place, heights[nth]
    yield f"h{end - x}"
