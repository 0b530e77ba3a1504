"""`python -m spikes`: plan, run, smoke, flows, live, custody, replay, emulator, doctor.

Role: parse the command line and load the one command that was asked for; nothing else is imported before that.
Exit codes: 0 done; 2 a wrong command line; 10 and up the harness failed (errors.py names each).
"""

from __future__ import annotations

import argparse
import importlib
import sys

from spikes.errors import HarnessFailure

COMMANDS = {
    "plan": "say what a run would ask and how long it would take",
    "run": "make the attempts of a plan, or of a shard of it, and write the record",
    "merge": "put the shards of one run together as one record",
    "smoke": "run the conformance kit on one runtime or all",
    "flows": "make every L402 flow on both topologies, with a yes or a no",
    "live": "pay on hosted regtest or mainnet, once all of it was said in so many words",
    "custody": "look for planted secrets on every surface, and try the life of keys",
    "replay": "show one fault schedule again, from its seed",
    "emulator": "run the local Spark network alone",
    "doctor": "say what is installed, what is missing, and how to get it",
}
# Each is a module with add_arguments(parser) and main(args).
_ELSEWHERE = {"emulator": "spikes.emulator.command"}


def main(argv: list[str] | None = None) -> int:
    """Run one command; its exit code."""
    arguments = sys.argv[1:] if argv is None else argv
    command = arguments[0] if arguments else ""
    if command not in COMMANDS:
        listing = "\n".join(f"  {name:<10} {purpose}" for name, purpose in COMMANDS.items())
        print(f"usage: python -m spikes <command> [options]\n\n{listing}", file=sys.stderr)
        return 0 if command in ("-h", "--help") else 2
    module = importlib.import_module(_ELSEWHERE.get(command, f"spikes.commands.{command}"))
    parser = argparse.ArgumentParser(prog=f"python -m spikes {command}", description=COMMANDS[command])
    module.add_arguments(parser)
    try:
        return int(module.main(parser.parse_args(arguments[1:])))
    except HarnessFailure as failure:
        print(f"sparkgate: {failure}", failure.last_words, sep="\n", file=sys.stderr)
        return failure.exit_code


if __name__ == "__main__":
    sys.exit(main())
