"""Facts about a runtime that belong to no single payment: boot times, memory, sizes.

Role: name them as the gates know them and say how each was measured.
Must not know: limits; a fact is never compared here.
"""

from __future__ import annotations

from collections.abc import Iterator

from spikes.contract import ContractBreach
from spikes.meter import peak_rss_bytes
from spikes.record import Fact
from spikes.seat import Seat

STATUS_DEADLINE_S = 10.0


def start_facts(seat: Seat) -> Iterator[Fact]:
    """What is known once a seat has started: its first boot, and what can be measured without running it."""
    yield Fact(
        runtime=seat.runtime.NAME,
        name="boot_s",
        value=seat.boots_s[0],
        how="outside clock: process spawn to the first 200 of GET /healthz",
    )
    yield from seat.runtime.facts()


async def closing_facts(seat: Seat) -> list[Fact]:
    """What is known once a seat has served its last attempt."""
    name = seat.runtime.NAME
    facts = [
        Fact(runtime=name, name="boot_s", value=boot_s, how="as the first, after a restart")
        for boot_s in seat.boots_s[1:]
    ]
    peak = None if seat.pid is None else peak_rss_bytes(seat.pid)
    if peak is not None:
        how = f"VmHWM of the driver's process, incarnation {seat.incarnation}, after {seat.served} attempts"
        facts.append(Fact(runtime=name, name="rss_bytes", value=peak, how=how))
    try:
        status = await seat.driver.status(STATUS_DEADLINE_S)
    except ContractBreach:
        return facts  # it has stopped answering; its attempts say so
    if status.wasm_memory_bytes is not None:
        how = f"WASM linear memory as the driver reports it, after {seat.served} attempts"
        facts.append(Fact(runtime=name, name="wasm_memory_bytes", value=status.wasm_memory_bytes, how=how))
    if status.durability is not None:
        how = "where the driver says that its idempotency record lies; what outlives a kill is asked apart"
        facts.append(Fact(runtime=name, name="durability", value=status.durability, how=how))
    return facts
