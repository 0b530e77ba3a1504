"""What is inside packed data: gzip, zlib and zstd streams, wherever in a source they begin.

Role: unpack from a given place, bounded. Must not know: canaries. What does not unpack is not packed: magic numbers are
short, so most of what looks like a stream is none.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import BinaryIO

import zstandard

CHUNK = 1 << 16
LARGEST = 1 << 28  # bytes that one packed stream may unpack to: more is a bomb, and is cut
MAGIC: dict[str, bytes] = {
    "gzip": rb"\x1f\x8b\x08",
    "zlib": rb"\x78[\x01\x5e\x9c\xda]",
    "zstd": rb"\x28\xb5\x2f\xfd",
}


def unpacked(source: BinaryIO, offset: int, form: str) -> Iterator[bytes]:
    """The content of the stream that begins at `offset`, chunk by chunk, up to where it ends, breaks or is cut."""
    source.seek(offset)
    total = 0
    try:
        for content in _zstd(source) if form == "zstd" else _deflated(source):
            total += len(content)
            yield content
            if total >= LARGEST:
                return
    except (zlib.error, zstandard.ZstdError):
        return


def _zstd(source: BinaryIO) -> Iterator[bytes]:
    with zstandard.ZstdDecompressor().stream_reader(source, read_size=CHUNK, closefd=False) as reader:
        while content := reader.read(CHUNK):
            yield content


def _deflated(source: BinaryIO) -> Iterator[bytes]:
    """gzip or zlib; each is known by its header."""
    decoder = zlib.decompressobj(zlib.MAX_WBITS | 32)
    packed = b""
    while not decoder.eof and (packed := packed or source.read(CHUNK)):
        content = decoder.decompress(packed, CHUNK)
        packed = decoder.unconsumed_tail
        if content:
            yield content
