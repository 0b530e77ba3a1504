"""The harness's own door: fund wallets, issue invoices, read ledger and journal, set faults. No wallet calls it."""

from __future__ import annotations

import dataclasses
import hashlib
import time
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Middleware

from spikes.emulator import admin_faults
from spikes.emulator.admin_requests import BadRequest, hexadecimal, key, read_body, whole
from spikes.emulator.faults import FaultError
from spikes.emulator.latency import LatencyError
from spikes.emulator.ledger_checks import InvariantBreach, check_sum
from spikes.emulator.ledger_rules import LedgerError
from spikes.emulator.lightning import DEFAULT_EXPIRY_S, LightningError
from spikes.emulator.network import Network

MAX_LEAVES = 100
MAX_LEAF_SATS = 1_000_000_000


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
    app.router.add_get("/clock", admin.show_clock)
    admin_faults.add_routes(app, net)
    return app


class _Admin:
    def __init__(self, net: Network) -> None:
        self._net = net

    async def healthz(self, _request: web.Request) -> web.Response:
        return web.json_response({"ok": True})

    async def fund(self, request: web.Request) -> web.Response:
        body = await read_body(request)
        identity = key(body.get("identity_public_key"))
        amounts = body.get("amounts_sats")
        if not isinstance(amounts, list) or not 0 < len(amounts) <= MAX_LEAVES:
            raise BadRequest(f"amounts_sats must be a list of 1 to {MAX_LEAVES} amounts")
        checked = [whole("amounts_sats", amount, 1, MAX_LEAF_SATS) for amount in amounts]
        transfer = self._net.provider.fund(identity, checked)
        return web.json_response({"transfer_id": transfer.id, "total_sats": transfer.total_sats})

    async def issue_invoice(self, request: web.Request) -> web.Response:
        body = await read_body(request)
        amount = whole("amount_sats", body.get("amount_sats"), 1, MAX_LEAF_SATS)
        expiry = whole("expiry_s", body.get("expiry_s", DEFAULT_EXPIRY_S), 1, 365 * 86400)
        memo = body.get("memo", "")
        if not isinstance(memo, str) or not memo.isprintable() or len(memo.encode()) > 200:
            raise BadRequest("memo must be printable text of at most 200 bytes")
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
        payment_hash = hexadecimal("payment_hash", request.match_info["payment_hash"], 32)
        invoice = self._net.lightning.find(payment_hash)
        if invoice is None:
            raise web.HTTPNotFound(text="no invoice with this payment hash was issued here")
        return web.json_response(
            {
                "payment_hash": payment_hash.hex(),
                "amount_sats": invoice.amount_sats,
                "state": invoice.state.value,
                "settled_count": self._net.ledger.settled_counts.get(payment_hash, 0),
                "settle_s": self._settle_s(payment_hash),
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
            for htlc in map(ledger.htlc_of, (transfer.id for transfer in ledger.pending()))
            if htlc is not None
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
        identity = key(request.match_info["identity"])
        balance = dataclasses.asdict(self._net.ledger.balance(identity))
        return web.json_response({**balance, "supply_ok": self._supply_ok()})

    async def show_journal(self, request: web.Request) -> web.Response:
        since = request.query.get("since", "0")
        if not since.isdecimal() or len(since) > 20:
            raise BadRequest("since must be a sequence number")
        entries = [dataclasses.asdict(entry) for entry in self._net.journal.since(int(since))]
        journal = self._net.journal
        return web.json_response({"entries": entries, "first": journal.first_seq, "next": journal.next_seq})

    async def show_clock(self, _request: web.Request) -> web.Response:
        return web.json_response({"now_s": time.perf_counter()})

    def _settle_s(self, payment_hash: bytes) -> float:
        """How long the latest payment of this invoice takes, as drawn; 0 without one."""
        htlc = self._net.ledger.htlc_for(payment_hash)
        send = self._net.provider.sends.of(htlc.transfer_id) if htlc is not None else None
        return send.settle_s if send is not None else 0.0

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
        except (BadRequest, LatencyError, LightningError, FaultError) as error:
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
