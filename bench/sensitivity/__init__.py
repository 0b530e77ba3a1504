"""Sensitivity: how near each verdict is to another one, and which single number would change it, or the decision.

Role: one function over a judgement. Must not know: how it is written, files. Nothing is judged by other rules here: a
criterion carries the comparisons that it consists of (`bench.verdict.Held`), and what another number would have given
is read off them; the decision is taken again by the rule of bench.decision.
"""

from __future__ import annotations

from dataclasses import dataclass

from bench.judgement import Judgement
from bench.sensitivity.levers import NOT_ANALYSED
from bench.sensitivity.margins import MarginRow, margin_rows
from bench.sensitivity.numbers import number_rows
from bench.sensitivity.rows import Kind, LeverRow
from bench.sensitivity.scenarios import scenario_rows


@dataclass(frozen=True, kw_only=True)
class Sensitivity:
    """Margins of all runtimes that decide, and every number with what it would flip."""

    margins: tuple[MarginRow, ...]
    levers: tuple[LeverRow, ...]
    not_analysed: tuple[tuple[str, str], ...]  # number, why

    @property
    def deciding(self) -> tuple[LeverRow, ...]:
        """The numbers that alone would change the decision, the nearest first; sizes and counts after the others."""
        found = (row for row in self.levers if row.decision)
        return tuple(sorted(found, key=lambda row: (row.kind in (Kind.SIZE, Kind.COUNT), row.nearest)))

    def tightest(self, runtime: str, gate: str) -> MarginRow | None:
        """The smallest margin of one cell of the matrix; None if nothing there has a margin."""
        mine = [m for m in self.margins if (m.runtime, m.gate) == (runtime, gate) and m.margin is not None]
        return min(mine, key=lambda m: m.margin or 0.0, default=None)


def sensitivity(judgement: Judgement) -> Sensitivity:
    """Everything of one judgement. Pure."""
    return Sensitivity(
        margins=margin_rows(judgement),
        levers=(*number_rows(judgement), *scenario_rows(judgement)),
        not_analysed=NOT_ANALYSED,
    )
