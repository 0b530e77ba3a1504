"""`python -m bench judge RUN`: judge, write what is derived beside the record, print the first screen.

Must not know: how anything is judged or rendered. Exit codes: 0 decided, 3 undecided, 4 `--require` unmet.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bench import adr_status, render, runs, terminal
from bench.commands.adr import ADR
from bench.decision import Topology
from bench.judgement import Judgement
from bench.outputs import OUTPUTS

PURPOSE = "judge a run; write the reports beside its record; print the first screen"
DECIDED, UNDECIDED, REQUIREMENT_UNMET = 0, 3, 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `judge`."""
    runs.add_arguments(parser)
    parser.add_argument("--adr", type=Path, nargs="?", const=ADR, metavar="PATH", help=f"write the ADR too (to {ADR})")
    parser.add_argument("--require", choices=("A", "B"), help="exit 4 unless the decision is this one")
    parser.add_argument("--json", action="store_true", help="print verdicts.json instead of the first screen")


def run(args: argparse.Namespace) -> int:
    """Judge once."""
    record = runs.find_record(args.run)
    judgement = runs.judged(args, record)
    written: list[Path] = []
    for name, rendered in OUTPUTS.items():
        path = record.with_name(name)
        runs.write(path, rendered(judgement))
        written.append(path)
    kept = None
    if args.adr is not None:
        kept = adr_status.settled_status(args.adr)
        if kept is None:
            runs.write(args.adr, render.adr_md(judgement))
            written.append(args.adr)
    if args.json:
        sys.stdout.write(render.verdicts_json(judgement))
    else:
        paths = [str(path) for path in (record, *written)]
        colour, symbols = terminal.wants_colour(sys.stdout), terminal.can_encode_symbols(sys.stdout)
        sys.stdout.write(terminal.screen(judgement, paths, colour=colour, symbols=symbols))
    if kept is not None:
        print(f"bench: {adr_status.explain(args.adr, kept)}", file=sys.stderr)
    return _exit_code(judgement, args.require)


def _exit_code(judgement: Judgement, require: str | None) -> int:
    topology = judgement.decision.topology
    if require is not None and topology.value != require:
        return REQUIREMENT_UNMET
    return UNDECIDED if topology is Topology.UNDECIDED else DECIDED
