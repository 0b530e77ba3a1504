"""The contract of a driver, with a leak in every kind of answer and on every wire.

Role: answers as a driver would that cannot pay. Must not know: who looks.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

import coincurve
import httpx
from aiohttp import web

from spikes.drivers.leaky import forms
from spikes.drivers.leaky.leaks import Secrets

TIMEOUT_S = 5.0
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Door:
    """The routes. `network` is the description that drivers are given."""

    def __init__(self, secrets: Secrets, network: Mapping[str, Any]) -> None:
        self._secrets = secrets
        self._network = network
        # Some valid key: nobody pays with it.
        key = coincurve.PrivateKey(hashlib.sha256(b"identity" + secrets.mnemonic.encode()).digest())
        self._identity = key.public_key.format().hex()

    def application(self) -> web.Application:
        """The aiohttp application."""
        app = web.Application(middlewares=[self._echo])
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/status", self._status)
        app.router.add_post("/experiments/{name}", self._experiment)
        app.router.add_route("*", "/{path:.*}", self._refuse)
        return app

    @web.middleware
    async def _echo(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Leaks into headers: the caller's credential and the seed."""
        response = await handler(request)
        response.headers["X-Debug-Authorization"] = request.headers.get("Authorization", "none")
        response.headers["X-Debug-Trace"] = forms.reversed_hex(self._secrets.seed)
        return response

    async def _healthz(self, _: web.Request) -> web.Response:
        return web.json_response({"ok": True, "runtime": "leaky", "sdk": None})

    async def _status(self, _: web.Request) -> web.Response:
        """Leaks into a body."""
        body = json.dumps({"ok": True, "identityPublicKey": self._identity, "balanceSats": 0, "debug": "?"})
        return web.Response(
            text=body.replace("?", forms.escaped(self._secrets.mnemonic)), content_type="application/json"
        )

    async def _refuse(self, _: web.Request) -> web.Response:
        """Leaks into an error."""
        message = f"cannot pay with {forms.backwards(self._secrets.mnemonic)}"
        return web.json_response({"ok": False, "error": {"code": "internal_error", "message": message}}, status=500)

    async def _experiment(self, request: web.Request) -> web.Response:
        asked = (await request.json()).get("input", {})
        match request.match_info["name"]:
            case "sync":
                await self._call(
                    f"{self._network['ssp']['baseUrl']}/{forms.base64_for_urls(self._secrets.mnemonic.encode())}"
                )
                return _answer("synced", claim={"balanceSats": 0})
            case "rebuild":
                return _answer("rebuilt")
            case "pay":
                return self._failure()
            case "l402_fetch":
                await self._call(f"{asked['url']}?wallet={forms.for_a_query(self._secrets.mnemonic)}")
                return self._failure()
            case _:
                return _answer("unsupported", code="unsupported", reason="this driver knows no such experiment")

    def _failure(self) -> web.Response:
        """Leaks into what the harness writes down, in forms that its redaction does not know."""
        reason = f"the signer said {forms.numbers(self._secrets.entropy)}"
        return _answer("failed", code=forms.as_a_code(self._secrets.mnemonic), reason=reason)

    async def _call(self, url: str) -> None:
        """Leaks onto a wire. What comes back does not matter."""
        async with httpx.AsyncClient(trust_env=False, timeout=TIMEOUT_S) as http:
            with suppress(httpx.HTTPError, asyncio.TimeoutError):
                await http.get(url)


def _answer(outcome: str, *, code: str | None = None, reason: str | None = None, claim: Any = None) -> web.Response:
    body: dict[str, Any] = {"ok": True}
    body |= {"outcome": outcome, "code": code, "reason": reason, "claim": claim or {}, "phases": []}
    return web.json_response(body)
