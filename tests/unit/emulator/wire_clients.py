"""Gateways over real sockets: native gRPC and gRPC-Web, as far as their clients differ, and GraphQL over HTTP.

Must not import the emulator's doors: they are the other end.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import unquote

import grpc
import httpx

from spikes.emulator.rpc import Code, RpcError
from spikes.emulator.wire import spark_pb2 as pb

DEADLINE_S = 5.0
SUBSCRIBE = "/spark.SparkService/subscribe_to_events"
CONTENT_TYPE = "application/grpc-web+proto"
_FRAME = struct.Struct(">BI")
_TRAILER = 0x80


class Transport(StrEnum):
    """The two ways to an operator; values are the journal's names."""

    GRPC = "grpc"
    GRPC_WEB = "grpc-web"


class ConnectionLost(Exception):
    """The connection ended before the answer came."""


@dataclass(frozen=True, kw_only=True)
class GraphqlClient:
    """The provider's side of both gateways."""

    http: httpx.AsyncClient
    url: str

    async def query(self, token: str | None, body: bytes) -> tuple[int, bytes]:
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        try:
            response = await self.http.post(self.url, content=body, headers=headers)
        except httpx.TransportError as error:
            raise ConnectionLost from error
        return response.status_code, response.content


@dataclass(frozen=True, kw_only=True)
class GrpcClient(GraphqlClient):
    """HTTP/2 with prior knowledge, as the native SDK connects."""

    channels: list[grpc.aio.Channel]

    async def call(self, operator: int, path: str, token: str | None, body: bytes) -> bytes:
        method: Callable[..., Any] = self.channels[operator].unary_unary(path, None, None)
        try:
            answer: bytes = await method(body, metadata=_metadata(token), timeout=DEADLINE_S)
        except grpc.aio.AioRpcError as error:
            raise _refusal(error) from error
        return answer

    async def subscribe(
        self, operator: int, token: str | None, identity: bytes
    ) -> AsyncGenerator[pb.SubscribeToEventsResponse]:
        request = pb.SubscribeToEventsRequest(identity_public_key=identity).SerializeToString()
        method: Callable[..., Any] = self.channels[operator].unary_stream(SUBSCRIBE, None, None)
        stream = method(request, metadata=_metadata(token))
        try:
            async for message in stream:
                yield pb.SubscribeToEventsResponse.FromString(message)
        except grpc.aio.AioRpcError as error:
            raise _refusal(error) from error
        finally:
            stream.cancel()


@dataclass(frozen=True, kw_only=True)
class GrpcWebClient(GraphqlClient):
    """HTTP/1.1 with frames, as the WASM SDK connects."""

    operators: list[str]

    async def call(self, operator: int, path: str, token: str | None, body: bytes) -> bytes:
        answer = read_answer(await self.post(operator, path, token, frame(body)))
        return answer

    async def post(self, operator: int, path: str, token: str | None, raw: bytes) -> httpx.Response:
        """Send raw bytes where a frame belongs."""
        try:
            return await self.http.post(self.operators[operator] + path, content=raw, headers=_headers(token))
        except httpx.TransportError as error:
            raise ConnectionLost from error

    async def subscribe(
        self, operator: int, token: str | None, identity: bytes
    ) -> AsyncGenerator[pb.SubscribeToEventsResponse]:
        request = pb.SubscribeToEventsRequest(identity_public_key=identity).SerializeToString()
        url = self.operators[operator] + SUBSCRIBE
        async with self.http.stream("POST", url, content=frame(request), headers=_headers(token)) as response:
            if "grpc-status" in response.headers:
                await response.aread()
                read_answer(response)
            pending = b""
            async for chunk in response.aiter_bytes():
                pending += chunk
                while len(pending) >= _FRAME.size:
                    flags, length = _FRAME.unpack_from(pending)
                    if len(pending) < _FRAME.size + length:
                        break
                    assert flags == 0
                    yield pb.SubscribeToEventsResponse.FromString(pending[_FRAME.size : _FRAME.size + length])
                    pending = pending[_FRAME.size + length :]


def frame(payload: bytes, flags: int = 0) -> bytes:
    """One gRPC-Web frame."""
    return _FRAME.pack(flags, len(payload)) + payload


def read_answer(response: httpx.Response) -> bytes:
    """The message of a gRPC-Web answer: a data frame and a trailer frame. Raises RpcError for a refusal."""
    assert response.status_code == 200
    assert response.headers["content-type"] == CONTENT_TYPE
    if "grpc-status" in response.headers:
        assert response.content == b""
        raise RpcError(Code(int(response.headers["grpc-status"])), unquote(response.headers["grpc-message"]))
    flags, length = _FRAME.unpack_from(response.content)
    message = response.content[_FRAME.size : _FRAME.size + length]
    assert (flags, len(message)) == (0, length)
    assert response.content[_FRAME.size + length :] == frame(b"grpc-status:0\r\n", _TRAILER)
    return message


@asynccontextmanager
async def connected(transport: Transport, description: dict[str, Any]) -> AsyncIterator[GrpcClient | GrpcWebClient]:
    """A client of a running network, from its description."""
    url = f"{description['ssp']['baseUrl']}/{description['ssp']['schemaEndpoint']}"
    async with httpx.AsyncClient(timeout=DEADLINE_S) as http:
        if transport is Transport.GRPC_WEB:
            operators = [operator["grpc_web"] for operator in description["operators"]]
            yield GrpcWebClient(http=http, url=url, operators=operators)
            return
        channels = [
            grpc.aio.insecure_channel(operator["grpc"].removeprefix("http://")) for operator in description["operators"]
        ]
        try:
            yield GrpcClient(http=http, url=url, channels=channels)
        finally:
            for channel in channels:
                await channel.close(None)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition of this process, with a deadline."""
    async with asyncio.timeout(DEADLINE_S):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.005)


def _metadata(token: str | None) -> tuple[tuple[str, str], ...]:
    return () if token is None else (("authorization", token),)


def _headers(token: str | None) -> dict[str, str]:
    headers = {"content-type": CONTENT_TYPE, "accept": CONTENT_TYPE, "x-grpc-web": "1"}
    return headers if token is None else headers | {"authorization": token}


def _refusal(error: grpc.aio.AioRpcError) -> RpcError:
    code: int = error.code().value[0]
    return RpcError(Code(code), error.details() or "")
