"""A breach of the books stops the run, whoever meets it: no answer, no retry and no later call may explain it away."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import pytest

from spikes.emulator.clock import ManualClock
from spikes.emulator.ledger_checks import InvariantBreach
from spikes.emulator.mint import LeafForm
from spikes.emulator.network import Network, Settings
from spikes.emulator.provider_terms import ProviderTerms
from spikes.emulator.rpc import Code, RpcError
from spikes.emulator.service import Service, serve
from tests.unit.emulator.running import Running
from tests.unit.emulator.stage import START
from tests.unit.emulator.wallet import Wallet
from tests.unit.emulator.wallet_client import SspRefusal
from tests.unit.emulator.wire_clients import DEADLINE_S, ConnectionLost, Transport, connected

Meeting = Callable[[Running, Wallet], Awaitable[None]]


async def by_a_call(network: Running, alice: Wallet) -> None:
    network.net.provider.fund(alice.identity, [10])
    corrupt(network)
    with pytest.raises(RpcError) as caught:
        await alice.claim_all()
    assert caught.value.code is Code.INTERNAL


async def by_a_payment(network: Running, alice: Wallet) -> None:
    invoice = network.net.lightning.issue(1000)
    locked = (await alice.lock(invoice.text, list((await alice.nodes()).values()))).transfer
    corrupt(network)
    with pytest.raises((SspRefusal, ConnectionLost)):
        await alice.request_send(invoice.text, locked.id)


async def by_the_sweep(network: Running, alice: Wallet) -> None:
    invoice = network.net.lightning.issue(1000)
    await alice.lock(invoice.text, list((await alice.nodes()).values()))
    corrupt(network)
    network.clock.advance(1000)


async def by_funding(network: Running, alice: Wallet) -> None:
    corrupt(network)
    async with httpx.AsyncClient() as http:
        body = {"identity_public_key": alice.identity.hex(), "amounts_sats": [10]}
        assert (await http.post(network.description["admin"] + "/fund", json=body)).status_code >= 500


def corrupt(network: Running) -> None:
    network.net.ledger.reserve_sats += 1


async def failure(service: Service) -> BaseException | None:
    """What the service stopped over."""
    await asyncio.wait([service.failed], timeout=DEADLINE_S)
    return service.failed.exception() if service.failed.done() else None


@pytest.mark.parametrize("meet", [by_a_call, by_a_payment, by_the_sweep, by_funding])
async def test_a_breach_stops_the_run(meet: Meeting) -> None:
    clock = ManualClock(START)
    net = Network(Settings(leaf_form=LeafForm.ZERO_TIMELOCK), clock)
    async with serve(net) as service, connected(Transport.GRPC_WEB, service.description) as client:
        network = Running(net=net, clock=clock, description=service.description, client=client)
        alice = await network.wallet()
        net.provider.fund(alice.identity, [1003])
        await alice.claim_all()
        assert not service.failed.done()
        await meet(network, alice)
        assert isinstance(await failure(service), InvariantBreach)


async def test_a_breach_while_a_slow_payment_settles_stops_the_run() -> None:
    clock = ManualClock(START)
    terms = ProviderTerms(settle_delay_s=0.02)
    net = Network(Settings(leaf_form=LeafForm.ZERO_TIMELOCK, terms=terms), clock)
    async with serve(net) as service, connected(Transport.GRPC_WEB, service.description) as client:
        network = Running(net=net, clock=clock, description=service.description, client=client)
        alice = await network.wallet()
        net.provider.fund(alice.identity, [1003])
        await alice.claim_all()
        await alice.pay(net.lightning.issue(1000).text)
        corrupt(network)
        assert isinstance(await failure(service), InvariantBreach)
