"""`python -m bench adr RUN`: write the architecture decision record of a run.

Must not know: what it says, whose a record is.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from bench import adr, adr_series, runs
from bench.errors import AdrNotProposed
from bench.judgement import Judgement

PURPOSE = "write the architecture decision record of a run"
ADR = adr_series.DEFAULT


@dataclass(frozen=True, kw_only=True)
class Written:
    """What became of an ADR. `left` says why nothing was written; `agrees`: the record in force says the same."""

    path: Path
    left: str | None
    agrees: bool


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `adr`."""
    runs.add_arguments(parser)
    parser.add_argument("--adr", type=Path, default=ADR, metavar="PATH", help=f"where to (default: {ADR})")


def run(args: argparse.Namespace) -> int:
    """Write it, unless a person has settled it."""
    record = runs.find_record(args.run)
    written = write(runs.judged(args, record), record, args.adr)
    if written.left is not None and not written.agrees:
        raise AdrNotProposed(written.left)
    print(written.path if written.left is None else written.left)
    return 0


def write(judgement: Judgement, record: Path, asked: Path) -> Written:
    """Write the ADR where it belongs, which may be another number than was asked for. Raises BenchError."""
    date = judgement.evidence.header.started_at[:10]
    place = adr_series.place(asked, adr.statement_of(judgement), date, decides=adr.decides(judgement))
    if place.left is None:
        runs.write(place.path, adr.adr_md(judgement, place.page, adr.links_between(judgement, record, place.path)))
    return Written(path=place.path, left=place.left, agrees=place.agrees)
