"""`python -m spikes merge`: the shards of one run as one record.

Must not know: what a record says.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from spikes.merge import merge
from spikes.record import read_lines
from spikes.record.judged import judged_digest


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """OUT RUN..."""
    parser.add_argument("out", metavar="OUT", type=Path, help="directory of the merged run; it must hold no record yet")
    parser.add_argument(
        "runs", metavar="RUN", type=Path, nargs="+", help="every shard: the directory of its run, or its record file"
    )


def main(args: argparse.Namespace) -> int:
    """Merge; prints the merged run's directory as the last line of stdout. Raises MergeRefused."""
    record = merge(args.runs, args.out)
    print(f"{len(args.runs)} shards; judged evidence {judged_digest(read_lines(record))}", file=sys.stderr)
    print(record.parent.resolve(), flush=True)
    return 0
