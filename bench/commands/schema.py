"""`python -m bench schema`: write the JSON Schemas of a record's lines and of verdicts.json anew from our types.

Must not know: what they say.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from bench import runs
from bench.schema.documents import documents

PURPOSE = "write the published JSON Schemas anew; then read their diff"
FOLDER = Path(__file__).resolve().parents[1] / "schema"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `schema`."""
    parser.add_argument("--out", type=Path, default=FOLDER, metavar="FOLDER", help="where to (default: bench/schema)")


def run(args: argparse.Namespace) -> int:
    """Write both; a file of an earlier version stays as it is."""
    for name, text in documents().items():
        runs.write(args.out / name, text)
        print(args.out / name)
    return 0
