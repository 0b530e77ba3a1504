"""The instruments of one seat: attached when it is launched, chosen by what is launched.

Role: a workerd is traced and inspected; any other process is read from outside. Must not know: steps, limits.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

from spikes.errors import RuntimeStartFailure
from spikes.inspections.metering.inspector import isolate_memory
from spikes.inspections.metering.process_cpu import family_cpu_s
from spikes.inspections.metering.request_meter import Meter, OutsideMeter, WorkerMeter
from spikes.inspections.metering.startup import worker_startup
from spikes.inspections.metering.trace_file import TraceFile
from spikes.processes import Launch
from spikes.record import Fact, Platform, Tier
from spikes.seat import Seat, Surroundings

WORKERD = "workerd"
CONVEX = (Platform.CONVEX_ISOLATE, Platform.CONVEX_NODE)


class Instruments:
    """What meters the seat of this name. `attach` is given to the seat, which applies it to its launch."""

    def __init__(self, name: str, around: Surroundings) -> None:
        self._name = name
        self._around = around
        self._trace = around.scratch / f"{name}.trace.jsonl"
        self._launch: Launch | None = None  # as it is without instruments
        self._is_worker = False

    def attach(self, launch: Launch) -> Launch:
        """The launch with the instruments that fit its program. Tracing and inspecting cost it no measurable CPU."""
        self._launch = launch
        self._is_worker = Path(launch.argv[0]).name == WORKERD
        if not self._is_worker:
            return launch
        flags = ("--async-trace", str(self._trace), "--inspector-addr=127.0.0.1:0")
        # The inspector announces a port of its own first; the one that has a socket's name is the Worker's.
        return dataclasses.replace(launch, argv=(*launch.argv, *flags), ready_key="socket")

    async def startup(self, seat: Seat) -> list[Fact]:
        """What it takes to start. `seat` has just booted. Raises RuntimeStartFailure."""
        runtime = seat.runtime.NAME
        if self._is_worker and self._launch is not None:
            startup = await worker_startup(self._launch, self._name, self._around.logs, self._around.scratch)
            return [] if startup is None else [_fact(runtime, "startup_cpu_s", startup.cpu_s, startup.how)]
        used = family_cpu_s(seat.pid) if seat.pid is not None and _works_here(seat) else None
        # Another name than a Worker's: the start of an engine's process is nothing that a platform's limit is about.
        how = "one reading: CPU of the driver's process and its children from spawn to healthy, engine included"
        return [] if used is None else [_fact(runtime, "process_startup_cpu_s", used, how)]

    def meter(self, seat: Seat) -> Meter:
        """A meter for the requests of the seat's present process."""
        if self._is_worker:
            return WorkerMeter(seat, TraceFile(self._trace))
        return OutsideMeter(seat, here=_works_here(seat))

    async def memory(self, seat: Seat, wasm_bytes: int | None) -> list[Fact]:
        """What its isolate holds now. Raises RuntimeStartFailure."""
        runtime = seat.runtime.NAME
        facts: list[Fact] = []
        if wasm_bytes is not None:
            facts.append(_fact(runtime, "wasm_memory_bytes", wasm_bytes, "WASM linear memory as the driver reports it"))
        if not self._is_worker:
            return facts
        memory = await isolate_memory(self._inspector_port())
        counted = wasm_bytes is None or wasm_bytes in memory.native_sizes
        how = "heap snapshot by the inspector after all payments: sizes of all nodes, compiled WASM included"
        how += ", WASM memory too" if counted else "; the WASM memory is not among them and was added"
        total = memory.snapshot_bytes + (0 if counted or wasm_bytes is None else wasm_bytes)
        facts.append(_fact(runtime, "isolate_memory_bytes", total, how))
        how = "V8's used heap by the inspector after all payments, before any collection; buffers and WASM not included"
        facts.append(_fact(runtime, "heap_bytes", memory.heap_bytes, how))
        return facts

    def _inspector_port(self) -> int:
        ports = list(_announced_ports(self._around.logs / f"{self._name}.stdout.log"))
        if not ports:
            raise RuntimeStartFailure(f"{self._name}: workerd announced no port of its inspector; read its stdout log")
        return ports[-1]


def _works_here(seat: Seat) -> bool:
    """Whether the wallet is in the driver's process; with a real Convex deployment that only passes requests on."""
    return seat.runtime.TIER is Tier.STAND_IN or seat.runtime.PLATFORM not in CONVEX


def _announced_ports(log: Path) -> Iterator[int]:
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            said = json.loads(line)
        except ValueError:
            continue
        if isinstance(said, dict) and said.get("event") == "listen-inspector" and isinstance(said.get("port"), int):
            yield said["port"]


def _fact(runtime: str, name: str, value: float, how: str) -> Fact:
    return Fact(runtime=runtime, name=name, value=value, how=how)
