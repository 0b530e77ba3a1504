"""A second wallet in the same process, for the inspection that asks whether two ever see each other's state.

Role: without that inspection there is none. With it, a second door - its own wallet session, payment book and state
folder - is made from the settings in SPARKGATE_SECOND_WALLET and takes the steps whose names begin with `second_`.
The JavaScript twin is wallet/neighbour.js. Must not know: HTTP, what the harness compares.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from typing import Any, Self

from spikes.drivers.native.config import Config, ConfigError
from spikes.drivers.native.custody import read_custody
from spikes.drivers.native.payer import PhaseClock
from spikes.drivers.native.server import Door

ISOLATION = "isolation"
PREFIX = "second_"
FOLDER = "second"
# Settings that belong to one wallet: the second one must name its own, and inherits none of the first one's.
_OF_A_WALLET = re.compile(r"SPARKGATE_(WALLET_(ID|SOURCE|KEY_VERSION)|MNEMONIC|ENVELOPE|KMS_(URL|TOKEN|TIMEOUT_S))")


def second_config(env: Mapping[str, str], first: Config) -> Config | None:
    """The second wallet's configuration; None without the inspection. Raises ConfigError, which holds no secret."""
    text = env.get("SPARKGATE_SECOND_WALLET")
    if env.get("SPARKGATE_INSPECT") != ISOLATION or not text:
        return None
    try:
        own = json.loads(text)
    except ValueError:
        raise _bad("is not JSON") from None
    if not isinstance(own, dict) or "SPARKGATE_WALLET_ID" not in own:
        raise _bad("names no SPARKGATE_WALLET_ID")
    if not all(_OF_A_WALLET.fullmatch(name) and isinstance(value, str) for name, value in own.items()):
        raise _bad("may hold the settings of one wallet only, as text")
    wallet_id = own["SPARKGATE_WALLET_ID"]
    if wallet_id == first.wallet_id:
        raise _bad("names the first wallet; give the second one its own")
    try:
        custody = read_custody(own, wallet_id)
    except ValueError as error:
        raise _bad(f"cannot be used: {error}") from None
    return dataclasses.replace(first, wallet_id=wallet_id, custody=custody, state_dir=first.state_dir / FOLDER)


class Neighbour:
    """The second wallet's steps."""

    def __init__(self, door: Door) -> None:
        self._door = door

    @classmethod
    def from_environment(cls, env: Mapping[str, str], first: Config) -> Self | None:
        """None without the inspection. Raises ConfigError."""
        config = second_config(env, first)
        return None if config is None else cls(Door(config))

    async def take(self, name: str, body: Mapping[str, Any], clock: PhaseClock) -> dict[str, Any] | None:
        """Take a step of the second wallet; None if it is none."""
        if not name.startswith(PREFIX):
            return None
        if name == f"{PREFIX}status":
            identity, balance = await self._door.info()
            told = {"outcome": "told", "code": None, "reason": None}
            return {**told, "claim": {"balanceSats": balance}, "identityPublicKey": identity}
        return await self._door.take(name.removeprefix(PREFIX), body, clock)

    async def close(self) -> None:
        """Release the SDK's resources."""
        await self._door.close()


def _bad(problem: str) -> ConfigError:
    return ConfigError(f"SPARKGATE_SECOND_WALLET {problem}")
