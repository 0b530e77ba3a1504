"""The search: one pass over a source as it is, one without its white space, and one over whatever is packed in it.

Role: find canaries in files, streams and texts of any length in constant memory. Must not know: what a surface is.
The matcher is Hyperscan in streaming mode: a secret that lies across two chunks is found like any other.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import hyperscan

from spikes.scanner.canaries import Canary
from spikes.scanner.compressed import MAGIC, unpacked
from spikes.scanner.encodings import Pattern, patterns_of

CHUNK = 1 << 20
CONTEXT = 40  # bytes before a finding whose shape its excerpt shows
DEPTH = 2  # packed in packed
ATTEMPTS = 2_000  # places in one source that may look packed before the rest is left alone
_WHITE = b" \t\r\n"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A canary that shows. The excerpt is masked: it tells where, and nothing of the secret."""

    canary: Canary
    encoding: str
    offset: int  # where its match ends, in bytes; in packed data, where that begins; without white space, less it
    excerpt: str


@dataclass(frozen=True, kw_only=True)
class _Match:
    pattern: int
    end: int


class Scanner:
    """Looks for these canaries. Making one compiles the patterns; scanning may be repeated at will."""

    def __init__(self, canaries: Iterable[Canary]) -> None:
        self.canaries = tuple(canaries)
        self._patterns: list[Pattern] = [pattern for canary in self.canaries for pattern in patterns_of(canary)]
        self._database = _compiled(
            [(pattern.expression, pattern.caseless) for pattern in self._patterns]
            + [(expression, False) for expression in MAGIC.values()]
        )

    def scan_file(self, path: Path) -> tuple[Finding, ...]:
        """Findings in a file's content. Raises OSError."""
        with path.open("rb") as file:
            return self.scan(file)

    def scan_text(self, text: str | bytes) -> tuple[Finding, ...]:
        """Findings in a text in memory, such as a file's name."""
        return self.scan(io.BytesIO(text.encode(errors="surrogateescape") if isinstance(text, str) else text))

    def scan(self, source: BinaryIO, depth: int = DEPTH) -> tuple[Finding, ...]:
        """Findings in a seekable binary source, the first of each canary in each encoding."""
        found, packed = self._pass(_chunks(source))
        source.seek(0)
        joined, _ = self._pass(
            (chunk.translate(None, _WHITE) for chunk in _chunks(source)), how="white space removed, "
        )
        findings = {(f.canary.name, f.encoding): f for f in reversed([*found, *_placed(joined, 0)])}
        if depth:
            for form, offset in packed:
                inside, _ = self._pass(unpacked(source, offset, form), how=f"{form}, ")
                deeper = self._deeper(source, offset, form, depth)
                findings |= {(f.canary.name, f.encoding): f for f in _placed([*inside, *deeper], offset)}
        return tuple(findings.values())

    def _deeper(self, source: BinaryIO, offset: int, form: str, depth: int) -> tuple[Finding, ...]:
        """What is packed inside packed data; small enough to be held in memory."""
        if depth < 2:
            return ()
        content = io.BytesIO()
        for chunk in unpacked(source, offset, form):
            content.write(chunk)
            if content.tell() > CHUNK:
                return ()
        content.seek(0)
        return self.scan(content, depth - 1) if content.getbuffer().nbytes else ()

    def _pass(self, chunks: Iterable[bytes], how: str = "") -> tuple[list[Finding], list[tuple[str, int]]]:
        """One pass of the matcher: findings, and where packed data may begin."""
        matches: list[_Match] = []
        findings: dict[tuple[str, str], Finding] = {}
        packed: list[tuple[str, int]] = []

        def on_match(number: int, start: int, end: int, flags: int, context: object) -> None:
            matches.append(_Match(pattern=number, end=end))

        before, position = b"", 0
        with self._database.stream(match_event_handler=on_match) as stream:
            for chunk in chunks:
                stream.scan(chunk)
                for match in matches:
                    if match.pattern >= len(self._patterns):
                        form = list(MAGIC)[match.pattern - len(self._patterns)]
                        if len(packed) < ATTEMPTS:
                            packed.append((form, match.end - _magic_length(form)))
                        continue
                    pattern = self._patterns[match.pattern]
                    key = (pattern.canary.name, how + pattern.encoding)
                    if key not in findings:
                        around = before + chunk[: match.end - position]
                        findings[key] = _finding(pattern, how, match.end, around)
                matches.clear()
                before, position = (before + chunk)[-CHUNK // 64 :], position + len(chunk)
        return list(findings.values()), packed


def _finding(pattern: Pattern, how: str, end: int, around: bytes) -> Finding:
    """`around` ends with the match. What came before it is shown by its shape alone: it may be more of the secret."""
    context = around[: max(0, len(around) - len(pattern.canary.secret))][-CONTEXT:].decode("latin-1")
    shape = "".join("x" if c.isalnum() else c if c.isprintable() else "." for c in context)
    excerpt = f"{shape}[{pattern.canary.kind}]"
    return Finding(canary=pattern.canary, encoding=how + pattern.encoding, offset=end, excerpt=excerpt)


def _placed(findings: Iterable[Finding], offset: int) -> list[Finding]:
    return [
        Finding(canary=f.canary, encoding=f.encoding, offset=offset or f.offset, excerpt=f.excerpt) for f in findings
    ]


def _chunks(source: BinaryIO) -> Iterator[bytes]:
    while chunk := source.read(CHUNK):
        yield chunk


def _magic_length(form: str) -> int:
    return {"gzip": 3, "zlib": 2, "zstd": 4}[form]


def _compiled(expressions: list[tuple[bytes, bool]]) -> hyperscan.Database:
    database = hyperscan.Database(mode=hyperscan.HS_MODE_STREAM)
    database.compile(
        expressions=[expression for expression, _ in expressions],
        ids=list(range(len(expressions))),
        flags=[
            hyperscan.HS_FLAG_DOTALL | (hyperscan.HS_FLAG_CASELESS if caseless else 0) for _, caseless in expressions
        ],
    )
    return database
