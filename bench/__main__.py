"""python -m bench judge | adr | verify RUN

Role: the command line of the judging half: find the record, judge, write, print, choose the exit code.
Must not know: how anything is judged or rendered. RUN is a run's directory, a record file, or `latest`.
Exit codes: 0 decided (or verified, or written), 3 undecided, 4 `--require` unmet, 5 verify found a difference,
30 and up: see errors.py. 1 and 2 are Python's and argparse's.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import adr_status, junit, limits, render, terminal, thresholds
from bench.decision import Topology
from bench.errors import BenchError, NothingToVerify, OutputNotWritable, RecordNotFound
from bench.evidence import load
from bench.judgement import Judgement, judge

DECIDED, UNDECIDED, REQUIREMENT_UNMET, DIFFERENT = 0, 3, 4, 5
RECORD, VERDICTS, GATES, JUNIT = "record.jsonl", "verdicts.json", "gates.md", "junit.xml"
REPORTS = Path("reports")
ADR = Path("adr") / render.ADR_NAME


@dataclass(frozen=True, kw_only=True)
class _Options:
    """The command line, typed."""

    command: str
    run: str
    require: str | None = None
    json: bool = False
    adr: Path | None = None
    thresholds: Path
    limits: Path


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = _parse(arguments)
    try:
        match options.command:
            case "judge":
                return _judge(options)
            case "adr":
                return _adr(options)
            case _:
                return _verify(options)
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return error.exit_code


def _judge(options: _Options) -> int:
    record = find_record(options.run)
    judgement = _judgement(options, record)
    derived = _derived(record, judgement)
    for path, text in derived.items():
        _write(path, text)
    written = list(derived)
    kept = None
    if options.adr is not None:
        kept = adr_status.settled_status(options.adr)
        if kept is None:
            _write(options.adr, render.adr_md(judgement))
            written.append(options.adr)
    if options.json:
        sys.stdout.write(render.verdicts_json(judgement))
    else:
        paths = [str(path) for path in (record, *written)]
        colour, symbols = terminal.wants_colour(sys.stdout), terminal.can_encode_symbols(sys.stdout)
        sys.stdout.write(terminal.screen(judgement, paths, colour=colour, symbols=symbols))
    if kept is not None and options.adr is not None:
        print(f"bench: {adr_status.explain(options.adr, kept)}", file=sys.stderr)
    return _exit_code(judgement, options.require)


def _adr(options: _Options) -> int:
    path = options.adr or ADR
    judgement = _judgement(options, find_record(options.run))
    adr_status.refuse_settled(path)
    _write(path, render.adr_md(judgement))
    print(path)
    return 0


def _verify(options: _Options) -> int:
    """Derive everything again and compare with what lies beside the record."""
    record = find_record(options.run)
    judgement = _judgement(options, record)
    expected = _derived(record, judgement)
    if options.adr is not None:
        expected[options.adr] = render.adr_md(judgement)
    different = [path for path, text in expected.items() if _read(path) != text]
    for path in different:
        print(f"bench: {path} is not what the record gives; judge again and read the difference", file=sys.stderr)
    if not different:
        print(f"verified: {', '.join(str(path) for path in expected)}")
    return DIFFERENT if different else 0


def _derived(record: Path, judgement: Judgement) -> dict[Path, str]:
    """What stands beside a record: all of it is written by `judge` and compared by `verify`."""
    return {
        record.with_name(VERDICTS): render.verdicts_json(judgement),
        record.with_name(GATES): render.gates_md(judgement),
        record.with_name(JUNIT): junit.junit_xml(judgement),
    }


def find_record(run: str, reports: Path = REPORTS) -> Path:
    """The record file that RUN names. `latest` is a symbolic link or a text file in reports/ naming a run."""
    path = Path(run)
    if run == "latest":
        path = reports / "latest"
        if path.is_file() and not path.is_symlink():
            path = reports / path.read_text(encoding="utf-8").strip()
    if path.is_dir():
        path = path / RECORD
    if not path.is_file():
        known = sorted(found.parent.name for found in reports.glob(f"*/{RECORD}"))
        have = (
            f"runs here: {', '.join(dict.fromkeys(known))}"
            if known
            else "there is no run here yet: `make spike` makes one"
        )
        raise RecordNotFound(f"no record at {path}; {have}")
    return path


def _judgement(options: _Options, record: Path) -> Judgement:
    numbers = thresholds.load(limits.load(options.limits), options.thresholds)
    return judge(load(record), numbers)


def _exit_code(judgement: Judgement, require: str | None) -> int:
    topology = judgement.decision.topology
    if require is not None and topology.value != require:
        return REQUIREMENT_UNMET
    return UNDECIDED if topology is Topology.UNDECIDED else DECIDED


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputNotWritable(f"cannot write {path} ({error.strerror}); free the place or name another") from error


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise NothingToVerify(
            f"no {path} to compare with ({error.strerror}); run `python -m bench judge` first"
        ) from error


def _parse(arguments: Sequence[str] | None) -> _Options:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Judge a record, decide, report.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, summary in (
        ("judge", "judge a run; write verdicts.json, gates.md and junit.xml beside its record; print the first screen"),
        ("adr", "write the architecture decision record of a run"),
        ("verify", "derive the verdicts again and compare with those beside the record"),
    ):
        command = commands.add_parser(name, help=summary, description=summary)
        command.add_argument("run", metavar="RUN", help="a run's directory, a record file, or `latest`")
        command.add_argument(
            "--adr", type=Path, nargs="?", const=ADR, metavar="PATH", help=f"the ADR (default path: {ADR})"
        )
        command.add_argument("--thresholds", type=Path, default=thresholds.DEFAULT_PATH, metavar="PATH")
        command.add_argument("--limits", type=Path, default=limits.DEFAULT_PATH, metavar="PATH")
        if name == "judge":
            command.add_argument("--require", choices=("A", "B"), help="exit 4 unless the decision is this one")
            command.add_argument("--json", action="store_true", help="print verdicts.json instead of the first screen")
    return _Options(**vars(parser.parse_args(arguments)))


if __name__ == "__main__":
    sys.exit(main())
