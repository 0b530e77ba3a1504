"""Where two bills cross: the number of payments a month from which the other place is the cheaper one.

Role: exact crossings of two piecewise straight lines. Must not know: places, prices.
"""

from __future__ import annotations

from decimal import Decimal

from bench.cost.places import Bill


def crossings(one: Bill, other: Bill) -> tuple[Decimal, ...]:
    """Every number of payments at which the dearer bill becomes the cheaper one. Bills that only touch do not cross."""
    ends = [Decimal(0), *sorted({*one.kinks(), *other.kinks()})]
    gaps = [one.monthly(n) - other.monthly(n) for n in ends]
    found: list[Decimal] = []
    last: tuple[Decimal, Decimal] | None = None  # the last place where they differ, and by how much
    level: Decimal | None = None  # where, after that, they became equal
    for place, gap in zip(ends, gaps, strict=True):
        if gap == 0:
            level = place if level is None else level
            continue
        if last is not None and gap * last[1] < 0:
            found.append(level if level is not None else _between(last, (place, gap)))
        last, level = (place, gap), None
    slope = one.each - other.each
    if last is not None and slope * last[1] < 0:
        found.append(level if level is not None else last[0] - last[1] / slope)
    return tuple(found)


def _between(left: tuple[Decimal, Decimal], right: tuple[Decimal, Decimal]) -> Decimal:
    (start, gap), (end, after) = left, right
    return start + (end - start) * gap / (gap - after)
