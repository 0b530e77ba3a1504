"""Python in Pyodide: it really drives the SDK; a Python Worker in workerd is tried, and no packet of it leaves here."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from spikes import closed_network
from spikes.closed_network import NetworkOpen
from spikes.commands.smoke import fresh_seat, smoke_probe
from spikes.conformance import DEADLINE_S
from spikes.pins import artefact
from spikes.record import Outcome
from spikes.runtimes import pyodide, pyodide_build, workerd
from spikes.seat import Seat

METER = "/standin/meter"
REQUEST_ID = "00000000-0000-4000-8000-000000000003"
AMOUNT_SATS = 1000
LEAST_HEAP_BYTES = 16 << 20

pytestmark = pytest.mark.conformance


def on_a_seat(work: Callable[[Seat], Awaitable[None]], tmp_path: Path) -> None:
    async def run() -> None:
        async with fresh_seat(pyodide, tmp_path, tmp_path / "scratch") as seat:
            await work(seat)

    asyncio.run(run())


async def metered(seat: Seat) -> dict[str, Any]:
    reply = await seat.driver.request("GET", METER, deadline_s=DEADLINE_S)
    assert reply.status == 200
    assert reply.body is not None
    return {fact["name"]: fact["value"] for fact in reply.body["facts"]}


def test_python_makes_the_calls_that_pay(tmp_path: Path) -> None:
    async def work(seat: Seat) -> None:
        await seat.hold_at_least(10 * AMOUNT_SATS)
        before = (await metered(seat))["python_sdk_calls"]
        answer = await seat.pay(REQUEST_ID, await seat.network.issue_invoice(AMOUNT_SATS, "pyodide"))
        assert answer.outcome is Outcome.PAID
        # prepareSendPayment, sendPayment and getInfo at the least; none of them by JavaScript's own hand.
        assert (await metered(seat))["python_sdk_calls"] >= before + 3

    on_a_seat(work, tmp_path)


def test_the_meter_counts_both_memories_and_asks_for_the_token(tmp_path: Path) -> None:
    async def work(seat: Seat) -> None:
        told = await metered(seat)
        wasm = (await seat.driver.status(DEADLINE_S)).wasm_memory_bytes
        assert wasm is not None
        assert told["pyodide_heap_bytes"] >= LEAST_HEAP_BYTES
        assert told["isolate_memory_bytes"] > told["pyodide_heap_bytes"] + wasm
        for token in ("", "wrong"):
            reply = await seat.driver.request("GET", METER, deadline_s=DEADLINE_S, token=token)
            assert reply.status == 401

    on_a_seat(work, tmp_path)


def test_what_it_would_upload_is_what_the_javascript_worker_uploads_and_a_little_python() -> None:
    """Pyodide itself is the platform's; a module that compose.js imports and the count misses would show here."""
    sizes = [{fact.name: fact.value for fact in runtime.facts()} for runtime in (pyodide, workerd)]
    python, javascript = (int(size["upload_raw_bytes"]) for size in sizes)
    assert abs(python - javascript) < 15_000
    assert int(sizes[0]["pyodide_bytes"]) > 10_000_000


def attempt_at_a_python_worker() -> str:
    return next(str(fact.value) for fact in pyodide.facts() if fact.name == "python_worker_attempt")


def test_a_python_worker_is_tried_and_recorded_as_it_ends() -> None:
    hindered = closed_network.obstacle()
    told = attempt_at_a_python_worker()
    if hindered is not None:
        assert told == f"not attempted: {hindered}"
        return
    assert told.startswith("exit 1: workerd/server/server/bridge.rs")
    assert "Request for Pyodide bundle failed" in told
    assert str(Path.home()) not in told
    assert str(closed_network.PROJECT) not in told


def test_without_a_way_to_close_the_network_no_python_worker_is_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert attempt_at_a_python_worker().startswith("not attempted: there is no unshare program")


def test_the_attempt_asks_no_proxy(tmp_path: Path) -> None:
    """What workerd wants goes past every proxy: only a network without a way out holds it."""
    argv = (str(artefact("workerd").path()), "serve", str(pyodide.PYTHON_WORKER))
    try:
        ending = closed_network.attempt(argv, env={}, cwd=tmp_path, deadline_s=pyodide.ATTEMPT_S)
    except NetworkOpen as hindered:
        pytest.skip(str(hindered))
    assert (ending.status, ending.asked_for) == (1, ())


def test_the_build_probe_comes_to_a_finding(tmp_path: Path) -> None:
    results = asyncio.run(smoke_probe(pyodide_build, tmp_path, tmp_path / "scratch"))
    assert {result.check: result.seen for result in results} == {
        "comes_to_a_finding": None,
        "gives_reason_and_facts": None,
    }
