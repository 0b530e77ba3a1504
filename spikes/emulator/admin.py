"""The harness's own door: fund wallets, issue invoices, read ledger and journal, set faults. No wallet calls it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Middleware

from spikes.emulator.crypto import curve
from spikes.emulator.faults import Fault, FaultError, FaultKind
from spikes.emulator.ledger_checks import InvariantBreach, check_sum
from spikes.emulator.ledger_rules import LedgerError
from spikes.emulator.lightning import DEFAULT_EXPIRY_S, LightningError
from spikes.emulator.network import Network
from spikes.emulator.rpc import Code

MAX_LEAVES = 100
MAX_LEAF_SATS = 1_000_000_000


class _Bad(Exception):
    """A request of the harness that makes no sense; the message says what to send."""


def application(net: Network) -> web.Application:
    """The admin API over `net`."""
    admin = _Admin(net)
    app = web.Application(middlewares=[_typed_errors(net)])
    app.router.add_get("/healthz", admin.healthz)
    app.router.add_post("/fund", admin.fund)
    app.router.add_post("/invoices", admin.issue_invoice)
    app.router.add_get("/invoices/{payment_hash}", admin.show_invoice)
    app.router.add_get("/ledger", admin.show_ledger)
    app.router.add_get("/ledger/{identity}", admin.show_wallet)
    app.router.add_get("/journal", admin.show_journal)
    app.router.add_post("/faults", admin.set_fault)
    app.router.add_delete("/faults", admin.clear_faults)
    return app


class _Admin:
    def __init__(self, net: Network) -> None:
        self._net = net

    async def healthz(self, _request: web.Request) -> web.Response:
        return web.json_response({"ok": True})

    async def fund(self, request: web.Request) -> web.Response:
        body = await _body(request)
        identity = _key(body.get("identity_public_key"))
        amounts = body.get("amounts_sats")
        if not isinstance(amounts, list) or not 0 < len(amounts) <= MAX_LEAVES:
            raise _Bad(f"amounts_sats must be a list of 1 to {MAX_LEAVES} amounts")
        checked = [_whole("amounts_sats", amount, 1, MAX_LEAF_SATS) for amount in amounts]
        transfer = self._net.provider.fund(identity, checked)
        return web.json_response({"transfer_id": transfer.id, "total_sats": transfer.total_sats})

    async def issue_invoice(self, request: web.Request) -> web.Response:
        body = await _body(request)
        amount = _whole("amount_sats", body.get("amount_sats"), 1, MAX_LEAF_SATS)
        expiry = _whole("expiry_s", body.get("expiry_s", DEFAULT_EXPIRY_S), 1, 365 * 86400)
        memo = body.get("memo", "")
        if not isinstance(memo, str) or not memo.isprintable() or len(memo.encode()) > 200:
            raise _Bad("memo must be printable text of at most 200 bytes")
        invoice = self._net.lightning.issue(amount, memo, expiry)
        return web.json_response(
            {
                "invoice": invoice.text,
                "payment_hash": invoice.payment_hash.hex(),
                "amount_sats": invoice.amount_sats,
                "fee_sats": self._net.provider.terms.fee_sats(invoice.amount_sats),
                "expires_at": invoice.expires_at,
            }
        )

    async def show_invoice(self, request: web.Request) -> web.Response:
        payment_hash = _hex("payment_hash", request.match_info["payment_hash"], 32)
        invoice = self._net.lightning.find(payment_hash)
        if invoice is None:
            raise web.HTTPNotFound(text="no invoice with this payment hash was issued here")
        return web.json_response(
            {
                "payment_hash": payment_hash.hex(),
                "amount_sats": invoice.amount_sats,
                "state": invoice.state.value,
                "settled_count": self._net.ledger.settled_counts.get(payment_hash, 0),
                "preimage_sha256": hashlib.sha256(invoice.preimage).hexdigest(),
            }
        )

    async def show_ledger(self, _request: web.Request) -> web.Response:
        ledger = self._net.ledger
        wallets = {identity.hex(): dataclasses.asdict(ledger.balance(identity)) for identity in ledger.identities()}
        htlcs = [
            {
                "payment_hash": htlc.payment_hash.hex(),
                "transfer_id": htlc.transfer_id,
                "status": htlc.status.value,
                "value_sats": htlc.value_sats,
            }
            for htlc in ledger.htlcs.values()
        ]
        return web.json_response(
            {
                "supply_sats": ledger.supply_sats,
                "supply_ok": self._supply_ok(),
                "reserve_sats": ledger.reserve_sats,
                "lightning_paid_sats": ledger.lightning_paid_sats,
                "wallets": wallets,
                "transfers": len(ledger.transfers),
                "htlcs": htlcs,
                "sequence": ledger.sequence,
            }
        )

    async def show_wallet(self, request: web.Request) -> web.Response:
        identity = _key(request.match_info["identity"])
        balance = dataclasses.asdict(self._net.ledger.balance(identity))
        return web.json_response({**balance, "supply_ok": self._supply_ok()})

    async def show_journal(self, request: web.Request) -> web.Response:
        since = request.query.get("since", "0")
        if not since.isdecimal() or len(since) > 20:
            raise _Bad("since must be a sequence number")
        entries = [dataclasses.asdict(entry) for entry in self._net.journal.since(int(since))]
        return web.json_response({"entries": entries, "next": self._net.journal.next_seq})

    async def set_fault(self, request: web.Request) -> web.Response:
        body = await _body(request)
        try:
            fault = Fault(
                method=_text(body["method"]),
                kind=FaultKind(body["kind"]),
                count=_whole("count", body.get("count", 1), 1, 1_000_000),
                delay_s=float(body.get("delay_s", 0)),
                code=Code[body.get("code", Code.UNAVAILABLE.name)],
            )
        except (KeyError, TypeError, ValueError) as error:
            kinds = ", ".join(FaultKind)
            raise _Bad(f"a fault needs method and kind (one of {kinds}): {error}") from error
        self._net.faults.set(fault)
        return web.json_response({"faults": self._faults()})

    async def clear_faults(self, _request: web.Request) -> web.Response:
        self._net.faults.clear()
        return web.json_response({"faults": []})

    def _faults(self) -> list[dict[str, Any]]:
        waiting = self._net.faults.waiting()
        return [{"method": fault.method, "kind": fault.kind.value, "left": left} for fault, left in waiting]

    def _supply_ok(self) -> bool:
        """The sum, computed again now rather than remembered."""
        ledger = self._net.ledger
        try:
            check_sum(
                supply_sats=ledger.supply_sats,
                reserve_sats=ledger.reserve_sats,
                lightning_paid_sats=ledger.lightning_paid_sats,
                leaves=ledger.leaves.values(),
            )
        except InvariantBreach:
            return False
        return True


def _typed_errors(net: Network) -> Middleware:
    """Answers every refusal as typed JSON, and tells the network of anything that is a defect of its own."""

    @web.middleware
    async def middleware(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        try:
            return await handler(request)
        except (_Bad, LightningError, FaultError) as error:
            return _error(400, "invalid_request", str(error))
        except LedgerError as error:
            return _error(409, error.refusal.value.lower(), str(error))
        except web.HTTPException as error:
            return _error(error.status, "http_error", error.text or error.reason)
        except Exception as error:
            net.alarm(error)
            return _error(500, "defect", "the emulator has a defect; its journal says where")

    return middleware


def _error(status: int, code: str, message: str) -> web.Response:
    return web.json_response({"error": {"code": code, "message": message}}, status=status)


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.read())
    except (ValueError, RecursionError) as error:
        raise _Bad("send a JSON object") from error
    if not isinstance(body, dict):
        raise _Bad("send a JSON object")
    return body


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise _Bad(f"method must be a text, got {value!r}")
    return value


def _whole(name: str, value: object, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise _Bad(f"{name} must be a whole number from {low} to {high}, got {value!r}")
    return value


def _hex(name: str, value: object, length: int) -> bytes:
    try:
        data = bytes.fromhex(value) if isinstance(value, str) else b""
    except ValueError:
        data = b""
    if len(data) != length:
        raise _Bad(f"{name} must be {2 * length} hex digits")
    return data


def _key(value: object) -> bytes:
    try:
        return curve.parse_point(_hex("identity_public_key", value, 33))
    except curve.CryptoError as error:
        raise _Bad(f"identity_public_key is not a key: {error}") from error
