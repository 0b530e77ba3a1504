"""The wasmtime probe: values, hosts, pure calls, limits, and bad input.

The SDK's module is compiled at most once: tests share the machine code in .build/wasmtime with the probe.
"""

from __future__ import annotations

import math
import os
import sys
from pathlib import Path

import pytest
from wasmtime import Trap, TrapCode, wat2wasm

from spikes.errors import PinMismatch, ToolMissing
from spikes.pins import artefact, verified_digests
from spikes.probes.wasmtime import __main__ as program
from spikes.probes.wasmtime import calls, compiled, limits, survey, values, wasi
from spikes.probes.wasmtime.compiled import Compiled
from spikes.probes.wasmtime.failure import ProbeFailure
from spikes.probes.wasmtime.host import IMPORTS, PAGE_BYTES, ImportNotMet, SmallHost
from spikes.probes.wasmtime.imports import Census, load_classes
from spikes.probes.wasmtime.values import UNDEFINED, JsArray, JsError, JsObject, NotKnown
from spikes.runtimes import wasmtime

CALLS = {call.name: call for call in calls.PURE_CALLS}


@pytest.fixture(scope="module")
def sdk() -> Compiled:
    """The SDK's module, compiled here or before."""
    try:
        verified_digests(wasmtime.PINS)
    except (ToolMissing, PinMismatch) as missing:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(missing))
    return compiled.compiled(compiled.read_wasm(artefact("sdk-wasm-web").path()), program.CACHE)


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        (UNDEFINED, None, True),
        (UNDEFINED, UNDEFINED, True),
        (None, False, False),
        (UNDEFINED, 0.0, False),
        (None, "", False),
        ("a", "a", True),
        (1.0, 1.0, True),
        (math.nan, math.nan, False),
        (True, True, True),
        (JsObject(), JsObject(), False),
    ],
)
def test_loose_equality_is_javascripts(left: values.JsValue, right: values.JsValue, equal: bool) -> None:
    assert values.loosely_equal(left, right) is equal
    assert values.loosely_equal(right, left) is equal


def test_what_javascript_would_convert_first_is_not_guessed() -> None:
    for left, right in ((1.0, "1"), (True, 1.0), (JsObject(), "[object Object]")):
        with pytest.raises(NotKnown):
            values.loosely_equal(left, right)
    with pytest.raises(NotKnown):
        values.set_item(JsArray(), 1, None)  # a hole
    with pytest.raises(NotKnown):
        values.set_property(JsObject(), "7", None)  # index keys come first in JavaScript
    with pytest.raises(NotKnown):
        values.to_string(1.0)


def test_an_object_becomes_json_as_stringify_makes_it() -> None:
    itself = JsObject()
    assert values.loosely_equal(itself, itself)
    for key, value in (("a", 1.0), ("b", UNDEFINED), ("c", JsArray([None, UNDEFINED, 0.5])), ("d", False)):
        values.set_property(itself, key, value)
    assert values.to_json(itself) == {"a": 1, "c": [None, None, 0.5], "d": False}
    assert values.to_string(JsError("no")) == "Error: no"


def small(text: str, tmp_path: Path) -> Compiled:
    return compiled.compiled(bytes(wat2wasm(text)), tmp_path)


def test_a_wasi_host_stops_at_the_first_import_that_is_not_wasi(tmp_path: Path) -> None:
    made = small(
        '(module (import "wasi_snapshot_preview1" "sched_yield" (func (result i32))) (import "./js" "fetch" (func)))',
        tmp_path,
    )
    refused = wasi.refusal(made)
    assert (refused.met, refused.first_missing) == (1, "fetch")


@pytest.mark.parametrize(
    "text",
    ["(module)", '(module (import "wasi_snapshot_preview1" "sched_yield" (func (result i32))))'],
    ids=["nothing", "wasi"],
)
def test_a_module_that_is_not_the_sdk_is_said_to_be_none(tmp_path: Path, text: str) -> None:
    made = small(text, tmp_path)
    with pytest.raises(ProbeFailure, match="not the SDK"):
        wasi.refusal(made)
    with pytest.raises(ProbeFailure, match="another SDK"):
        SmallHost(made)
    with pytest.raises(ProbeFailure, match="no memory"):
        limits.memory_minimum_bytes(made)


def test_a_call_beyond_the_host_ends_with_the_name_of_the_import(sdk: Compiled) -> None:
    """`connect` wants to read a property of its request: more than this host has, and it says so."""
    with pytest.raises(ImportNotMet, match="__wbg_"):
        SmallHost(sdk).call("connect", JsObject())


def test_what_the_host_counts_is_what_was_called(sdk: Compiled) -> None:
    host = SmallHost(sdk)
    with host.metered() as first:
        calls.outcome(CALLS["default_config_refused"], host)
    assert set(first.host_calls) <= set(IMPORTS)
    assert first.host_calls["__wbg_Error_3639a60ed15f87e7"] == 1
    with host.metered() as nothing:
        pass
    assert (nothing.fuel, nothing.host_calls.total()) == (0, 0)


# Fuel is counted in the module's own instructions: with this SDK and this wasmtime it is the same on every machine.
FUEL = {
    "default_config": (2_281_900, 114),
    "default_server_config": (2_281_060, 111),
    "default_config_refused": (3_993, 5),
    "postgres_config": (6_056, 15),
    "mysql_config": (7_262, 18),
    "derive_signers": (95_823_517, 3),
    "derive_signers_refused": (57_599, 4),
}


@pytest.mark.parametrize("name", FUEL)
def test_a_pure_call_takes_its_fuel_and_no_other(sdk: Compiled, name: str) -> None:
    ran = calls.run(CALLS[name], sdk)
    assert ran.deterministic
    assert (ran.fuel[0], ran.host_calls) == FUEL[name]
    assert ran.memory_bytes % PAGE_BYTES == 0


def test_every_pure_call_has_its_fuel_written_down() -> None:
    assert FUEL.keys() == CALLS.keys()


def test_every_limit_bites(sdk: Compiled) -> None:
    facts = {each.name: each.value for each in limits.trials(sdk, CALLS["default_config"], FUEL["default_config"][0])}
    assert facts["limit.memory_minimum_bytes"] == 47 * PAGE_BYTES
    assert str(facts["limit.memory_below_minimum"]).startswith("refused: memory minimum size of 47 pages")
    assert facts["limit.memory_without_growth"] == "trapped: wasm `unreachable` instruction executed"
    assert facts["limit.fuel_exhausted"] == "trapped: all fuel consumed by WebAssembly"
    assert facts["limit.epoch_deadline"] == "trapped: interrupt"
    assert float(facts["limit.epoch_interrupt_s"]) < 5.0


def test_a_limit_that_does_not_bite_is_told(sdk: Compiled) -> None:
    """Half of ten times the fuel is enough, and a call that makes no host call meets no deadline."""
    generous = FUEL["default_config"][0] * 10
    facts = {each.name: each.value for each in limits.trials(sdk, CALLS["default_config"], generous)}
    assert facts["limit.fuel_exhausted"] == limits.NOT_ENFORCED
    idle = calls.PureCall(name="idle", says="start()", make=lambda host: host.call("start"))
    facts = {each.name: each.value for each in limits.trials(sdk, idle, generous)}
    assert facts["limit.epoch_deadline"] == facts["limit.memory_without_growth"] == limits.NOT_ENFORCED
    assert "limit.epoch_interrupt_s" not in facts


def test_a_host_without_fuel_stops_at_the_first_instruction(sdk: Compiled) -> None:
    with pytest.raises(Trap) as stopped:
        SmallHost(sdk, fuel=0)
    assert stopped.value.trap_code is TrapCode.OUT_OF_FUEL


def test_the_reason_stays_in_one_line_however_many_classes_there_are() -> None:
    many = {f"class_of_some_length_{number}": 400 - number for number in range(40)}
    counted = Census(total=9_999, counts=many, strangers=())
    refused = wasi.Refusal(met=0, first_missing="__wbg_new_2fad8ca02fd00684", words="")
    said = survey.reason(counted, load_classes(), refused)
    assert len(said) <= 300
    assert said.startswith(f"0 of 9999 imports are WASI, a WASI host stops at {refused.first_missing}; ")
    assert said.endswith(", ...")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot read sdk.wasm (No such file or directory); run `make setup`"),
        (b"<html>", "sdk.wasm does not begin as WebAssembly does; reinstall the SDK with `make setup`"),
        (b"\0asm\1\0\0\0\1\xff", "cannot compile the module"),
        (b"\0asm\1\0\0\0", "a WASI host instantiates the module: it is not the SDK that this probe is for"),
    ],
    ids=["missing", "text", "cut", "empty"],
)
def test_bad_input_is_one_line_and_an_exit_code(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    content: bytes | None,
    said: str,
) -> None:
    wasm = tmp_path / "sdk.wasm"
    if content is not None:
        wasm.write_bytes(content)
    monkeypatch.setattr(sys, "argv", ["wasmtime", str(wasm), "--cache", str(tmp_path / "code")])
    assert program.main() == program.FAILED
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert err.count("\n") == 1
