"""How an HTTP connection breaks on purpose: dropped without an answer, or reset after half of one."""

from __future__ import annotations

import socket
import struct

from aiohttp import web

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER on, 0 seconds: closing sends a reset instead of an end


def drop(request: web.Request) -> web.StreamResponse:
    """Close the connection; the response that is returned goes nowhere."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def cut_short(request: web.Request, body: bytes, content_type: str) -> web.StreamResponse:
    """Send the headers of the whole answer and half of its body, then reset the connection."""
    response = web.StreamResponse(headers={"content-type": content_type, "content-length": str(len(body))})
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    if request.transport is not None:
        raw = request.transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        request.transport.abort()
    return response
