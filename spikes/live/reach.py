"""Whether a live network answers at all, before anything is asked of it.

Role: knock at every door at once and wait a bounded time: for a name to be resolved, a connection, TLS, and the first
line of any HTTP answer. What the answer says is of no account; a door that accepts and stays silent is closed.
Must not know: wallets, what the doors are for. No credential goes out with a knock.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

DEADLINE_S = 12.0  # for all doors together: they are knocked at at once
PORTS = {"https": 443, "http": 80}
Resolve = Callable[[str, int], str]


@dataclass(frozen=True, kw_only=True)
class Closed:
    """A door that did not answer, and why; one plain line."""

    url: str
    why: str


async def closed_doors(
    urls: Sequence[str], deadline_s: float = DEADLINE_S, resolve: Resolve | None = None
) -> tuple[Closed, ...]:
    """The doors that do not answer in time, in the order given; empty if all do."""
    reasons = await asyncio.gather(*(_knock(url, deadline_s, resolve or _first_address) for url in urls))
    return tuple(Closed(url=url, why=why) for url, why in zip(urls, reasons, strict=True) if why is not None)


async def _knock(url: str, deadline_s: float, resolve: Resolve) -> str | None:
    """Why it is closed, None if it answers. Says how far it came."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    stage = f"its name was not resolved within {deadline_s:g} s"
    try:
        async with asyncio.timeout(deadline_s):
            address = await _resolved(host, port, resolve)
            stage = f"no connection within {deadline_s:g} s"
            tls = ssl.create_default_context() if parts.scheme == "https" else None
            reader, writer = await asyncio.open_connection(
                address, port, ssl=tls, server_hostname=host if tls else None
            )
            try:
                stage = f"it accepts a connection and does not answer within {deadline_s:g} s"
                writer.write(f"GET / HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n".encode("ascii"))
                await writer.drain()
                return None if await reader.read(1) else "it closed the connection without an answer"
            finally:
                writer.close()
                with suppress(OSError, ssl.SSLError):
                    await writer.wait_closed()
    except TimeoutError:
        return stage
    except (OSError, ssl.SSLError) as error:
        return f"{type(error).__name__}: {error.strerror or error}"


async def _resolved(host: str, port: int, resolve: Resolve) -> str:
    """One address of a host. In a thread that nobody waits for at the end: a resolver may take minutes to give up."""
    loop = asyncio.get_running_loop()
    found: asyncio.Future[str] = loop.create_future()

    def settle(address: str | None, error: OSError | None) -> None:
        if found.done():
            return
        if error is None:
            found.set_result(str(address))
        else:
            found.set_exception(error)

    def look_up() -> None:
        address, failure = None, None
        try:
            address = resolve(host, port)
        except OSError as error:
            failure = error
        with suppress(RuntimeError):  # the loop is closed: the answer came too late for anybody
            loop.call_soon_threadsafe(settle, address, failure)

    threading.Thread(target=look_up, daemon=True).start()
    return await found


def _first_address(host: str, port: int) -> str:
    return str(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4][0])
