"""Only a live run's driver is given a way out, and only a live run's driver is given the SDK's key."""

from __future__ import annotations

from pathlib import Path

import pytest

from spikes.errors import ToolMissing
from spikes.pins import artefact
from spikes.runtimes import durable_object, workerd
from spikes.runtimes.settings import Settings


def settings(tmp_path: Path, *, outside: bool, api_key: str | None = None) -> Settings:
    state_dir = tmp_path / "state"
    state_dir.mkdir(exist_ok=True)
    return Settings(
        runtime="r",
        network="{}",
        token="t",
        mnemonic=None,
        wallet_id="w",
        state_dir=state_dir,
        outside=outside,
        api_key=api_key,
    )


def test_the_key_is_told_if_there_is_one_and_shows_nowhere_else(tmp_path: Path) -> None:
    told = settings(tmp_path, outside=True, api_key="a-key")
    assert told.environment()["SPARKGATE_API_KEY"] == "a-key"
    assert "a-key" not in repr(told)
    assert "SPARKGATE_API_KEY" not in settings(tmp_path, outside=True).environment()


@pytest.mark.parametrize("runtime", [workerd, durable_object])
@pytest.mark.parametrize("outside", [False, True])
def test_the_way_out_is_in_the_configuration_that_was_asked_for(runtime: object, outside: bool, tmp_path: Path) -> None:
    try:
        artefact("workerd").path()
    except ToolMissing as missing:
        pytest.skip(str(missing))
    launch = runtime.launch(settings(tmp_path, outside=outside))  # type: ignore[attr-defined]
    compiled = Path(launch.argv[launch.argv.index("--binary") + 1]).read_bytes()
    assert (b"public\0" in compiled) == outside
    assert b"127.0.0.1/32" in compiled
