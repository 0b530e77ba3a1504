"""gRPC-Web over HTTP/1.1 for WASM clients: one frame in, a data frame and a trailer frame out.

Source: facts/spark-protocol.md section 1.2.
"""

from __future__ import annotations

import struct
from urllib.parse import quote

from aiohttp import web

from spikes.emulator.broken_http import cut_short, drop
from spikes.emulator.operators import MAX_REQUEST_BYTES, SUBSCRIBE, OperatorDesk
from spikes.emulator.rpc import AnswerCut, AnswerLost, Code, RpcError
from spikes.emulator.streams import subscribe

CONTENT_TYPE = "application/grpc-web+proto"
_FRAME = struct.Struct(">BI")  # flags, length
_DATA, _TRAILER = 0x00, 0x80
_TRAILER_OK = b"grpc-status:0\r\n"


def application(desk: OperatorDesk) -> web.Application:
    """The HTTP side of one operator."""

    async def handle(request: web.Request) -> web.StreamResponse:
        token = request.headers.get("authorization")
        try:
            body = await _read(desk, request)
            if request.path == SUBSCRIBE:
                return await _stream(desk, request, token, body)
            answer = await desk.call(request.path, token, body, "grpc-web")
            return web.Response(body=_whole(answer), content_type=CONTENT_TYPE)
        except RpcError as error:
            return _refusal(error)
        except AnswerLost:
            return drop(request)
        except AnswerCut as cut:
            return await cut_short(request, _whole(cut.answer), CONTENT_TYPE)

    app = web.Application(client_max_size=MAX_REQUEST_BYTES + _FRAME.size)
    app.router.add_post("/{path:.*}", handle)
    return app


async def _read(desk: OperatorDesk, request: web.Request) -> bytes:
    raw = b""
    try:
        raw = await request.read()
        return _unframe(raw)
    except web.HTTPRequestEntityTooLarge as too_large:
        error = RpcError(Code.RESOURCE_EXHAUSTED, f"a request may have {MAX_REQUEST_BYTES} bytes")
        desk.refuse(request.path, error, "grpc-web", 0)
        raise error from too_large
    except RpcError as error:
        desk.refuse(request.path, error, "grpc-web", len(raw))
        raise


async def _stream(desk: OperatorDesk, request: web.Request, token: str | None, body: bytes) -> web.StreamResponse:
    events = subscribe(desk, token, body, "grpc-web")
    first = await anext(events)  # refusals come before the headers are sent
    response = web.StreamResponse(headers={"content-type": CONTENT_TYPE})
    await response.prepare(request)
    await response.write(_frame(_DATA, first))
    try:
        async for message in events:
            await response.write(_frame(_DATA, message))
    except ConnectionError:
        pass  # the client is gone, which is how these streams end
    return response


def _whole(answer: bytes) -> bytes:
    return _frame(_DATA, answer) + _frame(_TRAILER, _TRAILER_OK)


def _frame(flags: int, payload: bytes) -> bytes:
    return _FRAME.pack(flags, len(payload)) + payload


def _unframe(raw: bytes) -> bytes:
    """The message of a body that must be exactly one uncompressed data frame. Raises RpcError."""
    if len(raw) < _FRAME.size:
        raise RpcError(Code.INVALID_ARGUMENT, "the body is shorter than a gRPC-Web frame")
    flags, length = _FRAME.unpack_from(raw)
    if flags != _DATA:
        raise RpcError(Code.INVALID_ARGUMENT, f"unexpected frame flags {flags:#04x}; send one uncompressed data frame")
    if length != len(raw) - _FRAME.size:
        raise RpcError(Code.INVALID_ARGUMENT, f"the frame says {length} bytes, the body has {len(raw) - _FRAME.size}")
    return raw[_FRAME.size :]


def _refusal(error: RpcError) -> web.Response:
    """A trailers-only answer: status and message as HTTP headers, no body."""
    headers = {"grpc-status": str(int(error.code)), "grpc-message": quote(str(error))}
    return web.Response(headers=headers, content_type=CONTENT_TYPE)
