"""Client of the driver contract: what the harness may ask of a runtime, and what counts as an answer.

Role: one HTTP door, the same for every runtime. It turns whatever comes back - an answer, an error, silence, rubbish -
into an `Answer` with an outcome. An answer that cannot be read, comes too late or never comes is UNKNOWN: money may
have moved, and only the ledger can tell.
Must not know: which runtime is behind the door, or what the plan expects of it.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx

from spikes.receipt_facts import receipt_facts
from spikes.record import Claim, Outcome, Phase
from spikes.redaction import redact

MAX_ANSWER_BYTES = 1 << 20
POLL_S = 0.02
_HEX = re.compile(r"[0-9a-f]{1,128}")
_CODE = re.compile(r"[a-z0-9_]{1,64}")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back from one call to a driver, and how long it took by the harness's clock."""

    outcome: Outcome
    code: str | None
    reason: str | None
    claim: Claim
    phases: tuple[Phase, ...]
    wall_s: float
    told: Mapping[str, str] = field(default_factory=dict)  # of its receipt, for the record (receipt_facts.py)


@dataclass(frozen=True, kw_only=True)
class Status:
    """What `GET /status` says of a driver's wallet."""

    identity_public_key: str
    balance_sats: int
    wasm_memory_bytes: int | None
    durability: str | None = None  # what outlives a process: nothing ("isolate"), a disk, an object, a database


@dataclass(frozen=True, kw_only=True)
class Reply:
    """A plain HTTP reply; `body` is the decoded JSON object, or None if it was not one."""

    status: int
    body: dict[str, Any] | None


class ContractBreach(Exception):
    """A driver's reply that the harness cannot work with. Callers decide what that means for the attempt.

    The message may hold the driver's own words, and goes into records and reports: it is redacted here.
    """

    def __init__(self, message: str) -> None:
        super().__init__(redact(message))


class Driver:
    """The contract's client for one driver address and token."""

    def __init__(self, base_url: str, token: str, http: httpx.AsyncClient) -> None:
        self.base_url = base_url
        self._token = token
        self._http = http

    async def healthy(self) -> bool:
        """Whether `GET /healthz` answers 200 now."""
        try:
            reply = await self.request("GET", "/healthz", deadline_s=2.0)
        except (httpx.HTTPError, TimeoutError):
            return False
        return reply.status == 200

    async def status(self, deadline_s: float) -> Status:
        """The driver's wallet; builds it if needed. Raises ContractBreach if the answer is not of the contract."""
        body = _accepted(await self._request_or_breach("GET", "/status", None, deadline_s), "/status")
        try:
            wasm = body.get("wasmMemoryBytes")
            return Status(
                identity_public_key=str(body["identityPublicKey"]),
                balance_sats=int(body["balanceSats"]),
                wasm_memory_bytes=None if wasm is None else int(wasm),
                durability=_code(body.get("durability")),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ContractBreach(f"/status lacks a field or has a wrong one ({error!r})") from error

    async def step(self, name: str, done: str, deadline_s: float, asked: Mapping[str, Any] | None = None) -> Claim:
        """A step of the harness, no attempt: `done` is the outcome that says it was taken. Raises ContractBreach."""
        reply = await self._request_or_breach("POST", f"/experiments/{name}", {"input": asked or {}}, deadline_s)
        body = _accepted(reply, name)
        if body.get("outcome") != done:
            how = ", ".join(f"{key} {body.get(key)!r}" for key in ("outcome", "code", "reason"))
            raise ContractBreach(f"{name} ended otherwise than {done}: {how}")
        try:
            return _claim(body.get("claim") or {}, reply.status)
        except (ValueError, AttributeError) as error:
            raise ContractBreach(f"{name}: its claim is not of the contract ({error!r})") from error

    async def sync(self, deadline_s: float) -> Claim:
        """Build if needed, sync and claim what came in. Raises ContractBreach unless it was done."""
        return await self.step("sync", "synced", deadline_s)

    async def rebuild(self, deadline_s: float) -> None:
        """Drop the SDK, so that the next request builds a new one. Raises ContractBreach."""
        await self.step("rebuild", "rebuilt", deadline_s)

    async def evict(self, deadline_s: float) -> None:
        """Have the isolate reset itself, whose answer may be lost, and wait for the next one. Raises ContractBreach."""
        deadline = time.perf_counter() + deadline_s
        with suppress(httpx.HTTPError, TimeoutError):
            await self.request("POST", "/experiments/evict", body={"input": {}}, deadline_s=deadline_s)
        while not await self.healthy():
            if time.perf_counter() > deadline:
                raise ContractBreach(f"no isolate answers within {deadline_s:g} s of the eviction")
            await asyncio.sleep(POLL_S)

    async def state_of(self, request_id: str, deadline_s: float) -> str | None:
        """How far the driver says that a request is; None as long as it says nothing of it. Never raises for that."""
        try:
            reply = await self.request("GET", f"/requests/{request_id}", deadline_s=deadline_s)
            state = (reply.body or {}).get("state") if reply.status == 200 else None
            return _code(state)
        except (httpx.HTTPError, TimeoutError, ValueError):
            return None

    async def quote(self, invoice: str, deadline_s: float) -> Claim:
        """What the SDK says that an invoice will cost; nothing moves. Raises ContractBreach."""
        return await self.step("quote", "quoted", deadline_s, {"invoice": invoice})

    async def experiment(self, name: str, asked: Mapping[str, Any], deadline_s: float) -> Answer:
        """Ask for one experiment. Never raises for what the driver does: silence and rubbish are UNKNOWN."""
        started = time.perf_counter()
        try:
            reply = await self.request("POST", f"/experiments/{name}", body={"input": asked}, deadline_s=deadline_s)
        except TimeoutError:
            reason = f"no answer within {deadline_s:g} s; the payment may or may not have happened"
            return _unknown("deadline_exceeded", reason, time.perf_counter() - started, None)
        except httpx.HTTPError as error:
            reason = f"the connection broke ({type(error).__name__}); the payment may or may not have happened"
            return _unknown("connection_lost", reason, time.perf_counter() - started, None)
        return read_answer(reply, time.perf_counter() - started)

    async def request(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | bytes | None = None,
        deadline_s: float,
        token: str | None = None,
    ) -> Reply:
        """One request. Raises httpx.HTTPError or TimeoutError. `token` overrides the right one; "" sends none."""
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        bearer = self._token if token is None else token
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        if data is not None:
            headers["Content-Type"] = "application/json"
        url = self.base_url + path
        async with (
            asyncio.timeout(deadline_s),
            self._http.stream(method, url, content=data, headers=headers) as response,
        ):
            return Reply(status=response.status_code, body=_object(await _bounded(response)))

    async def _request_or_breach(
        self, method: str, path: str, body: Mapping[str, Any] | None, deadline_s: float
    ) -> Reply:
        try:
            return await self.request(method, path, body=body, deadline_s=deadline_s)
        except TimeoutError as error:
            raise ContractBreach(f"{path} did not answer within {deadline_s:g} s") from error
        except httpx.HTTPError as error:
            raise ContractBreach(f"{path}: the connection broke ({error!r})") from error


def read_answer(reply: Reply, wall_s: float) -> Answer:
    """Turn a reply of `/experiments/*` into an Answer; anything unreadable is UNKNOWN."""
    body = reply.body
    if body is None:
        return _unknown("malformed_answer", "the answer was not a JSON object", wall_s, reply.status)
    if reply.status != 200:
        return _refused(body, reply.status, wall_s)
    try:
        return Answer(
            outcome=Outcome(body["outcome"]),
            code=_code(body.get("code")),
            reason=_text(body.get("reason")),
            claim=_claim(body.get("claim") or {}, reply.status),
            phases=tuple(
                Phase(name=str(phase["name"]), duration_s=float(phase["durationS"]), clock="driver")
                for phase in body.get("phases") or []
            ),
            wall_s=wall_s,
            told=receipt_facts(body.get("receipt")),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        reason = f"the answer is not of the contract ({type(error).__name__})"
        return _unknown("malformed_answer", reason, wall_s, reply.status)


def _refused(body: Mapping[str, Any], status: int, wall_s: float) -> Answer:
    """An error envelope: below 500 the driver refused to begin; from 500 on nobody knows how far it came."""
    error = body.get("error")
    named = error.get("code") if isinstance(error, dict) else None
    reason = _text(error.get("message")) if isinstance(error, dict) else None
    return Answer(
        outcome=Outcome.FAILED if status < 500 else Outcome.UNKNOWN,
        code=named if isinstance(named, str) and _CODE.fullmatch(named) else "malformed_answer",
        reason=reason or f"HTTP {status} without an error envelope",
        claim=Claim(http_status=status),
        phases=(),
        wall_s=wall_s,
    )


def _unknown(code: str, reason: str, wall_s: float, status: int | None) -> Answer:
    claim = Claim(http_status=status)
    return Answer(outcome=Outcome.UNKNOWN, code=code, reason=reason, claim=claim, phases=(), wall_s=wall_s)


def _claim(raw: Mapping[str, Any], status: int) -> Claim:
    return Claim(
        payment_hash=_hex(raw.get("paymentHash")),
        amount_sats=_whole(raw.get("amountSats")),
        fee_sats=_whole(raw.get("feeSats")),
        preimage_sha256=_hex(raw.get("preimageSha256")),
        balance_sats=_whole(raw.get("balanceSats")),
        http_status=status,
        receipt_digest=_hex(raw.get("receiptDigest")),
        flow_digest=_hex(raw.get("flowDigest")),
    )


def _accepted(reply: Reply, what: str) -> dict[str, Any]:
    if reply.status != 200 or reply.body is None:
        error = (reply.body or {}).get("error")
        raise ContractBreach(f"{what} answered HTTP {reply.status}: {error if error is not None else 'no JSON object'}")
    return reply.body


async def _bounded(response: httpx.Response) -> bytes:
    """The body, cut after MAX_ANSWER_BYTES: a cut answer is no JSON, and so is unreadable rather than endless."""
    raw = b""
    async for chunk in response.aiter_bytes():
        raw += chunk
        if len(raw) > MAX_ANSWER_BYTES:
            break
    return raw[:MAX_ANSWER_BYTES]


def _object(raw: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(raw)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _text(value: Any) -> str | None:
    return None if value is None else redact(str(value))


def _code(value: Any) -> str | None:
    if value is None or (isinstance(value, str) and _CODE.fullmatch(value)):
        return value
    raise ValueError("not a code")


def _hex(value: Any) -> str | None:
    if value is None or (isinstance(value, str) and _HEX.fullmatch(value)):
        return value
    raise ValueError("not lower-case hex")


def _whole(value: Any) -> int | None:
    """Satoshis are whole: a fraction is not rounded, it makes the answer unreadable."""
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise ValueError("not a whole number of satoshis")
