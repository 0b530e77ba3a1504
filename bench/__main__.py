"""`python -m bench`: judge, adr, verify, lines, pack, readme, schema.

RUN is a run's id or directory, a record file, or `latest`.
Role: the command line of the judging half. Must not know: what a command does.
Exit codes: 0 decided (or verified, or written), 3 undecided, 4 `--require` unmet, 5 verify found a difference,
30 and up: see errors.py. 1 and 2 are Python's and argparse's.
"""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Sequence

from bench.commands import adr, judge, lines, pack, readme, schema, verify
from bench.errors import BenchError

COMMANDS = {
    "judge": judge,
    "adr": adr,
    "verify": verify,
    "lines": lines,
    "pack": pack,
    "readme": readme,
    "schema": schema,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Judge a record, decide, report.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, module in COMMANDS.items():
        command = commands.add_parser(name, help=module.PURPOSE, description=module.PURPOSE)
        module.add_arguments(command)
        command.set_defaults(run_command=module.run)
    args = parser.parse_args(arguments)
    try:
        return int(args.run_command(args))
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return error.exit_code


if __name__ == "__main__":
    gc.disable()  # a command is short and keeps nearly all that it makes: looking for garbage takes a fifth of its time
    sys.exit(main())
