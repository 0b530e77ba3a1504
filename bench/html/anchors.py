"""Where things stand in the report: one id for each gate of each runtime, and for each of its criteria.

Role: give ids that are unique and safe whatever a runtime or criterion is called, so that every number can link to what
it rests on. Must not know: templates, what a criterion says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bench.flow_tables import grouped
from bench.judgement import Judgement

_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]+")
Key = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Anchors:
    """Ids by what they name: ("workerd",), ("custody", "workerd") or ("custody", "workerd", "no_leak")."""

    ids: Mapping[Key, str]

    def wallet(self, runtime: str) -> str:
        """The id of a runtime's wallet. Raises KeyError for a runtime that was not in the run."""
        return self.ids[(runtime,)]

    def gate(self, gate: str, runtime: str) -> str:
        """The id of one cell's reasons. Raises KeyError if it was not judged."""
        return self.ids[gate, runtime]

    def criterion(self, gate: str, runtime: str, name: str) -> str:
        """The id of one criterion; of its gate, if the gate has no criterion of that name."""
        return self.ids.get((gate, runtime, name)) or self.gate(gate, runtime)


def anchors(judgement: Judgement) -> Anchors:
    """Ids of everything that can be linked to. Two names that read alike once made safe get a number each."""
    taken: set[str] = set()
    ids: dict[Key, str] = {}
    for together in _keys(judgement):
        parts = together[0] if len(together[0]) > 1 else ("wallet", *together[0])
        name = _free("-".join(_UNSAFE.sub("-", part) for part in parts), taken)
        ids |= dict.fromkeys(together, name)
    return Anchors(ids=ids)


def _keys(judgement: Judgement) -> Iterator[tuple[Key, ...]]:
    """What stands in one place: a criterion, or flows that share a row."""
    yield from (((pin.name,),) for pin in judgement.evidence.runtimes)
    for verdict in judgement.verdicts:
        yield ((verdict.gate, verdict.runtime),)
        for group in (*grouped(verdict.criteria), *((c,) for c in verdict.informative)):
            yield tuple((verdict.gate, verdict.runtime, c.name) for c in group)


def _free(wanted: str, taken: set[str]) -> str:
    """The id itself, or with the first number that makes it the only one."""
    number, found = 1, wanted
    while found in taken:
        number += 1
        found = f"{wanted}-{number}"
    taken.add(found)
    return found
