"""gRPC over h2c for native clients: one grpc.aio server an operator, raw bytes in and out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING

import grpc

from spikes.emulator.broken_grpc import drop
from spikes.emulator.operators import MAX_REQUEST_BYTES, SUBSCRIBE, OperatorDesk
from spikes.emulator.rpc import AnswerCut, AnswerLost, Code, RpcError
from spikes.emulator.streams import subscribe

_STATUS = {status.value[0]: status for status in grpc.StatusCode}
# Native clients ping every 5 s even when idle; the default policy would answer GOAWAY "too_many_pings".
_OPTIONS = (
    ("grpc.http2.min_ping_interval_without_data_ms", 1000),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 1000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_ping_strikes", 0),
    ("grpc.max_receive_message_length", MAX_REQUEST_BYTES + 1024),
    ("grpc.so_reuseport", 0),
)
if TYPE_CHECKING:  # the stubs are generic, the classes are not
    _Context = grpc.aio.ServicerContext[bytes, bytes]
    _GenericHandler = grpc.GenericRpcHandler[bytes, bytes]
else:
    _GenericHandler = grpc.GenericRpcHandler


class _Handlers(_GenericHandler):
    """Sends every path to the desk: which methods exist is the desk's business."""

    def __init__(self, desk: OperatorDesk) -> None:
        self._desk = desk

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[bytes, bytes]:
        path = details.method
        if path == SUBSCRIBE:
            return grpc.unary_stream_rpc_method_handler(self._stream)
        return grpc.unary_unary_rpc_method_handler(self._unary(path))

    def _unary(self, path: str) -> Callable[[bytes, _Context], object]:
        async def handle(body: bytes, context: _Context) -> bytes:
            try:
                return await self._desk.call(path, _token(context), body, "grpc")
            except RpcError as error:
                await context.abort(_STATUS[error.code], str(error))
            except AnswerLost:
                drop(context.peer())
                await context.abort(_STATUS[Code.UNAVAILABLE], "connection lost")
            except AnswerCut as cut:
                # grpc sends a message whole or not at all: half of an answer is the message without its status.
                await context.write(cut.answer)
                drop(context.peer())
                await context.abort(_STATUS[Code.UNAVAILABLE], "connection reset")

        return handle

    async def _stream(self, body: bytes, context: _Context) -> AsyncIterator[bytes]:
        try:
            async for message in subscribe(self._desk, _token(context), body, "grpc"):
                yield message
        except RpcError as error:
            await context.abort(_STATUS[error.code], str(error))


async def start(desk: OperatorDesk, port: int) -> tuple[grpc.aio.Server, int]:
    """Serve on 127.0.0.1:`port` (0: any free one). Returns the server and its port; raises OSError if it is taken."""
    server = grpc.aio.server(options=_OPTIONS)
    server.add_generic_rpc_handlers((_Handlers(desk),))
    try:
        bound = server.add_insecure_port(f"127.0.0.1:{port}")
    except RuntimeError as error:
        raise OSError(f"port {port} cannot be bound") from error
    await server.start()
    return server, bound


def _token(context: _Context) -> str | None:
    for key, value in context.invocation_metadata() or ():
        if key == "authorization" and isinstance(value, str):
            return value
    return None
