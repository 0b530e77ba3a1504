"""Where the ADR of a run goes: the series of records on one question, and which of them a program may write.

Role: read the directory of an ADR and choose. A proposed record is generated again in place. One that a person has
ruled on is never written: a run that decides the same leaves it alone, another decision takes the next number and names
the one that it would supersede. Must not know: what an ADR says, how it is generated.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from bench import adr_page
from bench.adr_page import Page
from bench.errors import AdrNotProposed, OutputNotWritable

NAME = "0002-payment-execution-topology.md"
DEFAULT = Path("adr") / NAME
_NUMBERED = re.compile(r"(\d{4})-(.+\.md)")


@dataclass(frozen=True, kw_only=True)
class Numbered:
    """One record of the series."""

    path: Path
    page: Page

    @property
    def title(self) -> str:
        """As other records call it: ADR-0002."""
        return f"ADR-{self.path.name[:4]}"


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a run's ADR goes, and what it keeps; `left` says why none is to be written, if so."""

    path: Path
    page: Page
    left: str | None = None
    agrees: bool = False  # nothing to write, because the record in force says the same


def place(asked: Path, statement: str, date: str, *, decides: bool) -> Place:
    """The place of an ADR that says `statement`. Raises OutputNotWritable, or AdrNotProposed for a damaged page."""
    if _NUMBERED.fullmatch(asked.name) is None:
        return _alone(asked, date)
    series = series_of(asked)
    if not series:
        return Place(path=asked, page=adr_page.fresh(date))
    in_force, newest = _in_force(series), series[-1]
    if in_force is not None and in_force.page.statement == statement:
        left = f"{in_force.path} is {in_force.page.status} and says the same; it was left as it is"
        if newest.page.is_proposed:
            left += f". {newest.path} proposes otherwise: reject it or remove it"
        return Place(path=in_force.path, page=in_force.page, left=left, agrees=True)
    if newest.page.is_proposed:
        return Place(path=newest.path, page=adr_page.kept(newest.page, date))
    if newest.page.status == adr_page.UNREADABLE or not decides:
        why = "this run decides nothing, so it supersedes nothing" if not decides else _set_status()
        return Place(path=newest.path, page=newest.page, left=f"{_settled(newest)}: {why}")
    link = None if in_force is None else f"[{in_force.title}]({in_force.path.name})"
    return Place(path=_next(newest.path), page=adr_page.fresh(date, link))


def series_of(asked: Path) -> tuple[Numbered, ...]:
    """All records with the title of `asked` in its directory, by number."""
    match = _NUMBERED.fullmatch(asked.name)
    title = match[2] if match is not None else asked.name
    paths = (path for path in asked.parent.glob(f"*{title}") if _titled(path, title))
    return tuple(Numbered(path=path, page=read(path)) for path in sorted(paths))


def current(series: tuple[Numbered, ...]) -> Numbered | None:
    """The record that says today's answer: the one in force, else the newest proposal."""
    proposed = [numbered for numbered in series if numbered.page.is_proposed]
    return _in_force(series) or (proposed[-1] if proposed else None)


def contradictions(series: tuple[Numbered, ...]) -> tuple[tuple[Path, str], ...]:
    """Records that say something against each other, and what to do: at most one is in force."""
    accepted = [numbered for numbered in series if numbered.page.is_accepted]
    return tuple(
        (
            old.path,
            f"it is {old.page.status} beside {accepted[-1].path}; set its status to "
            f'"superseded by [{accepted[-1].title}]({accepted[-1].path.name})"',
        )
        for old in accepted[:-1]
    )


def read(path: Path) -> Page:
    """The page at a path. Raises OutputNotWritable if it cannot be read."""
    try:
        return adr_page.read(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise OutputNotWritable(f"cannot read the ADR at {path} ({error}); name another path with --adr") from error
    except AdrNotProposed as error:
        raise AdrNotProposed(f"{path}: {error}") from error


def _alone(path: Path, date: str) -> Place:
    """A record outside any series: one that lies beside its run."""
    if not path.exists():
        return Place(path=path, page=adr_page.fresh(date))
    numbered = Numbered(path=path, page=read(path))
    if numbered.page.is_proposed:
        return Place(path=path, page=adr_page.kept(numbered.page, date))
    return Place(path=path, page=numbered.page, left=f"{_settled(numbered)}; {_set_status()}")


def _in_force(series: tuple[Numbered, ...]) -> Numbered | None:
    accepted = [numbered for numbered in series if numbered.page.is_accepted]
    return accepted[-1] if accepted else None


def _titled(path: Path, title: str) -> bool:
    match = _NUMBERED.fullmatch(path.name)
    return match is not None and match[2] == title


def _next(path: Path) -> Path:
    """The same title under the first number that no record in the directory has."""
    numbers = [int(match[1]) for other in path.parent.iterdir() if (match := _NUMBERED.fullmatch(other.name))]
    return path.with_name(f"{max(numbers) + 1:04}{path.name[4:]}")


def _settled(numbered: Numbered) -> str:
    return f"{numbered.path} has status {numbered.page.status!r} and was left as it is"


def _set_status() -> str:
    return (
        "to supersede it write the new one elsewhere (--adr adr/NNNN-<title>.md), or set its status to proposed to let "
        "it be overwritten"
    )
