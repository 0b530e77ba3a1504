"""The provider over HTTP: POST a GraphQL request, get data or errors; 401 where a session is needed or has ended."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

from aiohttp import web
from graphql import ExecutionResult, GraphQLError

from spikes.emulator.crypto.curve import CryptoError
from spikes.emulator.faults import FaultKind
from spikes.emulator.ledger_rules import LedgerError
from spikes.emulator.network import Network
from spikes.emulator.provider_terms import ProviderError
from spikes.emulator.rpc import AnswerLost
from spikes.emulator.sessions import AuthError
from spikes.emulator.ssp.execution import Executor, GraphQLRefusal, load_schema
from spikes.emulator.ssp.resolvers import NotLoggedIn, Visitor, root

SCHEMA_ENDPOINT = "graphql/spark/rc"
MAX_REQUEST_BYTES = 4 * 1024 * 1024
# What a client can get wrong. Anything else that a resolver raises is a defect of the emulator.
_REFUSALS = (ProviderError, LedgerError, CryptoError, GraphQLError)
_GENERAL_FAULTS = (FaultKind.ERROR_BEFORE_COMMIT, FaultKind.LOST_AFTER_COMMIT, FaultKind.DELAY)


class ProviderDesk:
    """Answers GraphQL requests and notes each in the journal under its operation's name."""

    def __init__(self, net: Network) -> None:
        self.net = net
        self._executor = Executor(load_schema())

    async def handle(self, request: web.Request) -> web.Response:
        """One request. Raises only to drop the connection, as a fault wants it."""
        entry: dict[str, Any] = {"method": "?", "identity": None, "note": None, "handler_s": 0.0}
        size = 0
        try:
            raw = await request.read()
            size = len(raw)
            response = await self._answer(request, raw, entry)
        except NotLoggedIn as error:
            entry["note"] = str(error)
            response = _errors([str(error)], status=401)
        except (GraphQLRefusal, web.HTTPRequestEntityTooLarge) as error:
            messages = getattr(error, "messages", [str(error)])
            entry["note"] = "; ".join(messages)
            response = _errors(messages, status=400)
        except AnswerLost:
            self._note(entry, "ANSWER_LOST", size, 0)
            if request.transport is not None:
                request.transport.abort()
            raise
        body = response.body if isinstance(response.body, bytes) else b""
        self._note(entry, str(response.status), size, len(body))
        return response

    async def _answer(self, request: web.Request, raw: bytes, entry: dict[str, Any]) -> web.Response:
        query, name, variables = _read(raw)
        entry["method"] = name
        visitor = Visitor(self.net, self._identity(request))
        entry["identity"] = visitor.identity
        fault = self.net.faults.take(name, *_GENERAL_FAULTS)
        if fault is not None:
            entry["note"] = f"fault {fault.kind}"
            if fault.kind is FaultKind.ERROR_BEFORE_COMMIT:
                return _errors(["fault: error before commit"], status=503)
        started = time.perf_counter()
        try:
            operation = self._executor.prepare(query, name)
            result = await self._executor.run(operation, variables, root(visitor), visitor)
        finally:
            entry["handler_s"] = time.perf_counter() - started
        if fault is not None:
            await asyncio.sleep(fault.delay_s)
            if fault.kind is FaultKind.LOST_AFTER_COMMIT:
                raise AnswerLost(name)
        return self._result(result, entry)

    def _result(self, result: ExecutionResult, entry: dict[str, Any]) -> web.Response:
        causes = [error.original_error for error in result.errors or ()]
        for cause in causes:
            if isinstance(cause, NotLoggedIn):
                raise cause
            if cause is not None and not isinstance(cause, _REFUSALS):
                self.net.alarm(cause)
        if result.errors:
            messages = [error.message for error in result.errors]
            entry["note"] = "; ".join(messages)
            return _errors(messages, status=200)
        return web.json_response({"data": result.data})

    def _identity(self, request: web.Request) -> bytes | None:
        """The caller of a session token; None without one. A bad or old token is refused at once."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if not token:
            return None
        if scheme.lower() != "bearer":
            raise NotLoggedIn("send the session token as a bearer token")
        try:
            return self.net.provider_sessions.identity(token)
        except AuthError as error:
            raise NotLoggedIn(str(error)) from error

    def _note(self, entry: dict[str, Any], code: str, request_bytes: int, response_bytes: int) -> None:
        self.net.journal.append(
            at=self.net.clock.now(),
            transport="graphql",
            party="ssp",
            code=code,
            request_bytes=request_bytes,
            response_bytes=response_bytes,
            **entry,
        )


def application(net: Network) -> web.Application:
    """The HTTP side of the provider."""
    app = web.Application(client_max_size=MAX_REQUEST_BYTES)
    app.router.add_post(f"/{SCHEMA_ENDPOINT}", ProviderDesk(net).handle)
    return app


def _read(raw: bytes) -> tuple[str, str, dict[str, Any]]:
    try:
        body = json.loads(raw)
        query, name, variables = body["query"], body["operationName"], body.get("variables") or {}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise GraphQLRefusal(["the body must be JSON with query and operationName"]) from error
    if not (isinstance(query, str) and isinstance(name, str) and isinstance(variables, dict)):
        raise GraphQLRefusal(["query and operationName must be strings, variables an object"])
    return query, name, variables


def _errors(messages: list[str], *, status: int) -> web.Response:
    return web.json_response({"errors": [{"message": message} for message in messages]}, status=status)
