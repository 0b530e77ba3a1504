"""A record in its packed form: zstandard, so that a run can be committed.

Role: bytes in, bytes out. A packed record is the same record: its digest, its line numbers and everything derived from
it are those of the bytes inside. Must not know: where records lie, what their lines say.
"""

from __future__ import annotations

import zstandard

from bench.errors import CannotUnpack

LEVEL = 19
MOST_BYTES = 2**30  # a hundred times the largest run so far; a file that claims more is damaged, or means harm


def pack(data: bytes) -> bytes:
    """The packed form of a record that holds something. One version of zstandard gives the same bytes every time."""
    return zstandard.ZstdCompressor(level=LEVEL, write_checksum=True, write_content_size=True).compress(data)


def is_packed(data: bytes) -> bool:
    """Whether these bytes are packed: no line of JSON begins as a zstandard frame does."""
    return data.startswith(zstandard.FRAME_HEADER)


def unpack(data: bytes, most: int = MOST_BYTES) -> bytes:
    """What a packed record holds; other bytes as they are. Raises CannotUnpack, before it takes much memory."""
    if not is_packed(data):
        return data
    try:
        size = zstandard.frame_content_size(data)
        if not 0 < size <= most:  # of a frame that says 0, the library would not look at the rest
            told = "does not say how much it holds" if size < 0 else f"says that it holds {size:,} bytes"
            raise CannotUnpack(
                f"the packed record {told}, where up to {most:,} are read; restore it from version control"
            )
        return zstandard.ZstdDecompressor().decompress(data, max_output_size=size, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise CannotUnpack(
            f"the packed record is damaged ({error}); restore it from version control, or pack the run again"
        ) from error
