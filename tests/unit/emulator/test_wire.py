"""The network on real sockets: the same answers over gRPC and gRPC-Web, events, faults, and loopback only."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import httpx
import psutil
import pytest

from spikes.emulator import streams
from spikes.emulator.operators import METHODS
from spikes.emulator.rpc import Code, RpcError
from spikes.emulator.wire import spark_pb2 as pb
from tests.unit.emulator.running import Running, running
from tests.unit.emulator.wire_clients import DEADLINE_S, Transport, connected, until

TRANSPORTS = pytest.mark.parametrize("transport", list(Transport))


async def outcome(network: Running, transport: Transport, path: str, token: str | None, body: bytes) -> object:
    """What one call gives over a transport: bytes, or code and message."""
    async with connected(transport, network.description) as client:
        try:
            return await client.call(0, path, token, body)
        except RpcError as error:
            return error.code, str(error)


@TRANSPORTS
async def test_a_wallet_is_funded_and_pays_exactly_and_through_a_swap(transport: Transport) -> None:
    async with running(transport) as network:
        alice = await network.wallet()
        network.net.provider.fund(alice.identity, [1003, 5000])
        await alice.claim_all()
        for sats in (1000, 777):
            invoice = network.net.lightning.issue(sats)
            assert (await alice.pay(invoice.text))["lightning_send_payment_preimage"] == invoice.preimage.hex()
        assert network.net.ledger.balance(alice.identity).available_sats == 6003 - 1003 - 779
        transports = {entry.transport for entry in network.net.journal.since(0)}
        assert transports == {transport, "graphql"}
        assert {entry.code for entry in network.net.journal.since(0)} == {"OK", "200"}


async def test_both_transports_give_the_same_answers() -> None:
    async with running(Transport.GRPC) as network:
        alice = await network.wallet()
        network.net.provider.fund(alice.identity, [100, 200])
        await alice.claim_all()
        own = pb.QueryNodesRequest(owner_identity_pubkey=alice.identity).SerializeToString()
        history = pb.TransferFilter(sender_or_receiver_identity_public_key=alice.identity).SerializeToString()
        foreign = pb.QueryNodesRequest(owner_identity_pubkey=b"\x02" * 33).SerializeToString()
        token = alice.tokens[0]
        for path, who, body in [
            ("/spark.SparkService/query_all_transfers", token, history),
            ("/spark.SparkService/query_nodes", token, foreign),
            ("/spark.SparkService/query_nodes", None, own),
            ("/spark.SparkService/query_nodes", "x", own),
            ("/spark.SparkService/query_nodes", token, b"\xff"),
            ("/spark.SparkService/no_such_method", token, own),
            ("/spark_authn.SparkAuthnService/get_challenge", None, b""),
            (
                "/spark.SparkService/claim_transfer",
                token,
                pb.ClaimTransferRequest(transfer_id="\N{SNOWMAN}%").SerializeToString(),
            ),
            *((path, token, b"") for path in METHODS),
        ]:
            answers = [await outcome(network, transport, path, who, body) for transport in Transport]
            assert answers[0] == answers[1], path
        nodes = [
            await outcome(network, transport, "/spark.SparkService/query_nodes", token, own) for transport in Transport
        ]
        first, second = (pb.QueryNodesResponse.FromString(raw) for raw in nodes if isinstance(raw, bytes))
        assert first == second
        assert len(first.nodes) == 2


async def test_the_network_listens_on_loopback_only() -> None:
    async with running(Transport.GRPC) as network:
        listening = [
            connection.laddr
            for connection in psutil.Process().net_connections(kind="inet")
            if connection.status == psutil.CONN_LISTEN
        ]
        told = [operator[door] for operator in network.description["operators"] for door in ("grpc", "grpc_web")]
        told += [network.description["ssp"]["baseUrl"], network.description["admin"]]
        ports = {httpx.URL(url).port for url in told}
        assert len(ports) == 8
        assert ports <= {address.port for address in listening}
        assert {address.ip.removeprefix("::ffff:") for address in listening} == {"127.0.0.1"}  # gRPC's are mapped IPv4
        assert {httpx.URL(url).host for url in told} == {"127.0.0.1"}


# ---- events --------------------------------------------------------------------------------------


async def next_event(events: AsyncGenerator[pb.SubscribeToEventsResponse]) -> pb.SubscribeToEventsResponse:
    async with asyncio.timeout(DEADLINE_S):
        return await anext(events)


@TRANSPORTS
async def test_a_subscriber_hears_of_funding_and_leaves_cleanly(transport: Transport) -> None:
    async with running(transport) as network, httpx.AsyncClient() as http:
        alice, bob = await network.wallet("alice"), await network.wallet("bob")
        queues = vars(network.net.events)["_queues"]
        async with aclosing(network.client.subscribe(0, alice.tokens[0], alice.identity)) as events:
            assert (await next_event(events)).WhichOneof("event") == "connected"
            for wallet, amounts in ((bob, [7]), (alice, [100, 50]), (alice, [5])):
                body = {"identity_public_key": wallet.identity.hex(), "amounts_sats": amounts}
                answer = await http.post(network.description["admin"] + "/fund", json=body)
                assert answer.status_code == 200
            for total in (150, 5):
                event = await next_event(events)
                assert event.WhichOneof("event") == "receiver_transfer"
                transfer = event.receiver_transfer.transfer
                assert (transfer.total_value, transfer.status) == (total, pb.TRANSFER_STATUS_SENDER_KEY_TWEAKED)
                await alice.claim(transfer)
            assert set(queues) == {alice.identity}
        await until(lambda: not queues)
        assert network.net.ledger.balance(alice.identity).available_sats == 155
        subscriptions = [e for e in network.net.journal.since(0) if e.method == "subscribe_to_events"]
        assert [(e.transport, e.code, e.identity) for e in subscriptions] == [(transport, "OK", alice.identity.hex())]


@TRANSPORTS
async def test_a_quiet_stream_has_heartbeats(transport: Transport, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "HEARTBEAT_S", 0.01)
    async with running(transport) as network:
        alice = await network.wallet()
        async with aclosing(network.client.subscribe(0, alice.tokens[0], alice.identity)) as events:
            kinds = [(await next_event(events)).WhichOneof("event") for _ in range(3)]
        assert kinds == ["connected", "heartbeat", "heartbeat"]


@TRANSPORTS
async def test_two_subscribers_of_one_wallet_both_hear(transport: Transport) -> None:
    async with running(transport) as network:
        alice = await network.wallet()
        async with (
            aclosing(network.client.subscribe(0, alice.tokens[0], alice.identity)) as first,
            aclosing(network.client.subscribe(0, alice.tokens[0], alice.identity)) as second,
        ):
            for events in (first, second):
                await next_event(events)
            network.net.provider.fund(alice.identity, [9])
            for events in (first, second):
                assert (await next_event(events)).receiver_transfer.transfer.total_value == 9


@TRANSPORTS
async def test_a_subscription_that_is_refused_is_in_the_journal(transport: Transport) -> None:
    async with running(transport) as network:
        alice, bob = await network.wallet("alice"), await network.wallet("bob")
        for token, identity, code in (
            (None, alice.identity, Code.UNAUTHENTICATED),
            ("x", alice.identity, Code.UNAUTHENTICATED),
            (alice.tokens[0], bob.identity, Code.PERMISSION_DENIED),
        ):
            with pytest.raises(RpcError) as caught:
                await next_event(network.client.subscribe(0, token, identity))
            assert caught.value.code is code
            entry = network.net.journal.since(network.net.journal.next_seq - 1)[0]
            assert (entry.method, entry.code) == ("subscribe_to_events", code.name)
