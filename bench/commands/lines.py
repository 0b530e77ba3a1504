"""`python -m bench lines RUN 120-125,9`: print raw lines of a record, as reports number them.

Must not know: what they mean. Exit code 39: the record has no such line.
"""

from __future__ import annotations

import argparse
import json
import os
import sys

from bench import line_numbers, runs

PURPOSE = "print lines of a record by the numbers that reports give, to check a figure at its source"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `lines`."""
    parser.add_argument("run", metavar="RUN", help=runs.RUN_HELP)
    parser.add_argument("numbers", metavar="LINES", nargs="?", help="such as 120-125,9; without it, the whole record")
    parser.add_argument("--pretty", action="store_true", help="number and indent each line, for reading")


def run(args: argparse.Namespace) -> int:
    """Print them: byte for byte as they are, unless they are to be read."""
    lines = line_numbers.lines_of(runs.raw(runs.find_record(args.run)))
    wanted = line_numbers.parse(args.numbers) if args.numbers else [range(1, len(lines) + 1)] if lines else []
    picked = line_numbers.pick(lines, wanted)
    try:
        for number, line in picked:
            sys.stdout.buffer.write((_pretty(number, line) if args.pretty else line) + b"\n")
        sys.stdout.buffer.flush()
    except BrokenPipeError:  # whoever read, `head` for one, has read enough; Python would complain of it when it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _pretty(number: int, line: bytes) -> bytes:
    """ASCII, so that nothing in a line reaches the terminal but as text."""
    try:
        told = json.dumps(json.loads(line), indent=2)
    except ValueError:
        told = ascii(line)
    return f"line {number}\n{told}".encode("ascii")
