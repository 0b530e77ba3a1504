"""One number of this very report, to show how any of them is checked.

Role: pick a measured criterion of a runtime that the decision rests on. Must not know: how it is written.
"""

from __future__ import annotations

from dataclasses import dataclass

from bench import formats
from bench.html.anchors import Anchors
from bench.judgement import Judgement


@dataclass(frozen=True, kw_only=True)
class Example:
    """A criterion with its numbers as people read them, and its record lines as the command line takes them."""

    id: str
    gate: str
    runtime: str
    criterion: str
    measured: str
    threshold: str
    lines: str


def example(judgement: Judgement, ids: Anchors) -> Example | None:
    """The measured criterion with the fewest lines behind it; runtimes that forced the decision first. None without."""
    forced = {reason.runtime for reason in judgement.decision.forced_by}
    found = [
        (v.runtime not in forced, len(c.lines), v, c)
        for v in judgement.verdicts
        for c in v.criteria
        if c.lines and c.unit is not None and isinstance(c.measured, int | float) and c.measured > 0
    ]
    if not found:
        return None
    _, _, verdict, criterion = min(found, key=lambda entry: entry[:2])
    return Example(
        id=ids.criterion(verdict.gate, verdict.runtime, criterion.name),
        gate=verdict.gate,
        runtime=verdict.runtime,
        criterion=criterion.name,
        measured=formats.measured(criterion),
        threshold=formats.threshold(criterion),
        lines=",".join(formats.ranges(criterion.lines)),
    )
