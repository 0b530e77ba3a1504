"""The operators' front desk: from method name and bytes to an answer in bytes, whatever the transport.

One path for every call: find the method, read the request, check the session, meet a fault, act, note it in the
journal. Everything a client can get wrong ends here as an RpcError; a broken invariant does not, it ends the run.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from google.protobuf.message import DecodeError, Message

from spikes.emulator import operator_login, operator_queries, operator_transfers
from spikes.emulator.crypto.curve import CryptoError
from spikes.emulator.faults import Site
from spikes.emulator.identities import COORDINATOR
from spikes.emulator.ledger_rules import LedgerError
from spikes.emulator.network import Network
from spikes.emulator.packages import PackageError
from spikes.emulator.rpc import AnswerCut, AnswerLost, Caller, Code, RpcError
from spikes.emulator.sessions import KEY_BYTES, AuthError
from spikes.emulator.signing import SigningError
from spikes.emulator.transactions import TxError
from spikes.emulator.wire import spark_authn_pb2, spark_pb2, spark_token_pb2

MAX_REQUEST_BYTES = 20 * 1024 * 1024
SUBSCRIBE = "/spark.SparkService/subscribe_to_events"

# A handler takes (network, caller, request message) and returns the response message. The message types differ from
# method to method, which Python's types cannot tie to the table: hence Any, here and nowhere else.
Handler = Callable[[Network, Caller, Any], Message]


@dataclass(frozen=True, kw_only=True)
class Method:
    """One remote procedure. `everywhere`: all operators answer it, not only the coordinator."""

    request: type[Message]
    handler: Handler
    everywhere: bool = False


def _spark(request: type[Message], handler: Handler, *, everywhere: bool = False) -> tuple[str, Method]:
    name = handler.__name__
    return f"/spark.SparkService/{name}", Method(request=request, handler=handler, everywhere=everywhere)


def _token(request: type[Message], handler: Handler) -> tuple[str, Method]:
    return f"/spark_token.SparkTokenService/{handler.__name__}", Method(request=request, handler=handler)


METHODS: dict[str, Method] = dict(
    (
        _spark(spark_pb2.QueryNodesRequest, operator_queries.query_nodes, everywhere=True),
        _spark(spark_pb2.GetSigningCommitmentsRequest, operator_queries.get_signing_commitments),
        _spark(spark_pb2.TransferFilter, operator_queries.query_pending_transfers),
        _spark(spark_pb2.TransferFilter, operator_queries.query_all_transfers),
        _spark(spark_pb2.QueryHtlcRequest, operator_queries.query_htlc),
        _spark(spark_pb2.GetUtxosForIdentityRequest, operator_queries.get_utxos_for_identity),
        _spark(spark_pb2.UpdateWalletSettingRequest, operator_queries.update_wallet_setting),
        _spark(spark_pb2.ClaimTransferRequest, operator_transfers.claim_transfer),
        _spark(spark_pb2.InitiatePreimageSwapRequest, operator_transfers.initiate_preimage_swap_v3),
        _spark(spark_pb2.InitiateSwapPrimaryTransferRequest, operator_transfers.initiate_swap_primary_transfer),
        _token(spark_token_pb2.QueryTokenOutputsRequest, operator_queries.query_token_outputs),
        _token(spark_token_pb2.QueryTokenTransactionsRequest, operator_queries.query_token_transactions),
    )
)
_LOGIN: dict[str, tuple[type[Message], Callable[[Network, int, Any], Message]]] = {
    "/spark_authn.SparkAuthnService/get_challenge": (
        spark_authn_pb2.GetChallengeRequest,
        operator_login.get_challenge,
    ),
    "/spark_authn.SparkAuthnService/verify_challenge": (
        spark_authn_pb2.VerifyChallengeRequest,
        operator_login.verify_challenge,
    ),
}


@dataclass(frozen=True, kw_only=True)
class _Request:
    """One request as a transport hands it over."""

    path: str
    token: str | None
    body: bytes
    transport: str

    @property
    def method(self) -> str:
        return self.path.rpartition("/")[2]


@dataclass(kw_only=True)
class _Call:
    """What the journal will say of a call; filled in as it becomes known."""

    method: str
    code: str = Code.OK.name
    handler_s: float = 0.0
    response_bytes: int = 0
    identity: bytes | None = None
    note: str | None = None
    injected_s: float = 0.0
    started_s: float = field(default_factory=time.perf_counter)


class OperatorDesk:
    """One operator (0-based) as its clients see it."""

    def __init__(self, net: Network, operator: int) -> None:
        self.net = net
        self.operator = operator
        self.party = f"operator-{operator}"
        self._sessions = net.operator_sessions[operator]

    async def call(self, path: str, token: str | None, body: bytes, transport: str) -> bytes:
        """Answer one unary call.

        Raises RpcError to be answered as an error, AnswerLost to drop the connection, AnswerCut to reset it half-way.
        """
        request = _Request(path=path, token=token, body=body, transport=transport)
        call = _Call(method=request.method, identity=self._named_identity(request))
        call.injected_s = self.net.latency.round_trip_s(call.identity)
        try:
            if call.injected_s:
                await asyncio.sleep(call.injected_s)
            answer = await self._answer(call, request)
            call.response_bytes = len(answer)
            return answer
        except RpcError as error:
            call.code, call.note = error.code.name, call.note or str(error)
            raise
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
            self.note(call, transport, len(body))

    def refuse(self, path: str, error: RpcError, transport: str, request_bytes: int) -> None:
        """Note a request that could not even be read."""
        call = _Call(method=path.rpartition("/")[2], code=error.code.name, note=str(error))
        self.note(call, transport, request_bytes)

    def caller(self, token: str | None) -> Caller:
        """Who holds this session token. Raises RpcError UNAUTHENTICATED."""
        if not token:
            raise RpcError(Code.UNAUTHENTICATED, "send the session token as `authorization`")
        try:
            identity = self._sessions.identity(token)
        except AuthError as error:
            raise RpcError(Code.UNAUTHENTICATED, str(error)) from error
        return Caller(operator=self.operator, identity=identity)

    def note(self, call: _Call, transport: str, request_bytes: int) -> None:
        """Put a call into the journal."""
        self.net.journal.append(
            at=self.net.clock.now(),
            transport=transport,
            party=self.party,
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

    def note_subscription(self, identity: bytes, transport: str) -> None:
        """Put the opening of an event stream into the journal."""
        self.note(_Call(method="subscribe_to_events", identity=identity), transport, 0)

    async def _answer(self, call: _Call, request: _Request) -> bytes:
        site = Site(
            party=self.party, method=call.method, identity=call.identity, forget_sessions=partial(self._forget, call)
        )
        struck = self.net.faults.strike(site)
        if not struck:
            return self._carry_out(call, request)
        deed, again = partial(self._tried, call, request), partial(self._again, request)
        try:
            answer = await struck.around(deed, again, body=_sent)
        finally:
            call.note = site.note
        if isinstance(answer, RpcError):
            raise answer
        return answer

    async def _tried(self, call: _Call, request: _Request) -> bytes | RpcError:
        """The answer, refusals too: faults spoil either."""
        try:
            return self._carry_out(call, request)
        except RpcError as error:
            return error

    async def _again(self, request: _Request) -> None:
        """The same request once more. It is a call of its own, and nobody waits for its answer."""
        call = _Call(method=request.method, identity=self._named_identity(request), note="fault duplicate")
        answer = await self._tried(call, request)
        if isinstance(answer, RpcError):
            call.code, call.note = answer.code.name, f"fault duplicate: {answer}"
        else:
            call.response_bytes = len(answer)
        self.note(call, request.transport, len(request.body))

    def _forget(self, call: _Call) -> None:
        if call.identity is not None:
            self._sessions.forget(call.identity)

    def _named_identity(self, request: _Request) -> bytes | None:
        """Whose call this is, or says it is: the owner of the token, or the key that a login names."""
        if request.path not in _LOGIN:
            return self._sessions.owner(request.token)
        try:
            key = getattr(_read(_LOGIN[request.path][0], request.body), "public_key", b"")
        except RpcError:
            return None
        return key if len(key) == KEY_BYTES else None

    def _carry_out(self, call: _Call, request: _Request) -> bytes:
        """Synchronous on purpose: between the first check and the last change no other call can come in between."""
        started = time.perf_counter()
        try:
            return self._act(call, request)
        except LedgerError as error:
            raise RpcError(Code[error.refusal.value], str(error)) from error
        except (PackageError, SigningError, TxError, CryptoError) as error:
            raise RpcError(Code.INVALID_ARGUMENT, str(error)) from error
        except RpcError:
            raise
        except Exception as error:
            call.note = repr(error)
            self.net.alarm(error)
            raise RpcError(Code.INTERNAL, "the emulator has a defect; its journal says where") from error
        finally:
            call.handler_s = time.perf_counter() - started

    def _act(self, call: _Call, request: _Request) -> bytes:
        if request.path in _LOGIN:
            request_type, login = _LOGIN[request.path]
            return login(self.net, self.operator, _read(request_type, request.body)).SerializeToString()
        method = METHODS.get(request.path)
        if method is None:
            raise RpcError(Code.UNIMPLEMENTED, f"{request.path} is absent from this emulator; see its README")
        if not method.everywhere and self.operator != COORDINATOR:
            raise RpcError(Code.FAILED_PRECONDITION, f"ask the coordinator, operator {COORDINATOR}")
        caller = self.caller(request.token)
        call.identity = caller.identity
        return method.handler(self.net, caller, _read(method.request, request.body)).SerializeToString()


def _sent(answer: bytes | RpcError) -> bytes:
    """What goes out of an answer: a refusal has no body."""
    return answer if isinstance(answer, bytes) else b""


def _read(message_type: type[Message], body: bytes) -> Message:
    if len(body) > MAX_REQUEST_BYTES:
        raise RpcError(Code.RESOURCE_EXHAUSTED, f"a request may have {MAX_REQUEST_BYTES} bytes, not {len(body)}")
    try:
        return message_type.FromString(body)
    except DecodeError as error:
        raise RpcError(Code.INVALID_ARGUMENT, f"the request is not a {message_type.DESCRIPTOR.full_name}") from error
