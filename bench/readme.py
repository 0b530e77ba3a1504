"""Today's answer in the README: the decision of the committed run as a small table between two marks.

Role: one judgement as a few lines of Markdown, and the README with them in place. Pure. Must not know: files, where a
run lies. What stands between the marks belongs to the program, all else to people.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench import formats
from bench.errors import NoPlaceForAnswer
from bench.judgement import Judgement
from bench.tables import tables
from bench.verdict import Verdict
from spikes.record import Tier

BEGIN, END = "<!-- answer -->", "<!-- /answer -->"


def answer_md(judgement: Judgement, links: Sequence[tuple[str, str]]) -> str:
    """Statement, matrix, what it rests on; `links` are (words, target) as the README needs them."""
    return "\n".join(_lines(judgement, links)) + "\n"


def spliced(readme: str, answer: str) -> str:
    """The README with this answer between its marks. Raises NoPlaceForAnswer."""
    before, _, after = _parted(readme)
    return f"{before}{BEGIN}\n{answer.strip()}\n{END}{after}"


def answer_of(readme: str) -> str:
    """What stands between the marks. Raises NoPlaceForAnswer."""
    return _parted(readme)[1].strip() + "\n"


def _parted(readme: str) -> tuple[str, str, str]:
    """Before, between and after the marks."""
    if readme.count(BEGIN) != 1 or readme.count(END) != 1 or readme.index(BEGIN) > readme.index(END):
        raise NoPlaceForAnswer(f"the README needs one {BEGIN} and one {END} after it; put them where the answer goes")
    before, _, rest = readme.partition(BEGIN)
    between, _, after = rest.partition(END)
    return before, between, after


def _lines(judgement: Judgement, links: Sequence[tuple[str, str]]) -> Iterator[str]:
    evidence, decision = judgement.evidence, judgement.decision
    header = evidence.header
    yield f"**{formats.cell(decision.statement)}**"
    yield ""
    yield from _matrix(judgement)
    yield ""
    yield (
        f"- Run `{header.run_id}` of {header.started_at[:10]}: profile {header.profile}, seed {header.seed}, "
        f"{len(evidence.attempts):,} attempts, network {header.network}, platform limits of {header.limits_date}, "
        f"record `{evidence.digest}`."
    )
    for change in decision.would_change:
        yield f"- What would change it: {formats.cell(change)}"
    if decision.missing:
        yield f"- Open: {len(decision.missing)} pieces of evidence are missing; the report names them."
    yield f"- Read on: {' · '.join(f'[{words}]({target})' for words, target in links)}."


def _matrix(judgement: Judgement) -> Iterator[str]:
    """Gates by runtime, of the runtimes that the decision looks at."""
    rows = [row for row in tables(judgement).runtimes if row.decides]
    gates = list(rows[0].gates) if rows else []
    yield f"| runtime | role | {' | '.join(gates)} |"
    yield f"| --- | --- |{' --- |' * len(gates)}"
    for row in rows:
        role = str(row.role) if row.tier is Tier.REAL else f"{row.role}, {row.tier}"
        cells = [_cell(row.gates[gate].verdict) for gate in gates]
        yield f"| `{row.runtime}` | {role} | {' | '.join(cells)} |"


def _cell(verdict: Verdict | None) -> str:
    return "n/a" if verdict is None else f"{formats.SYMBOLS[verdict]} {verdict.value}"
