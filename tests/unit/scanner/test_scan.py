"""The scanner finds a secret in every encoding, wherever it lies, and tells nothing of it."""

from __future__ import annotations

import base64
import gzip
import io
import json
import os
import tracemalloc
import urllib.parse
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from spikes.scanner.canaries import Canary, Kind, of_mnemonic
from spikes.scanner.scan import CHUNK, Scanner
from spikes.wallets import derive_wallet

MNEMONIC = derive_wallet(1, "scanner").mnemonic
KEY = bytes(range(100, 132))
TOKEN = "tok-7f3a9c2e51d84b6f-7c1e"
WORDS = MNEMONIC.split()


@cache
def scanner() -> Scanner:
    return Scanner(
        [
            *of_mnemonic("wallet", MNEMONIC),
            Canary(name="key", kind=Kind.DATA_KEY, secret=KEY),
            Canary(name="token", kind=Kind.TOKEN, secret=TOKEN.encode()),
        ]
    )


def names(data: bytes) -> set[str]:
    return {finding.canary.name for finding in scanner().scan_text(data)}


def lines(data: bytes, width: int) -> bytes:
    return b"\n".join(data[i : i + width] for i in range(0, len(data), width))


Encode = Callable[[bytes], bytes]
BOTH: dict[str, Encode] = {
    "raw": lambda secret: secret,
    "reversed": lambda secret: secret[::-1],
    "hex": lambda secret: secret.hex().encode(),
    "HEX": lambda secret: secret.hex().upper().encode(),
    "hex with colons": lambda secret: secret.hex(":").encode(),
    "hex reversed": lambda secret: secret.hex()[::-1].encode(),
    "hex as UTF-16": lambda secret: secret.hex().encode("utf-16-be"),
    "base64": base64.b64encode,
    "base64, url-safe": base64.urlsafe_b64encode,
    "base64, shifted once": lambda secret: base64.b64encode(b"." + secret),
    "base64, shifted twice": lambda secret: base64.b64encode(b".." + secret + b"!"),
    "base64 as UTF-16": lambda secret: base64.b64encode(secret).decode().encode("utf-16-le"),
    "base64 in lines": lambda secret: lines(base64.b64encode(secret), 9),
    "hex in lines": lambda secret: lines(secret.hex().encode(), 10),
    "hex of base64": lambda secret: base64.b64encode(secret).hex().encode(),
    "base64 of hex": lambda secret: base64.b64encode(secret.hex().encode()),
    "JSON escapes": lambda secret: "".join(f"\\u{byte:04x}" for byte in secret).encode(),
    "byte escapes": lambda secret: "".join(f"\\x{byte:02X}" for byte in secret).encode(),
    "percent": lambda secret: "".join(f"%{byte:02x}" for byte in secret).encode(),
    "list of numbers": lambda secret: json.dumps(list(secret)).encode(),
    "gzip": gzip.compress,
    "zlib": zlib.compress,
    "zstd": zstandard.ZstdCompressor().compress,
    "gzip of base64": lambda secret: gzip.compress(base64.b64encode(secret)),
    "gzip of gzip": lambda secret: gzip.compress(gzip.compress(secret)),
}
TEXT: dict[str, Encode] = {
    "UTF-16 LE": lambda secret: secret.decode().encode("utf-16-le"),
    "UTF-16 BE": lambda secret: secret.decode().encode("utf-16-be"),
    "URL": lambda secret: urllib.parse.quote(secret).encode(),
    "form": lambda secret: urllib.parse.quote_plus(secret).encode(),
    "upper case": bytes.upper,
    "JSON": lambda secret: json.dumps({"value": secret.decode()}).encode(),
    "in lines": lambda secret: lines(secret, 5),
}
MNEMONICS: dict[str, Callable[[list[str]], str]] = {
    "four words": lambda words: " ".join(words[4:8]),
    "the last four": lambda words: ", ".join(words[-4:]),
    "a JSON list": json.dumps,
    "numbered lines": lambda words: "\n".join(f"{n}. {word}" for n, word in enumerate(words, 1)),
    "no spaces": "".join,
    "dashes": lambda words: "-".join(words[2:7]),
    "last first": lambda words: " ".join(reversed(words)),
}


@pytest.mark.parametrize("look", [*BOTH, *TEXT])
def test_a_text_secret_is_found(look: str) -> None:
    data = b'{"a": "' + ({**BOTH, **TEXT}[look])(TOKEN.encode()) + b'"}'
    assert "token" in names(data)


@pytest.mark.parametrize("look", BOTH)
def test_a_binary_secret_is_found(look: str) -> None:
    assert "key" in names(b"xx " + BOTH[look](KEY) + b" yy")


@pytest.mark.parametrize("look", [*BOTH, *TEXT])
def test_a_mnemonic_is_found(look: str) -> None:
    assert "wallet: mnemonic" in names(({**BOTH, **TEXT}[look])(MNEMONIC.encode()))


@pytest.mark.parametrize("look", MNEMONICS)
def test_words_of_a_mnemonic_are_found(look: str) -> None:
    text = MNEMONICS[look](WORDS)
    assert "wallet: mnemonic" in names(f"it was {text}!".encode())
    assert "wallet: mnemonic" in names(text.encode("utf-16"))


def test_half_of_a_key_is_found_and_three_words_are_not() -> None:
    assert names(KEY[:8].hex().encode()) == {"key"}
    assert names(b"proof " + KEY[16:].hex().encode()) == {"key"}
    assert names(f"{WORDS[1]} {WORDS[2]} {WORDS[4]} and {WORDS[9]}".encode()) == set()


def test_what_follows_from_a_mnemonic_is_found() -> None:
    found = {canary.name: names(canary.secret) for canary in of_mnemonic("wallet", MNEMONIC)}
    assert all(name in seen for name, seen in found.items())


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(BOTH)), st.integers(0, 300), st.integers(-400, 40))
def test_it_does_not_matter_where_a_secret_lies(look: str, noise: int, place: int) -> None:
    """Around the border of two chunks, after any noise."""
    data = os.urandom(noise) + b" " * (CHUNK + place - noise) + BOTH[look](KEY) + b" "
    assert names(data) == {"key"}


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=4000))
def test_what_is_not_planted_is_not_found(data: bytes) -> None:
    assert scanner().scan_text(data) == ()


def test_ordinary_text_is_clean() -> None:
    for path in sorted(Path(__file__).parents[3].joinpath("spikes").glob("*.py")):
        assert scanner().scan_file(path) == ()


def test_a_finding_tells_where_and_nothing_of_the_secret() -> None:
    data = b"x" * 5000 + b' {"mnemonic": "' + MNEMONIC.encode() + b'"}'
    finding = next(f for f in scanner().scan_text(data) if f.encoding == "words")
    assert 5000 < finding.offset <= len(data)
    assert finding.excerpt.endswith('"xxxxxxxx": "[mnemonic]') or finding.excerpt.endswith("[mnemonic]")
    everything = " ".join(f.excerpt + f.encoding + repr(f) for f in scanner().scan_text(data))
    assert not any(word in everything.split() for word in WORDS)


def test_memory_does_not_grow_with_the_source() -> None:
    class Endless(io.RawIOBase):
        """256 MB of log lines that nobody holds."""

        def __init__(self) -> None:
            self.left = 256
            self.line = (b'{"msg": "paid 1234 sat in 0.05 s"}\n' * (CHUNK // 35 + 1))[:CHUNK]

        def read(self, size: int = -1) -> bytes:
            self.left -= 1
            return self.line if self.left >= 0 else b""

        def seek(self, offset: int, whence: int = 0) -> int:
            self.left = 256
            return 0

    tracemalloc.start()
    try:
        assert scanner().scan(Endless()) == ()  # type: ignore[arg-type]
        assert tracemalloc.get_traced_memory()[1] < 16 * CHUNK
    finally:
        tracemalloc.stop()


def test_a_bomb_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spikes.scanner.compressed.LARGEST", CHUNK)
    bomb = gzip.compress(bytes(8 * CHUNK) + MNEMONIC.encode())
    assert names(bomb) == set()
    assert names(bomb + MNEMONIC.encode()) == {"wallet: mnemonic"}


def test_a_secret_that_would_be_found_by_chance_is_no_canary() -> None:
    with pytest.raises(ValueError, match="by chance"):
        Canary(name="short", kind=Kind.TOKEN, secret=b"12345678")
