"""`python -m bench adr RUN`: write the architecture decision record of a run.

Must not know: what it says.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from bench import adr_status, render, runs

PURPOSE = "write the architecture decision record of a run"
ADR = Path("adr") / render.ADR_NAME


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `adr`."""
    runs.add_arguments(parser)
    parser.add_argument("--adr", type=Path, default=ADR, metavar="PATH", help=f"where to (default: {ADR})")


def run(args: argparse.Namespace) -> int:
    """Write it, unless a person has settled it."""
    judgement = runs.judged(args, runs.find_record(args.run))
    adr_status.refuse_settled(args.adr)
    runs.write(args.adr, render.adr_md(judgement))
    print(args.adr)
    return 0
