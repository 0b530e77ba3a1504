"""Runs on disk: finding a record by the name of its run, reading and writing what lies beside it.

Role: the one place where the judging half touches files. Must not know: what the texts say.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from bench import limits, thresholds
from bench.errors import NothingToVerify, OutputNotWritable, RecordNotFound
from bench.evidence import load
from bench.judgement import Judgement, judge

RECORD = "record.jsonl"
REPORTS = Path("reports")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """RUN, and the two files of numbers that a run is judged by."""
    parser.add_argument("run", metavar="RUN", help="a run's directory, a record file, or `latest`")
    parser.add_argument("--thresholds", type=Path, default=thresholds.DEFAULT_PATH, metavar="PATH")
    parser.add_argument("--limits", type=Path, default=limits.DEFAULT_PATH, metavar="PATH")


def judged(args: argparse.Namespace, record: Path) -> Judgement:
    """The judgement of a record by the numbers that the options name. Raises BenchError."""
    numbers = thresholds.load(limits.load(args.limits), args.thresholds)
    return judge(load(record), numbers)


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


def write(path: Path, text: str) -> None:
    """Write a derived file, and its directory if need be. Raises OutputNotWritable."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputNotWritable(f"cannot write {path} ({error.strerror}); free the place or name another") from error


def read(path: Path) -> str:
    """Read a derived file. Raises NothingToVerify."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise NothingToVerify(
            f"no {path} to compare with ({error.strerror}); run `python -m bench judge` first"
        ) from error
