"""The reasons behind each cell of the matrix: rows of criteria, those that say the same in one row.

Role: criteria as rows with the ids that link to them. Must not know: how a row is written. Nothing is judged here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bench.flow_tables import grouped, together
from bench.gates import GATES
from bench.html.anchors import Anchors, Key
from bench.judgement import Judgement
from bench.sensitivity.margins import MarginRow
from bench.verdict import Criterion, GateVerdict


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row: a criterion, or several flows that ended alike."""

    id: str
    criterion: Criterion
    margin: float | None  # what is left of its number, or of the tightest of several


@dataclass(frozen=True, kw_only=True)
class Reasons:
    """One cell of the matrix, unfolded."""

    id: str
    runtime: str
    role: str
    verdict: GateVerdict
    rows: tuple[Row, ...]
    informative: tuple[Row, ...]


@dataclass(frozen=True, kw_only=True)
class GateReasons:
    """One gate with its requirement and every runtime's reasons."""

    name: str
    title: str
    requirement: str
    runtimes: tuple[Reasons, ...]


def reasons(judgement: Judgement, margins: Iterable[MarginRow], ids: Anchors) -> tuple[GateReasons, ...]:
    """Every gate, in the registry's order; runtimes in the header's."""
    tightest: dict[Key, float] = {}
    for row in margins:
        if row.margin is not None:
            key = row.gate, row.runtime, row.criterion
            tightest[key] = min(row.margin, tightest.get(key, row.margin))
    return tuple(
        GateReasons(
            name=gate.NAME,
            title=gate.TITLE,
            requirement=gate.REQUIREMENT,
            runtimes=tuple(
                _reasons(judgement.of(gate.NAME, pin.name), pin.role.value, ids, tightest)
                for pin in judgement.evidence.runtimes
            ),
        )
        for gate in GATES
    )


def _reasons(verdict: GateVerdict, role: str, ids: Anchors, margins: Mapping[Key, float]) -> Reasons:
    return Reasons(
        id=ids.gate(verdict.gate, verdict.runtime),
        runtime=verdict.runtime,
        role=role,
        verdict=verdict,
        rows=tuple(_row(verdict, group, ids, margins) for group in grouped(verdict.criteria)),
        informative=tuple(_row(verdict, (c,), ids, margins) for c in verdict.informative),
    )


def _row(verdict: GateVerdict, group: Sequence[Criterion], ids: Anchors, margins: Mapping[Key, float]) -> Row:
    key = verdict.gate, verdict.runtime, group[0].name
    whole = together(group)
    return Row(id=ids.criterion(*key), criterion=whole, margin=margins.get(key, whole.margin))
