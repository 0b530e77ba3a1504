"""The KMS over HTTP, and its audit log.

Role: routes in the shape of a cloud KMS, one audit entry for every request that was asked with a known or unknown
identity, and misbehaviour on request, for experiments. Must not know: wallets.

Binary values are standard base64. Errors: {"error": {"code", "message"}} with 400, 401, 403, 404 or 409.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Any

from aiohttp import web

from spikes.kms.keyring import KeyRefusal, KeyRing, VersionState
from spikes.kms.policy import ALLOWED, Caller, Callers, Operation

MAX_BODY_BYTES = 16 * 1024
_STATES = {"enable": VersionState.ENABLED, "disable": VersionState.DISABLED, "destroy": VersionState.DESTROYED}
_HTTP = {"no_such_key": 404, "not_authentic": 400, "malformed": 400}


@dataclass(frozen=True, kw_only=True)
class AuditEntry:
    """Who asked for what, and what became of it. No key material, no ciphertext."""

    at_ms: int
    caller: str  # "unknown" if the token was nobody's
    operation: str
    key: str
    result: str  # "ok", or the reason of the refusal


@dataclass(kw_only=True)
class Behaviour:
    """How an experiment wants unwrapping to go. The default is an orderly service."""

    latency_s: float = 0.0
    deny: bool = False
    gone: bool = False  # connections are cut without an answer


class Kms:
    """One service with its keys, callers, log and behaviour."""

    def __init__(self, callers: Callers) -> None:
        self.keys = KeyRing()
        self.audit: list[AuditEntry] = []
        self.behaviour = Behaviour()
        self._callers = callers

    def application(self) -> web.Application:
        """The aiohttp application."""
        app = web.Application(client_max_size=MAX_BODY_BYTES)
        app.router.add_post("/v1/keys/{key}/versions", self._route(Operation.CREATE_VERSION, self._create))
        app.router.add_post("/v1/keys/{key}:wrap", self._route(Operation.WRAP, self._wrap))
        app.router.add_post("/v1/keys/{key}:unwrap", self._route(Operation.UNWRAP, self._unwrap))
        app.router.add_post("/v1/keys/{key}:rewrap", self._route(Operation.REWRAP, self._rewrap))
        for verb in _STATES:
            path = f"/v1/keys/{{key}}/versions/{{version}}:{verb}"
            app.router.add_post(path, self._route(Operation.SET_STATE, self._state_setter(verb)))
        app.router.add_get("/v1/audit", self._route(Operation.READ_AUDIT, self._read_audit))
        app.router.add_post("/v1/behaviour", self._route(Operation.BEHAVE, self._behave))
        return app

    def _route(
        self, operation: Operation, answer: Callable[[str, web.Request, dict[str, Any]], Awaitable[dict[str, Any]]]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handler(request: web.Request) -> web.StreamResponse:
            caller = self._callers.identify(request.headers.get("Authorization", ""))
            key = request.match_info.get("key", "")
            await request.read()  # before any latency: what was asked is logged, even if the caller does not wait
            if operation is Operation.UNWRAP and await self._misbehave(request):
                self._log(caller, operation, key, "gone")
                return web.Response(status=502)  # nobody reads it: the connection is cut
            refusal = self._refusal(caller, operation)
            if refusal is None:
                try:
                    body = await _body(request)
                    result = await answer(key, request, body)
                    self._log(caller, operation, key, "ok")
                    return web.json_response(result)
                except KeyRefusal as error:
                    refusal = (_HTTP.get(error.reason, 409), error.reason, str(error))
            status, reason, message = refusal
            self._log(caller, operation, key, reason)
            return web.json_response({"error": {"code": reason, "message": message}}, status=status)

        return handler

    def _refusal(self, caller: Caller | None, operation: Operation) -> tuple[int, str, str] | None:
        if caller is None:
            return 401, "unauthenticated", "send the bearer token of a caller that this KMS knows"
        if operation not in ALLOWED[caller] or (operation is Operation.UNWRAP and self.behaviour.deny):
            return 403, "denied", f"{caller} may not {operation}; the policy is in spikes/kms/policy.py"
        return None

    async def _misbehave(self, request: web.Request) -> bool:
        await asyncio.sleep(self.behaviour.latency_s)
        if self.behaviour.gone and request.transport is not None:
            request.transport.abort()
        return self.behaviour.gone

    def _log(self, caller: Caller | None, operation: Operation, key: str, result: str) -> None:
        named = "unknown" if caller is None else caller.value
        at_ms = time.time_ns() // 1_000_000
        self.audit.append(AuditEntry(at_ms=at_ms, caller=named, operation=operation.value, key=key, result=result))

    async def _create(self, key: str, request: web.Request, body: dict[str, Any]) -> dict[str, Any]:
        return {"keyVersion": self.keys.create_version(key)}

    async def _wrap(self, key: str, request: web.Request, body: dict[str, Any]) -> dict[str, Any]:
        version, wrapped = self.keys.wrap(key, _bytes(body, "plaintext"), _bytes(body, "additionalAuthenticatedData"))
        return {"keyVersion": version, "ciphertext": base64.b64encode(wrapped).decode()}

    async def _unwrap(self, key: str, request: web.Request, body: dict[str, Any]) -> dict[str, Any]:
        return {"plaintext": base64.b64encode(self._opened(key, body)).decode()}

    async def _rewrap(self, key: str, request: web.Request, body: dict[str, Any]) -> dict[str, Any]:
        version, wrapped = self.keys.wrap(key, self._opened(key, body), _bytes(body, "additionalAuthenticatedData"))
        return {"keyVersion": version, "ciphertext": base64.b64encode(wrapped).decode()}

    def _opened(self, key: str, body: dict[str, Any]) -> bytes:
        bound = _bytes(body, "additionalAuthenticatedData")
        return self.keys.unwrap(key, _whole(body, "keyVersion"), _bytes(body, "ciphertext"), bound)

    def _state_setter(self, verb: str) -> Callable[[str, web.Request, dict[str, Any]], Awaitable[dict[str, Any]]]:
        async def set_state(key: str, request: web.Request, body: dict[str, Any]) -> dict[str, Any]:
            try:
                version = int(request.match_info["version"])
            except ValueError:
                raise KeyRefusal("no_such_key", "a key version is a whole number") from None
            self.keys.set_state(key, version, _STATES[verb])
            return {"keyVersion": version, "state": _STATES[verb].value}

        return set_state

    async def _read_audit(self, key: str, request: web.Request, body: dict[str, Any]) -> dict[str, Any]:
        return {"entries": [asdict(entry) for entry in self.audit]}

    async def _behave(self, key: str, request: web.Request, body: dict[str, Any]) -> dict[str, Any]:
        latency_s, deny, gone = body.get("latencyS", 0.0), body.get("deny", False), body.get("gone", False)
        if not isinstance(latency_s, int | float) or not 0 <= latency_s <= 60 or not {deny, gone} <= {True, False}:
            raise KeyRefusal("malformed", "send latencyS (0 to 60 seconds), deny and gone (true or false)")
        self.behaviour = Behaviour(latency_s=latency_s, deny=deny, gone=gone)
        return asdict(self.behaviour)


async def _body(request: web.Request) -> dict[str, Any]:
    if not await request.read():
        return {}
    try:
        value = await request.json()
    except (ValueError, UnicodeDecodeError):
        value = None
    if not isinstance(value, dict):
        raise KeyRefusal("malformed", "the body must be a JSON object")
    return value


def _bytes(body: dict[str, Any], name: str) -> bytes:
    try:
        return base64.b64decode(body[name], validate=True)
    except (KeyError, TypeError, ValueError, binascii.Error):
        raise KeyRefusal("malformed", f"{name} must be base64") from None


def _whole(body: dict[str, Any], name: str) -> int:
    value = body.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise KeyRefusal("malformed", f"{name} must be a whole number")
    return value
