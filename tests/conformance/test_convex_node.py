"""Convex "use node" actions in the stand-in: six combinations of Node and packaging pay; what must be refused is."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from spikes.conformance import DEADLINE_S, pays_through_a_swap, pays_with_exact_leaves, run_kit, same_request_pays_once
from spikes.driver_process import DriverProcess
from spikes.errors import PlanError, RuntimeStartFailure
from spikes.network import Invoice
from spikes.pins import artefact
from spikes.processes import Launch
from spikes.record import Fact, Outcome, Platform, Role, Tier
from spikes.runtimes import Eviction, Form, Runtime, convex_deployment, convex_node
from spikes.runtimes.settings import Settings
from spikes.seat import Seat
from spikes.surroundings import surroundings
from spikes.wallets import derive_wallet

SEED = 5
COMBINATIONS = [f"{node}-{route}" for node in convex_node.NODES for route in convex_node.ROUTES]
GIVEN_BY_CONVEX = {"PATH", "PWD", "LANG", "NODE_PATH", "TZ", "UTC"}
ZIP_LIMIT_BYTES = 45_000_000

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(300)]


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """The runtime with another project or another Node than its lanes offer."""

    project: str
    node: str = str(artefact("node-22").path())
    NAME: str = "convex_node"
    ROLE: Role = Role.NATIVE
    TIER: Tier = Tier.STAND_IN
    FORM: Form = Form.DRIVER
    PLATFORM: Platform = Platform.CONVEX_NODE
    EVICTION: Eviction = Eviction.STOPPED
    SDK: str = convex_node.SDK
    ENGINE: str = "for tests"
    PINS: tuple[str, ...] = ()

    def launch(self, settings: Settings) -> Launch:
        argv = (str(artefact("node-26").path()), str(convex_node.STANDIN / "host.js"), self.project, self.node)
        return Launch(argv=argv, env=settings.environment())

    def facts(self) -> tuple[Fact, ...]:
        return ()


@pytest.fixture(autouse=True)
def _no_deployment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What these tests say is said of the stand-in."""
    monkeypatch.delenv(convex_deployment.URL, raising=False)


@asynccontextmanager
async def seat_of(runtime: Runtime, name: str, directory: Path) -> AsyncIterator[Seat]:
    """A started seat with an emulator of its own."""
    logs, scratch = directory / "logs", directory / "scratch"
    logs.mkdir()
    scratch.mkdir()
    async with surroundings(logs, scratch, seed=SEED, deadline_s=DEADLINE_S) as around:
        seat = Seat(runtime, name, derive_wallet(SEED, name), around)
        try:
            await seat.start()
            yield seat
        finally:
            await seat.stop()


@pytest.mark.parametrize("lane", COMBINATIONS)
async def test_every_combination_pays_once_cold_and_warm(lane: str, tmp_path: Path) -> None:
    async with seat_of(convex_node, f"convex_node@{lane}", tmp_path) as seat:
        results = await run_kit(seat, [pays_with_exact_leaves, pays_through_a_swap, same_request_pays_once])
        assert [result.seen for result in results] == [None] * 3
        order, invoice = await _ordered(seat, 1500)
        await seat.restart()
        cold = await seat.driver.request("POST", "/pay-bolt11", body=order, deadline_s=DEADLINE_S)
        warm = await seat.driver.request("POST", "/pay-bolt11", body=order, deadline_s=DEADLINE_S)
        meter = await _meter(seat)
        settled, _ = await seat.network.settled(invoice.payment_hash)
        assert (cold.status, cold.body) == (warm.status, {**(warm.body or {}), "phases": (cold.body or {})["phases"]})
        assert (cold.status, settled) == (200, 1)
    node, route = lane.split("-")
    assert meter["node"].startswith(node.removeprefix("node"))
    assert (meter["coldStarts"], meter["calls"] > 2) == (1, True)
    assert 0 < meter["analysisS"] < 30
    assert 50_000_000 < meter["peakRssBytes"] < 512 * 2**20
    assert meter["bundleZipBytes"] + meter["externalZipBytes"] < ZIP_LIMIT_BYTES
    assert (meter["externalZipBytes"] > 30_000_000) is (route == "external")
    assert {fact["name"] for fact in meter["facts"]} >= {"process_memory_bytes", "analysis_s", "bundle_zip_bytes"}


async def test_an_unhandled_rejection_ends_the_process_and_the_next_call_repeats_the_stored_answer(
    tmp_path: Path,
) -> None:
    async with seat_of(Deployment(project="controls/faulty"), "convex_node", tmp_path) as seat:
        order, _ = await _ordered(seat, 1500)
        paid = await seat.driver.request("POST", "/pay-bolt11", body=order, deadline_s=DEADLINE_S)
        [process] = _node_processes(seat)
        rejected = await seat.driver.request("POST", "/reject", body={}, deadline_s=DEADLINE_S)
        again = await seat.driver.request("POST", "/pay-bolt11", body=order, deadline_s=DEADLINE_S)
        assert (paid.status, rejected.status, again.status) == (200, 500, 200)
        assert "unhandled rejection: Error: nobody listens" in json.dumps(rejected.body)
        assert (paid.body or {})["result"] == (again.body or {})["result"]
        assert (await _meter(seat))["coldStarts"] == 2
        assert [now.pid for now in _node_processes(seat)] != [process.pid]
        # The wallet itself is whole: it syncs and pays another invoice.
        await seat.give([700])
        invoice = await seat.network.issue_invoice(500, "afterwards")
        assert (await seat.pay(str(uuid.uuid4()), invoice)).outcome is Outcome.PAID


async def test_nothing_of_the_hosts_environment_reaches_the_action(tmp_path: Path) -> None:
    async with seat_of(convex_node, "convex_node", tmp_path) as seat:
        [process] = _node_processes(seat)
        host = psutil.Process(seat.pid)
        assert "SPARKGATE_STATE_DIR" in host.environ(), "the control: the host was told more"
        assert set(process.environ()) <= GIVEN_BY_CONVEX
        assert not [word for word in process.cmdline() if "SPARKGATE" in word]


async def test_arguments_over_5_mib_are_refused(tmp_path: Path) -> None:
    async with seat_of(convex_node, "convex_node", tmp_path) as seat:
        body = b'{"requestId": "' + b"x" * 5 * 2**20 + b'"}'
        reply = await seat.driver.request("POST", "/pay-bolt11", body=body, deadline_s=DEADLINE_S)
        error = (reply.body or {})["error"]
        assert (reply.status, error["code"]) == (500, "internal_error")
        assert re.search(r"arguments of the action: \d+ bytes, the limit is 5242880; send less", error["message"])
        assert (await _meter(seat))["argumentsBytesPeak"] > 5 * 2**20


async def test_plain_bundling_is_refused_at_the_push(tmp_path: Path) -> None:
    words = await _refusal(Deployment(project="controls/plain"), tmp_path)
    assert re.search(
        r"the push is refused: wallet\.js cannot be imported: .*ENOENT.*breez_sdk_spark_wasm_bg\.wasm", words
    )


async def test_a_corrupt_wasm_is_refused_at_the_push(tmp_path: Path) -> None:
    words = await _refusal(Deployment(project="controls/corrupt"), tmp_path)
    assert re.search(r"the push is refused: wallet\.js cannot be imported: CompileError: WebAssembly", words)


async def test_a_missing_node_is_said_in_one_line(tmp_path: Path) -> None:
    words = await _refusal(Deployment(project="embedded", node=str(tmp_path / "node")), tmp_path)
    assert re.search(r"^Node cannot be started: spawn .* ENOENT; run `make setup`$", words)


@pytest.mark.parametrize("lane", ["node21-embedded", "node22", "external", "node22-wheel"])
def test_an_unknown_lane_is_a_clear_refusal(lane: str, tmp_path: Path) -> None:
    with pytest.raises(PlanError, match=f"no lane '{lane}'; choose one of node20-embedded, .*node24-external"):
        convex_node.launch(_settings(f"convex_node@{lane}", tmp_path))


def test_further_lanes_of_the_harness_are_lane_a_again(tmp_path: Path) -> None:
    first = convex_node.launch(_settings("convex_node", tmp_path))
    assert convex_node.launch(_settings("convex_node@one", tmp_path)).argv == first.argv


def test_a_deployment_of_the_user_takes_the_place_of_the_stand_in(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(convex_deployment.URL, "http://127.0.0.1:1")
    monkeypatch.setenv(convex_deployment.ADMIN_KEY, "test|00")
    argv = convex_node.launch(_settings("convex_node@node22-external", tmp_path)).argv
    assert (Path(argv[1]).name, Path(argv[2]).name) == ("deployed.js", "external")
    with pytest.raises(PlanError, match=r"convex\.json says node22; unset CONVEX_SELF_HOSTED_URL"):
        convex_node.launch(_settings("convex_node@node20-external", tmp_path))


def test_facts_tell_the_sizes_of_both_routes() -> None:
    facts = {fact.name: fact.value for fact in convex_node.facts()}
    embedded, external = facts["bundle_zip_bytes.embedded"], facts["bundle_zip_bytes.external"]
    assert isinstance(embedded, int)
    assert isinstance(external, int)
    assert 5_000_000 < embedded < 10_000_000 < external < ZIP_LIMIT_BYTES
    assert facts["bundle_zip_bytes"] == embedded
    assert facts["bundle_bytes"] == facts["bundle_bytes.embedded"]


async def _ordered(seat: Seat, amount_sats: int) -> tuple[dict[str, Any], Invoice]:
    """The body of a payment for which the wallet holds a leaf that fits."""
    invoice = await seat.network.issue_invoice(amount_sats, "convex_node")
    await seat.give([invoice.amount_sats + invoice.fee_sats])
    payment = {"invoice": invoice.bolt11, "maxAmountMsats": amount_sats * 1000, "host": "seller.example"}
    return {"requestId": str(uuid.uuid4()), "payment": payment}, invoice


async def _meter(seat: Seat) -> dict[str, Any]:
    reply = await seat.driver.request("GET", "/standin/meter", deadline_s=DEADLINE_S)
    refused = await seat.driver.request("GET", "/standin/meter", deadline_s=DEADLINE_S, token="wrong")
    assert (reply.status, refused.status) == (200, 401)
    assert reply.body is not None
    return reply.body


def _node_processes(seat: Seat) -> list[psutil.Process]:
    """The processes that run Node actions."""
    children = psutil.Process(seat.pid).children()
    return [child for child in children if any(word.endswith("inside.js") for word in child.cmdline())]


def _settings(name: str, directory: Path) -> Settings:
    return Settings(runtime=name, network="{}", token="t", mnemonic=None, wallet_id="w", state_dir=directory)


async def _refusal(deployment: Deployment, directory: Path) -> str:
    """What a host that cannot start says last."""
    async with httpx.AsyncClient() as http:
        launch = deployment.launch(_settings(deployment.NAME, directory))
        process = DriverProcess(name=deployment.NAME, launch=launch, token="t", logs=directory, http=http)
        with pytest.raises(RuntimeStartFailure, match="ended with status 1") as failure:
            await process.start()
    return failure.value.last_words
