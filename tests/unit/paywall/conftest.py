"""The paywall's fixtures."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.unit.paywall.lightning_node import LightningNode


@pytest.fixture
async def lightning() -> AsyncIterator[LightningNode]:
    node = LightningNode()
    app = web.Application()
    app.router.add_post("/invoices", node.issue)
    app.router.add_get("/invoices/{payment_hash}", node.show)
    app.router.add_get("/elsewhere", node.answer_elsewhere)
    async with TestServer(app) as server:
        node.url = str(server.make_url("")).rstrip("/")
        yield node
