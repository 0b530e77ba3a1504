"""The stage of the tests of calls on real sockets: a served network, a wallet with leaves, the journal's last word."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from spikes.emulator.journal import Entry
from tests.unit.emulator.running import Running, running
from tests.unit.emulator.wallet import Wallet
from tests.unit.emulator.wire_clients import Transport

TRANSPORTS = pytest.mark.parametrize("transport", list(Transport))


@asynccontextmanager
async def funded(transport: Transport, *amounts_sats: int) -> AsyncIterator[tuple[Running, Wallet]]:
    """A served network and a wallet of it that has claimed these leaves."""
    async with running(transport) as network:
        alice = await network.wallet()
        if amounts_sats:
            network.net.provider.fund(alice.identity, amounts_sats)
            await alice.claim_all()
        yield network, alice


async def lock_all(wallet: Wallet, text: str) -> str:
    return (await wallet.lock(text, list((await wallet.nodes()).values()))).transfer.id


def last(network: Running) -> Entry:
    return network.net.journal.since(network.net.journal.next_seq - 1)[0]
