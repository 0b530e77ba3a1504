"""`python -m spikes`: plan, run, smoke, flows, custody, replay, emulator, doctor.

Role: parse the command line and load the one command that was asked for; nothing else is imported before that.
Exit codes: 0 done; 2 a wrong command line; 10 and up the harness failed (errors.py names each).
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys

from spikes.errors import HarnessFailure

COMMANDS = {
    "plan": "print the plan of a run as JSON",
    "run": "make the attempts of a plan and write the record",
    "smoke": "run the conformance kit on one runtime or all",
    "flows": "make every L402 flow on both topologies, with a yes or a no",
    "custody": "look for planted secrets on every surface, and try the life of keys",
    "replay": "show one fault schedule again, from its seed",
    "emulator": "run the local Spark network alone",
    "doctor": "say what is installed, what is missing, and how to get it",
}


def main(argv: list[str] | None = None) -> int:
    """Run one command; its exit code."""
    arguments = sys.argv[1:] if argv is None else argv
    command = arguments[0] if arguments else ""
    if command not in COMMANDS:
        listing = "\n".join(f"  {name:<10} {purpose}" for name, purpose in COMMANDS.items())
        print(f"usage: python -m spikes <command> [options]\n\n{listing}", file=sys.stderr)
        return 0 if command in ("-h", "--help") else 2
    parser = argparse.ArgumentParser(prog=f"python -m spikes {command}", description=COMMANDS[command])
    try:
        return _COMMANDS[command](parser, arguments[1:])
    except HarnessFailure as failure:
        print(f"sparkgate: {failure}", failure.last_words, sep="\n", file=sys.stderr)
        return failure.exit_code


def _plan(parser: argparse.ArgumentParser, arguments: list[str]) -> int:
    from spikes import run_command  # noqa: PLC0415 - commands load what they need and no more

    run_command.add_plan_arguments(parser)
    plan, _ = run_command.plan_of(parser.parse_args(arguments))
    print(json.dumps(dataclasses.asdict(plan), indent=1))
    return 0


def _run(parser: argparse.ArgumentParser, arguments: list[str]) -> int:
    from spikes import run_command  # noqa: PLC0415

    run_command.add_arguments(parser)
    return run_command.main(parser.parse_args(arguments))


def _smoke(parser: argparse.ArgumentParser, arguments: list[str]) -> int:
    from spikes import smoke  # noqa: PLC0415

    smoke.add_arguments(parser)
    return smoke.main(parser.parse_args(arguments))


def _flows(parser: argparse.ArgumentParser, arguments: list[str]) -> int:
    from spikes import flows_command  # noqa: PLC0415

    flows_command.add_arguments(parser)
    return flows_command.main(parser.parse_args(arguments))


def _custody(parser: argparse.ArgumentParser, arguments: list[str]) -> int:
    from spikes import custody_command  # noqa: PLC0415

    custody_command.add_arguments(parser)
    return custody_command.main(parser.parse_args(arguments))


def _replay(parser: argparse.ArgumentParser, arguments: list[str]) -> int:
    from spikes import replay_command  # noqa: PLC0415

    replay_command.add_arguments(parser)
    return replay_command.main(parser.parse_args(arguments))


def _emulator(parser: argparse.ArgumentParser, arguments: list[str]) -> int:
    from spikes.emulator import command  # noqa: PLC0415

    command.add_arguments(parser)
    return command.main(parser.parse_args(arguments))


def _doctor(parser: argparse.ArgumentParser, arguments: list[str]) -> int:
    from spikes import doctor  # noqa: PLC0415

    parser.parse_args(arguments)
    return doctor.main()


_COMMANDS = {
    "plan": _plan,
    "run": _run,
    "smoke": _smoke,
    "flows": _flows,
    "custody": _custody,
    "replay": _replay,
    "emulator": _emulator,
    "doctor": _doctor,
}

if __name__ == "__main__":
    sys.exit(main())
