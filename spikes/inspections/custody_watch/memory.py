"""How much of a wallet's secrets is left in its runtime's memory, at once after it was closed and some seconds later.

Role: takes the looks and names the facts `residue.*`. A risk that is told, and never judged: no JavaScript engine, and
few libraries, can promise to clear a string. Must not know: how memory is read.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from spikes.errors import RuntimeStartFailure
from spikes.inspections.custody_watch.heap import has_inspector, heap_findings
from spikes.inspections.custody_watch.residue import BLOCK_BYTES, Residue, residue
from spikes.inspections.custody_watch.watch import Watch
from spikes.record import Fact
from spikes.scanner.scan import Scanner

LATER_S = 5.0


@dataclass(frozen=True, kw_only=True)
class Remains:
    """One look. A part that could not be read is the reason why."""

    after_s: float  # since the wallet was closed
    memory: Residue | str
    heap: int | str | None  # canaries in the heap snapshot; None where there is no inspector


async def look_twice(watch: Watch, scanner: Scanner, wasm_bytes: int | None) -> tuple[Remains, Remains]:
    """Now, and LATER_S seconds later. The wallet has just been closed, and nobody asks the driver anything."""
    closed_at = time.monotonic()
    at_once = await _look(watch, scanner, wasm_bytes, 0.0)
    await asyncio.sleep(max(0.0, LATER_S - (time.monotonic() - closed_at)))
    return at_once, await _look(watch, scanner, wasm_bytes, time.monotonic() - closed_at)


def residue_facts(runtime: str, looks: Iterable[Remains], closed: str) -> Iterator[Fact]:
    """Facts of all looks: the first under the plain names, the later one under `_later`."""
    for look, suffix in zip(looks, ("", "_later"), strict=True):
        when = f"{look.after_s:.1f} s after {closed}"
        if suffix:
            yield _fact(runtime, "residue.later_s", look.after_s, f"when the second look began, after {closed}")
        if isinstance(look.memory, str):
            yield _fact(runtime, f"residue.process_memory{suffix}", look.memory, when)
            continue
        kinds = " / ".join(sorted(look.memory.kinds)) or "none"  # no row of words, as a mnemonic is one
        how = (
            f"blocks of {BLOCK_BYTES >> 10} KiB of the processes' own memory with a mnemonic, seed, private key or "
            f"data key in any encoding, {when}; {look.memory.searched_bytes} bytes searched; kinds: {kinds}"
        )
        yield _fact(runtime, f"residue.process_memory{suffix}", look.memory.blocks, how)
        if look.memory.wasm_blocks is not None:
            how = f"of these blocks, those in the region that has the size of the WASM memory, {when}"
            yield _fact(runtime, f"residue.wasm_memory{suffix}", look.memory.wasm_blocks, how)
        if look.heap is not None:
            how = f"canaries in the inspector's heap snapshot, which collects garbage first, {when}"
            yield _fact(runtime, f"residue.heap_snapshot{suffix}", look.heap, how)


async def _look(watch: Watch, scanner: Scanner, wasm_bytes: int | None, after_s: float) -> Remains:
    pid = watch.seat.pid
    if pid is None:
        return Remains(after_s=after_s, memory="the process has ended", heap=None)
    try:
        memory: Residue | str = await asyncio.to_thread(residue, pid, scanner, wasm_bytes)
    except OSError as error:
        memory = f"not readable: {type(error).__name__}"
    heap: int | str | None = None
    if has_inspector(watch.stdout_log):
        try:
            heap = await heap_findings(watch.stdout_log, scanner)
        except RuntimeStartFailure as failure:
            heap = str(failure)
    return Remains(after_s=after_s, memory=memory, heap=heap)


def _fact(runtime: str, name: str, value: float | str, how: str) -> Fact:
    return Fact(runtime=runtime, name=name, value=value, how=how)
