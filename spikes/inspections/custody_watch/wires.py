"""Wire taps around a driver: on every address of the network that it is told, and on the seller.

Role: opens the taps, rewrites the addresses, lists what passed. Must not know: protocols, secrets.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from spikes.inspections.custody_watch.surfaces import Source
from spikes.seller import Seller
from spikes.tap import Tapped, tapped


@dataclass(frozen=True, kw_only=True)
class Wires:
    """Open taps. `description` is the network's, with the taps' addresses."""

    description: str
    network: Mapping[str, Tapped]
    paywall: Tapped

    def of_network(self) -> tuple[Source, ...]:
        """What driver and network said to each other."""
        return tuple(source for name, tap in self.network.items() for source in _sources(name, tap))

    def of_paywall(self) -> tuple[Source, ...]:
        """What buyer and seller said to each other."""
        return tuple(_sources("paywall", self.paywall))


class TappedSeller(Seller):
    """The paywall, whose goods are bought through the tap; the harness's own questions go past it."""

    def __init__(self, seller: Seller, tap: Tapped, http: httpx.AsyncClient) -> None:
        super().__init__({"url": seller.url, "host": urlsplit(tap.url).netloc}, http, seller.catalogue)
        self._shop_url = tap.url

    def address(self, item: str) -> str:
        return f"{self._shop_url}/paid/{item}"


@asynccontextmanager
async def wired(description: str, seller: Seller, folder: Path) -> AsyncIterator[Wires]:
    """Taps on everything that a driver is told of, for the length of a `with` block."""
    network: dict[str, Any] = json.loads(description)
    network.pop("admin", None)  # the harness's own door, which no driver has to know
    taps: dict[str, Tapped] = {}
    async with AsyncExitStack() as stack:

        async def tap(url: str, name: str) -> str:
            taps[name] = await stack.enter_async_context(tapped(url, name, folder))
            return taps[name].url

        for operator in network["operators"]:
            for protocol in ("grpc", "grpc_web"):
                operator[protocol] = await tap(operator[protocol], f"operator-{operator['id']}.{protocol}")
        network["ssp"]["baseUrl"] = await tap(network["ssp"]["baseUrl"], "ssp")
        paywall = await stack.enter_async_context(tapped(seller.url, "paywall", folder))
        yield Wires(description=json.dumps(network, separators=(",", ":")), network=taps, paywall=paywall)


def _sources(name: str, tap: Tapped) -> tuple[Source, Source]:
    return Source(where=f"{name} sent", content=tap.sent), Source(where=f"{name} answered", content=tap.answered)
