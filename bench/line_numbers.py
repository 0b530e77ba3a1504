"""Lines of a record by number: what "120-125,9" means, and the lines themselves.

Role: the way back from a number in a report to the raw evidence; the counterpart of `formats.ranges`. Must not know:
files, what a line says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bench.errors import LinesNotFound

_RANGE = re.compile(r"\s*([0-9]{1,12})(?:\s*-\s*([0-9]{1,12}))?\s*")
_HOW = 'write line numbers as reports do, counted from 1: "120-125,9"'


def parse(text: str) -> tuple[range, ...]:
    """The ranges that a text such as "120-125, 9" names, in its order. Raises LinesNotFound."""
    return tuple(_range(part) for part in text.split(","))


def _range(part: str) -> range:
    match = _RANGE.fullmatch(part)
    if match is None:
        raise LinesNotFound(f"{part.strip()!r} is no line number; {_HOW}")
    first = int(match[1])
    last = int(match[2] or first)
    if not 1 <= first <= last:
        raise LinesNotFound(f"{part.strip()} names no line; {_HOW}")
    return range(first, last + 1)


def lines_of(data: bytes) -> list[bytes]:
    """All lines of a record, without their ends; a last one that was cut off counts too."""
    lines = data.split(b"\n")
    return lines if lines[-1] else lines[:-1]


def pick(lines: Sequence[bytes], wanted: Sequence[range]) -> Iterator[tuple[int, bytes]]:
    """The wanted lines with their numbers. Raises LinesNotFound if the record ends before one of them."""
    for span in wanted:
        if span[-1] > len(lines):
            raise LinesNotFound(f"the record has {len(lines)} lines and no line {max(span[0], len(lines) + 1)}; {_HOW}")
    return ((number, lines[number - 1]) for span in wanted for number in span)
