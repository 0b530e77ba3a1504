"""What a runtime uses of each limited resource: CPU, network calls, connections, memory, start-up.

Role: takes one wallet through build, sync, claim, prepare and both ways to pay, each once cold (the first time in its
process) and several times warm (use_steps.py), and turns what the instruments in metering/ read into facts
(use_facts.py). Must not know: any limit. What an instrument cannot read is no fact; nothing is estimated.
"""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Iterator

from spikes import calibration
from spikes.contract import ContractBreach
from spikes.errors import RuntimeStartFailure
from spikes.inspections.metering.instruments import CONVEX, Instruments
from spikes.inspections.metering.request_meter import Aftermath, How
from spikes.inspections.metering.standin_meter import standin_facts
from spikes.inspections.use_facts import reading_facts
from spikes.inspections.use_steps import Reading, Steps
from spikes.record import Fact, Tier
from spikes.runtimes import Runtime
from spikes.seat import Seat, Surroundings
from spikes.wallets import derive_wallet

NAME = "use"
AT_ONCE = 1  # it meters and times
# How long a runtime is watched after its last answer: a timer of a second, or a poll once a second, shows.
WATCH_S = 1.0
CALIBRATIONS = 3  # before the steps and again after them: a machine that slows down meanwhile shows in the spread


async def inspect(runtime: Runtime, around: Surroundings) -> list[Fact]:
    """Every fact that the instruments give. Raises RuntimeStartFailure, ToolMissing, EmulatorFailure."""
    facts, _ = await measure(runtime, around)
    return facts


async def measure(runtime: Runtime, around: Surroundings) -> tuple[list[Fact], list[Reading]]:
    """The facts, and the readings behind those that are of requests. Raises as `inspect`."""
    name = f"{runtime.NAME}-{NAME}"
    instruments = Instruments(name, around)
    seat = Seat(runtime, name, derive_wallet(around.seed, name), around, inspect=NAME, watched=instruments.attach)
    steps = Steps(seat, around.deadline_s)
    loops_s = [calibration.cpu_s() for _ in range(CALIBRATIONS)]
    try:
        facts = await _run(seat, steps, instruments, around.deadline_s)
    except ContractBreach as breach:
        raise RuntimeStartFailure(f"{name}: {breach}; read its logs, then run `make smoke`") from breach
    finally:
        await seat.stop()
    loops_s += [calibration.cpu_s() for _ in range(CALIBRATIONS)]
    return [_calibration(runtime.NAME, loops_s), *facts], steps.readings


async def _run(seat: Seat, steps: Steps, instruments: Instruments, deadline_s: float) -> list[Fact]:
    runtime = seat.runtime
    await seat.boot()
    facts = await instruments.startup(seat)
    meter = instruments.meter(seat)
    await steps.all_but_first_payment(meter)
    await asyncio.sleep(WATCH_S)
    facts += _work_after_response(runtime.NAME, await meter.aftermath(), len(steps.readings), meter.HOW)
    facts += await instruments.memory(seat, (await seat.driver.status(deadline_s)).wasm_memory_bytes)
    if runtime.TIER is Tier.STAND_IN:
        facts += await standin_facts(seat.driver, runtime.NAME, deadline_s)
    await seat.restart()
    await steps.first_payment(instruments.meter(seat))
    return [*facts, *reading_facts(runtime.NAME, steps.readings, meter.HOW, actions=runtime.PLATFORM in CONVEX)]


def _work_after_response(runtime: str, late: Aftermath, requests: int, how: How) -> Iterator[Fact]:
    """A call is work; a timer that was left behind may be none, so it is counted apart."""
    counted = f"{requests} requests, watched {WATCH_S:g} s after the last; {how.aftermath}"
    yield Fact(runtime=runtime, name="work_after_response.calls", value=late.calls, how=counted)
    if late.timers is not None:
        yield Fact(runtime=runtime, name="work_after_response.timers", value=late.timers, how=counted)


def _calibration(runtime: str, loops_s: list[float]) -> Fact:
    how = f"median of {len(loops_s)}, {min(loops_s):.4f} to {max(loops_s):.4f} s; {calibration.HOW}"
    return Fact(runtime=runtime, name="calibration_cpu_s", value=statistics.median(loops_s), how=how)
