"""Miniature drivers that keep their secret badly. Each is the native driver with one thing wrong in its custody.

`python -m tests.miniatures.keeper KIND` serves the contract like any other driver.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import sys
from dataclasses import dataclass
from typing import Any, ClassVar

from spikes.drivers.native.config import Config
from spikes.drivers.native.custody import ConvexEnvelope
from spikes.drivers.native.failures import WalletError
from spikes.drivers.native.server import Door
from spikes.serving import serve
from spikes.wallets import derive_wallet

TRIES = 3


@dataclass(frozen=True)
class Keeper:
    """Fetches the mnemonic as it should."""

    SOURCE: ClassVar[str] = ConvexEnvelope.SOURCE
    custody: ConvexEnvelope
    config: Config

    async def mnemonic_now(self) -> str:
        return await self.custody.mnemonic_now()


class AsksThrice(Keeper):
    """Does not take no for an answer."""

    async def mnemonic_now(self) -> str:
        for _ in range(TRIES - 1):
            try:
                return await super().mnemonic_now()
            except WalletError:
                continue
        return await super().mnemonic_now()


class TrustsTheRow(Keeper):
    """Lets the envelope itself say what it belongs to."""

    async def mnemonic_now(self) -> str:
        return await dataclasses.replace(self.custody, binding=self.custody.row.sealed().binding).mnemonic_now()


class FallsBack(Keeper):
    """Would rather pay from some wallet than from none."""

    async def mnemonic_now(self) -> str:
        try:
            return await super().mnemonic_now()
        except WalletError:
            return derive_wallet(0, "fallback").mnemonic


class WritesItDown(Keeper):
    """Keeps a copy, backwards, so that nobody finds it."""

    async def mnemonic_now(self) -> str:
        mnemonic = await super().mnemonic_now()
        (self.config.state_dir / "note.bin").write_text(mnemonic[::-1], encoding="ascii")
        return mnemonic


KEEPERS = {
    "asks_thrice": AsksThrice,
    "trusts_the_row": TrustsTheRow,
    "falls_back": FallsBack,
    "writes_it_down": WritesItDown,
}


def main() -> None:
    config = Config.from_environment(os.environ)
    custody: Any = config.custody
    if isinstance(custody, ConvexEnvelope):  # with the mnemonic in the environment there is nothing to do wrong here
        custody = KEEPERS[sys.argv[1]](custody, config)
    door = Door(dataclasses.replace(config, custody=custody))
    asyncio.run(serve(door.application(), lifeline=config.lifeline))


if __name__ == "__main__":
    main()
