"""The ledger of host needs, taken in real runtimes, and in one that lacks an API."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from spikes.errors import RuntimeStartFailure
from spikes.inspections import host_needs
from spikes.inspections.host_needs import PHASES
from spikes.pins import artefact
from spikes.processes import Launch
from spikes.record import Fact, Platform, Role, Tier
from spikes.runtimes import Eviction, Form, Runtime, convex_isolate, convex_node, native, node, workerd
from spikes.runtimes.settings import Settings
from spikes.surroundings import surroundings
from tests.miniatures.runtimes import ProgramRuntime

SEED = 5
# On the path of every payment, whatever the engine.
NEEDED = {
    "AbortController",
    "Headers",
    "ReadableStream",
    "Request",
    "Response",
    "WebAssembly",
    "crypto.getRandomValues",
    "fetch",
    "setTimeout",
}

pytestmark = pytest.mark.conformance


@dataclass(frozen=True, kw_only=True)
class CrippledNode:
    """The Node driver, after a script has run that takes something away."""

    preload: Path
    NAME: str = "crippled_node"
    ROLE: Role = Role.EXTERNAL
    TIER: Tier = Tier.REAL
    FORM: Form = Form.DRIVER
    PLATFORM: Platform = Platform.NONE
    EVICTION: Eviction = Eviction.NEVER
    SDK: str = node.SDK
    ENGINE: str = node.ENGINE
    PINS: tuple[str, ...] = node.PINS

    def launch(self, settings: Settings) -> Launch:
        whole = node.launch(settings)
        return Launch(argv=(whole.argv[0], f"--import={self.preload}", *whole.argv[1:]), env=whole.env)

    def facts(self) -> tuple[Fact, ...]:
        return ()


def crippled(script: str, tmp_path: Path) -> CrippledNode:
    preload = tmp_path / "preload.mjs"
    preload.write_text(script, encoding="utf-8")
    return CrippledNode(preload=preload)


def taken(runtime: Runtime, tmp_path: Path) -> list[Fact]:
    """The facts of the inspection, on a network of its own."""

    async def inspected() -> list[Fact]:
        async with surroundings(tmp_path, tmp_path / "scratch", seed=SEED, deadline_s=60.0) as around:
            return await host_needs.inspect(runtime, around)

    return asyncio.run(inspected())


def values(facts: list[Fact]) -> Mapping[str, int | float | str]:
    return {fact.name: fact.value for fact in facts}


@pytest.mark.parametrize("runtime", [node, workerd], ids=lambda runtime: runtime.NAME)
def test_a_whole_runtime_lacks_nothing(runtime: Runtime, tmp_path: Path) -> None:
    facts = taken(runtime, tmp_path)
    found = values(facts)
    assert {api for api in NEEDED if found.get(f"host_api.{api}") != "present"} == set()
    apis = [name for name in found if name.startswith("host_api.")]
    assert found["host_apis_touched"] == len(apis) >= len(NEEDED)
    assert (found["host_apis_missing"], found["host_apis_shimmed"]) == (0, 0)
    assert not [name for name in apis if "unclassified" in name]
    called = {phase: found.get(f"host_api_calls.{phase}.fetch", 0) for phase in PHASES}
    assert called.pop("build") == 0
    assert min(map(float, called.values())) > 0
    assert float(found["host_api_calls.send_swap.fetch"]) > float(found["host_api_calls.send_exact.fetch"])
    assert found["sdk_fetches_left_open"] == 0
    assert found["sdk_timers_left_open"] == 1, "each payment's own deadline, which the SDK does not clear"
    assert found["code_generations"] == (1 if runtime is node else 0), "Node's build compiles the wasm from bytes"
    assert len(facts) < 100
    assert {fact.runtime for fact in facts} == {runtime.NAME}


def test_the_ledger_outlives_the_context_of_a_call_and_a_probe_is_no_need(tmp_path: Path) -> None:
    found = values(taken(convex_isolate, tmp_path))
    assert "host_api.queueMicrotask" not in found, "Convex has none: the SDK looks for it and does without"
    assert found["host_apis_missing"] == 0
    assert {phase for phase in PHASES if found.get(f"host_api_calls.{phase}.TextDecoder") == 1} >= {"build", "prepare"}
    assert {api for api in NEEDED if found.get(f"host_api.{api}") != "present"} == set()


def test_a_shim_that_the_host_declares_is_told(tmp_path: Path) -> None:
    found = values(taken(convex_node, tmp_path))
    assert found["host_api.Uint8Array.fromBase64"] == "shimmed"
    assert (found["host_apis_missing"], found["host_apis_shimmed"]) == (0, 1)


def test_a_native_sdk_needs_shared_libraries(tmp_path: Path) -> None:
    found = values(taken(native, tmp_path))
    assert found["host_api.libc.so.6"] == "present"
    assert float(found["host_apis_touched"]) > 1
    assert (found["host_apis_missing"], found["host_apis_shimmed"]) == (0, 0)


@pytest.mark.parametrize(
    ("api", "script", "where"),
    [
        ("WebAssembly", "delete globalThis.WebAssembly;", "build"),
        ("Response", "delete Response.prototype.text;", "sync"),
    ],
)
def test_what_a_runtime_lacks_is_named(api: str, script: str, where: str, tmp_path: Path) -> None:
    facts = taken(crippled(script, tmp_path), tmp_path)
    found = values(facts)
    assert [name for name, value in found.items() if value == "missing"] == [f"host_api.{api}"]
    assert found["host_apis_missing"] == 1
    assert all(f"not complete: {where} failed" in fact.how for fact in facts if fact.name.startswith("host_api"))


def test_a_driver_that_ends_for_lack_of_an_api_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(RuntimeStartFailure, match=r"no ledger of host needs: claim failed .*, and then .*ConnectError"):
        taken(crippled("delete Crypto.prototype.getRandomValues;", tmp_path), tmp_path)


def test_an_sdk_that_was_there_before_the_watch_is_one_clear_line(tmp_path: Path) -> None:
    entry = artefact("sdk-js-nodejs").path().with_name("index.js").as_uri()
    with pytest.raises(RuntimeStartFailure, match=r"the SDK's imports were not seen"):
        taken(crippled(f"console.log = console.warn = () => {{}}; await import('{entry}');", tmp_path), tmp_path)


def test_a_driver_without_a_ledger_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(RuntimeStartFailure, match=r"no ledger of host needs: .*inspectedContract"):
        taken(ProgramRuntime(NAME="unheard", program=("-m", "spikes.drivers.native")), tmp_path)
