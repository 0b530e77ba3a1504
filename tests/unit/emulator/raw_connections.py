"""Connections read byte by byte: what really arrived of an answer, and whether the connection was reset or ended.

Just enough of HTTP/1.1 and HTTP/2 to send one request; no library would hand out half an answer.
"""

from __future__ import annotations

import asyncio
import struct
from dataclasses import dataclass
from urllib.parse import urlsplit

DEADLINE_S = 5.0
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _SETTINGS = 0, 1, 4
_END_STREAM, _END_HEADERS = 1, 4


@dataclass(frozen=True, kw_only=True)
class Received:
    """All bytes of a connection until it ended, and how it ended."""

    raw: bytes
    reset: bool

    @property
    def head(self) -> bytes:
        return self.raw.partition(b"\r\n\r\n")[0]

    @property
    def body(self) -> bytes:
        return self.raw.partition(b"\r\n\r\n")[2]

    @property
    def announced(self) -> int:
        """The content-length of an HTTP/1.1 answer."""
        (line,) = (line for line in self.head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        return int(line.partition(b":")[2])

    def frames(self) -> list[tuple[int, int, bytes]]:
        """Type, flags and payload of the HTTP/2 frames of stream 1."""
        found, rest = [], self.raw
        while len(rest) >= 9:
            length, kind, flags = int.from_bytes(rest[:3], "big"), rest[3], rest[4]
            if rest[5:9] == b"\x00\x00\x00\x01":
                found.append((kind, flags, rest[9 : 9 + length]))
            rest = rest[9 + length :]
        return found

    @property
    def grpc_data(self) -> bytes:
        """What came of the message, with its five bytes of prefix."""
        return b"".join(payload for kind, _, payload in self.frames() if kind == _DATA)

    @property
    def grpc_has_status(self) -> bool:
        """Whether the stream ended as a gRPC call ends: with trailers."""
        return any(flags & _END_STREAM for kind, flags, _ in self.frames() if kind in (_DATA, _HEADERS))


async def post_http(url: str, headers: dict[str, str], body: bytes) -> Received:
    """POST over HTTP/1.1 and read until the connection ends."""
    parts = urlsplit(url)
    lines = {"host": parts.netloc, "content-length": str(len(body)), **headers}
    head = f"POST {parts.path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return await _exchange(url, head.encode() + b"\r\n" + body)


async def post_grpc(url: str, path: str, token: str, message: bytes) -> Received:
    """One unary gRPC call over HTTP/2 with prior knowledge, read until the connection ends."""
    headers = {
        ":method": "POST",
        ":scheme": "http",
        ":path": path,
        ":authority": urlsplit(url).netloc,
        "te": "trailers",
        "content-type": "application/grpc",
        "authorization": token,
    }
    block = b"".join(b"\x00" + _text(name) + _text(value) for name, value in headers.items())
    data = b"\x00" + struct.pack(">I", len(message)) + message
    frames = _frame(_SETTINGS, 0, 0, b"") + _frame(_HEADERS, _END_HEADERS, 1, block)
    return await _exchange(url, _PREFACE + frames + _frame(_DATA, _END_STREAM, 1, data))


async def _exchange(url: str, raw: bytes) -> Received:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    received = b""
    try:
        async with asyncio.timeout(DEADLINE_S):
            writer.write(raw)
            while True:
                chunk = await reader.read(1 << 16)
                if not chunk:
                    return Received(raw=received, reset=False)
                received += chunk
    except ConnectionResetError:
        return Received(raw=received, reset=True)
    finally:
        writer.close()


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def _text(value: str) -> bytes:
    assert len(value) < 127
    return bytes([len(value)]) + value.encode()
