"""How a secret may look once somebody has written it down carelessly.

Role: regular expressions (bytes, for a caseless multi-pattern matcher) for every encoding of a canary. A long secret is
looked for in pieces of PIECE bytes, so that half of it is found as well. Must not know: sources, findings.

A pattern matches a stream and the same stream without its white space, which is how splitting over lines is seen.
"""

from __future__ import annotations

import base64
import json
import re
import urllib.parse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from spikes.scanner.canaries import Canary, Kind

PIECE = 8  # bytes of a binary secret; 64 bits are not found by chance
TEXT_PIECE = 16  # characters of a text secret
RUN = 4  # consecutive words of a mnemonic
_TEXT = frozenset({Kind.MNEMONIC, Kind.CREDENTIAL, Kind.TOKEN})
_BETWEEN = rb"[^a-z]{0,12}"


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """One look of (a piece of) a canary."""

    canary: Canary
    encoding: str
    expression: bytes
    caseless: bool = False


def patterns_of(canary: Canary) -> tuple[Pattern, ...]:
    """Every look of it that is known here."""
    found = [*_words(canary)]
    for piece in pieces(canary):
        found += [
            Pattern(canary=canary, encoding=name, expression=re_, caseless=low) for name, re_, low in _looks(piece)
        ]
    return tuple(dict.fromkeys(found))


def pieces(canary: Canary) -> Iterator[bytes]:
    """What must show of it to count: all of it, cut into pieces, the last one flush with its end."""
    secret = canary.secret
    size = TEXT_PIECE if canary.kind in _TEXT or _printable(secret) else PIECE
    if len(secret) <= size:
        yield secret
        return
    for start in range(0, len(secret) - size, size):
        yield secret[start : start + size]
    yield secret[-size:]


def _looks(piece: bytes) -> Iterator[tuple[str, bytes, bool]]:
    """(encoding, expression, caseless) for one piece."""
    text = _printable(piece)
    yield "raw", _literal(piece), text
    yield "reversed", _literal(piece[::-1]), text
    hex_ = piece.hex().encode()
    yield "hex", _spaced([hex_[i : i + 2] for i in range(0, len(hex_), 2)], rb"[^0-9a-z]{0,2}"), True
    yield "reversed hex", _literal(hex_[::-1]), True
    yield "UTF-16 hex", _wide(hex_), True
    for encoded in _base64_forms(piece):
        yield "base64", _either_alphabet(encoded), False
        yield "UTF-16 base64", _wide(encoded), False
        yield "hex of base64", _literal(encoded.hex().encode()), True
    yield "base64 of hex", b"|".join(_either_alphabet(form) for form in _base64_forms(hex_)), False
    yield "escaped", _spaced([b"%02x" % byte for byte in piece], rb"(\\u00|\\x|%|0x|, ?0x)", lead=True), True
    yield "decimal list", _spaced([str(byte).encode() for byte in piece], rb"[^0-9]{1,3}"), False
    if text:
        yield "UTF-16", _wide(piece), True
        yield "URL-encoded", _literal(urllib.parse.quote(piece, safe="").encode()), True
        yield "URL-encoded", _literal(urllib.parse.quote_plus(piece, safe="").encode()), True
        yield "JSON", _literal(json.dumps(piece.decode())[1:-1].encode()), True


def _words(canary: Canary) -> Iterator[Pattern]:
    """Four words of a mnemonic in a row, whatever is between them: spaces, commas, quotes, line ends, nothing."""
    words = [word.encode() for word in canary.words]
    for start in range(len(words) - RUN + 1):
        run = words[start : start + RUN]
        yield Pattern(canary=canary, encoding="words", expression=_BETWEEN.join(run), caseless=True)
        backwards = _BETWEEN.join(reversed(run))
        yield Pattern(canary=canary, encoding="words, last first", expression=backwards, caseless=True)
        for encoding, order in (("UTF-16 words", run), ("UTF-16 words, last first", run[::-1])):
            wide = rb"\x00?[^a-z]{0,24}".join(_wide(word) for word in order)
            yield Pattern(canary=canary, encoding=encoding, expression=wide, caseless=True)


def _base64_forms(data: bytes) -> Iterator[bytes]:
    """The characters that stand for `data` alone, wherever in a longer text it begins (three alignments)."""
    for shift in range(3):
        encoded = base64.b64encode(bytes(shift) + data)
        first = (8 * shift + 5) // 6
        last = 8 * (shift + len(data)) // 6
        yield encoded[first:last]


def _either_alphabet(encoded: bytes) -> bytes:
    """Standard and URL-safe base64 in one expression."""
    return _literal(encoded).replace(rb"\x2b", rb"[+\-]").replace(rb"\x2f", rb"[/_]")


def _wide(text: bytes) -> bytes:
    """UTF-16 of either byte order: the last zero is left out, so that both contain it."""
    return rb"\x00".join(_literal(text[i : i + 1]) for i in range(len(text)))


def _spaced(parts: Iterable[bytes], between: bytes, *, lead: bool = False) -> bytes:
    return (between if lead else b"") + between.join(parts)


def _literal(data: bytes) -> bytes:
    """An expression for just these bytes."""
    return b"".join(bytes([b]) if _plain(b) else rb"\x%02x" % b for b in data)


def _plain(byte: int) -> bool:
    return re.fullmatch(rb"[A-Za-z0-9]", bytes([byte])) is not None


def _printable(data: bytes) -> bool:
    return all(0x20 <= byte < 0x7F for byte in data)
