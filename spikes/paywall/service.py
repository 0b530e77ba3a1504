"""The paywall's HTTP routes.

Role: `GET /paid/{item}` for buyers, `/admin` for the harness. Must not know: what a request for an item gets, and why.
"""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
from aiohttp import web

from spikes.paywall.catalogue import Item
from spikes.paywall.invoices import InvoiceDesk
from spikes.paywall.seller import ELSEWHERE, Seller, SellerConfig, typed_error

_NUMBER = re.compile(r"[0-9]{1,12}")
MAX_PASS_S = 10 * 365 * 86_400


def create_app(config: SellerConfig, *, clock: Callable[[], float] = time.time) -> web.Application:
    """The seller as an aiohttp application; `clock` gives Unix seconds."""
    service = _Service(config, clock)
    app = web.Application()
    app.cleanup_ctx.append(service.connect)
    app.router.add_get("/paid/{item}", service.sell, allow_head=False)
    app.router.add_get(f"{ELSEWHERE}/{{item}}", service.elsewhere, allow_head=False)
    app.router.add_get("/admin/healthz", service.healthz)
    app.router.add_get("/admin/journal", service.journal)
    app.router.add_post("/admin/items/{item}/revoke", service.revoke)
    app.router.add_post("/admin/items/{item}/pass", service.let_pass)
    return app


class _Service:
    def __init__(self, config: SellerConfig, clock: Callable[[], float]) -> None:
        self._config = config
        self._clock = clock
        self._seller: Seller

    async def connect(self, _: web.Application) -> AsyncIterator[None]:
        """Hold the connection to the emulator for as long as the application runs."""
        async with httpx.AsyncClient(trust_env=False) as client:
            self._seller = Seller(self._config, InvoiceDesk(client, self._config.admin_url), self._clock)
            yield

    async def sell(self, request: web.Request) -> web.StreamResponse:
        name, item = self._named(request)
        return _unknown(name) if item is None else await self._seller.serve(request, name, item)

    async def elsewhere(self, request: web.Request) -> web.Response:
        name, item = self._named(request)
        return _unknown(name) if item is None else self._seller.serve_elsewhere(request, name, item)

    async def healthz(self, _: web.Request) -> web.Response:
        return web.json_response({"ok": True, "items": len(self._config.catalogue)})

    async def journal(self, request: web.Request) -> web.Response:
        since, item = request.query.get("since", "0"), request.query.get("item")
        if not _NUMBER.fullmatch(since):
            return typed_error(400, "invalid_request", "since: give a sequence number, the 'next' of an earlier answer")
        return web.json_response(self._seller.journal.since(int(since), item))

    async def revoke(self, request: web.Request) -> web.Response:
        name, item = self._named(request)
        return _unknown(name) if item is None else web.json_response({"revoked": self._seller.revoke(name)})

    async def let_pass(self, request: web.Request) -> web.Response:
        name, item = self._named(request)
        if item is None:
            return _unknown(name)
        seconds = await _seconds(request)
        if seconds is None:
            return typed_error(400, "invalid_request", f'send {{"seconds": N}}, 1 to {MAX_PASS_S}')
        self._seller.let_pass(name, seconds)
        return web.json_response({"passed_s": seconds})

    def _named(self, request: web.Request) -> tuple[str, Item | None]:
        name = request.match_info["item"]
        return name, self._config.catalogue.get(name)


async def _seconds(request: web.Request) -> int | None:
    try:
        body: Any = await request.json()
        seconds = body["seconds"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    whole = isinstance(seconds, int) and not isinstance(seconds, bool)
    return seconds if whole and 1 <= seconds <= MAX_PASS_S else None


def _unknown(name: str) -> web.Response:
    return typed_error(404, "not_found", f"nothing called {name[:80]!r} is for sale; read the catalogue")
