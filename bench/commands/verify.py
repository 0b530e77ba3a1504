"""`python -m bench verify [RUN]`: derive everything again and compare with what is written.

With RUN: what lies beside its record, and the ADR if asked for. Without: the committed decision - every ADR that is
proposed or accepted, the run that each names, and the README's answer. It needs no runtime.
Must not know: how anything is derived. Exit codes: 5 something differs, 37 there is nothing to compare with.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from bench import adr_series, readme, runs, verification
from bench.adr_series import Numbered
from bench.commands.adr import ADR
from bench.commands.readme import README, links
from bench.judgement import Judgement
from bench.verification import Checked

PURPOSE = "derive verdicts, reports and ADR again and compare with what is written"
DIFFERENT = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `verify`."""
    parser.add_argument("run", metavar="RUN", nargs="?", help=f"{runs.RUN_HELP}; without it, what the ADRs rest on")
    runs.add_numbers(parser)
    parser.add_argument("--adr", type=Path, nargs="?", const=ADR, metavar="PATH", help=f"the ADR too (at {ADR})")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead")


def run(args: argparse.Namespace) -> int:
    """Compare; says which file differs, and where first."""
    if args.run is None:
        run_id, checked = _committed(args)
    else:
        record = runs.find_record(args.run)
        judgement = runs.judged(args, record)
        run_id = judgement.evidence.header.run_id
        checked = [*verification.derived(judgement, record)]
        checked += [verification.paper(judgement, record, args.adr)] if args.adr is not None else []
    different = {entry.path: entry.difference for entry in checked if entry.difference is not None}
    for path, difference in different.items():
        print(f"bench: {path} is not what the record gives: {difference}", file=sys.stderr)
    same = [str(entry.path) for entry in checked if entry.difference is None]
    if args.json:
        told = {"run": run_id, "verified": same, "different": [str(path) for path in different]}
        print(json.dumps(told, indent=2))
    elif not different:
        print(f"verified: {', '.join(same)}")
    return DIFFERENT if different else 0


def _committed(args: argparse.Namespace) -> tuple[str | None, list[Checked]]:
    """Everything that rests on the runs which the ADRs name; the run of the record that says today's answer."""
    asked = args.adr or ADR
    current, series = verification.current(asked), adr_series.series_of(asked)
    checked = [Checked(path=path, difference=why) for path, why in adr_series.contradictions(series)]
    for numbered in series:
        if numbered.page.is_proposed or numbered.page.is_accepted:
            record = verification.record_of(numbered)
            judgement = runs.judged(args, record)
            checked += _resting_on(judgement, record, numbered)
            checked += [_answer(judgement, record, numbered)] if numbered.path == current.path else []
    return current.page.run, checked


def _resting_on(judgement: Judgement, record: Path, numbered: Numbered) -> Iterator[Checked]:
    """One ADR and what lies beside the record that it names."""
    yield from verification.derived(judgement, record)
    yield verification.paper(judgement, record, numbered.path)
    if record.name != runs.PACKED:
        told = f"bench: {record} is not packed, so it cannot be committed; `python -m bench pack {numbered.page.run}`"
        print(told, file=sys.stderr)


def _answer(judgement: Judgement, record: Path, numbered: Numbered) -> Checked:
    """Today's answer in the README that lies beside the directory of the ADRs."""
    page = numbered.path.parent.parent / README
    text = runs.read(page)
    answer = readme.answer_md(judgement, links(record, numbered.path, page))
    above = text.partition(readme.BEGIN)[0].count("\n") + 1
    return verification.compare_texts(page, readme.answer_of(text), answer, above)
