"""The inspection `use` on real runtimes: every fact it promises, counts that two witnesses share, and bad drivers."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from spikes import services
from spikes.contract import Driver
from spikes.errors import RuntimeStartFailure
from spikes.inspections import INSPECTIONS, use
from spikes.inspections.metering.inspector import isolate_memory
from spikes.inspections.metering.instruments import Instruments
from spikes.inspections.metering.request_meter import Aftermath, Use
from spikes.inspections.metering.standin_meter import PATH, standin_facts
from spikes.inspections.metering.startup import worker_startup
from spikes.inspections.metering.trace_file import TraceFile
from spikes.inspections.use_steps import WARM, Reading, Step
from spikes.processes import Launch
from spikes.record import Fact
from spikes.runtimes import Runtime, native, workerd
from spikes.seat import Seat, Surroundings
from spikes.surroundings import surroundings
from spikes.wallets import derive_wallet
from tests.miniatures.runtimes import ProgramRuntime, late_worker, miniature

SEED = 7
# What tests/miniatures/late uses.
HELD_BYTES = 20_000_000
BUSY_S = 0.05
T = TypeVar("T")
REPEATED = [step for step in Step if step is not Step.FIRST_PAYMENT]
PHASES = [f"{step}.{state}" for step in REPEATED for state in ("cold", "warm")] + ["first_payment.cold"]
OF_EVERY_RUNTIME = {
    *(f"cpu_s.{phase}" for phase in PHASES),
    *(f"subrequests.{phase}" for phase in PHASES),
    *("cpu_per_request_s", "subrequests_max", "calibration_cpu_s"),
    "work_after_response.calls",
}
OF_A_WORKER = {
    "startup_cpu_s",
    "connections_max",
    "isolate_memory_bytes",
    "heap_bytes",
    "wasm_memory_bytes",
    "work_after_response.timers",
}

pytestmark = pytest.mark.conformance


def surrounded(logs: Path, work: Callable[[Surroundings], Awaitable[T]]) -> T:
    scratch = logs / "scratch"
    scratch.mkdir()

    async def run() -> T:
        async with surroundings(logs, scratch, seed=SEED, deadline_s=30.0) as around:
            return await work(around)

    return asyncio.run(run())


def measured(runtime: Runtime, logs: Path) -> tuple[dict[str, Fact], list[Reading]]:
    facts, readings = surrounded(logs, lambda around: use.measure(runtime, around))
    assert len({fact.name for fact in facts}) == len(facts)
    assert {fact.runtime for fact in facts} == {runtime.NAME}
    return {fact.name: fact for fact in facts}, readings


def number(facts: dict[str, Fact], name: str) -> float:
    value = facts[name].value
    assert isinstance(value, int | float)
    return value


def test_a_worker_gives_every_fact_and_both_witnesses_count_the_same_calls(tmp_path: Path) -> None:
    facts, readings = measured(workerd, tmp_path)
    assert set(facts) == OF_EVERY_RUNTIME | OF_A_WORKER
    assert {fact.name for fact in workerd.facts()} >= {"upload_raw_bytes", "upload_gzip_bytes"}
    for reading in readings:
        served = [entry.method for entry in reading.use.calls]
        assert reading.use.subrequests == len(served), (reading.step, served)
    assert [r.cold for r in readings if r.step is Step.SEND_EXACT] == [True] + [False] * WARM
    assert number(facts, "subrequests.build.cold") == 0
    assert number(facts, "subrequests.sync.cold") > number(facts, "subrequests.sync.warm") > 0
    assert number(facts, "subrequests_max") == number(facts, "subrequests.first_payment.cold")
    assert 1 <= number(facts, "connections_max") <= number(facts, "subrequests_max")
    assert number(facts, "work_after_response.calls") == 0
    assert 0 < number(facts, "heap_bytes") < number(facts, "isolate_memory_bytes")
    assert 0 < number(facts, "wasm_memory_bytes") < number(facts, "isolate_memory_bytes")
    assert "WASM memory too" in facts["isolate_memory_bytes"].how
    assert all(number(facts, name) > 0 for name in facts if "cpu_s" in name)
    assert not [path for path in tmp_path.iterdir() if "trace" in path.name or "snapshot" in path.name]


def test_another_process_is_read_from_outside_and_what_cannot_be_seen_there_is_no_fact(tmp_path: Path) -> None:
    facts, readings = measured(native, tmp_path)
    assert set(facts) == OF_EVERY_RUNTIME | {"process_startup_cpu_s"}
    assert {reading.use.connections for reading in readings} == {None}
    assert number(facts, "subrequests.send_swap.warm") > number(facts, "subrequests.send_exact.warm") > 0
    assert number(facts, "work_after_response.calls") == 0


def test_the_instruments_see_what_a_worker_is_known_to_use_and_what_it_does_after_its_answer(tmp_path: Path) -> None:
    async def meter(around: Surroundings) -> tuple[Use, Aftermath, dict[str, Fact]]:
        instruments = Instruments("late", around)
        seat = Seat(late_worker(), "late", derive_wallet(SEED, "late"), around, watched=instruments.attach)
        try:
            await seat.boot()
            meter = instruments.meter(seat)
            await meter.before()
            await seat.build()
            used = await meter.after()
            memory = await instruments.memory(seat, wasm_bytes=HELD_BYTES + 1)
            return used, await meter.aftermath(), {fact.name: fact for fact in memory}
        finally:
            await seat.stop()

    used, after, memory = surrounded(tmp_path, meter)
    assert used.cpu_s is not None
    assert BUSY_S / 10 < used.cpu_s < BUSY_S + 0.05  # it is busy for so long by the wall clock, on a shared machine
    assert (used.subrequests, used.connections) == (5, 3)
    assert (after.calls, after.timers) == (1, 2)
    # Its one buffer is in the snapshot; what is said to be WASM memory is not, and so is added.
    assert 2 * HELD_BYTES < number(memory, "isolate_memory_bytes") < 2 * HELD_BYTES + 5_000_000
    assert "was added" in memory["isolate_memory_bytes"].how
    assert number(memory, "heap_bytes") < 5_000_000


@pytest.mark.parametrize(
    ("runtime", "what"),
    [
        (miniature("claims_a_payment_it_did_not_make"), "send_exact was paid by the path none"),
        (ProgramRuntime(NAME="mute", program=("-c", "raise SystemExit('nothing here')")), "ended with status 1"),
        (ProgramRuntime(NAME="workerd-like", program=("-c", "print('{}')")), "ended with status 0"),
    ],
)
def test_a_driver_whose_use_cannot_be_measured_is_one_clear_line(runtime: Runtime, what: str, tmp_path: Path) -> None:
    with pytest.raises(RuntimeStartFailure, match=what) as failure:
        measured(runtime, tmp_path)
    assert "\n" not in str(failure.value)


def test_an_instrument_that_finds_nothing_to_read_says_so(tmp_path: Path) -> None:
    missing = TraceFile(tmp_path / "none.jsonl")
    with pytest.raises(RuntimeStartFailure, match="no async trace"):
        missing.update()
    (tmp_path / "broken.jsonl").write_bytes(b"nothing\nhalf a line")
    with pytest.raises(RuntimeStartFailure, match="line 1 of the async trace"):
        TraceFile(tmp_path / "broken.jsonl").update()
    with pytest.raises(RuntimeStartFailure, match="inspector"):
        asyncio.run(isolate_memory(9))
    launch = Launch(argv=(sys.executable,), env={})
    with pytest.raises(RuntimeStartFailure, match="cannot compile the Worker that does nothing"):
        asyncio.run(worker_startup(launch, "python", tmp_path, tmp_path))


def test_a_request_is_over_once_its_end_is_written(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    begun = b"""{"e":"header","v":1,"epochUnixMs":5}
{"e":"ctx","ctx":1,"actor":null,"at":1}
{"e":"init","ctx":1,"id":1,"kind":"request","name":"fetch","trigger":0,"at":1}
"""
    path.write_bytes(begun)
    with pytest.raises(RuntimeStartFailure, match=r"no end of a request within 0\.05 s"):
        asyncio.run(TraceFile(path).ended(0, deadline_s=0.05))
    path.write_bytes(begun + b'{"e":"ctx_end","ctx":1,"at":2,"dropped":0}\n')
    assert [invocation.root for invocation in asyncio.run(TraceFile(path).ended(0, deadline_s=0.05))] == [1]


def test_an_unfinished_line_of_a_trace_waits_for_its_end(tmp_path: Path) -> None:
    path, header = tmp_path / "trace.jsonl", b'{"e":"header","v":1,"epochUnixMs":5}\n'
    path.write_bytes(header[:10])
    follower = TraceFile(path)
    follower.update()
    assert follower.trace.epoch_unix_ms is None
    path.write_bytes(header)
    follower.update()
    assert follower.trace.epoch_unix_ms == 5


def test_a_seat_starts_its_driver_as_it_is_watched_and_builds_nothing_before_it_is_asked(tmp_path: Path) -> None:
    def watched(launch: Launch) -> Launch:
        return dataclasses.replace(launch, env={**launch.env, "SPARKGATE_WALLET_ID": "watched"})

    async def wallet_of(around: Surroundings) -> str:
        seat = Seat(native, "native", derive_wallet(SEED, "native"), around, watched=watched)
        try:
            await seat.boot()
            assert seat.identity == ""
            await seat.build()
            assert seat.identity != ""
            status = await seat.driver.request("GET", "/status", deadline_s=30.0)
            return str((status.body or {}).get("walletId"))
        finally:
            await seat.stop()

    assert surrounded(tmp_path, wallet_of) == "watched"


@pytest.mark.parametrize(
    ("status", "body", "names"),
    [
        (200, {"ok": True, "facts": [{"name": "heap_bytes", "value": 1, "how": "said so"}]}, ["heap_bytes"]),
        (404, {"ok": False}, []),
        (500, {"ok": False}, None),
        (200, {"ok": True}, None),
        (200, {"facts": [{"name": "heap_bytes", "value": 1}]}, None),
        (200, {"facts": [{"name": "heap_bytes", "value": [1], "how": "said so"}]}, None),
        (200, {"facts": "many"}, None),
    ],
)
def test_the_meter_of_a_stand_in_is_read_strictly(status: int, body: object, names: list[str] | None) -> None:
    async def answer(request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == "Bearer secret"
        return web.Response(status=status, text=json.dumps(body))

    async def ask() -> list[Fact]:
        application = web.Application()
        application.router.add_get(PATH, answer)
        async with TestServer(application, host="127.0.0.1") as server, services.http_client() as http:
            return await standin_facts(Driver(str(server.make_url("")).rstrip("/"), "secret", http), "standin", 10.0)

    if names is None:
        with pytest.raises(RuntimeStartFailure, match="meter"):
            asyncio.run(ask())
    else:
        assert [(fact.runtime, fact.name) for fact in asyncio.run(ask())] == [("standin", name) for name in names]


def test_it_is_registered() -> None:
    assert use.NAME == "use"
    assert use in INSPECTIONS
