"""Miniature drivers whose two wallets are not apart. Each is the native driver with one wall missing.

`python -m tests.miniatures.leaky_neighbour KIND` serves the contract like any other driver.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

from spikes.drivers.native.config import Config
from spikes.drivers.native.neighbour import Neighbour, second_config
from spikes.drivers.native.payer import PhaseClock
from spikes.drivers.native.server import Door
from spikes.serving import serve


class TellsTheFirstsBalance(Neighbour):
    """All is apart, but the second one's status is the first one's."""

    def __init__(self, first: Door, second: Door) -> None:
        super().__init__(second)
        self._first = first

    async def take(self, name: str, body: Mapping[str, Any], clock: PhaseClock) -> dict[str, Any] | None:
        told = await super().take(name, body, clock)
        if told is not None and name == "second_status":
            _, balance = await self._first.info()
            told["claim"]["balanceSats"] = balance
        return told


class PaysFromTheFirst(Neighbour):
    """The second one's payments are made by the first one."""

    def __init__(self, first: Door, second: Door) -> None:
        super().__init__(second)
        self._first = first

    async def take(self, name: str, body: Mapping[str, Any], clock: PhaseClock) -> dict[str, Any] | None:
        if name == "second_pay":
            return await self._first.take("pay", body, clock)
        return await super().take(name, body, clock)


class SyncsTheFirstToo(PaysFromTheFirst):
    """Pays from its own, but its syncs are made as the other one as well."""

    async def take(self, name: str, body: Mapping[str, Any], clock: PhaseClock) -> dict[str, Any] | None:
        if name == "second_sync":
            await self._first.take("sync", body, clock)
        return await Neighbour.take(self, name, body, clock)


def one_wallet(first: Door, _: Door) -> Neighbour:
    """The second one is the first one."""
    return Neighbour(first)


def one_book(first: Door, second: Door) -> Neighbour:
    """Two wallets with one payment book, and so with one set of request ids and answers."""
    second._payer = first._payer
    return Neighbour(second)


KINDS: dict[str, Callable[[Door, Door], Neighbour]] = {
    "tells_the_firsts_balance": TellsTheFirstsBalance,
    "pays_from_the_first": PaysFromTheFirst,
    "syncs_the_first_too": SyncsTheFirstToo,
    "one_wallet": one_wallet,
    "one_book": one_book,
}


def driver(kind: str, config: Config) -> Door:
    """The door of the first wallet, with the leaky neighbour where there is to be one."""
    other = second_config(os.environ, config)
    first = Door(config)
    if other is None:
        return first
    first._neighbour = KINDS[kind](first, Door(other))
    return first


if __name__ == "__main__":
    settings = Config.from_environment(os.environ)
    asyncio.run(serve(driver(sys.argv[1], settings).application(), lifeline=settings.lifeline))
