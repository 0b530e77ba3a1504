"""Colours on a terminal: whether they are welcome, and how to paint a word.

Role: one answer for every command of `spikes`. Must not know: what the words mean. Words always stand beside colours,
so nothing is lost without them.
"""

from __future__ import annotations

import os
from enum import StrEnum
from typing import TextIO


class Colour(StrEnum):
    """The few that are used."""

    GREEN = "32"
    RED = "31"
    YELLOW = "33"
    FAINT = "2"


def wants_colour(stream: TextIO) -> bool:
    """NO_COLOR before FORCE_COLOR before a terminal that can show any (https://no-color.org, https://force-color.org)."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def painted(text: str, colour: Colour, *, wanted: bool) -> str:
    """The text in that colour, or as it is."""
    return f"\x1b[{colour}m{text}\x1b[0m" if wanted else text
