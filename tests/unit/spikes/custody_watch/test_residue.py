"""Secrets in a process's memory are counted block by block; what is not its own is not searched."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from spikes.inspections.custody_watch.memory import LATER_S, Remains, residue_facts
from spikes.inspections.custody_watch.residue import BLOCK_BYTES, Region, Residue, own_regions, residue
from spikes.scanner.canaries import Canary, Kind
from spikes.scanner.scan import Scanner

SECRET = bytes(range(150, 182))
MAPS = """\
00400000-00452000 r-xp 00000000 08:02 173521 /usr/bin/driver
00651000-00652000 r--p 00051000 08:02 173521 /usr/bin/driver
00652000-00655000 rw-p 00052000 08:02 173521 /usr/bin/driver
00e03000-00e24000 rw-p 00000000 00:00 0 [heap]
7f0000000000-7f0000010000 ---p 00000000 00:00 0
7f0000010000-7f0000020000 rw-p 00000000 00:00 0
7f0000020000-7f0000030000 rw-s 00000000 00:01 77 /memfd:wasm (deleted)
7f0000030000-7f0000040000 rw-s 00000000 00:01 78 /dev/dri/card0
7fff00000000-7fff00021000 rw-p 00000000 00:00 0 [stack]
7fff00030000-7fff00032000 r--p 00000000 00:00 0 [vvar]
"""
# Builds the secret where no file, argument or source text holds it, and says when it stands.
HOLDER = "import sys; held = [bytes(range({0}, {1})) * 2 for _ in range(1)]; print('held', flush=True); input()"


@contextmanager
def holding(first: int, end: int) -> Iterator[int]:
    """A process with these bytes in its memory."""
    argv = [sys.executable, "-c", HOLDER.format(first, end)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"held\n"
        try:
            yield child.pid
        finally:
            child.kill()


@pytest.fixture(scope="module")
def scanner() -> Scanner:
    return Scanner([Canary(name="key", kind=Kind.PRIVATE_KEY, secret=SECRET)])


def test_only_memory_of_its_own_is_searched(tmp_path: Path) -> None:
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "maps").write_text(MAPS, encoding="ascii")
    assert [f"{region.start:x}" for region in own_regions(7, tmp_path)] == [
        *("652000", "e03000", "7f0000010000", "7f0000020000", "7fff00000000")
    ]
    assert next(iter(own_regions(7, tmp_path))) == Region(start=0x652000, end=0x655000)


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_a_secret_in_memory_is_counted_and_another_is_not(scanner: Scanner) -> None:
    with holding(150, 182) as pid:
        found = residue(pid, scanner, None)
    assert found.blocks >= 1
    assert (found.kinds, found.wasm_blocks) == (frozenset({Kind.PRIVATE_KEY}), None)
    assert found.searched_bytes > BLOCK_BYTES
    with holding(151, 153) as pid:
        assert residue(pid, scanner, None).blocks == 0


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_memory_of_a_given_size_is_told_apart(scanner: Scanner) -> None:
    with holding(150, 182) as pid:
        heap = max(own_regions(pid), key=lambda region: region.end - region.start)
        assert residue(pid, scanner, heap.end - heap.start).wasm_blocks is not None


def test_a_process_that_has_gone_cannot_be_read(scanner: Scanner) -> None:
    with pytest.raises(OSError, match="No such"):
        residue(2**22 + 1, scanner, None)


def test_two_looks_make_facts_that_say_when() -> None:
    def look(after_s: float, blocks: int) -> Remains:
        found = Residue(blocks=blocks, wasm_blocks=1, searched_bytes=9, kinds=frozenset({Kind.SEED}))
        return Remains(after_s=after_s, memory=found, heap=0)

    facts = {fact.name: fact for fact in residue_facts("r", (look(0.0, 3), look(LATER_S, 2)), "it was closed")}
    assert {name: fact.value for name, fact in facts.items()} == {
        "residue.process_memory": 3,
        "residue.wasm_memory": 1,
        "residue.heap_snapshot": 0,
        "residue.later_s": LATER_S,
        "residue.process_memory_later": 2,
        "residue.wasm_memory_later": 1,
        "residue.heap_snapshot_later": 0,
    }
    assert "5.0 s after it was closed" in facts["residue.process_memory_later"].how


def test_memory_that_could_not_be_read_is_told_and_is_no_number() -> None:
    looks = [Remains(after_s=0.0, memory="not readable: PermissionError", heap=None)] * 2
    values = [fact.value for fact in residue_facts("r", looks, "it was closed")]
    assert values == ["not readable: PermissionError", 0.0, "not readable: PermissionError"]
