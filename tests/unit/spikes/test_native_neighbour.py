"""The settings of a second wallet in the native driver: only for its inspection, its own alone, and no secret told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from spikes.drivers.native.config import Config, ConfigError
from spikes.drivers.native.custody import LegacyEnv
from spikes.drivers.native.neighbour import second_config

WORDS = "secret words"
OWN = {"SPARKGATE_WALLET_ID": "wallet-2", "SPARKGATE_MNEMONIC": WORDS}


def environment(tmp_path: Path, own: object = OWN, **changes: str) -> dict[str, str]:
    return {
        "SPARKGATE_NETWORK": json.dumps({"operators": [], "ssp": {"baseUrl": "http://127.0.0.1:9"}}),
        "SPARKGATE_TOKEN": "token",
        "SPARKGATE_WALLET_ID": "wallet-1",
        "SPARKGATE_MNEMONIC": "the first one's",
        "SPARKGATE_STATE_DIR": str(tmp_path),
        "SPARKGATE_INSPECT": "isolation",
        "SPARKGATE_SECOND_WALLET": own if isinstance(own, str) else json.dumps(own),
        **changes,
    }


def second(env: dict[str, str]) -> Config | None:
    return second_config(env, Config.from_environment(env))


def test_the_second_wallet_has_its_own_name_seed_and_folder(tmp_path: Path) -> None:
    config = second(environment(tmp_path))
    assert config is not None
    assert (config.wallet_id, config.state_dir) == ("wallet-2", tmp_path / "second")
    assert config.custody == LegacyEnv(mnemonic=WORDS)
    assert WORDS not in repr(config)


def test_it_inherits_no_mnemonic(tmp_path: Path) -> None:
    config = second(environment(tmp_path, {"SPARKGATE_WALLET_ID": "wallet-2"}))
    assert config is not None
    assert config.custody == LegacyEnv(mnemonic=None)


@pytest.mark.parametrize("changes", [{"SPARKGATE_INSPECT": "use"}, {"SPARKGATE_SECOND_WALLET": ""}])
def test_there_is_none_but_for_its_inspection(changes: dict[str, str], tmp_path: Path) -> None:
    assert second(environment(tmp_path, **changes)) is None


@pytest.mark.parametrize(
    ("own", "says"),
    [
        (f"not json: {WORDS}", "is not JSON"),
        ([WORDS], "names no SPARKGATE_WALLET_ID"),
        ({"SPARKGATE_MNEMONIC": WORDS}, "names no SPARKGATE_WALLET_ID"),
        ({**OWN, "SPARKGATE_WALLET_ID": "wallet-1"}, "names the first wallet"),
        ({**OWN, "SPARKGATE_STATE_DIR": "/"}, "settings of one wallet only"),
        ({**OWN, "SPARKGATE_MNEMONIC": [WORDS]}, "settings of one wallet only"),
        ({**OWN, "SPARKGATE_WALLET_SOURCE": "convex_envelope"}, "SPARKGATE_MNEMONIC is set beside an envelope"),
    ],
)
def test_what_makes_no_second_wallet_is_one_line_without_a_secret(own: object, says: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=says) as refused:
        second(environment(tmp_path, own))
    assert WORDS not in str(refused.value)
    assert "\n" not in str(refused.value)
