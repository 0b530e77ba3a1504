"""`python -m bench pack RUN`: bring a run into the form that is committed, in its own directory.

That form is the packed record and what is derived from it; record.jsonl goes (`python -m bench lines RUN` prints it
again, byte for byte), logs/ stays here and is not committed: a `.gitignore` of the run's own says so, and lets in the
rest, which reports/ otherwise keeps out. Must not know: what is derived, or how.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from bench import packing, runs
from bench.errors import CannotUnpack, InconsistentRecord, OutputNotWritable, TooLargeToCommit
from bench.outputs import OUTPUTS

PURPOSE = "bring a run into the form that is committed: packed record, reports, no logs"
MOST_BYTES = 2_000_000
IGNORE = ".gitignore"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `pack`."""
    runs.add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Pack once; a packed run stays as it is, but for what is derived."""
    record = _at_home(runs.find_record(args.run))
    judgement = runs.judged(args, record)
    _check_name(record.parent, judgement.evidence.header.run_id)
    own = record.read_bytes()
    data = runs.raw(record)
    packed = own if packing.is_packed(own) else packing.pack(data)
    files = {runs.PACKED: packed}
    files |= {name: rendered(judgement).encode("utf-8") for name, rendered in OUTPUTS.items()}
    _check_size(record.parent, files)
    for name, content in files.items():
        runs.write_bytes(record.with_name(name), content)
    runs.write(record.with_name(IGNORE), ignore_text(files))
    target = record.with_name(runs.PACKED)
    if runs.raw(target) != data:  # nothing is removed before it was seen to be there
        raise CannotUnpack(f"{target} does not give the record back; {record} was left as it is")
    _remove(record, target)
    for name, content in sorted(files.items()):
        print(f"{len(content):>9,} bytes  {record.with_name(name)}")
    print(f"{sum(map(len, files.values())):>9,} bytes together, of {MOST_BYTES:,}; commit {record.parent}")
    return 0


def _at_home(record: Path) -> Path:
    """The same record by the directory's own name, where it was reached through the link `latest`."""
    place = record.parent
    return place.parent / place.resolve().name / record.name if place.is_symlink() else record


def ignore_text(names: Mapping[str, object]) -> str:
    """The run's own .gitignore: everything stays out but these files."""
    kept = "".join(f"!/{name}\n" for name in sorted([*names, IGNORE]))
    return f"# Written by `python -m bench pack`: what of this run is committed.\n/*\n{kept}"


def _check_name(directory: Path, run_id: str) -> None:
    """ADR and README find a run by its id."""
    if directory.resolve().name != run_id:
        raise InconsistentRecord(
            f"{directory} holds run {run_id}, and what cites a run looks for it in a directory of that name; rename it "
            f"to {directory.parent / run_id}"
        )


def _check_size(directory: Path, files: Mapping[str, bytes]) -> None:
    total = sum(map(len, files.values()))
    if total > MOST_BYTES:
        largest = sorted(files, key=lambda name: len(files[name]), reverse=True)[:3]
        told = ", ".join(f"{name} {len(files[name]):,}" for name in largest)
        raise TooLargeToCommit(
            f"{directory} would take {total:,} bytes, of {MOST_BYTES:,} ({told}); nothing was written: pack a run of "
            "fewer attempts, or make what is derived smaller"
        )


def _remove(record: Path, packed: Path) -> None:
    if record == packed:
        return
    try:
        record.unlink()
    except OSError as error:
        raise OutputNotWritable(f"cannot remove {record} ({error.strerror}), which {packed} replaces; do it") from error
