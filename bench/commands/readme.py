"""`python -m bench readme [RUN]`: write the answer into the README, or see whether it still is what the record gives.

Without RUN it is the answer of the ADR in force, else of the newest proposal. Must not know: what the answer says.
Exit codes: 5 with --check, the README says something else; 37 there is no ADR that names a run.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from bench import adr_series, readme, runs, verification
from bench.commands.adr import ADR
from bench.errors import NothingToVerify

PURPOSE = "write the answer of a run into the README, between its marks"
README = Path("README.md")
DIFFERENT = 5
# What a reader wants first comes first; a run that lacks one is not committed whole, which `verify` says.
_DERIVED = {"report.html": "the report", "gates.md": "every criterion", "verdicts.json": "the same for programs"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `readme`."""
    parser.add_argument("run", metavar="RUN", nargs="?", help=f"{runs.RUN_HELP}; without it, the one the ADR rests on")
    runs.add_numbers(parser)
    parser.add_argument("--adr", type=Path, default=ADR, metavar="PATH", help=f"the decision to link to ({ADR})")
    parser.add_argument("--readme", type=Path, default=README, metavar="PATH", help=f"default: {README}")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 5 if the README says something else")


def run(args: argparse.Namespace) -> int:
    """Write or compare once."""
    record, adr = _subject(args)
    answer = readme.answer_md(runs.judged(args, record), links(record, adr, args.readme))
    text = runs.read(args.readme)
    if not args.check:
        runs.write(args.readme, readme.spliced(text, answer))
        print(args.readme)
        return 0
    if readme.answer_of(text) == answer:
        print(f"verified: the answer in {args.readme}")
        return 0
    print(
        f"bench: the answer in {args.readme} is not what {record} gives; write it with `python -m bench readme`",
        file=sys.stderr,
    )
    return DIFFERENT


def _subject(args: argparse.Namespace) -> tuple[Path, Path]:
    """The record, and the ADR to link to. Raises NothingToVerify."""
    if args.run is not None:
        return runs.find_record(args.run), args.adr
    current = adr_series.current(adr_series.series_of(args.adr))
    if current is None:
        raise NothingToVerify(
            f"{args.adr.parent} holds no generated ADR that is proposed or accepted; name a RUN, or make one: "
            "`make spike` and `make pack`"
        )
    return verification.record_of(current), current.path


def links(record: Path, adr: Path, page: Path) -> list[tuple[str, str]]:
    """(words, target) of the decision and of what is derived beside the record, as seen from the README."""
    place = record.parent.resolve()
    targets = [("the decision", adr.resolve()), *((words, place / name) for name, words in _DERIVED.items())]
    home = page.resolve().parent
    return [(words, Path(os.path.relpath(target, home)).as_posix()) for words, target in targets]
