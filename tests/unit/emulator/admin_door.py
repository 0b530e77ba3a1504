"""The admin API of a stage's network, as the harness calls it over HTTP."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from aiohttp.test_utils import TestClient

from tests.unit.emulator.stage import Stage


@dataclass(frozen=True, kw_only=True)
class Admin:
    """The admin API of a stage's network, over HTTP."""

    stage: Stage
    client: TestClient[Any, Any]

    async def get(self, path: str) -> tuple[int, dict[str, Any]]:
        async with self.client.get(path) as response:
            return response.status, await response.json()

    async def post(self, path: str, body: object) -> tuple[int, dict[str, Any]]:
        return await self.send("POST", path, json.dumps(body).encode())

    async def send(self, method: str, path: str, raw: bytes = b"") -> tuple[int, dict[str, Any]]:
        async with self.client.request(method, path, data=raw) as response:
            return response.status, await response.json()


async def assert_refused(  # noqa: PLR0917 - one request and one answer
    door: Admin, method: str, path: str, raw: bytes, status: int, words: str
) -> None:
    """A typed error that says what is wrong; nothing has moved."""
    books = door.stage.books()
    got, answer = await door.send(method, path, raw)
    assert got == status
    assert set(answer) == {"error"}
    assert set(answer["error"]) == {"code", "message"}
    assert words in answer["error"]["message"]
    assert door.stage.books() == books
