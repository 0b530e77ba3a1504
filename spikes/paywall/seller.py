"""The seller: the paywall's HTTP routes.

Role: answer `GET /paid/{item}` with 200, 401 or 402, keep the journal, serve the harness's `/admin` routes.
Must not know: how a token is signed or an invoice made, who buys and with what.

No credential, or one that is good but does not reach: 402 with a challenge. A credential that is malformed, forged or
not paid: 401 without an offer. No invoice to be had: 502. Errors are `{"ok": false, "error": {"code", "message"}}`.
"""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field

import httpx
from aiohttp import web

from spikes.paywall.challenge import WITHOUT_OFFER, format_challenge
from spikes.paywall.credentials import CredentialError, read_authorization, verify
from spikes.paywall.invoices import InvoiceDesk, InvoiceError
from spikes.paywall.journal import Entry, Journal
from spikes.paywall.tokens import Mint
from spikes.record import fingerprint

ITEM_NAME = re.compile(r"[a-z0-9-]{1,32}")
DEFAULT_PRICES_SATS = {"cheap": 10, "expensive": 250}
DEFAULT_VALIDITY_S = 600


class SellerConfigError(ValueError):
    """A configuration that sells nothing; the message says what to change."""


@dataclass(frozen=True, kw_only=True)
class SellerConfig:
    """What is sold and for how much, and where invoices come from."""

    admin_url: str
    seed: int
    prices_sats: Mapping[str, int] = field(default_factory=lambda: dict(DEFAULT_PRICES_SATS))
    validity_s: int = DEFAULT_VALIDITY_S

    def __post_init__(self) -> None:
        for item, price in self.prices_sats.items():
            if not ITEM_NAME.fullmatch(item):
                raise SellerConfigError(f"item {item!r}: a name is 1 to 32 of a-z, 0-9 and '-'")
            if price <= 0:
                raise SellerConfigError(f"item {item!r}: the price is {price}, it must be at least 1 sat")
        if not self.prices_sats:
            raise SellerConfigError("nothing is for sale; name at least one item with its price")
        if self.validity_s <= 0:
            raise SellerConfigError(f"tokens would be valid for {self.validity_s} s; give at least 1")


@dataclass(kw_only=True)
class _Visit:
    """What one request turned out to be, gathered for its journal entry."""

    had_credential: bool = False
    macaroon: str | None = None
    payment_hash: str | None = None
    code: str | None = None


def create_app(config: SellerConfig, *, clock: Callable[[], float] = time.time) -> web.Application:
    """The seller as an aiohttp application; `clock` gives Unix seconds."""
    seller = _Seller(config, clock)
    app = web.Application()
    app.cleanup_ctx.append(seller.connect)
    app.router.add_get("/paid/{item}", seller.serve_item, allow_head=False)
    app.router.add_get("/admin/healthz", seller.serve_health)
    app.router.add_get("/admin/journal", seller.serve_journal)
    return app


class _Seller:
    def __init__(self, config: SellerConfig, clock: Callable[[], float]) -> None:
        self._config = config
        self._clock = clock
        self._mint = Mint(config.seed)
        self._journal = Journal()
        self._desk: InvoiceDesk

    async def connect(self, _: web.Application) -> AsyncIterator[None]:
        """Hold the connection to the emulator for as long as the application runs."""
        async with httpx.AsyncClient(trust_env=False) as client:
            self._desk = InvoiceDesk(client, self._config.admin_url)
            yield

    async def serve_health(self, _: web.Request) -> web.Response:
        return web.json_response({"ok": True, "items": dict(self._config.prices_sats)})

    async def serve_journal(self, request: web.Request) -> web.Response:
        since = request.query.get("since", "0")
        if not re.fullmatch(r"[0-9]{1,12}", since):
            return _error(400, "invalid_request", "since: give a sequence number, the 'next' of an earlier answer")
        return web.json_response(self._journal.since(int(since)))

    async def serve_item(self, request: web.Request) -> web.Response:
        visit = _Visit()
        response = await self._answer(request, visit)
        self._journal.append(
            Entry(
                at_s=self._clock(),
                method=request.method,
                path=request.path,
                status=response.status,
                code=visit.code,
                had_credential=visit.had_credential,
                macaroon=visit.macaroon,
                payment_hash=visit.payment_hash,
            )
        )
        return response

    async def _answer(self, request: web.Request, visit: _Visit) -> web.Response:
        item = request.match_info["item"]
        if item not in self._config.prices_sats:
            visit.code = "not_found"
            return _error(404, visit.code, f"no such item; for sale: {', '.join(self._config.prices_sats)}")
        try:
            opened = self._opens(request, item, visit)
        except CredentialError as error:
            visit.code = error.refusal.value
            if error.refusal.is_insufficient:
                return await self._offer(item, visit, str(error))
            return _error(401, visit.code, str(error), {"WWW-Authenticate": WITHOUT_OFFER})
        if not opened:
            visit.code = "payment_required"
            return await self._offer(item, visit, "pay the invoice, then come back with macaroon and preimage")
        return web.json_response({"ok": True, "item": item, "content": f"the content of {item}"}, headers=_NO_STORE)

    def _opens(self, request: web.Request, item: str, visit: _Visit) -> bool:
        """Whether the request has a credential, which then opens `item`. Raises CredentialError if it does not."""
        try:
            credential = read_authorization(request.headers.getall("Authorization", []))
        except CredentialError:
            visit.had_credential = True
            raise
        if credential is None:
            return False
        visit.had_credential = True
        visit.macaroon = fingerprint(credential.macaroon.identifier)
        visit.payment_hash = credential.identifier.payment_hash.hex()
        verify(credential, mint=self._mint, item=item, now_s=self._clock())
        return True

    async def _offer(self, item: str, visit: _Visit, message: str) -> web.Response:
        """402 with a macaroon and an invoice of its own; 502 if the Lightning side gives none."""
        price_sats = self._config.prices_sats[item]
        try:
            invoice = await self._desk.order(amount_sats=price_sats, memo=f"sparkgate {item}")
        except InvoiceError as error:
            visit.code = "invoice_unavailable"
            return _error(502, visit.code, str(error))
        macaroon = self._mint.issue(
            payment_hash=invoice.payment_hash,
            item=item,
            valid_until_s=int(self._clock()) + self._config.validity_s,
        )
        visit.payment_hash = invoice.payment_hash.hex()
        challenge = {"WWW-Authenticate": format_challenge(macaroon, invoice.bolt11)}
        return _error(402, visit.code or "payment_required", message, challenge)


_NO_STORE = {"Cache-Control": "no-store"}


def _error(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> web.Response:
    body = {"ok": False, "error": {"code": code, "message": message}}
    return web.json_response(body, status=status, headers={**_NO_STORE, **(headers or {})})
