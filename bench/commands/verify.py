"""`python -m bench verify RUN`: derive everything again and compare with what lies beside the record.

Must not know: how anything is derived. Exit code 5: something differs.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bench import render, runs
from bench.commands.adr import ADR
from bench.outputs import OUTPUTS

PURPOSE = "derive the verdicts again and compare with those beside the record"
DIFFERENT = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `verify`."""
    runs.add_arguments(parser)
    parser.add_argument("--adr", type=Path, nargs="?", const=ADR, metavar="PATH", help=f"the ADR too (at {ADR})")


def run(args: argparse.Namespace) -> int:
    """Compare; says which file differs."""
    record = runs.find_record(args.run)
    judgement = runs.judged(args, record)
    expected = {record.with_name(name): rendered(judgement) for name, rendered in OUTPUTS.items()}
    if args.adr is not None:
        expected[args.adr] = render.adr_md(judgement)
    different = [path for path, text in expected.items() if runs.read(path) != text]
    for path in different:
        print(f"bench: {path} is not what the record gives; judge again and read the difference", file=sys.stderr)
    if not different:
        print(f"verified: {', '.join(str(path) for path in expected)}")
    return DIFFERENT if different else 0
