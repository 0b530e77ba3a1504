"""Rules for the modules of `spikes.runtimes`, and that adding a runtime takes its module, the registry and pins.

Every rule is first shown a module that breaks it.
"""

from __future__ import annotations

import ast
import asyncio
import os
from argparse import Namespace
from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from spikes import pins, runtimes
from spikes.cast import cast_of
from spikes.commands.run import plan_of
from spikes.commands.smoke import fresh_seat
from spikes.conformance import run_kit, unknown_experiment_is_unsupported
from spikes.errors import PinMismatch, PlanError, ToolMissing
from spikes.record import Role
from spikes.runtimes import RUNTIMES, Form, Runtime
from tests.miniatures import eighth
from tests.miniatures.runtimes import miniature

LINES = 120
BLOCK = """
[[artefact]]
name = "eighth-sdk"
registry = "pypi"
package = "breez_sdk_spark"
version = "{version}"
file = "{file}"
platform = "any"
sha256 = "{sha256}"
"""


def breaches(runtime: Runtime, source: str, pinned: Collection[str]) -> list[str]:
    """What a runtime's module does that no runtime's module may do."""
    wrong: list[str] = []
    if len(source.splitlines()) >= LINES:
        wrong.append("too long")
    if "Must not know" not in (ast.get_docstring(ast.parse(source)) or ""):
        wrong.append("says not what it must not know")
    if not runtime.PINS or not set(runtime.PINS) <= set(pinned):
        wrong.append("runs on what is not pinned")
    if runtime.FORM is Form.PROBE and runtime.ROLE is not Role.INFORMATIVE:
        wrong.append("a probe with a part in the decision")
    return wrong


def file_of(runtime: Runtime) -> Path:
    assert isinstance(runtime, ModuleType), f"{runtime.NAME} is no module"
    return Path(str(runtime.__file__))


def source_of(runtime: Runtime) -> str:
    return file_of(runtime).read_text(encoding="utf-8")


@pytest.mark.parametrize("runtime", RUNTIMES, ids=lambda runtime: runtime.NAME)
def test_a_runtimes_module_keeps_the_rules(runtime: Runtime) -> None:
    assert breaches(runtime, source_of(runtime), {entry.name for entry in pins.pins()}) == []


def test_a_runtime_is_named_like_its_module_and_registered_once() -> None:
    assert [runtime.NAME for runtime in RUNTIMES] == [file_of(runtime).stem for runtime in RUNTIMES]
    assert len({runtime.NAME for runtime in RUNTIMES}) == len(RUNTIMES)


def test_every_rule_finds_a_module_that_breaks_it() -> None:
    sound, source, pinned = miniature("careless"), '"""A runtime. Must not know: others."""\n', ["a pin"]
    sound = replace(sound, PINS=("a pin",))
    assert breaches(sound, source, pinned) == []
    assert breaches(sound, source + "\n" * LINES, pinned) == ["too long"]
    assert breaches(sound, source + "\n" * (LINES - 2), pinned) == []
    assert breaches(sound, "x = 1", pinned) == ["says not what it must not know"]
    assert breaches(sound, "# Must not know\nx = 1", pinned) == ["says not what it must not know"]
    assert breaches(replace(sound, PINS=()), source, pinned) == ["runs on what is not pinned"]
    assert breaches(replace(sound, PINS=("a pin", "another")), source, pinned) == ["runs on what is not pinned"]
    probe = replace(sound, FORM=Form.PROBE)
    assert breaches(probe, source, pinned) == ["a probe with a part in the decision"]
    assert breaches(replace(probe, ROLE=Role.INFORMATIVE), source, pinned) == []


# --- one more runtime --------------------------------------------------------------------------------------------


@pytest.fixture
def pinned_eighth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of pins.toml with one more block; everything that reads pins reads it."""
    own = pins.artefact("sdk-native")
    try:
        own.path()
    except ToolMissing as missing:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(missing))
    text = pins.PINS_FILE.read_text(encoding="utf-8")
    block = BLOCK.format(version=own.version, file=own.file, sha256=own.sha256)
    (tmp_path / "pins.toml").write_text(text + block, encoding="utf-8")
    read = pins.pins
    monkeypatch.setattr(pins, "pins", lambda: read(tmp_path / "pins.toml"))
    return tmp_path / "pins.toml"


@pytest.fixture
def registered_eighth(monkeypatch: pytest.MonkeyPatch) -> None:
    """The registry with one more entry."""
    monkeypatch.setattr(runtimes, "RUNTIMES", (*RUNTIMES, eighth))


def plan_for(names: str) -> Namespace:
    return Namespace(profile="quick", seed=1, runtimes=names, payments=None, shard=None)


@pytest.mark.usefixtures("pinned_eighth")
def test_a_runtime_without_its_line_in_the_registry_does_not_exist() -> None:
    with pytest.raises(PlanError, match="there is no runtime 'eighth'"):
        plan_of(plan_for("native,eighth"))


@pytest.mark.usefixtures("registered_eighth")
def test_a_runtime_without_its_block_in_pins_does_not_run() -> None:
    with pytest.raises(PinMismatch, match=r"pins\.toml has no 'eighth-sdk'"):
        cast_of([eighth])


@pytest.mark.usefixtures("registered_eighth")
def test_one_more_runtime_is_planned_like_the_others_and_held_to_its_pin(pinned_eighth: Path) -> None:
    assert breaches(eighth, source_of(eighth), {entry.name for entry in pins.pins()}) == []
    plan, chosen = plan_of(plan_for("native,eighth"))
    asked = Counter((planned.runtime, planned.experiment) for planned in plan.attempts if planned.lane == "a")
    assert {name: n for (runtime, name), n in asked.items() if runtime == "eighth"} == {
        name: n for (runtime, name), n in asked.items() if runtime == "native"
    }
    cast = cast_of(chosen)
    assert not cast.unfit
    assert [list(pin.digests.values()) for pin in cast.pins if pin.name == "eighth"] == [
        [f"sha256:{pins.artefact('sdk-native').sha256}"]
    ]
    assert [fact.name for fact in eighth.facts()] == ["sdk_library_bytes"]


@pytest.mark.usefixtures("registered_eighth")
def test_one_more_runtime_with_another_file_than_pinned_is_unfit_alone(pinned_eighth: Path) -> None:
    text = pinned_eighth.read_text(encoding="utf-8")
    head, mark, tail = text.rpartition('sha256 = "')
    pinned_eighth.write_text(head + mark + "0" * 64 + tail[64:], encoding="utf-8")
    cast = cast_of(plan_of(plan_for("native,eighth"))[1])
    assert list(cast.unfit) == ["eighth"]


@pytest.mark.conformance
@pytest.mark.usefixtures("pinned_eighth", "registered_eighth")
def test_one_more_runtime_meets_the_kits_negative_control(tmp_path: Path) -> None:
    async def seen(runtime: Runtime) -> str | None:
        async with fresh_seat(runtime, tmp_path, tmp_path / "scratch") as seat:
            (result,) = await run_kit(seat, [unknown_experiment_is_unsupported])
            return result.seen

    assert asyncio.run(seen(runtimes.runtime_named("eighth"))) is None
    assert "unsupported" in str(asyncio.run(seen(miniature("careless")))), "and the control can fail"
