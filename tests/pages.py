"""The pages that people read, and the commands in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RUNBOOKS = ROOT / "docs" / "runbooks"
PAGES = (ROOT / "README.md", ROOT / "reports" / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
FENCED = re.compile(r"^( *)```([^\n]*)\n(.*?)^\1```$", re.M | re.S)
SHELL = "sh"


@dataclass(frozen=True, kw_only=True)
class Documented:
    """A command as a page gives it."""

    page: Path
    command: str

    @property
    def ours(self) -> bool:
        """Whether it is one of this project."""
        return self.command.startswith(("make ", ".venv/bin/python -m "))


def documented(page: Path) -> Iterator[Documented]:
    """The commands of a page, in its order."""
    for _, language, block in FENCED.findall(page.read_text(encoding="utf-8")):
        if language == SHELL:
            lines = (line.strip() for line in block.splitlines())
            yield from (Documented(page=page, command=line) for line in lines if line)


def everywhere() -> list[Documented]:
    """The commands of all pages, each once."""
    found: dict[str, Documented] = {}
    for page in PAGES:
        for each in documented(page):
            found.setdefault(each.command, each)
    return list(found.values())
