"""Who takes part in a run: what is not installed as pinned is named, and keeps nobody else from running."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from spikes import pins
from spikes.cast import cast_of
from spikes.errors import PinMismatch, ToolMissing
from tests.miniatures.runtimes import ProgramRuntime


@pytest.fixture
def corrupt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two more pins: a file that is not what its pin says, and one that is not there."""
    (tmp_path / "box" / "package").mkdir(parents=True)
    (tmp_path / "box" / "package" / "sdk.wasm").write_bytes(b"not what was pinned")
    monkeypatch.setattr(pins, "ASIDE", tmp_path)
    spoilt = replace(pins.artefact("sdk-wasm-web"), name="spoilt", package="package", file="sdk.wasm", aside="box")
    absent = replace(spoilt, name="absent", file="node")
    known = pins.pins()
    monkeypatch.setattr(pins, "pins", lambda: (*known, spoilt, absent))


FIT = ProgramRuntime(NAME="fit", program=(), PINS=("sdk-js-web",))


@pytest.mark.usefixtures("corrupt")
@pytest.mark.parametrize(("pin", "error"), [("spoilt", PinMismatch), ("absent", ToolMissing)])
def test_the_others_go_on(pin: str, error: type[Exception]) -> None:
    cast = cast_of([ProgramRuntime(NAME="unfit", program=(), PINS=(pin,)), FIT])
    assert [(entry.name, bool(entry.digests)) for entry in cast.pins] == [("unfit", False), ("fit", True)]
    assert list(cast.unfit) == ["unfit"]
    assert isinstance(cast.unfit["unfit"], error)
    assert "make setup" in str(cast.unfit["unfit"])


@pytest.mark.usefixtures("corrupt")
def test_nobody_fit_is_an_error() -> None:
    with pytest.raises(PinMismatch, match="make setup"):
        cast_of([ProgramRuntime(NAME="unfit", program=(), PINS=("spoilt",))])
