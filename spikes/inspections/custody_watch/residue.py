"""What is left of a wallet's secrets in a running process, block by block of its memory.

Role: reads the memory that a process has for itself (Linux, /proc) and counts the blocks that hold a canary. A count of
0 proves nothing: registers, the kernel and the blocks that came and went are not seen. Must not know: runtimes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from spikes.inspections.custody_watch.processes_seen import PROC, family
from spikes.scanner.canaries import Kind
from spikes.scanner.scan import Scanner

BLOCK_BYTES = 1 << 16
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_ENTRY_BYTES = 8  # of /proc/PID/pagemap, for each page
_IN_USE = 0b11 << 62  # present in memory, or in swap
_LINE = re.compile(r"([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ (\d+) *(.*)")


@dataclass(frozen=True, kw_only=True)
class Region:
    """A part of a process's address space."""

    start: int
    end: int


@dataclass(frozen=True, kw_only=True)
class Residue:
    """What one look found. Blocks are of 64 KiB; one that holds several canaries counts once."""

    blocks: int
    wasm_blocks: int | None  # of those, the ones in WASM linear memory; None if it was not told apart
    searched_bytes: int
    kinds: frozenset[Kind]


def residue(pid: int, scanner: Scanner, wasm_bytes: int | None) -> Residue:
    """Search a process and its descendants. `wasm_bytes` tells WASM memory by its size. Raises OSError."""
    blocks = wasm_blocks = searched = 0
    kinds: set[Kind] = set()
    has_wasm = False
    for process in family(pid):
        for region in own_regions(process):
            is_wasm = region.end - region.start == wasm_bytes
            has_wasm = has_wasm or is_wasm
            for block in _blocks(process, region):
                searched += len(block)
                found = {finding.canary.kind for finding in scanner.scan_text(block)}
                kinds |= found
                blocks += bool(found)
                wasm_blocks += bool(found) and is_wasm
    return Residue(
        blocks=blocks,
        wasm_blocks=wasm_blocks if has_wasm else None,
        searched_bytes=searched,
        kinds=frozenset(kinds),
    )


def own_regions(pid: int, proc: Path = PROC) -> Iterator[Region]:
    """Readable regions that are not a file's and not the kernel's. Raises OSError if the process may not be read."""
    for line in (proc / str(pid) / "maps").read_text(encoding="utf-8", errors="replace").splitlines():
        match = _LINE.fullmatch(line)
        if match is None:
            continue
        start, end, rights, inode, name = match.groups()
        is_file = inode != "0" and "w" not in rights and not name.startswith("/memfd:")
        if rights.startswith("r") and not is_file and not name.startswith(("[v", "/dev/")):
            yield Region(start=int(start, 16), end=int(end, 16))


def _blocks(pid: int, region: Region) -> Iterator[bytes]:
    """The blocks that are in use. A block that cannot be read any more has gone since the regions were listed."""
    with (
        (PROC / str(pid) / "mem").open("rb", buffering=0) as memory,
        (PROC / str(pid) / "pagemap").open("rb", buffering=0) as pages,
    ):
        for start in range(region.start, region.end, BLOCK_BYTES):
            length = min(BLOCK_BYTES, region.end - start)
            if not _in_use(pages.fileno(), start, length):
                continue
            try:
                yield os.pread(memory.fileno(), length, start)
            except OSError:
                continue


def _in_use(pages: int, start: int, length: int) -> bool:
    """Whether a page of the block exists; untouched ones read as zeros, and a runtime may reserve gigabytes of them."""
    wanted = _ENTRY_BYTES * -(-length // _PAGE_BYTES)
    entries = os.pread(pages, wanted, _ENTRY_BYTES * (start // _PAGE_BYTES))
    return any(
        int.from_bytes(entries[at : at + _ENTRY_BYTES], "little") & _IN_USE
        for at in range(0, len(entries), _ENTRY_BYTES)
    )
