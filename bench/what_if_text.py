"""A what-if in words and as JSON.

Role: write what bench.what_if found. Must not know: how anything is judged.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from bench.formats import plain, quantity
from bench.what_if import PLAN, Change, Difference, WhatIf


def text(found: WhatIf) -> str:
    """For a terminal: what was changed, what flips, and the decision before and after."""
    return "\n".join(plain(line) for line in _lines(found)) + "\n"


def _lines(found: WhatIf) -> Iterator[str]:
    yield f"What if, for run {found.before.evidence.header.run_id}:"
    yield from (f"  {_change(change)}" for change in found.changes)
    if not found.changes:
        yield "  nothing is other than it was judged by"
    if found.decision_changes:
        yield f"was: {found.before.decision.statement}"
        yield f"now: {found.after.decision.statement}"
    else:
        yield f"The decision stays: {found.after.decision.statement}"
    yield f"{len(found.gates) or 'No'} verdict{'' if len(found.gates) == 1 else 's'} of a gate would be another:"
    yield from (f"  {_difference(difference)}" for difference in found.gates)
    more = [d for d in found.criteria if (d.runtime, d.gate) not in {(g.runtime, g.gate) for g in found.gates}]
    if more:
        yield "and criteria that flip no gate:"
        yield from (f"  {_difference(difference)}" for difference in more)
    yield "Nothing was written."


def _change(change: Change) -> str:
    was, becomes = (quantity(x, None if change.unit == PLAN else change.unit) for x in (change.was, change.becomes))
    return f"{change.name}: {was} -> {becomes}"


def _difference(difference: Difference) -> str:
    of = f"{difference.gate}, {difference.criterion}" if difference.criterion is not None else difference.gate
    was, becomes = (verdict or "not asked" for verdict in (difference.was, difference.becomes))
    return f"{difference.runtime}, {of}: {was} -> {becomes}: {difference.reason}"


def as_json(found: WhatIf) -> str:
    """One JSON document."""
    document = {
        "run_id": found.before.evidence.header.run_id,
        "record": found.before.evidence.digest,
        "changes": [{"name": c.name, "unit": c.unit, "was": c.was, "becomes": c.becomes} for c in found.changes],
        "decision": {
            "was": {"topology": found.before.decision.topology, "statement": found.before.decision.statement},
            "becomes": {"topology": found.after.decision.topology, "statement": found.after.decision.statement},
        },
        "gates": [_fields(difference) for difference in found.gates],
        "criteria": [_fields(difference) for difference in found.criteria],
    }
    return json.dumps(document, indent=1) + "\n"


def _fields(difference: Difference) -> dict[str, object]:
    return {
        "runtime": difference.runtime,
        "gate": difference.gate,
        "criterion": difference.criterion,
        "was": difference.was,
        "becomes": difference.becomes,
        "reason": difference.reason,
    }
