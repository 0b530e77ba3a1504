"""Colours and dashes: what tells series apart, for those too who tell no colours apart, on light paper and on dark.

Role: the palette. Must not know: plots, runtimes.
Every colour has a contrast of 3 or more against white and against #111; neighbours differ for all common forms of
colour blindness (the first three are Okabe and Ito's), and every series has dashes of its own besides.
"""

from __future__ import annotations

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#B5609A", "#A87900", "#7A7A7A", "#6A6AC8")
_DASHES = ((), (7, 3), (2, 2), (9, 3, 2, 3), (5, 2), (1, 3), (12, 3, 1, 3, 1, 3), (3, 4))
PAPERS = ("#FFFFFF", "#111111")
# Who serves a call: a letter and a colour.
PARTIES = {
    "ssp": ("S", "#D55E00"),
    "operator-0": ("0", "#0072B2"),
    "operator-1": ("1", "#009E73"),
    "operator-2": ("2", "#B5609A"),
}
OTHER_PARTY = ("?", "#7A7A7A")
VERDICTS = {"PASS": "#009E73", "FAIL": "#D55E00", "INCONCLUSIVE": "#7A7A7A"}


def colour(slot: int) -> str:
    """The colour of a series."""
    return COLOURS[slot % len(COLOURS)]


def dashes(slot: int) -> tuple[int, ...]:
    """Its dashes; no two of the first 56 series have the same colour and the same dashes."""
    return _DASHES[slot % len(_DASHES)]


def party(name: str) -> tuple[str, str]:
    """(letter, colour) of who serves a call."""
    return PARTIES.get(name, OTHER_PARTY)
