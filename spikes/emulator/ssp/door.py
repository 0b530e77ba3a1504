"""The provider over HTTP: POST a GraphQL request, get data or errors; 401 where a session is needed or has ended."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from aiohttp import web
from graphql import ExecutionResult, GraphQLError

from spikes.emulator.broken_http import cut_short, drop
from spikes.emulator.crypto.curve import CryptoError
from spikes.emulator.faults import NOTHING, SSP, Site, Struck
from spikes.emulator.ledger_rules import LedgerError
from spikes.emulator.network import Network
from spikes.emulator.provider_terms import ProviderError
from spikes.emulator.rpc import AnswerCut, AnswerLost, RpcError
from spikes.emulator.sessions import KEY_BYTES, AuthError
from spikes.emulator.ssp.execution import Executor, GraphQLRefusal, load_schema
from spikes.emulator.ssp.resolvers import NotLoggedIn, Visitor, root

SCHEMA_ENDPOINT = "graphql/spark/rc"
MAX_REQUEST_BYTES = 4 * 1024 * 1024
CONTENT_TYPE = "application/json"
# What a client can get wrong. Anything else that a resolver raises is a defect of the emulator.
_REFUSALS = (ProviderError, LedgerError, CryptoError, GraphQLError)


@dataclass(frozen=True, kw_only=True)
class _Request:
    """One GraphQL request; `token` is the session's, None if there is none, "" if there is something else."""

    query: str
    method: str
    variables: dict[str, Any]
    token: str | None


@dataclass(frozen=True, kw_only=True)
class _Answer:
    """An HTTP status with data, or with errors."""

    status: int
    body: bytes
    errors: str | None = None


@dataclass(kw_only=True)
class _Call:
    """What the journal will say of a call; filled in as it becomes known."""

    method: str = "?"
    code: str = "?"
    handler_s: float = 0.0
    response_bytes: int = 0
    identity: bytes | None = None
    note: str | None = None
    injected_s: float = 0.0
    started_s: float = field(default_factory=time.perf_counter)


class ProviderDesk:
    """Answers GraphQL requests and notes each in the journal under its operation's name."""

    def __init__(self, net: Network) -> None:
        self.net = net
        self._executor = Executor(load_schema())

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One request over HTTP."""
        try:
            raw = await request.read()
        except web.HTTPRequestEntityTooLarge as error:
            answer = _errors([str(error)], status=400)
            self._note(_Call(code="400", note=answer.errors, response_bytes=len(answer.body)), 0)
            return web.Response(body=answer.body, status=400, content_type=CONTENT_TYPE)
        try:
            status, body = await self.call(request.headers.get("authorization"), raw)
        except AnswerLost:
            return drop(request)
        except AnswerCut as cut:
            return await cut_short(request, cut.answer, CONTENT_TYPE)
        return web.Response(body=body, status=status, content_type=CONTENT_TYPE)

    async def call(self, authorization: str | None, raw: bytes) -> tuple[int, bytes]:
        """HTTP status and body. Raises AnswerLost to drop the connection, AnswerCut to reset it half-way."""
        call = _Call()
        try:
            answer = await self._answer(call, authorization, raw)
            call.code, call.note, call.response_bytes = str(answer.status), call.note or answer.errors, len(answer.body)
            return answer.status, answer.body
        except AnswerLost:
            call.code = "ANSWER_LOST"
            raise
        except AnswerCut:
            call.code = "ANSWER_CUT"
            raise
        except asyncio.CancelledError:
            call.code = "CALLER_GONE"
            raise
        finally:
            self._note(call, len(raw))

    async def _answer(self, call: _Call, authorization: str | None, raw: bytes) -> _Answer:
        try:
            request = _read(authorization, raw)
        except GraphQLRefusal as error:
            return _errors(error.messages, status=400)
        call.method, call.identity = request.method, self._named_identity(request)
        call.injected_s = self.net.latency.round_trip_s(call.identity)
        if call.injected_s:
            await asyncio.sleep(call.injected_s)
        site = Site(
            party=SSP, method=call.method, identity=call.identity, forget_sessions=partial(self._forget, call.identity)
        )
        struck = self.net.faults.strike(site)
        if not struck:
            return await self._carry_out(call, request, NOTHING)
        deed = partial(self._carry_out, call, request, struck)
        try:
            answer = await struck.around(deed, partial(self._again, request), body=_body)
        except RpcError as error:
            answer = _errors([str(error)], status=503)
        finally:
            call.note = site.note
        return answer

    async def _again(self, request: _Request) -> None:
        """The same request once more. It is a call of its own, and nobody waits for its answer."""
        call = _Call(method=request.method, identity=self._named_identity(request), note="fault duplicate")
        answer = await self._carry_out(call, request, NOTHING)
        call.code, call.response_bytes = str(answer.status), len(answer.body)
        self._note(call, 0)

    async def _carry_out(self, call: _Call, request: _Request, struck: Struck) -> _Answer:
        started = time.perf_counter()
        try:
            visitor = Visitor(self.net, self._identity(request.token), struck)
            operation = self._executor.prepare(request.query, request.method)
            result = await self._executor.run(operation, request.variables, root(visitor), visitor)
            return self._result(result)
        except NotLoggedIn as error:
            return _errors([str(error)], status=401)
        except GraphQLRefusal as error:
            return _errors(error.messages, status=400)
        finally:
            call.handler_s = time.perf_counter() - started

    def _result(self, result: ExecutionResult) -> _Answer:
        causes = [error.original_error for error in result.errors or ()]
        for cause in causes:
            if isinstance(cause, NotLoggedIn):
                raise cause
            if cause is not None and not isinstance(cause, _REFUSALS):
                self.net.alarm(cause)
        if result.errors:
            return _errors([error.message for error in result.errors], status=200)
        return _Answer(status=200, body=json.dumps({"data": result.data}).encode())

    def _identity(self, token: str | None) -> bytes | None:
        """The caller of a session token; None without one. A bad or old token is refused at once."""
        if token is None:
            return None
        if not token:
            raise NotLoggedIn("send the session token as a bearer token")
        try:
            return self.net.provider_sessions.identity(token)
        except AuthError as error:
            raise NotLoggedIn(str(error)) from error

    def _named_identity(self, request: _Request) -> bytes | None:
        """Whose call this is, or says it is: the owner of the token, or the key that a login names."""
        if request.token is not None:
            return self.net.provider_sessions.owner(request.token)
        named = request.variables.get("input")
        key = named.get("public_key") or named.get("identity_public_key") if isinstance(named, dict) else None
        try:
            identity = bytes.fromhex(key) if isinstance(key, str) else b""
        except ValueError:
            return None
        return identity if len(identity) == KEY_BYTES else None

    def _forget(self, identity: bytes | None) -> None:
        if identity is not None:
            self.net.provider_sessions.forget(identity)

    def _note(self, call: _Call, request_bytes: int) -> None:
        self.net.journal.append(
            at=self.net.clock.now(),
            transport="graphql",
            party=SSP,
            method=call.method,
            code=call.code,
            handler_s=call.handler_s,
            request_bytes=request_bytes,
            response_bytes=call.response_bytes,
            identity=call.identity,
            note=call.note,
            injected_s=call.injected_s,
            started_s=call.started_s,
            took_s=time.perf_counter() - call.started_s,
        )


def application(net: Network) -> web.Application:
    """The HTTP side of the provider."""
    app = web.Application(client_max_size=MAX_REQUEST_BYTES)
    app.router.add_post(f"/{SCHEMA_ENDPOINT}", ProviderDesk(net).handle)
    return app


def _read(authorization: str | None, raw: bytes) -> _Request:
    try:
        body = json.loads(raw)
        query, name, variables = body["query"], body["operationName"], body.get("variables") or {}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise GraphQLRefusal(["the body must be JSON with query and operationName"]) from error
    if not (isinstance(query, str) and isinstance(name, str) and isinstance(variables, dict)):
        raise GraphQLRefusal(["query and operationName must be strings, variables an object"])
    scheme, _, token = (authorization or "").partition(" ")
    bearer = token if scheme.lower() == "bearer" else ""
    return _Request(query=query, method=name, variables=variables, token=bearer if token else None)


def _body(answer: _Answer) -> bytes:
    return answer.body


def _errors(messages: list[str], *, status: int) -> _Answer:
    body = json.dumps({"errors": [{"message": message} for message in messages]}).encode()
    return _Answer(status=status, body=body, errors="; ".join(messages))
