"""A network that really listens, with a wallet on one of its transports."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from spikes.emulator.clock import ManualClock
from spikes.emulator.mint import LeafForm
from spikes.emulator.network import Network, Settings
from spikes.emulator.service import serve
from tests.unit.emulator.stage import START, peers_of
from tests.unit.emulator.wallet import Wallet
from tests.unit.emulator.wire_clients import GrpcClient, GrpcWebClient, Transport, connected


@dataclass(frozen=True, kw_only=True)
class Running:
    """A served network and a client of it."""

    net: Network
    clock: ManualClock
    description: dict[str, Any]
    client: GrpcClient | GrpcWebClient

    async def wallet(self, name: str = "alice") -> Wallet:
        """A wallet that is logged in over this client's transport."""
        wallet = Wallet(self.client, peers_of(self.net), hashlib.sha512(name.encode()).digest(), now=self.clock.now)
        await wallet.login()
        return wallet


@asynccontextmanager
async def running(transport: Transport, settings: Settings | None = None) -> AsyncIterator[Running]:
    """Serve a network; at the end it must not have stopped over a defect of its own."""
    clock = ManualClock(START)
    net = Network(settings or Settings(leaf_form=LeafForm.ZERO_TIMELOCK), clock)
    async with serve(net) as service, connected(transport, service.description) as client:
        yield Running(net=net, clock=clock, description=service.description, client=client)
        assert not service.failed.done(), service.failed.exception()
