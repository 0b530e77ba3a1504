"""Faults of a call on real sockets: what is done, what is answered and what the journal says, on every transport."""

from __future__ import annotations

import asyncio
import json
import os

import pytest

from spikes.emulator.faults import Fault, FaultKind
from spikes.emulator.ledger_state import Balance
from spikes.emulator.rpc import Code, RpcError
from spikes.emulator.wire import spark_pb2 as pb
from tests.unit.emulator.client_document import request_body
from tests.unit.emulator.raw_connections import Received, post_grpc, post_http
from tests.unit.emulator.wallet_client import SspRefusal
from tests.unit.emulator.wire_clients import ConnectionLost, Transport, frame, until
from tests.unit.emulator.wire_stage import TRANSPORTS, funded, last, lock_all

LOST = (RpcError, ConnectionLost)  # grpc reports a connection that is gone as a status


def assert_lost(caught: pytest.ExceptionInfo[Exception], transport: Transport) -> None:
    """The client saw a connection end, and no answer."""
    if transport is Transport.GRPC:
        assert isinstance(caught.value, RpcError)
        assert (caught.value.code, "fault" in str(caught.value)) == (Code.UNAVAILABLE, False)
    else:
        assert isinstance(caught.value, ConnectionLost)


# ---- before the deed -----------------------------------------------------------------------------


@TRANSPORTS
async def test_an_error_before_the_deed_leaves_it_undone(transport: Transport) -> None:
    async with funded(transport) as (network, alice):
        network.net.provider.fund(alice.identity, [100])
        for code in (Code.UNAVAILABLE, Code.RESOURCE_EXHAUSTED):
            network.net.faults.set(Fault(method="claim_transfer", kind=FaultKind.ERROR_BEFORE_COMMIT, code=code))
            with pytest.raises(RpcError, match="fault: error before commit") as caught:
                await alice.claim_all()
            assert caught.value.code is code
            assert network.net.ledger.balance(alice.identity).incoming_sats == 100
            entry = last(network)
            assert (entry.method, entry.code, entry.note) == ("claim_transfer", code.name, "fault error_before_commit")
        await alice.claim_all()
        assert network.net.ledger.balance(alice.identity).available_sats == 100


@TRANSPORTS
async def test_an_ended_session_is_noticed_by_its_owner_only(transport: Transport) -> None:
    async with funded(transport) as (network, alice):
        bob = await network.wallet("bob")
        network.net.faults.set(Fault(kind=FaultKind.EXPIRED_SESSION, identity=alice.identity, operator=1))
        await alice.nodes(operator=0)
        await bob.nodes(operator=1)
        with pytest.raises(RpcError, match="session has expired") as caught:
            await alice.nodes(operator=1)
        assert caught.value.code is Code.UNAUTHENTICATED
        entry = last(network)
        assert (entry.code, entry.note) == ("UNAUTHENTICATED", "fault expired_session")
        assert entry.identity == alice.identity.hex()
        await alice.nodes(operator=2)
        await alice.login_operator(1)
        await alice.nodes(operator=1)


async def test_an_ended_session_at_the_provider_is_a_401() -> None:
    async with funded(Transport.GRPC_WEB) as (network, alice):
        network.net.faults.set(Fault(kind=FaultKind.EXPIRED_SESSION, method="Transfers"))
        with pytest.raises(SspRefusal, match="session has expired") as caught:
            await alice.ssp("Transfers", transfer_spark_ids=[])
        assert caught.value.status == 401
        assert (last(network).code, last(network).note) == ("401", "fault expired_session")
        await alice.login_ssp()
        assert await alice.ssp("Transfers", transfer_spark_ids=[]) == {"transfers": []}


@TRANSPORTS
async def test_an_operator_that_is_down_drops_every_call(transport: Transport) -> None:
    async with funded(transport) as (network, alice):
        network.net.faults.set(Fault(kind=FaultKind.OPERATOR_DOWN, operator=2, count=0))
        for _ in range(3):
            with pytest.raises(LOST) as caught:
                await alice.nodes(operator=2)
            assert_lost(caught, transport)
            assert (last(network).code, last(network).note) == ("ANSWER_LOST", "fault operator_down")
        await alice.nodes(operator=1)
        network.net.faults.set(Fault(kind=FaultKind.OPERATOR_DOWN, count=0))
        with pytest.raises(LOST):
            await alice.nodes(operator=1)
        assert await alice.ssp("Transfers", transfer_spark_ids=[]) == {"transfers": []}
        network.net.faults.heal()
        for operator in range(3):
            await alice.nodes(operator)


@TRANSPORTS
async def test_dropped_connections_leave_no_file_open(transport: Transport) -> None:
    async with funded(transport) as (network, alice):
        network.net.faults.set(Fault(kind=FaultKind.OPERATOR_DOWN, operator=2, count=0))
        for _ in range(3):
            with pytest.raises(LOST):
                await alice.nodes(operator=2)
        before = len(os.listdir("/dev/fd"))
        for _ in range(20):
            with pytest.raises(LOST):
                await alice.nodes(operator=2)
        await until(lambda: len(os.listdir("/dev/fd")) <= before + 4)


async def test_a_provider_that_is_down_answers_503_to_everything() -> None:
    async with funded(Transport.GRPC_WEB) as (network, alice):
        network.net.faults.set(Fault(kind=FaultKind.SSP_ERROR, count=0))
        for _ in range(2):
            with pytest.raises(SspRefusal, match="service provider is unavailable") as caught:
                await alice.ssp("Transfers", transfer_spark_ids=[])
            assert (caught.value.status, last(network).code, last(network).note) == (503, "503", "fault ssp_error")
        with pytest.raises(SspRefusal) as caught:
            await alice.login_ssp()
        assert caught.value.status == 503
        await alice.nodes()


# ---- after the deed ------------------------------------------------------------------------------


@TRANSPORTS
async def test_a_lost_answer_leaves_the_deed_done(transport: Transport) -> None:
    async with funded(transport, 1003) as (network, alice):
        invoice = network.net.lightning.issue(1000)
        network.net.faults.set(Fault(method="initiate_preimage_swap_v3", kind=FaultKind.LOST_AFTER_COMMIT))
        with pytest.raises(LOST) as caught:
            await lock_all(alice, invoice.text)
        assert_lost(caught, transport)
        assert network.net.ledger.balance(alice.identity).locked_sats == 1003
        assert (last(network).code, last(network).note) == ("ANSWER_LOST", "fault lost_after_commit")
        (transfer,) = network.net.ledger.pending()
        assert (await alice.request_send(invoice.text, transfer.id))["status"] == "TRANSFER_COMPLETED"


@TRANSPORTS
async def test_a_delay_holds_back_the_answer_and_not_the_deed(transport: Transport) -> None:
    async with funded(transport) as (network, alice):
        network.net.provider.fund(alice.identity, [100])
        network.net.faults.set(Fault(method="claim_transfer", kind=FaultKind.DELAY, delay_s=600))
        claim = asyncio.create_task(alice.claim_all())
        await until(lambda: network.net.ledger.balance(alice.identity).available_sats == 100)
        for _ in range(10):  # others are answered meanwhile
            await alice.nodes(operator=1)
        assert not claim.done()
        network.net.faults.heal()
        assert len(await claim) == 1
        network.net.provider.fund(alice.identity, [100])
        network.net.faults.set(Fault(method="claim_transfer", kind=FaultKind.DELAY, delay_s=0.01))
        assert len(await alice.claim_all()) == 1
        assert last(network).note == "fault delay"


@TRANSPORTS
async def test_a_request_that_arrives_twice_moves_money_once(transport: Transport) -> None:
    async with funded(transport, 1003, 1003) as (network, alice):
        network.net.faults.set(Fault(method="initiate_preimage_swap_v3", kind=FaultKind.DUPLICATE))
        invoice, (leaf, _) = network.net.lightning.issue(1000), (await alice.nodes()).values()
        locked = (await alice.lock(invoice.text, [leaf])).transfer
        assert locked.total_value == network.net.ledger.balance(alice.identity).locked_sats == 1003
        calls = [e for e in network.net.journal.since(0) if e.method == "initiate_preimage_swap_v3"]
        assert sorted(entry.code for entry in calls) == ["ALREADY_EXISTS", "OK"]
        assert all((entry.note or "").startswith("fault duplicate") for entry in calls)
        network.net.faults.set(Fault(method="RequestLightningSend", kind=FaultKind.DUPLICATE))
        assert (await alice.request_send(invoice.text, locked.id))["status"] == "TRANSFER_COMPLETED"
        assert network.net.ledger.settled_counts == {invoice.payment_hash: 1}
        assert len([e for e in network.net.journal.since(0) if e.method == "RequestLightningSend"]) == 2
        network.net.provider.fund(alice.identity, [100])
        network.net.faults.set(Fault(method="claim_transfer", kind=FaultKind.DUPLICATE))
        await alice.claim_all()
        assert network.net.ledger.balance(alice.identity) == Balance(
            available_sats=1103, locked_sats=0, incoming_sats=0, leaves=2
        )


async def test_faults_hit_the_provider_too() -> None:
    async with funded(Transport.GRPC_WEB, 1003) as (network, alice):
        invoice = network.net.lightning.issue(1000)
        locked = await lock_all(alice, invoice.text)
        network.net.faults.set(Fault(method="RequestLightningSend", kind=FaultKind.ERROR_BEFORE_COMMIT))
        with pytest.raises(SspRefusal, match="503: fault: error before commit"):
            await alice.request_send(invoice.text, locked)
        assert network.net.ledger.settled_counts == {}
        network.net.faults.set(Fault(method="RequestLightningSend", kind=FaultKind.LOST_AFTER_COMMIT))
        with pytest.raises(ConnectionLost):
            await alice.request_send(invoice.text, locked)
        assert network.net.ledger.settled_counts == {invoice.payment_hash: 1}
        again = await alice.request_send(invoice.text, locked)
        assert again["lightning_send_payment_preimage"] == invoice.preimage.hex()


# ---- half an answer ------------------------------------------------------------------------------


async def test_over_http_half_of_the_answer_comes_and_then_a_reset() -> None:
    async with funded(Transport.GRPC_WEB, 1003) as (network, alice):
        request = pb.QueryNodesRequest(owner_identity_pubkey=alice.identity).SerializeToString()
        url = f"{network.description['operators'][0]['grpc_web']}/spark.SparkService/query_nodes"
        headers = {"content-type": "application/grpc-web+proto", "authorization": alice.tokens[0]}
        whole = (await network.client.http.post(url, content=frame(request), headers=headers)).content
        network.net.faults.set(Fault(kind=FaultKind.RESET_MID_BODY, method="query_nodes"))
        got = await post_http(url, headers, frame(request))
        assert (got.announced, got.body, got.reset) == (len(whole), whole[: len(whole) // 2], True)
        assert (last(network).code, last(network).note) == ("ANSWER_CUT", "fault reset_mid_body")


async def test_half_of_the_providers_answer_comes_and_the_payment_is_made() -> None:
    async with funded(Transport.GRPC_WEB, 1003) as (network, alice):
        invoice = network.net.lightning.issue(1000)
        terms = {
            "encoded_invoice": invoice.text,
            "user_outbound_transfer_external_id": await lock_all(alice, invoice.text),
        }
        body = request_body("RequestLightningSend", {"input": terms})
        headers = {"content-type": "application/json", "authorization": f"Bearer {alice.ssp_token}"}
        network.net.faults.set(Fault(kind=FaultKind.RESET_MID_BODY, method="RequestLightningSend"))
        got = await post_http(network.client.url, headers, body)
        assert got.reset
        assert 0 < len(got.body) == got.announced // 2
        with pytest.raises(ValueError, match=r"Unterminated|Expecting|delimiter"):
            json.loads(got.body)
        assert network.net.ledger.settled_counts == {invoice.payment_hash: 1}
        assert (last(network).code, last(network).note) == ("ANSWER_CUT", "fault reset_mid_body")


async def test_over_grpc_the_message_comes_without_its_status() -> None:
    async with funded(Transport.GRPC, 1003) as (network, alice):
        request = pb.QueryNodesRequest(owner_identity_pubkey=alice.identity).SerializeToString()
        url, path = network.description["operators"][0]["grpc"], "/spark.SparkService/query_nodes"
        whole = await network.client.call(0, path, alice.tokens[0], request)
        network.net.faults.set(Fault(kind=FaultKind.RESET_MID_BODY, method="query_nodes"))
        got = await post_grpc(url, path, alice.tokens[0], request)
        assert (got.grpc_data, got.grpc_has_status) == (frame(whole), False)
        assert (last(network).code, last(network).note) == ("ANSWER_CUT", "fault reset_mid_body")
        network.net.faults.set(Fault(kind=FaultKind.RESET_MID_BODY, method="query_nodes"))
        with pytest.raises(RpcError) as caught:
            await alice.nodes()
        assert caught.value.code is Code.UNAVAILABLE


@pytest.mark.parametrize("kind", [FaultKind.RESET_MID_BODY, FaultKind.LOST_AFTER_COMMIT])
async def test_a_refusal_can_be_lost_too(kind: FaultKind) -> None:
    async with funded(Transport.GRPC_WEB) as (network, alice):
        network.net.faults.set(Fault(kind=kind, method="query_nodes"))
        url = f"{network.description['operators'][0]['grpc_web']}/spark.SparkService/query_nodes"
        headers = {"content-type": "application/grpc-web+proto", "authorization": alice.tokens[0]}
        got = await post_http(url, headers, frame(b"\xff"))
        assert got == Received(raw=b"", reset=got.reset)
        assert last(network).code == "ANSWER_LOST"
