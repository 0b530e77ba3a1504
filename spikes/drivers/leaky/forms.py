"""How careless programs write secrets down: one function for each family of encodings. Pure."""

from __future__ import annotations

import base64
import gzip
import json
import urllib.parse

LINE = 9  # characters, too few for any piece of a secret to be whole on one line


def listed(mnemonic: str) -> str:
    """The words with commas between them."""
    return ", ".join(mnemonic.split())


def in_lines(secret: bytes) -> str:
    """Base64, broken into short lines."""
    text = base64.b64encode(secret).decode()
    return "\n".join(text[at : at + LINE] for at in range(0, len(text), LINE))


def packed(text: str) -> bytes:
    """A gzip file, as a log that was rotated."""
    return gzip.compress(text.encode())


def escaped(text: str) -> str:
    r"""Every character as \u00xx."""
    return "".join(f"\\u{ord(character):04x}" for character in text)


def reversed_hex(secret: bytes) -> str:
    """Hex, last digit first."""
    return secret.hex()[::-1]


def backwards(text: str) -> str:
    """Last character first."""
    return text[::-1]


def base64_for_urls(secret: bytes) -> str:
    """The URL-safe alphabet, without padding."""
    return base64.urlsafe_b64encode(secret).decode().rstrip("=")


def for_a_query(text: str) -> str:
    """Percent-encoded."""
    return urllib.parse.quote(text, safe="")


def json_list(mnemonic: str) -> str:
    """A JSON array of words."""
    return json.dumps(mnemonic.split())


def dumped(text: str) -> bytes:
    """UTF-16, as in the memory of JavaScript engines."""
    return b"\0\0\xff\xfe heap \0" + text.encode("utf-16-le") + b"\0\0"


def numbers(secret: bytes) -> str:
    """Decimal numbers, as arrays of bytes are printed."""
    return ", ".join(str(byte) for byte in secret)


def as_a_code(mnemonic: str) -> str:
    """Four words in the form of an error code."""
    return "_".join(mnemonic.split()[:4])
