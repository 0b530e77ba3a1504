"""The networks of live runs are the SDK's own, and drivers can be told of them as they are told of the emulator."""

from __future__ import annotations

import importlib.metadata
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import breez_sdk_spark as sdk
import pytest

from spikes.drivers.native.config import Config, ConfigError, spark_network
from spikes.drivers.native.sdk_config import server_config
from spikes.errors import LiveFailure
from spikes.live.networks import LiveNetwork, network_named, networks

PRESETS = {"regtest": sdk.Network.REGTEST, "mainnet": sdk.Network.MAINNET}


def told(spark: Any) -> dict[str, Any]:
    """The part of an SDK's settings that says where it goes, comparable."""
    return {
        "coordinator": spark.coordinator_identifier,
        "threshold": spark.threshold,
        "operators": [(o.id, o.identifier, o.address, o.identity_public_key) for o in spark.signing_operators],
        "ssp": (spark.ssp_config.base_url, spark.ssp_config.identity_public_key, spark.ssp_config.schema_endpoint),
    }


@pytest.mark.parametrize("network", networks(), ids=lambda network: network.name)
def test_a_live_network_is_what_the_sdk_goes_to_by_itself(network: LiveNetwork) -> None:
    preset = sdk.default_server_config(PRESETS[network.name])
    ours = server_config(json.loads(network.description()), "a key")
    assert told(ours.spark_config) == told(preset.spark_config)
    assert (ours.network, ours.api_key) == (preset.network, "a key")
    assert importlib.metadata.version("breez-sdk-spark") in network.source


def test_both_networks_are_there_and_their_doors_are_public_and_encrypted() -> None:
    assert [network.name for network in networks()] == list(PRESETS)
    assert [network.tier for network in networks()] == ["hosted-regtest", "mainnet"]
    assert [network.real_money for network in networks()] == [False, True]
    for network in networks():
        assert len(network.doors) == len(set(network.doors)) == 4
        doors = [urlsplit(door) for door in (*network.doors, *network.also)]
        assert all(door.scheme == "https" and door.hostname for door in doors)


def test_a_network_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(LiveFailure, match="regtest, mainnet"):
        network_named("testnet")


def settings(tmp_path: Path, network: str) -> dict[str, str]:
    return {"SPARKGATE_NETWORK": network, "SPARKGATE_TOKEN": "t", "SPARKGATE_STATE_DIR": str(tmp_path)}


@pytest.mark.parametrize("name", PRESETS)
def test_the_native_driver_is_told_its_network_and_keeps_the_key_to_itself(name: str, tmp_path: Path) -> None:
    env = {**settings(tmp_path, network_named(name).description()), "SPARKGATE_API_KEY": "key-of-the-sdk"}
    config = Config.from_environment(env)
    assert spark_network(config.network) == name
    assert config.api_key == "key-of-the-sdk"
    assert "key-of-the-sdk" not in repr(config)


def test_without_a_name_it_is_the_emulator_which_is_a_regtest(tmp_path: Path) -> None:
    described = json.loads(network_named("regtest").description())
    del described["network"]
    assert spark_network(Config.from_environment(settings(tmp_path, json.dumps(described))).network) == "regtest"
    assert server_config(described).network == sdk.Network.REGTEST


@pytest.mark.parametrize("name", ["signet", "", None, 1, ["mainnet"]])
def test_a_network_that_nobody_knows_is_refused(name: Any, tmp_path: Path) -> None:
    described = {**json.loads(network_named("regtest").description()), "network": name}
    with pytest.raises(ConfigError, match="regtest, mainnet"):
        Config.from_environment(settings(tmp_path, json.dumps(described)))
