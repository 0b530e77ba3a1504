"""A wire tap: forwards TCP on loopback and keeps a copy of every byte, for a scan of what a program says to others.

Role: stands between a driver and a service, one file for each direction. Must not know: protocols. What HTTP/2 packs
into its headers (HPACK) is kept as it is and cannot be read by a scanner; bodies can.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

LOOPBACK = "127.0.0.1"
CHUNK = 1 << 16


@dataclass(frozen=True, kw_only=True)
class Tapped:
    """Where to connect instead, and where the copies are."""

    url: str
    sent: Path  # what clients said
    answered: Path


@asynccontextmanager
async def tapped(url: str, name: str, folder: Path) -> AsyncIterator[Tapped]:
    """A tap on the service at `url` for the length of a `with` block."""
    target = urlsplit(url)
    if target.hostname != LOOPBACK or target.port is None:
        raise ValueError(f"{url} is not a service on loopback; only those are tapped")
    sent, answered = folder / f"{name}.sent", folder / f"{name}.answered"
    connections: set[asyncio.Task[None]] = set()
    with sent.open("ab", buffering=0) as sent_file, answered.open("ab", buffering=0) as answered_file:

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None  # noqa: S101 - a callback of asyncio's server is a task
            connections.add(task)
            try:
                with suppress(asyncio.CancelledError):  # the tap is closing; asyncio would report it as a failure
                    await _forward(reader, writer, (LOOPBACK, int(target.port or 0)), sent_file, answered_file)
            finally:
                connections.discard(task)

        server = await asyncio.start_server(connected, LOOPBACK, 0)
        port = server.sockets[0].getsockname()[1]
        try:
            yield Tapped(url=target._replace(netloc=f"{LOOPBACK}:{port}").geturl(), sent=sent, answered=answered)
        finally:
            server.close()
            for connection in tuple(connections):
                connection.cancel()
            await asyncio.gather(*connections, return_exceptions=True)


async def _forward(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    target: tuple[str, int],
    sent: BinaryIO,
    answered: BinaryIO,
) -> None:
    """One connection, both ways, until both sides have ended."""
    try:
        far_reader, far_writer = await asyncio.open_connection(*target)
    except OSError:
        writer.close()  # the service is gone: so the client sees it
        return
    try:
        await asyncio.gather(_copy(reader, far_writer, sent), _copy(far_reader, writer, answered))
    finally:
        for end in (writer, far_writer):
            end.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, copy: BinaryIO) -> None:
    try:
        while chunk := await reader.read(CHUNK):
            copy.write(chunk)
            writer.write(chunk)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
    except (ConnectionError, OSError):
        writer.close()
