"""HTML read back by the standard library's parser: tags, ids, links, tables and words, for tests of the report.

Role: what a test asks of a page without a browser. Must not know: the report. End tags that HTML lets one leave out
(of cells, rows and list items) may be left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_ENDS_A_CELL = ("td", "th", "tr", "thead", "tbody", "table")
_UNSEEN = ("script", "style", "title")
Attributes = dict[str, str]


@dataclass
class Tag:
    """One start tag."""

    name: str
    attributes: Attributes


@dataclass
class Cell:
    """One cell of a table, with its words."""

    name: str  # "td" or "th"
    attributes: Attributes
    text: str = ""
    links: list[str] = field(default_factory=list)

    def span(self, way: str) -> int:
        """How many columns (`colspan`) or rows (`rowspan`) it takes."""
        return int(self.attributes.get(way, 1))


@dataclass
class Table:
    """One table: its caption, its rows, and the attributes of what it lies in."""

    around: Attributes
    caption: str | None = None
    rows: list[list[Cell]] = field(default_factory=list)

    @property
    def cells(self) -> list[Cell]:
        return [cell for row in self.rows for cell in row]

    @property
    def widths(self) -> list[int]:
        """Columns of each row, with cells that reach down into it."""
        found, reaching = [], [0] * len(self.rows)
        for number, row in enumerate(self.rows):
            found.append(sum(cell.span("colspan") for cell in row) + reaching[number])
            for cell in row:
                for below in range(number + 1, number + cell.span("rowspan")):
                    reaching[below] += cell.span("colspan")
        return found


class Page(HTMLParser):
    """A page that was read."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[Tag] = []
        self.tables: list[Table] = []
        self.headings: list[tuple[int, str]] = []
        self.words = ""  # everything that is shown
        self.raw: dict[str, str] = {}  # what stands in script, style and title
        self._open: list[str] = []
        self._into: str | None = None  # what words belong to now, beside the page: caption, cell, heading
        self.feed(text)
        self.close()

    @property
    def ids(self) -> list[str]:
        return [tag.attributes["id"] for tag in self.tags if "id" in tag.attributes]

    @property
    def links(self) -> list[str]:
        return [tag.attributes["href"] for tag in self.tags if "href" in tag.attributes]

    def named(self, name: str) -> list[Tag]:
        return [tag for tag in self.tags if tag.name == name]

    def table(self, caption: str) -> Table:
        (found,) = (table for table in self.tables if table.caption == caption)
        return found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "table":
            self.tables.append(Table(around=self.tags[-1].attributes if self.tags else {}))
        self.tags.append(Tag(tag, attributes))
        if tag in _ENDS_A_CELL:
            self._into = None
        match tag:
            case "tr":
                self.tables[-1].rows.append([])
            case "td" | "th":
                self.tables[-1].rows[-1].append(Cell(tag, attributes))
                self._into = "cell"
            case "caption":
                self.tables[-1].caption = ""
                self._into = "caption"
            case "a" if self._into == "cell":
                self.tables[-1].rows[-1][-1].links.append(attributes["href"])
            case _:
                pass
        if tag in _HEADINGS:
            self.headings.append((int(tag[1]), ""))
            self._into = "heading"
        if tag in _UNSEEN:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in (*_ENDS_A_CELL, *_HEADINGS, "caption"):
            self._into = None
        if self._open and self._open[-1] == tag:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open:
            self.raw[self._open[-1]] = self.raw.get(self._open[-1], "") + data
            return
        self.words += data
        match self._into:
            case "cell":
                self.tables[-1].rows[-1][-1].text += data
            case "caption":
                self.tables[-1].caption = (self.tables[-1].caption or "") + data
            case "heading":
                level, text = self.headings[-1]
                self.headings[-1] = (level, text + data)
            case _:
                pass
