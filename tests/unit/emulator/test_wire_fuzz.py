"""Requests that are no requests: whatever bytes arrive, the answer is a typed error, nothing moves, all goes on."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Sequence

import httpx
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from spikes.emulator.mint import LeafForm
from spikes.emulator.network import Settings
from spikes.emulator.operators import MAX_REQUEST_BYTES, METHODS
from spikes.emulator.rpc import Code, RpcError
from tests.unit.emulator.flows import Flow, prepare
from tests.unit.emulator.running import Running, running
from tests.unit.emulator.stage import Stage
from tests.unit.emulator.wire_clients import GrpcWebClient, Transport, frame, read_answer

TRANSPORTS = pytest.mark.parametrize("transport", list(Transport))
LOGIN = [f"/spark_authn.SparkAuthnService/{name}" for name in ("get_challenge", "verify_challenge")]
NODES = "/spark.SparkService/query_nodes"
NO_MESSAGE = b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"  # a field that says it is longer than anything


def web(network: Running) -> GrpcWebClient:
    assert isinstance(network.client, GrpcWebClient)
    return network.client


async def assert_alive(network: Running, token: str) -> None:
    """A proper request is answered."""
    with pytest.raises(RpcError) as caught:
        await network.client.call(0, NODES, token, b"")
    assert caught.value.code is Code.PERMISSION_DENIED


# ---- frames --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "shorter than a gRPC-Web frame"),
        (b"\0\0\0\0", "shorter than a gRPC-Web frame"),
        (frame(b"message")[:-1], "the frame says 7 bytes, the body has 6"),
        (frame(b"message") + b"x", "the frame says 7 bytes, the body has 8"),
        (frame(b"") + frame(b""), "the frame says 0 bytes, the body has 5"),
        (b"\0\xff\xff\xff\xff", "the frame says 4294967295 bytes"),
        (frame(b"message", flags=1), "unexpected frame flags 0x01"),
        (frame(b"grpc-status:0\r\n", flags=0x80), "unexpected frame flags 0x80"),
        (frame(b"message", flags=0xFF), "unexpected frame flags 0xff"),
    ],
)
async def test_a_malformed_frame_is_refused(raw: bytes, words: str) -> None:
    async with running(Transport.GRPC_WEB) as network:
        alice = await network.wallet()
        books = repr(vars(network.net.ledger))
        for path in (NODES, "/spark.SparkService/subscribe_to_events", LOGIN[0], "/nothing"):
            with pytest.raises(RpcError, match=words) as caught:
                read_answer(await web(network).post(0, path, alice.tokens[0], raw))
            assert caught.value.code is Code.INVALID_ARGUMENT
            entry = network.net.journal.since(network.net.journal.next_seq - 1)[0]
            assert (entry.transport, entry.method, entry.code) == ("grpc-web", path.split("/")[-1], "INVALID_ARGUMENT")
            assert words in (entry.note or "")
            assert entry.request_bytes == len(raw)
        assert repr(vars(network.net.ledger)) == books
        await assert_alive(network, alice.tokens[0])


async def test_no_bytes_in_a_body_stop_the_network() -> None:
    async with running(Transport.GRPC_WEB) as network:
        alice = await network.wallet()
        network.net.provider.fund(alice.identity, [100])
        token, sequence = alice.tokens[0], network.net.ledger.sequence
        paths = st.sampled_from([*METHODS, *LOGIN, "/spark.SparkService/nothing", "//", "/%ff%00/x"])

        async def send(path: str, raw: bytes) -> None:
            seq = network.net.journal.next_seq
            with contextlib.suppress(RpcError):
                read_answer(await web(network).post(0, path, token, raw))
            assert network.net.journal.next_seq == seq + 1
            assert network.net.ledger.sequence == sequence

        loop = asyncio.get_running_loop()

        @limits(max_examples=100, deadline=None)
        @given(path=paths, payload=st.binary(max_size=64), framed=st.booleans())
        def explore(path: str, payload: bytes, framed: bool) -> None:
            raw = frame(payload) if framed else payload
            asyncio.run_coroutine_threadsafe(send(path, raw), loop).result(timeout=30)

        await asyncio.to_thread(explore)
        await assert_alive(network, token)


# ---- messages ------------------------------------------------------------------------------------


@TRANSPORTS
async def test_what_is_no_message_is_refused_by_every_method(transport: Transport) -> None:
    async with running(transport) as network:
        alice = await network.wallet()
        network.net.provider.fund(alice.identity, [100])
        sequence = network.net.ledger.sequence
        for path in [*METHODS, *LOGIN]:
            with pytest.raises(RpcError, match="the request is not a spark") as caught:
                await network.client.call(0, path, alice.tokens[0], NO_MESSAGE)
            assert caught.value.code is Code.INVALID_ARGUMENT
            entry = network.net.journal.since(network.net.journal.next_seq - 1)[0]
            assert (entry.method, entry.code) == (path.split("/")[-1], "INVALID_ARGUMENT")
        assert network.net.ledger.sequence == sequence


@TRANSPORTS
async def test_every_method_wants_a_token(transport: Transport) -> None:
    async with running(transport) as network:
        for path in METHODS:
            with pytest.raises(RpcError, match="session token") as caught:
                await network.client.call(0, path, None, b"")
            assert caught.value.code is Code.UNAUTHENTICATED
            entry = network.net.journal.since(network.net.journal.next_seq - 1)[0]
            assert (entry.method, entry.code) == (path.split("/")[-1], "UNAUTHENTICATED")


@TRANSPORTS
async def test_an_unknown_method_is_unimplemented(transport: Transport) -> None:
    async with running(transport) as network:
        alice = await network.wallet()
        for path in (
            "/spark.SparkService/start_transfer_v2",
            "/spark.SparkService/QUERY_NODES",
            "/spark.Other/query_nodes",
            "/query_nodes",
            "/" + "x" * 2000,
        ):
            with pytest.raises(RpcError, match="is absent from this emulator; see its README") as caught:
                await network.client.call(0, path, alice.tokens[0], b"")
            assert caught.value.code is Code.UNIMPLEMENTED
            entry = network.net.journal.since(network.net.journal.next_seq - 1)[0]
            assert (entry.method, entry.code) == (path.split("/")[-1], "UNIMPLEMENTED")


@TRANSPORTS
async def test_a_body_that_is_too_large_is_refused(transport: Transport) -> None:
    async with running(transport) as network:
        alice = await network.wallet()
        with pytest.raises(RpcError) as caught:
            await network.client.call(0, NODES, alice.tokens[0], bytes(MAX_REQUEST_BYTES + 1))
        assert caught.value.code is Code.RESOURCE_EXHAUSTED
        entry = network.net.journal.since(network.net.journal.next_seq - 1)[0]
        assert (entry.method, entry.code) == ("query_nodes", "RESOURCE_EXHAUSTED")
        await assert_alive(network, alice.tokens[0])


async def test_a_body_that_grpc_itself_refuses_is_refused_too() -> None:
    async with running(Transport.GRPC) as network:
        alice = await network.wallet()
        with pytest.raises(RpcError) as caught:
            await network.client.call(0, NODES, alice.tokens[0], bytes(MAX_REQUEST_BYTES + 4096))
        assert caught.value.code is Code.RESOURCE_EXHAUSTED
        await assert_alive(network, alice.tokens[0])


async def carried_out(flow: Flow, changed: Sequence[tuple[int, int]]) -> str | None:
    """The books after a request with some bytes changed, but for the expiry, which nobody signs; None if refused."""
    stage = Stage.set_up(Settings(leaf_form=LeafForm.ZERO_TIMELOCK))
    prepared = await prepare(flow, stage)
    prepared.seal()
    raw = bytearray(prepared.draft.request.SerializeToString())
    for position, mask in changed:
        raw[position % len(raw)] ^= mask
    books = stage.books()
    try:
        await stage.gateway.call(0, f"/spark.SparkService/{flow}", prepared.wallet.tokens[0], bytes(raw))
    except RpcError:
        assert stage.books() == books
        assert stage.last_entry().note
        return None
    return re.sub(r"expires_at=[0-9.]+", "", stage.books())


@pytest.mark.parametrize("flow", Flow)
async def test_a_request_with_any_byte_changed_is_refused_or_means_the_same(flow: Flow) -> None:
    """Nearly every byte is covered by a signature, a share or a comparison; the others must change nothing."""
    loop = asyncio.get_running_loop()
    meant = await carried_out(flow, [])
    assert meant is not None

    @limits(max_examples=25, deadline=None)
    @given(changed=st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(1, 255)), min_size=1, max_size=2))
    def explore(changed: list[tuple[int, int]]) -> None:
        done = asyncio.run_coroutine_threadsafe(carried_out(flow, changed), loop).result(timeout=30)
        assert done in {None, meant}

    await asyncio.to_thread(explore)


# ---- sockets -------------------------------------------------------------------------------------

GARBAGE = [
    b"",
    b"\0" * 100,
    b"\xff" * 5000,
    b"GET / HTTP/1.1\r\n",
    b"POST /spark.SparkService/query_nodes HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n\0\0\0",
    b"POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
    b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 100,
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0\0\0\x20\1\5\0\0\0\1" + b"\x82" * 32,
]


@TRANSPORTS
async def test_garbage_on_any_port_stops_nothing(transport: Transport) -> None:
    async with running(transport) as network:
        alice = await network.wallet()
        operators = network.description["operators"]
        urls = [operator[door] for operator in operators for door in ("grpc", "grpc_web")]
        urls += [network.description["ssp"]["baseUrl"], network.description["admin"]]
        for url in urls:
            port = httpx.URL(url).port
            for garbage in GARBAGE:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(garbage)
                await writer.drain()
                writer.close()
                with contextlib.suppress(ConnectionError):
                    await writer.wait_closed()
        await assert_alive(network, alice.tokens[0])
        assert await alice.ssp("Transfers", transfer_spark_ids=[]) == {"transfers": []}
