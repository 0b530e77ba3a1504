"""The driver's configuration, from environment variables.

Role: read them once, at the start; fail then rather than at the first payment.
Must not know: who set them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from spikes.drivers.native.custody import Custody, read_custody

DEFAULT_REQUEST_CAP_MSATS = 200_000_000
DEFAULT_COMPLETION_TIMEOUT_S = 45
SPARK_NETWORKS = ("regtest", "mainnet")
DEFAULT_WINDOW_S = 300
# Between the mark and the message that pays lie two calls of the SDK, each with a deadline of 60 s, as has the message
# itself; a minute more.
DEFAULT_LOST_AFTER_S = 240


class ConfigError(ValueError):
    """A variable is missing or cannot be read; the message names it."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """Everything the driver is told. Secrets do not show in its repr."""

    network: dict[str, Any]
    token: str = field(repr=False)
    api_key: str | None = field(repr=False)  # the SDK's, where its network asks for one
    custody: Custody = field(repr=False)  # without a mnemonic the driver runs, and says so when it is asked to pay
    runtime: str
    wallet_id: str
    state_dir: Path
    request_cap_msats: int
    window_cap_msats: int | None  # spending allowed within the window; None: only the request cap counts
    window_s: int
    host_allowlist: tuple[str, ...] | None  # None: any host
    completion_timeout_s: int
    lost_after_s: int  # a submitted payment that the network does not show so long after never reached it
    lifeline: bool

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> Self:
        """Read SPARKGATE_*. Raises ConfigError."""
        try:
            network = json.loads(_required(env, "SPARKGATE_NETWORK"))
            _ = network["operators"], network["ssp"]["baseUrl"]
            spark_network(network)
        except (ValueError, KeyError, TypeError) as error:
            if isinstance(error, ConfigError):
                raise
            raise ConfigError("SPARKGATE_NETWORK is not what `python -m spikes emulator --json` prints") from error
        window_cap, allowlist = env.get("SPARKGATE_WINDOW_CAP_MSATS"), env.get("SPARKGATE_HOST_ALLOWLIST")
        wallet_id = env.get("SPARKGATE_WALLET_ID", "wallet")
        try:
            custody = read_custody(env, wallet_id, spark_network(network))
        except ValueError as error:
            raise ConfigError(str(error)) from None
        return cls(
            network=network,
            token=_required(env, "SPARKGATE_TOKEN"),
            api_key=env.get("SPARKGATE_API_KEY") or None,
            custody=custody,
            runtime=env.get("SPARKGATE_RUNTIME", "native"),
            wallet_id=wallet_id,
            state_dir=Path(_required(env, "SPARKGATE_STATE_DIR")),
            request_cap_msats=_number(env, "SPARKGATE_REQUEST_CAP_MSATS", DEFAULT_REQUEST_CAP_MSATS),
            window_cap_msats=None if window_cap is None else _number(env, "SPARKGATE_WINDOW_CAP_MSATS", 0),
            window_s=_number(env, "SPARKGATE_WINDOW_S", DEFAULT_WINDOW_S),
            host_allowlist=tuple(allowlist.lower().split(",")) if allowlist else None,
            completion_timeout_s=_number(env, "SPARKGATE_COMPLETION_TIMEOUT_S", DEFAULT_COMPLETION_TIMEOUT_S),
            lost_after_s=_number(env, "SPARKGATE_LOST_AFTER_S", DEFAULT_LOST_AFTER_S),
            lifeline=env.get("SPARKGATE_LIFELINE") == "1",
        )


def spark_network(description: Mapping[str, Any]) -> str:
    """The Spark network that a description is of; the emulator is a regtest and need not say so. Raises ConfigError."""
    name = description.get("network", SPARK_NETWORKS[0])
    if name not in SPARK_NETWORKS:
        raise ConfigError(f"SPARKGATE_NETWORK names a network that is none of {', '.join(SPARK_NETWORKS)}")
    return str(name)


def _required(env: Mapping[str, str], name: str) -> str:
    value = env.get(name)
    if not value:
        raise ConfigError(f"{name} is not set; the driver cannot start without it")
    return value


def _number(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name, str(default))
    if not text.isdecimal() or int(text) == 0:
        raise ConfigError(f"{name} must be a whole number above 0, not {text!r}")
    return int(text)
