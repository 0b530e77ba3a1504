"""`python -m bench judge RUN`: judge, write what is derived beside the record, print the first screen.

With `--set NAME=VALUE` or `--plan` it asks what if: it judges twice, prints what reads otherwise and writes nothing.

Must not know: how anything is judged or rendered. Exit codes: 0 decided, 3 undecided, 4 `--require` unmet.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bench import render, runs, terminal, what_if, what_if_text
from bench.commands import adr
from bench.commands.adr import ADR
from bench.decision import Topology
from bench.errors import WhatIfError
from bench.judgement import Judgement, judge
from bench.limits import Plan
from bench.outputs import OUTPUTS

PURPOSE = "judge a run; write the reports beside its record; print the first screen"
DECIDED, UNDECIDED, REQUIREMENT_UNMET = 0, 3, 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `judge`."""
    runs.add_arguments(parser)
    parser.add_argument("--adr", type=Path, nargs="?", const=ADR, metavar="PATH", help=f"write the ADR too (to {ADR})")
    parser.add_argument("--require", choices=("A", "B"), help="exit 4 unless the decision is this one")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the first screen")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        dest="settings",
        help="what if a threshold (latency.paid_turn_p95_s=6) or a limit (limit.cloudflare.connections=3) were another",
    )
    parser.add_argument("--plan", type=Plan, choices=tuple(Plan), help="what if this plan's limits decided")


def run(args: argparse.Namespace) -> int:
    """Judge once; or twice, if it is asked what if."""
    if args.settings or args.plan is not None:
        return _what_if(args)
    record = runs.find_record(args.run)
    judgement = runs.judged(args, record)
    written: list[Path] = []
    for name, rendered in OUTPUTS.items():
        path = record.with_name(name)
        runs.write(path, rendered(judgement))
        written.append(path)
    left = None
    if args.adr is not None:
        paper = adr.write(judgement, record, args.adr)
        left = paper.left
        written += [paper.path] if left is None else []
    if args.json:
        sys.stdout.write(render.verdicts_json(judgement))
    else:
        paths = [str(path) for path in (record, *written)]
        colour, symbols = terminal.wants_colour(sys.stdout), terminal.can_encode_symbols(sys.stdout)
        sys.stdout.write(terminal.screen(judgement, paths, colour=colour, symbols=symbols))
    if left is not None:
        print(f"bench: {left}", file=sys.stderr)
    return _exit_code(judgement, args.require)


def _what_if(args: argparse.Namespace) -> int:
    if args.adr is not None:
        raise WhatIfError("a what-if writes nothing, so no ADR either; leave out --adr, or --set and --plan")
    before = runs.judged(args, runs.find_record(args.run))
    thresholds, changes = what_if.changed(before.thresholds, args.settings, args.plan)
    found = what_if.compare(before, judge(before.evidence, thresholds), changes)
    sys.stdout.write(what_if_text.as_json(found) if args.json else what_if_text.text(found))
    return _exit_code(found.after, args.require)


def _exit_code(judgement: Judgement, require: str | None) -> int:
    topology = judgement.decision.topology
    if require is not None and topology.value != require:
        return REQUIREMENT_UNMET
    return UNDECIDED if topology is Topology.UNDECIDED else DECIDED
