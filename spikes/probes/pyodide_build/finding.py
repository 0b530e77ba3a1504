"""What the steps found, told as one finding.

Role: keep apart, in every sentence, what is impossible whatever one has from what is only not possible here, offline,
for want of things that it names. Must not know: how anything was found out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

UNSUPPORTED = "unsupported"  # whatever is found, no payment is made here
NOTHING = "nothing stands in the way of a build"


class Kind(StrEnum):
    """What an obstacle stands in the way of, and what would remove it. In the order of telling."""

    UNLOADABLE = "wheel not loadable"  # what exists already; says nothing of a build
    IMPOSSIBLE = "build impossible"  # nothing that a network brings would help
    OFFLINE = "build not possible offline"  # a network would bring what is named
    UNKNOWN = "not found out"  # the step came to no answer on this machine
    BEYOND = "and then"  # what a built wheel would meet


# What the finding's code says: whether a build is out of the question, or only was here.
_CODES = {
    Kind.IMPOSSIBLE: "build_impossible",
    Kind.OFFLINE: "not_possible_offline",
    Kind.UNKNOWN: "not_found_out",
}


@dataclass(frozen=True, kw_only=True)
class Note:
    """One fact."""

    name: str
    value: int | str
    how: str


@dataclass(frozen=True, kw_only=True)
class Obstacle:
    """One thing that stands in the way; for OFFLINE it is what a build needs."""

    kind: Kind
    what: str


@dataclass(frozen=True, kw_only=True)
class Step:
    """What one step found."""

    notes: tuple[Note, ...]
    obstacles: tuple[Obstacle, ...] = ()


class BrokenInput(Exception):
    """What the probe looks at is not what it has to be; the message says what to do. No finding is made then."""


def finding(steps: Sequence[Step]) -> dict[str, Any]:
    """The finding as spikes/probe.py reads it."""
    met = {kind: [o.what for step in steps for o in step.obstacles if o.kind is kind] for kind in Kind}
    told = [_sentence(kind, things) for kind, things in met.items() if things]
    return {
        "outcome": UNSUPPORTED,
        "code": next((code for kind, code in _CODES.items() if met[kind]), "no_obstacle_found"),
        "reason": "; ".join(told) or NOTHING,
        "facts": [asdict(note) for step in steps for note in step.notes],
    }


def _sentence(kind: Kind, things: Sequence[str]) -> str:
    needs = "needs " if kind is Kind.OFFLINE else ""
    return f"{kind}: {needs}{', '.join(dict.fromkeys(things))}"
