"""Every answer of a driver, kept as it came in: bodies, headers and errors in files of their own.

Role: an httpx transport that copies while it passes on. Must not know: what is asked, what is looked for.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx

from spikes.inspections.custody_watch.surfaces import Source

BODIES, HEADERS, ERRORS = "response_bodies", "response_headers", "errors"
_FIRST_ERROR = 400


class KeptAnswers(httpx.AsyncBaseTransport):
    """Passes requests on, and appends each answer to the file of its route below `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[tuple[str, str], Path] = {}  # (kind of answer, route)
        self._inner = httpx.AsyncHTTPTransport(limits=httpx.Limits(max_keepalive_connections=0), trust_env=False)
        for kind in (BODIES, HEADERS, ERRORS):
            (folder / kind).mkdir(parents=True, exist_ok=True)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        route = f"{request.method} {request.url.path}"
        with self._file(HEADERS, route).open("ab") as headers:
            headers.write(b"\r\n".join(name + b": " + value for name, value in response.headers.raw) + b"\r\n\r\n")
        kind = BODIES if response.status_code < _FIRST_ERROR else ERRORS
        return httpx.Response(
            response.status_code,
            headers=response.headers,
            stream=_Copied(response.stream, self._file(kind, route)),
            extensions=response.extensions,
        )

    async def aclose(self) -> None:
        await self._inner.aclose()

    def kept(self, kind: str) -> tuple[Source, ...]:
        """The answers of one kind, by route."""
        return tuple(
            Source(where=route, content=path) for (of, route), path in sorted(self._files.items()) if of == kind
        )

    def _file(self, kind: str, route: str) -> Path:
        key = (kind, route)
        if key not in self._files:
            self._files[key] = self._folder / kind / f"{len(self._files)}.answers"
        return self._files[key]


class _Copied(httpx.AsyncByteStream):
    """A body that is written down as it is read."""

    def __init__(self, stream: httpx.SyncByteStream | httpx.AsyncByteStream, copy: Path) -> None:
        if not isinstance(stream, httpx.AsyncByteStream):
            raise TypeError("an asynchronous client has asynchronous streams")
        self._stream = stream
        self._copy = copy

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with self._copy.open("ab") as copy:
            async for chunk in self._stream:
                copy.write(chunk)
                yield chunk
            copy.write(b"\n")

    async def aclose(self) -> None:
        await self._stream.aclose()
