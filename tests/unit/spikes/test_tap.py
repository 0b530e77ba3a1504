"""A tap changes nothing that passes it and loses nothing of it."""

from __future__ import annotations

import os
from pathlib import Path

import httpx
import pytest
from aiohttp import web

from spikes.tap import tapped


async def test_what_passes_is_copied_and_unchanged(tmp_path: Path) -> None:
    body = os.urandom(300_000)

    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=(await request.read())[::-1])

    app = web.Application(client_max_size=1 << 20)
    app.router.add_post("/x", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/x"
        async with httpx.AsyncClient(trust_env=False) as http, tapped(url, "x", tmp_path) as tap:
            for _ in range(3):
                assert (await http.post(tap.url, content=body, headers={"X-Said": "aloud"})).content == body[::-1]
            sent, answered = tap.sent.read_bytes(), tap.answered.read_bytes()
    finally:
        await runner.cleanup()
    assert sent.count(body) == sent.lower().count(b"x-said: aloud") == 3
    assert answered.count(body[::-1]) == 3


async def test_a_service_that_is_gone_looks_gone(tmp_path: Path) -> None:
    async with httpx.AsyncClient(trust_env=False) as http, tapped("http://127.0.0.1:9", "x", tmp_path) as tap:
        with pytest.raises(httpx.TransportError):
            await http.get(tap.url)


async def test_only_loopback_is_tapped(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="loopback"):
        async with tapped("http://198.51.100.1:80", "x", tmp_path):
            pass
