"""Holding what is written against what its record gives: which files differ, and where first.

Role: derive again and compare, file by file. Must not know: the command line, how anything is derived, runtimes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from bench import adr, adr_series, formats, runs
from bench.adr_series import Numbered
from bench.errors import NothingToVerify
from bench.judgement import Judgement
from bench.outputs import OUTPUTS

_SHOWN = 120  # of a line that differs


@dataclass(frozen=True, kw_only=True)
class Checked:
    """One file, and how it differs from what the record gives; None: not at all."""

    path: Path
    difference: str | None


def derived(judgement: Judgement, record: Path) -> Iterator[Checked]:
    """All that lies beside a record. Raises NothingToVerify if a file is not there."""
    for name, rendered in OUTPUTS.items():
        yield compare(record.with_name(name), rendered(judgement))


def paper(judgement: Judgement, record: Path, path: Path) -> Checked:
    """One ADR: its front matter and notes are a person's, the rest must be what the record gives."""
    if not path.exists():
        raise NothingToVerify(f"no ADR at {path}; `python -m bench adr RUN` writes it")
    page = adr_series.read(path)
    links = adr.links_between(judgement, record, path)
    return compare(path, adr.adr_md(judgement, page, links))


def current(asked: Path) -> Numbered:
    """The ADR that says today's answer, of the series that `asked` belongs to. Raises NothingToVerify."""
    numbered = adr_series.current(adr_series.series_of(asked))
    if numbered is None:
        raise NothingToVerify(
            f"no run is committed: {asked.parent} holds no generated ADR that is proposed or accepted; `make spike` "
            "and `make pack` make one"
        )
    return numbered


def record_of(numbered: Numbered) -> Path:
    """The record that an ADR names, in reports/ beside the ADR's directory. Raises NothingToVerify."""
    run = numbered.page.run
    if run is None:
        raise NothingToVerify(
            f"{numbered.path} does not say from which run it was generated: its line `<!-- generated from ... -->` is "
            "gone; restore it, or write the ADR again (`python -m bench adr RUN`)"
        )
    directory = numbered.path.parent.parent / runs.REPORTS / run
    if not any((directory / name).is_file() for name in runs.RECORDS):
        raise NothingToVerify(
            f"{numbered.path} rests on run {run}, and there is no record of it in {directory.parent}; restore it, or "
            "make a run and its ADR anew (`make spike`, then `make pack`)"
        )
    return runs.find_record(directory)


def compare(path: Path, expected: str) -> Checked:
    """Whether a file says exactly this; if not, the first line where it does not."""
    return compare_texts(path, runs.read(path), expected)


def compare_texts(path: Path, found: str, expected: str, above: int = 0) -> Checked:
    """The same for a part of a file, with so many lines above it."""
    return Checked(path=path, difference=None if found == expected else first_difference(found, expected, above))


def first_difference(found: str, expected: str, above: int = 0) -> str:
    """Where two texts part: "line 7 says ..., the record gives ..."."""
    pairs = zip_longest(found.split("\n"), expected.split("\n"))
    for number, (old, new) in enumerate(pairs, start=1 + above):
        if old != new:
            both = list(zip(old or "", new or "", strict=False))
            alike = next((place for place, (one, other) in enumerate(both) if one != other), len(both))
            says, gives = _says(old, "says", "is missing", alike), _says(new, "gives", "gives no such line", alike)
            return f"line {number} {says}, the record {gives}"
    raise ValueError("the texts are the same")


def _says(line: str | None, verb: str, absent: str, alike: int) -> str:
    """A line, or of a long one the part around its first `alike` characters, after which it is another."""
    if line is None:
        return absent
    first = max(0, alike - _SHOWN // 2)
    last = first + _SHOWN
    shown = formats.plain(line[first:last])
    return f"{verb} {'...' if first else ''}{shown!r}{'...' if last < len(line) else ''}"
