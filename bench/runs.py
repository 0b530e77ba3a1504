"""Runs on disk: finding a record by the name of its run, reading and writing what lies beside it.

Role: the one place where the judging half touches files. Must not know: what the texts say.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from bench import limits, packing, thresholds
from bench.errors import InconsistentRecord, NothingToVerify, OutputNotWritable, RecordNotFound
from bench.evidence import load
from bench.judgement import Judgement, judge

RECORD = "record.jsonl"
PACKED = "record.jsonl.zst"
RECORDS = (RECORD, PACKED)
REPORTS = Path("reports")
RUN_HELP = "a run's id, its directory, a record file (packed or not), or `latest`"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """RUN, and the two files of numbers that a run is judged by."""
    parser.add_argument("run", metavar="RUN", help=RUN_HELP)
    add_numbers(parser)


def add_numbers(parser: argparse.ArgumentParser) -> None:
    """The two files of numbers that a run is judged by."""
    parser.add_argument("--thresholds", type=Path, default=thresholds.DEFAULT_PATH, metavar="PATH")
    parser.add_argument("--limits", type=Path, default=limits.DEFAULT_PATH, metavar="PATH")


def judged(args: argparse.Namespace, record: Path) -> Judgement:
    """The judgement of a record by the numbers that the options name. Raises BenchError."""
    numbers = thresholds.load(limits.load(args.limits), args.thresholds)
    return judge(load(record), numbers)


def find_record(run: str | Path, reports: Path = REPORTS) -> Path:
    """The record file that RUN names: a file, the directory of a run, a run's id, or `latest`.

    `latest` is a symbolic link or a text file in reports/ naming a run. Raises RecordNotFound, or InconsistentRecord if
    a directory holds a record in both forms.
    """
    path = Path(run)
    if run == "latest":
        path = reports / "latest"
        if path.is_file() and not path.is_symlink():
            path = reports / path.read_text(encoding="utf-8").strip()
    elif len(path.parts) == 1 and not path.exists():
        path = reports / path
    if path.is_dir():
        path = _record_in(path)
    if not path.is_file():
        known = sorted({found.parent.name for name in RECORDS for found in reports.glob(f"*/{name}")})
        have = f"runs here: {', '.join(known)}" if known else "there is no run here yet: `make spike` makes one"
        raise RecordNotFound(f"no record at {path}; {have}")
    return path


def _record_in(directory: Path) -> Path:
    """The one record of a run's directory; where it would be, if there is none."""
    found = [directory / name for name in RECORDS if (directory / name).is_file()]
    if len(found) > 1:
        raise InconsistentRecord(
            f"{directory} holds {' and '.join(RECORDS)}, and which is the record is not for a program to say; "
            f"remove one of them ({PACKED} if packing it was interrupted)"
        )
    return found[0] if found else directory / RECORD


def raw(record: Path) -> bytes:
    """A record's own bytes, packed or not. Raises RecordNotFound or CannotUnpack."""
    try:
        return packing.unpack(record.read_bytes())
    except OSError as error:
        raise RecordNotFound(f"no record to read at {record} ({error.strerror}); `make spike` makes one") from error


def write(path: Path, text: str) -> None:
    """Write a derived file, and its directory if need be. Raises OutputNotWritable."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, data: bytes) -> None:
    """The same for what is no text. Raises OutputNotWritable."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
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
