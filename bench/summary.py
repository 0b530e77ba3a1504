"""summary.md: a run on one page of Markdown, as the summary of a step of a CI system shows it.

Role: the decision, the matrix, what failed or is open and why, the times; the rest stands in the other files, which it
names. Never larger than LIMIT bytes: reasons beyond that are left out, the least important first, and counted. Must not
know: files, CI systems, how anything was judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bench import formats, render
from bench.flow_tables import folded
from bench.gates import GATES
from bench.judgement import Judgement
from bench.latency_tables import COLD, EXACT, SWAP
from bench.tables import tables
from bench.verdict import Criterion, Verdict
from spikes.record import Role

LIMIT = 1_000_000  # GitHub takes 1 MiB a step
MOST_SIGNS = 300  # of one cell: a driver may say anything, at any length
MOST_DEFECTS = 50
# Beside this one, each with what it is for.
FILES: Mapping[str, str] = {
    "gates.md": "every criterion of every gate and runtime, with its record lines",
    "verdicts.json": "the same for programs; its schema is bench/schema/verdicts-N.schema.json",
    "junit.xml": "the same as test cases; INCONCLUSIVE is skipped",
    "report.html": "the same as one offline page with plots",
    "badge.svg": "the decision as a badge",
    "record.jsonl": "the journal of the run, from which all of these are derived",
}
_VERDICTS = (Verdict.FAIL, Verdict.INCONCLUSIVE)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One criterion that kept a gate from passing."""

    verdict: Verdict
    gate: str
    runtime: str
    decides: bool
    criterion: Criterion


@dataclass(frozen=True, kw_only=True)
class _Part:
    """What is shown of something, and how many of it there are."""

    shown: tuple[str, ...]
    total: int

    @property
    def left_out(self) -> int:
        return self.total - len(self.shown)


def summary_md(judgement: Judgement, limit: int = LIMIT) -> str:
    """The page. With all reasons if they fit in `limit` bytes, else with as many as do."""
    rows = [_row(finding) for finding in findings(judgement)]
    shown, room = 0, limit - len(_page(judgement, _Part(shown=(), total=len(rows))).encode())
    for row in rows:
        room -= len(row.encode()) + 1
        if room < 0:
            break
        shown += 1
    return _page(judgement, _Part(shown=tuple(rows[:shown]), total=len(rows)))


def findings(judgement: Judgement) -> tuple[Finding, ...]:
    """Everything that failed or is open: of runtimes that decide first, failures first, else as the gates stand."""
    found = list(_findings(judgement))
    return tuple(sorted(found, key=lambda f: (not f.decides, _VERDICTS.index(f.verdict))))


def _findings(judgement: Judgement) -> Iterator[Finding]:
    for verdict in judgement.verdicts:
        decides = judgement.evidence.pin(verdict.runtime).role is not Role.INFORMATIVE
        for criterion in folded(verdict.criteria):
            if criterion.verdict is not Verdict.PASS:
                yield Finding(
                    verdict=criterion.verdict,
                    gate=verdict.gate,
                    runtime=verdict.runtime,
                    decides=decides,
                    criterion=criterion,
                )


def _row(finding: Finding) -> str:
    c = finding.criterion
    cells = (
        f"{formats.symbol(c.verdict)} {formats.short(c.verdict)}",
        finding.runtime if finding.decides else f"{finding.runtime} (informative)",
        f"{finding.gate}: {c.name}",
        formats.measured(c),
        formats.threshold(c),
        c.reason,
        c.needs or "-",
        formats.lines(c.lines, most=3),
    )
    return f"| {' | '.join(map(_cell, cells))} |"


def _page(judgement: Judgement, reasons: _Part) -> str:
    header, defects = judgement.evidence.header, judgement.defects
    text = (
        render.environment()
        .get_template("summary.md.j2")
        .render(
            judgement=judgement,
            decision=judgement.decision,
            evidence=judgement.evidence,
            header=header,
            gates=GATES,
            tables=tables(judgement),
            kinds={"cold": COLD, "warm, exact": EXACT, "warm, swap": SWAP},
            defects=_Part(shown=tuple(map(_cell, defects[:MOST_DEFECTS])), total=len(defects)),
            reasons=reasons,
            files=FILES,
            clip=_cell,
        )
    )
    return text.rstrip("\n") + "\n"


def _cell(text: str) -> str:
    """Text for a table cell or a line: not longer than MOST_SIGNS, and nothing in it is taken for a tag of HTML."""
    short = formats.cell(text if len(text) <= MOST_SIGNS else f"{text[: MOST_SIGNS - 1]}…")
    parts = short.split("`")
    if len(parts) % 2 == 0:  # a backtick without its twin opens no code
        return _escaped(short)
    return "`".join(part if number % 2 else _escaped(part) for number, part in enumerate(parts))


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
