"""The file: lines written and flushed one by one, and read back strictly.

Must not know: what the lines mean. A field that has its default value is not written, so that a record stays small.
"""

from __future__ import annotations

import json
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Self, TextIO

from spikes.record.shapes import SCHEMA_VERSION, Attempt, Fact, Footer, HarnessError, Header, Line
from spikes.typed_json import build, plain

_KINDS: dict[str, type[Line]] = {
    "header": Header,
    "fact": Fact,
    "attempt": Attempt,
    "harness_error": HarnessError,
    "footer": Footer,
}


class RecordError(ValueError):
    """A record line that cannot be read; the message names the line and what to do."""


class RecordWriter:
    """Writes one record. The file must not exist yet: a record is never overwritten."""

    def __init__(self, path: Path) -> None:
        self._file: TextIO = path.open("x", encoding="utf-8")
        self.path = path

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._file.close()

    def append(self, line: Line) -> None:
        """Write one line and flush it to the operating system, so that a kill loses nothing."""
        self._file.write(encode_line(line) + "\n")
        self._file.flush()


def encode_line(line: Line) -> str:
    """One line of JSON: keys in the order of the schema, no spaces, nothing that is as by default."""
    return json.dumps(plain(line), separators=(",", ":"), allow_nan=False)


def decode_line(text: str, number: int) -> Line:
    """Read one line. Raises RecordError, naming line `number`, if it is not of the schema."""
    try:
        raw = json.loads(text)
        kind = raw["kind"]
        cls = _KINDS[kind]
        if kind == "header" and raw.get("schema_version") != SCHEMA_VERSION:
            raise RecordError(
                f"line {number}: schema version {raw.get('schema_version')!r}, this program reads {SCHEMA_VERSION}; "
                "judge it with the sparkgate version that wrote it"
            )
        return typing.cast(Line, build(cls, raw))
    except RecordError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RecordError(f"line {number} is not a record line ({error!r}); was the file edited by hand?") from error


def read_lines(path: Path) -> Iterator[Line]:
    """Lines of a record in order. A cut last line (killed writer) ends it; any other bad line raises RecordError."""
    with path.open(encoding="utf-8") as file:
        for number, text in enumerate(file, start=1):
            if not text.endswith("\n"):
                return  # the writer was killed inside this line: there is no footer either
            yield decode_line(text, number)
