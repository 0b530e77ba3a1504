"""What is left of each platform limit, runtime by runtime, as bars.

Role: read the table of limits into plots. Must not know: drawing, how a limit was judged.
"""

from __future__ import annotations

from itertools import groupby

from bench.formats import quantity
from bench.html.plots.data import MarginPlot, MarginRow
from bench.judgement import Judgement
from bench.tables import LimitRow, tables


def margin_plots(judgement: Judgement) -> tuple[MarginPlot, ...]:
    """One plot a runtime that has limits to keep, in the header's order."""
    rows = tables(judgement).limits
    return tuple(
        MarginPlot(runtime=runtime, title=f"Use of its platform's limits: {runtime}", rows=tuple(map(_row, mine)))
        for runtime, mine in groupby(rows, key=lambda row: row.runtime)
    )


def _row(row: LimitRow) -> MarginRow:
    share = None if row.measured is None or row.limit <= 0 else row.measured / row.limit
    name = row.criterion.removeprefix("limit_").replace("_", " ")
    return MarginRow(
        label=f"{name} ({row.plan.replace('+', ', ')})",
        share=share,
        use=f"{quantity(row.measured, row.unit)} of {quantity(row.limit, row.unit)}",
        verdict=row.verdict,
        decides=row.decides,
        lines=row.lines,
    )
