"""Start-up CPU of a Worker: what its start costs above that of the least Worker there is.

Role: starts both in turn, several times, and compares what each process has used when it listens. workerd evaluates the
Worker's global scope before that, so the difference is what the Worker adds. Must not know: payments.
"""

from __future__ import annotations

import statistics
import subprocess
from dataclasses import dataclass
from pathlib import Path

from spikes import processes
from spikes.driver_process import START_DEADLINE_S
from spikes.errors import RuntimeStartFailure
from spikes.inspections.metering.process_cpu import process_cpu_s
from spikes.processes import Launch

# Odd, so that the median is a reading; a start takes some 0.1 s, and a median of five bears two disturbed ones.
STARTS = 5
HELLO = Path(__file__).with_name("hello") / "config.capnp"
COMPILE_TIMEOUT_S = 60


@dataclass(frozen=True, kw_only=True)
class Startup:
    """CPU seconds at start-up, and how they were found."""

    cpu_s: float
    how: str


async def worker_startup(launch: Launch, name: str, logs: Path, scratch: Path) -> Startup | None:
    """Start the Worker of `launch` and the least Worker in turn; None where processes have no clock.

    Raises RuntimeStartFailure.
    """
    hello = _hello(launch, scratch)
    differences: list[float] = []
    for _ in range(STARTS):
        least = await _one_start(hello, f"{name}-hello", logs)
        whole = await _one_start(launch, f"{name}-start", logs)
        if least is None or whole is None:
            return None
        differences.append(whole - least)
    spread = f"{min(differences):.4f} to {max(differences):.4f} s"
    return Startup(
        cpu_s=statistics.median(differences),
        how=f"process CPU from spawn to listening minus that of a Worker that does nothing, started in turn: "
        f"median of {STARTS} differences, {spread}",
    )


async def _one_start(launch: Launch, name: str, logs: Path) -> float | None:
    async with processes.running(
        launch, name=name, logs=logs, deadline_s=START_DEADLINE_S, failure=RuntimeStartFailure
    ) as child:
        return process_cpu_s(child.pid)


def _hello(launch: Launch, scratch: Path) -> Launch:
    """The least Worker under the same program; compiled, as the Worker under test is."""
    program = launch.argv[0]
    done = subprocess.run(  # noqa: S603 - the pinned binary and our own file
        [program, "compile", str(HELLO), "--config-only"], capture_output=True, check=False, timeout=COMPILE_TIMEOUT_S
    )
    if done.returncode != 0:
        words = done.stderr.decode(errors="replace")[-500:]
        raise RuntimeStartFailure(f"workerd cannot compile the Worker that does nothing: {words}; run `make setup`")
    compiled = scratch / "hello-worker.bin"
    compiled.write_bytes(done.stdout)
    return Launch(
        argv=(program, "serve", "--binary", str(compiled), "--control-fd=1"), env={}, ready_key=launch.ready_key
    )
