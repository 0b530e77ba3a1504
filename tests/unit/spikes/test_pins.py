"""Pins: what is installed is compared with what pins.toml names, byte for byte."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from spikes import pins
from spikes.errors import PinMismatch, ToolMissing
from spikes.pins import Artefact
from spikes.runtimes import RUNTIMES


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A made-up npm package of one file, pinned."""
    (tmp_path / "package").mkdir()
    file = tmp_path / "package" / "sdk.wasm"
    file.write_bytes(b"\0asm")
    pin = Artefact(
        name="made-up",
        registry="npm",
        package="package",
        version="1.0",
        file="sdk.wasm",
        platform="any",
        sha256=hashlib.sha256(b"\0asm").hexdigest(),
    )
    elsewhere = Artefact(**{**vars(pin), "name": "elsewhere", "platform": "plan9-mips"})
    monkeypatch.setattr(pins, "NODE_MODULES", tmp_path)
    monkeypatch.setattr(pins, "pins", lambda: (pin, elsewhere))
    return file


def test_a_file_as_pinned_gives_its_digest(installed: Path) -> None:
    digest = hashlib.sha256(installed.read_bytes()).hexdigest()
    assert pins.verified_digests(["made-up"]) == {"package/sdk.wasm": f"sha256:{digest}"}
    assert pins.pinned_versions(["made-up"]) == {"npm:package": "1.0"}


def test_one_changed_byte_is_a_mismatch_that_says_what_to_do(installed: Path) -> None:
    installed.write_bytes(b"\1asm")
    with pytest.raises(PinMismatch, match="make setup"):
        pins.verified_digests(["made-up"])


def test_a_missing_file_and_a_missing_pin_are_told_apart(installed: Path) -> None:
    installed.unlink()
    with pytest.raises(ToolMissing, match="make setup"):
        pins.verified_digests(["made-up"])
    with pytest.raises(PinMismatch, match=r"pins\.toml has no 'elsewhere'"):
        pins.verified_digests(["elsewhere"])


def test_every_runtime_runs_on_pinned_software() -> None:
    names = {artefact.name for artefact in pins.pins()}
    for runtime in RUNTIMES:
        assert runtime.PINS
        assert set(runtime.PINS) <= names
    assert {(artefact.aside, artefact.version) for artefact in pins.pins() if "breez" in artefact.package} == {
        (None, "0.19.2"),
        ("sdk-drift", "0.27.2"),
    }
