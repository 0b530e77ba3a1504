"""A network that does not answer is told in time, with how far the knock came; only loopback is knocked at here."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest

from spikes.live.reach import DEADLINE_S, Closed, closed_doors

SHORT_S = 0.4
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


@asynccontextmanager
async def door(answer: Handler, scheme: str = "http") -> AsyncIterator[str]:
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@contextmanager
def silent() -> Iterator[str]:
    """A port that accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def refusing() -> str:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


async def says(writer: asyncio.StreamWriter, what: bytes) -> None:
    writer.write(what)
    await writer.drain()
    writer.close()


async def knocked(url: str) -> Closed | None:
    found = await closed_doors([url], SHORT_S)
    return found[0] if found else None


async def test_any_answer_is_an_answer_and_no_credential_goes_out() -> None:
    asked: list[bytes] = []

    async def refuses(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        await says(writer, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")

    async with door(refuses) as url:
        assert await knocked(url) is None
    assert asked[0].splitlines()[0] == b"GET / HTTP/1.1"
    assert [line.partition(b":")[0] for line in asked[0].splitlines()[1:-1]] == [b"Host", b"Connection"]


async def test_a_refused_connection_says_so() -> None:
    found = await knocked(refusing())
    assert found is not None
    assert "Refused" in found.why


async def test_silence_after_the_connection_is_a_closed_door() -> None:
    with silent() as url:
        started = time.monotonic()
        found = await knocked(url)
        assert found is not None
        assert "does not answer within 0.4 s" in found.why
        assert time.monotonic() - started < SHORT_S + 5


async def test_silence_in_the_handshake_is_one_too() -> None:
    with silent() as url:
        found = await knocked(url.replace("http:", "https:"))
        assert found is not None
        assert "no connection within 0.4 s" in found.why


async def test_who_hangs_up_has_not_answered() -> None:
    async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await says(writer, b"")

    async with door(hangs_up) as url:
        found = await knocked(url)
        assert found is not None
        assert "without an answer" in found.why


async def test_a_door_that_speaks_no_tls_where_it_should_is_closed() -> None:
    async def speaks_plainly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await says(writer, b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with door(speaks_plainly, "https") as url:
        found = await knocked(url)
        assert found is not None
        assert "SSL" in found.why


async def test_a_name_that_does_not_resolve_is_told_and_never_asked_of_a_resolver_here() -> None:
    def unknown(host: str, port: int) -> str:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    found = await closed_doors(["https://spark.invalid"], SHORT_S, unknown)
    assert [closed.url for closed in found] == ["https://spark.invalid"]
    assert "Name or service not known" in found[0].why


def test_a_resolver_that_hangs_holds_nothing_up() -> None:
    """Not even the end of the program: the thread that waits is nobody's."""
    release = threading.Event()

    def hangs(host: str, port: int) -> str:
        release.wait(60)
        return "127.0.0.1"

    started = time.monotonic()
    try:
        found = asyncio.run(closed_doors(["https://spark.invalid", "https://other.invalid"], SHORT_S, hangs))
        assert len(found) == 2
        assert all("not resolved within 0.4 s" in closed.why for closed in found)
        assert time.monotonic() - started < SHORT_S + 5
    finally:
        release.set()


async def test_doors_are_knocked_at_together_and_told_in_order() -> None:
    async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await says(writer, b"HTTP/1.1 200 OK\r\n\r\n")

    with silent() as first, silent() as last:
        async with door(answers) as good:
            started = time.monotonic()
            found = await closed_doors([first, good, last], SHORT_S)
            assert time.monotonic() - started < 2 * SHORT_S + 5
    assert [closed.url for closed in found] == [first, last]


def test_the_deadline_leaves_room_for_the_rest_of_thirty_seconds() -> None:
    assert DEADLINE_S <= 15


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "https://127.0.0.1:1"])
async def test_nothing_is_wrong_with_addresses_themselves(url: str) -> None:
    found = await closed_doors([url], SHORT_S)
    assert [closed.url for closed in found] == [url]
