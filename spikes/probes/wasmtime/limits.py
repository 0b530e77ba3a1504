"""Limits: whether wasmtime holds the module to the memory, the fuel and the time that a host allows it.

Role: four trials, each with a limit that must bite; a trial tells what happened and is never quiet about a limit that
did not.
Must not know: what the calls return.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from wasmtime import MemoryType, Trap, TrapCode, WasmtimeError

from spikes.probes.wasmtime.calls import PureCall, outcome
from spikes.probes.wasmtime.compiled import Compiled
from spikes.probes.wasmtime.failure import ProbeFailure, one_line
from spikes.probes.wasmtime.finding import Found
from spikes.probes.wasmtime.host import PAGE_BYTES, SmallHost

NOT_ENFORCED = "not enforced"


def trials(compiled: Compiled, call: PureCall, fuel: int) -> list[Found]:
    """All of them, with a call that is known to take `fuel` and to ask for more memory than the module begins with."""
    minimum = memory_minimum_bytes(compiled)
    return [
        Found(name="limit.memory_minimum_bytes", value=minimum, how="minimum of the module's own memory type"),
        _memory_below_minimum(compiled, minimum),
        _memory_without_growth(compiled, call, minimum),
        _fuel_exhausted(compiled, call, fuel),
        *_epoch_deadline(compiled, call),
    ]


def memory_minimum_bytes(compiled: Compiled) -> int:
    """What the module asks for before it runs. Raises ProbeFailure if it exports no memory."""
    for entry in compiled.module.exports:
        if entry.name == "memory" and isinstance(entry.type, MemoryType):
            return entry.type.limits.min * PAGE_BYTES
    raise ProbeFailure("the module exports no memory: another SDK? compare it with limits.py")


def _memory_below_minimum(compiled: Compiled, minimum: int) -> Found:
    seen = NOT_ENFORCED
    try:
        SmallHost(compiled, memory_bytes=minimum - PAGE_BYTES)
    except WasmtimeError as error:
        seen = f"refused: {one_line(error)}"
    how = f"instantiated with memory_size {minimum - PAGE_BYTES}, one page below the minimum"
    return Found(name="limit.memory_below_minimum", value=seen, how=how)


def _memory_without_growth(compiled: Compiled, call: PureCall, minimum: int) -> Found:
    host = SmallHost(compiled, memory_bytes=minimum)
    seen = _ended(lambda: outcome(call, host), TrapCode.UNREACHABLE)
    if host.memory_bytes != minimum:
        seen = NOT_ENFORCED
    how = f"{call.says} with memory_size {minimum}: the module cannot grow its memory and gives up"
    return Found(name="limit.memory_without_growth", value=seen, how=how)


def _fuel_exhausted(compiled: Compiled, call: PureCall, fuel: int) -> Found:
    host = SmallHost(compiled)
    host.set_fuel(fuel // 2)
    seen = _ended(lambda: outcome(call, host), TrapCode.OUT_OF_FUEL)
    how = f"{call.says} with half of the {fuel} units of fuel that it takes"
    return Found(name="limit.fuel_exhausted", value=seen, how=how)


def _epoch_deadline(compiled: Compiled, call: PureCall) -> list[Found]:
    """The deadline passes while the module waits for its first import, so that the trial needs no luck with clocks."""
    passed_at: list[float] = []

    def pass_the_deadline() -> None:
        if host_is_ready and not passed_at:
            compiled.engine.increment_epoch()
            passed_at.append(time.perf_counter())

    host_is_ready = False
    host = SmallHost(compiled, on_host_call=pass_the_deadline)
    host_is_ready = True
    seen = _ended(lambda: outcome(call, host), TrapCode.INTERRUPT)
    how = f"{call.says}, its epoch deadline passing at its first host call"
    facts = [Found(name="limit.epoch_deadline", value=seen, how=how)]
    if passed_at and seen != NOT_ENFORCED:
        waited = time.perf_counter() - passed_at[0]
        facts.append(Found(name="limit.epoch_interrupt_s", value=waited, how="from the deadline to the trap, as above"))
    return facts


def _ended(work: Callable[[], object], code: TrapCode) -> str:
    """How the work ended: `trapped: ...` if by the trap that the limit has to cause."""
    try:
        work()
    except Trap as trap:
        words = one_line(str(trap).rpartition("wasm trap: ")[2])
        return f"trapped: {words}" if trap.trap_code is code else f"{NOT_ENFORCED}, but it trapped: {words}"
    return NOT_ENFORCED
