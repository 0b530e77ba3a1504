"""One ADR as a file: what of it is a person's, and what is the program's.

Role: take a page apart and say what a newly generated one keeps. A person's are the front matter (status, date,
decision-makers, whatever else stands there) and the notes between two marks at the end; all the rest is generated.
Must not know: files, what the generated part says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bench.errors import AdrNotProposed

NOTES, END_OF_NOTES = "<!-- notes: kept -->", "<!-- /notes -->"
PROPOSED, ACCEPTED = "proposed", "accepted"
UNREADABLE = "unreadable"
SUPERSEDES = "supersedes"
NOBODY_YET = '"to be named by whoever accepts this record"'
_MARK = re.compile(r"<!-- generated from run (\S+) of (\d{4}-\d{2}-\d{2})\b.*-->")
_ENTRY = re.compile(r"([A-Za-z][\w-]*)\s*:(.*)", re.S)
_STATEMENT = re.compile(r"\*\*(.+)\*\*")


@dataclass(frozen=True, kw_only=True)
class Page:
    """An ADR. `front` holds the entries of its front matter as they stand, some of several lines."""

    front: tuple[str, ...]
    notes: str  # what stands between the marks, without its last line end
    run: str | None = None  # the run that it was generated from; None: by hand, or not yet
    date: str | None = None  # of that run
    statement: str | None = None  # the decision, as the first screen has it

    def value(self, key: str) -> str | None:
        """What the front matter says of one thing, without quotes; None if it does not mention it."""
        for entry in self.front:
            match = _ENTRY.fullmatch(entry)
            if match is not None and match[1] == key:
                return match[2].strip().strip("\"'")
        return None

    @property
    def status(self) -> str:
        """The status that somebody gave it."""
        return self.value("status") or UNREADABLE

    @property
    def is_proposed(self) -> bool:
        """Whether it is still the program's to write."""
        return self.status == PROPOSED

    @property
    def is_accepted(self) -> bool:
        """Whether it is in force."""
        return self.status.split(" ")[0] == ACCEPTED

    @property
    def supersedes(self) -> str | None:
        """The link to the ADR that it takes the place of once it is accepted."""
        return self.value(SUPERSEDES)


def fresh(date: str, supersedes: str | None = None) -> Page:
    """What a first page begins with."""
    front = [f"status: {PROPOSED}", f'date: "{date}"', f"decision-makers: {NOBODY_YET}"]
    if supersedes is not None:
        front.append(f'{SUPERSEDES}: "{supersedes}"')
    return Page(front=tuple(front), notes="")


def kept(old: Page, date: str) -> Page:
    """What a page keeps when it is generated again, from a run of `date`: all that a person may have written."""
    before = None if old.date is None else f'date: "{old.date}"'
    front = tuple(f'date: "{date}"' if entry == before else entry for entry in old.front)
    return Page(front=front, notes=old.notes)


def read(text: str) -> Page:
    """A page as it stands, also one that was written by hand. Raises AdrNotProposed if the marks are not in order."""
    lines = text.split("\n")
    front, rest = _front(lines)
    marks = [match for line in rest if (match := _MARK.fullmatch(line))]
    bold = [match[1] for line in rest if (match := _STATEMENT.fullmatch(line))]
    return Page(
        front=front,
        notes=_notes(rest),
        run=marks[0][1] if marks else None,
        date=marks[0][2] if marks else None,
        statement=bold[0] if marks and bold else None,
    )


def _front(lines: list[str]) -> tuple[tuple[str, ...], list[str]]:
    """The entries between the first two lines `---`, and what follows; a line that begins no entry continues one."""
    if lines[0] != "---" or "---" not in lines[1:]:
        return (), lines
    end = lines.index("---", 1)
    entries: list[str] = []
    for line in lines[1:end]:
        if entries and not _ENTRY.match(line):
            entries[-1] += f"\n{line}"
        else:
            entries.append(line)
    return tuple(entries), lines[end + 1 :]


def _notes(lines: list[str]) -> str:
    """What stands between the first mark and the last one."""
    begins = [number for number, line in enumerate(lines) if line == NOTES]
    ends = [number for number, line in enumerate(lines) if line == END_OF_NOTES]
    if not begins and not ends:
        return ""
    if not begins or not ends or ends[-1] < begins[0]:
        raise AdrNotProposed(
            f"the notes of the ADR are not between a line {NOTES} and a line {END_OF_NOTES}, so that nobody can tell "
            "whose they are; put both lines back"
        )
    return "\n".join(lines[begins[0] + 1 : ends[-1]])
