"""The wasmtime probe as the runner starts it; its values against Node's; its deadline and its compiled code."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from spikes import experiments
from spikes.errors import PinMismatch, RuntimeStartFailure, ToolMissing
from spikes.pins import artefact, verified_digests
from spikes.plan import PROBE, PlannedAttempt, Profile, make_plan
from spikes.probe import probe
from spikes.probes.wasmtime import __main__ as program
from spikes.probes.wasmtime import calls, compiled
from spikes.processes import PROJECT
from spikes.record import Fact, Outcome, PaymentPath, Role
from spikes.runtimes import wasmtime

DRIVERS = PROJECT / "spikes" / "drivers"
# Each call as in spikes/probes/wasmtime/calls.py, made by the SDK's own JavaScript. The SDK chats on the other streams.
NODE_PROGRAM = """
import { writeFileSync } from 'node:fs';
const sdk = (await import('@breeztech/breez-sdk-spark/nodejs')).default;
const { network, database, mnemonic, wrongMnemonic, handle, out } = JSON.parse(process.argv[1]);
const outcome = (call) => { try { return call(); } catch (error) { return { thrown: error.message }; } };
const isHandle = (value) => value instanceof sdk.ExternalSigners && handle;
const signers = (words) => isHandle(sdk.defaultExternalSigners(words, undefined, network));
writeFileSync(out, JSON.stringify({
  default_config: outcome(() => sdk.defaultConfig(network)),
  default_server_config: outcome(() => sdk.defaultServerConfig(network)),
  default_config_refused: outcome(() => sdk.defaultConfig('nonsense')),
  postgres_config: outcome(() => sdk.defaultPostgresStorageConfig(database)),
  mysql_config: outcome(() => sdk.defaultMysqlStorageConfig(database)),
  derive_signers: outcome(() => signers(mnemonic)),
  derive_signers_refused: outcome(() => signers(wrongMnemonic)),
}));
"""

pytestmark = pytest.mark.conformance


@pytest.fixture(autouse=True)
def _installed() -> None:
    try:
        verified_digests((*wasmtime.PINS, "sdk-wasm-nodejs", "sdk-js-nodejs", "node"))
    except (ToolMissing, PinMismatch) as missing:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(missing))


def planned() -> PlannedAttempt:
    repeats = {PROBE: {wasmtime.NAME: 1}}
    profile = Profile(name="a probe", purpose="a test", attempt_deadline_s=1.0, repeats=repeats)
    return make_plan(profile, 1, [wasmtime.NAME], experiments.EXPECTED).attempts[0]


def by_name(facts: list[Fact]) -> dict[str, Any]:
    assert len({fact.name for fact in facts}) == len(facts), "a fact is given once"
    assert all(fact.how and fact.runtime == wasmtime.NAME for fact in facts)
    return {fact.name: fact.value for fact in facts}


def survey(wasm: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "spikes.probes.wasmtime", str(wasm), *options]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=170)


def facts_of(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    return {fact["name"]: fact["value"] for fact in json.loads(done.stdout)["finding"]["facts"]}


def test_the_runner_gets_a_finding_with_numbers(tmp_path: Path) -> None:
    assert wasmtime.ROLE is Role.INFORMATIVE
    assert planned().experiment == PROBE
    attempt, found = asyncio.run(probe(wasmtime, planned(), tmp_path, tmp_path / "scratch"))
    assert (attempt.outcome, attempt.code, attempt.path) == (
        Outcome.UNSUPPORTED,
        "host_imports_missing",
        PaymentPath.NONE,
    )
    assert (attempt.reason or "").startswith("0 of 312 imports are WASI, a WASI host stops at __wbg_new_")
    facts = by_name(found)
    assert (facts["imports_total"], facts["imports_wasi"], facts["exports_total"]) == (312, 0, 195)
    classes = {name: value for name, value in facts.items() if name.startswith("imports.")}
    assert sum(classes.values()) == facts["imports_total"]
    assert classes["imports.other"] == 0
    assert facts["imports_without_wasi_counterpart"] == 266
    assert facts["calls_made"] == len(calls.PURE_CALLS)
    assert not [name for name in facts if name.startswith("call_failed")]
    assert facts["fuel_deterministic"] == "yes"
    assert facts["limit.epoch_deadline"] == "trapped: interrupt"
    assert "not enforced" not in [value for name, value in facts.items() if name.startswith("limit.")]


def test_a_corrupt_module_is_a_start_failure_with_the_probes_own_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the runner sees it: the runtime is out, with one line of its own; the run goes on."""
    launch = wasmtime.launch

    def on_a_corrupt_module(settings: Any) -> Any:
        whole = launch(settings)
        corrupt = tmp_path / "sdk.wasm"
        corrupt.write_bytes(Path(whole.argv[-1]).read_bytes()[:1_000_000])
        return type(whole)(argv=(*whole.argv[:-1], str(corrupt)), env=whole.env, ready_key=whole.ready_key)

    monkeypatch.setattr(wasmtime, "launch", on_a_corrupt_module)
    with pytest.raises(RuntimeStartFailure, match="ended with status 1") as failed:
        asyncio.run(probe(wasmtime, planned(), tmp_path, tmp_path / "scratch"))
    assert "cannot compile the module" in failed.value.last_words
    assert "\n" not in failed.value.last_words


def test_node_gives_the_same_values(tmp_path: Path) -> None:
    assert artefact("sdk-wasm-web").sha256 == artefact("sdk-wasm-nodejs").sha256, "the same module in both"
    out = tmp_path / "values.json"
    asked = {
        "network": calls.NETWORK,
        "database": calls.DATABASE,
        "mnemonic": calls.MNEMONIC,
        "wrongMnemonic": calls.WRONG_MNEMONIC,
        "handle": calls.HANDLE,
        "out": str(out),
    }
    command = [str(artefact("node").path()), "--input-type=module", "--eval", NODE_PROGRAM, json.dumps(asked)]
    subprocess.run(command, cwd=DRIVERS, capture_output=True, check=True, timeout=60)
    sdk = compiled.compiled(compiled.read_wasm(artefact("sdk-wasm-web").path()), program.CACHE)
    ours = {call.name: calls.run(call, sdk).value for call in calls.PURE_CALLS}
    assert json.loads(out.read_text()) == ours
    assert ours["default_config"]["preferSparkOverLightning"] is False, "a boolean, not what the table held by chance"


def test_the_module_is_compiled_once_and_then_loaded(tmp_path: Path) -> None:
    wasm, options = artefact("sdk-wasm-web").path(), ("--cache", str(tmp_path / "code"))
    first, second = facts_of(survey(wasm, *options)), facts_of(survey(wasm, *options))
    assert first["compile_s"] > 0
    assert "deserialize_s" not in first
    assert 0 < second["deserialize_s"] < first["compile_s"]
    assert "compile_s" not in second
    assert second["process_memory_bytes"] < first["process_memory_bytes"]
    timed = ("compile", "deserialize_s", "process_memory_bytes", "call_s", "limit.epoch_interrupt_s")
    same = [{name: value for name, value in facts.items() if not name.startswith(timed)} for facts in (first, second)]
    assert same[0] == same[1]


def test_a_probe_that_takes_too_long_ends_itself(tmp_path: Path) -> None:
    started = time.perf_counter()
    done = survey(artefact("sdk-wasm-web").path(), "--cache", str(tmp_path / "code"), "--deadline-s", "0.2")
    assert done.returncode == program.TOO_SLOW
    assert done.stderr == "no finding within 0.2 s; run it again when the machine is idle\n"
    assert done.stdout == ""
    assert time.perf_counter() - started < 20
    assert not list(tmp_path.rglob("*.cwasm"))
