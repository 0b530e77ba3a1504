"""Calls that the emulator holds, on every transport: how a kill is aimed."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from spikes.emulator.faults import Fault, FaultKind
from tests.unit.emulator.client_document import request_body
from tests.unit.emulator.running import Running
from tests.unit.emulator.wire_clients import Transport, connected, until
from tests.unit.emulator.wire_stage import TRANSPORTS, funded, last, lock_all


def holding(network: Running) -> list[int]:
    return [fault.holding for fault in network.net.faults.all()]


@TRANSPORTS
@pytest.mark.parametrize("kind", [FaultKind.HOLD_BEFORE_COMMIT, FaultKind.HOLD_AFTER_COMMIT])
async def test_a_held_call_goes_on_once_it_is_healed(transport: Transport, kind: FaultKind) -> None:
    async with funded(transport) as (network, alice):
        network.net.provider.fund(alice.identity, [100])
        network.net.faults.set(Fault(kind=kind, method="claim_transfer", identity=alice.identity))
        claim = asyncio.create_task(alice.claim_all())
        await until(lambda: holding(network) == [1])
        done = kind is FaultKind.HOLD_AFTER_COMMIT
        assert network.net.ledger.balance(alice.identity).available_sats == (100 if done else 0)
        assert not claim.done()
        network.net.faults.heal(alice.identity)
        assert len(await claim) == 1
        assert (last(network).code, last(network).note) == ("OK", f"fault {kind}")
        assert network.net.ledger.balance(alice.identity).available_sats == 100


@TRANSPORTS
@pytest.mark.parametrize("kind", [FaultKind.HOLD_BEFORE_COMMIT, FaultKind.HOLD_AFTER_COMMIT])
async def test_a_held_call_ends_with_its_connection(transport: Transport, kind: FaultKind) -> None:
    """Held before the deed, it is never done; held after, it stays done."""
    async with funded(transport) as (network, alice):
        network.net.provider.fund(alice.identity, [100])
        network.net.faults.set(Fault(kind=kind, method="claim_transfer"))
        async with connected(transport, network.description) as gone:
            alice.gateway, stays = gone, alice.gateway
            claim = asyncio.create_task(alice.claim_all())
            await until(lambda: holding(network) == [1])
            claim.cancel()
            await asyncio.gather(claim, return_exceptions=True)
        await until(lambda: holding(network) == [0])
        assert (last(network).code, last(network).note) == ("CALLER_GONE", f"fault {kind}")
        done = kind is FaultKind.HOLD_AFTER_COMMIT
        assert network.net.ledger.balance(alice.identity).available_sats == (100 if done else 0)
        alice.gateway = stays
        network.net.faults.heal()
        assert len(await alice.claim_all()) == (0 if done else 1)


async def test_the_provider_can_be_held_too() -> None:
    async with funded(Transport.GRPC_WEB, 1003) as (network, alice):
        invoice = network.net.lightning.issue(1000)
        locked = await lock_all(alice, invoice.text)
        network.net.faults.set(Fault(kind=FaultKind.HOLD_BEFORE_COMMIT, method="RequestLightningSend"))
        async with httpx.AsyncClient() as gone:
            terms = {"encoded_invoice": invoice.text, "user_outbound_transfer_external_id": locked}
            body = request_body("RequestLightningSend", {"input": terms})
            headers = {"authorization": f"Bearer {alice.ssp_token}"}
            asking = asyncio.create_task(gone.post(network.client.url, content=body, headers=headers))
            await until(lambda: holding(network) == [1])
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
        await until(lambda: holding(network) == [0])
        assert last(network).code == "CALLER_GONE"
        assert network.net.ledger.settled_counts == {}
        network.net.faults.heal()
        assert (await alice.request_send(invoice.text, locked))["status"] == "TRANSFER_COMPLETED"
