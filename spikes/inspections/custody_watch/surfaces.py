"""Surfaces: where a secret could show, and what a scan of each says.

Role: the names of gate 2, and one scan with one status: LEAK beats everything, CLEAN needs that something could have
leaked there and that all of it was read. Must not know: how a surface's content was collected.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from spikes.inspections.custody_watch.allowances import Allowance, covering
from spikes.scanner.canaries import Kind
from spikes.scanner.scan import Finding, Scanner

MOST_TOLD = 3  # leaks of one surface that its fact describes


class Status(StrEnum):
    """What is known of a surface."""

    CLEAN = "CLEAN"
    LEAK = "LEAK"
    UNPLANTED = "UNPLANTED"  # it carried nothing of the experiment, so nothing could have leaked there
    UNSCANNED = "UNSCANNED"  # it is not there, or could not be read


@dataclass(frozen=True, kw_only=True)
class Source:
    """A piece of a surface. `where` names it, and is scanned like its content: file names tell tales too."""

    where: str
    content: bytes | Path = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Surface:
    """All pieces of one surface."""

    name: str
    sources: tuple[Source, ...]
    unplanted: str | None = None  # why nothing could have leaked here
    unscanned: str | None = None  # why it could not be read, or not all of it


@dataclass(frozen=True, kw_only=True)
class Leak:
    """A canary where it must not be."""

    kind: Kind
    encoding: str
    where: str  # with a secret in it, masked
    offset: int
    excerpt: str

    def __str__(self) -> str:
        return f"{self.kind} ({self.encoding}) in {self.where} at {self.offset}: {self.excerpt}"


@dataclass(frozen=True, kw_only=True)
class Scan:
    """What came of one surface."""

    surface: str
    status: Status
    leaks: tuple[Leak, ...]
    how: str  # one line for people, without a secret in it


def scan(surface: Surface, scanner: Scanner, allowances: Sequence[Allowance]) -> Scan:
    """Look through all of a surface. What cannot be read makes it UNSCANNED, unless what could be read leaks."""
    leaks: list[Leak] = []
    allowed: dict[str, None] = {}
    read_bytes, unscanned = 0, surface.unscanned
    for source in surface.sources:
        try:
            findings = list(_findings(source, scanner))
            read_bytes += _size(source)
        except OSError as error:
            unscanned = f"{_masked(source.where, scanner)}: {type(error).__name__}"
            continue
        for leak in findings:
            allowance = covering(allowances, surface.name, source.where, leak.kind)
            if allowance is None:
                leaks.append(leak)
            else:
                allowed[f"{leak.kind} in {leak.where} ({allowance.reason})"] = None
    status, why = _status(surface, leaks, unscanned)
    how = f"{len(surface.sources)} sources, {read_bytes} bytes, {len(scanner.canaries)} canaries in every encoding{why}"
    how += "".join(f"; allowed: {entry}" for entry in allowed)
    return Scan(surface=surface.name, status=status, leaks=tuple(leaks), how=how)


def files_below(folder: Path, prefix: str = "") -> tuple[Source, ...]:
    """Every file below a folder, by its path in it; () if there is no such folder."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return tuple(Source(where=prefix + path.relative_to(folder).as_posix(), content=path) for path in paths)


def _status(surface: Surface, leaks: Sequence[Leak], unscanned: str | None) -> tuple[Status, str]:
    if leaks:
        more = f" and {len(leaks) - MOST_TOLD} more" if len(leaks) > MOST_TOLD else ""
        return Status.LEAK, ": " + "; ".join(str(leak) for leak in leaks[:MOST_TOLD]) + more
    if unscanned is not None:
        return Status.UNSCANNED, f": {unscanned}"
    if surface.unplanted is not None:
        return Status.UNPLANTED, f": {surface.unplanted}"
    return Status.CLEAN, ""


def _findings(source: Source, scanner: Scanner) -> Iterator[Leak]:
    where = _masked(source.where, scanner)
    for finding in scanner.scan_text(source.where):
        yield _leak(finding, f"the name {where}")
    content = source.content
    for finding in scanner.scan_file(content) if isinstance(content, Path) else scanner.scan_text(content):
        yield _leak(finding, where)


def _masked(where: str, scanner: Scanner) -> str:
    """A name as it may be told."""
    return "of a source, which holds a secret" if scanner.scan_text(where) else where


def _leak(finding: Finding, where: str) -> Leak:
    return Leak(
        kind=finding.canary.kind,
        encoding=finding.encoding,
        where=where,
        offset=finding.offset,
        excerpt=finding.excerpt,
    )


def _size(source: Source) -> int:
    return source.content.stat().st_size if isinstance(source.content, Path) else len(source.content)
