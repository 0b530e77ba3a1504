"""The seller: decides what a request for an item gets.

Role: door, credential, goods or bill, in terms of the item's mode; keeps the journal.
Must not know: how a token is signed or an invoice made, who buys and with what; routes.

No credential, or one that is good but does not reach: 402 with a challenge. A credential that is malformed, forged,
revoked or not paid: 401 without an offer (as Aperture: 402 with a new one). No invoice to be had: 502. Errors are
`{"ok": false, "error": {"code", "message"}}`.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from aiohttp import web

from spikes.paywall.catalogue import DEFAULT, Catalogue, Item, checked
from spikes.paywall.challenge import WITHOUT_OFFER
from spikes.paywall.credentials import Credential, read_as_aperture, read_authorization, verify
from spikes.paywall.invoices import InvoiceDesk, InvoiceError
from spikes.paywall.journal import Entry, Journal
from spikes.paywall.modes import Door, Thanks
from spikes.paywall.refusals import CredentialError, Refusal
from spikes.paywall.till import Till
from spikes.paywall.tokens import Mint
from spikes.record import fingerprint

MACAROON_HEADERS = ("Grpc-Metadata-Macaroon", "Macaroon")
ELSEWHERE = "/elsewhere"
LARGE_BODY_BYTES = 16 << 20
_CHUNK = b"0123456789abcde\n" * 4096
_NO_STORE = {"Cache-Control": "no-store"}


@dataclass(frozen=True, kw_only=True)
class SellerConfig:
    """What is sold, and where invoices come from. Raises CatalogueError if nothing is."""

    admin_url: str
    seed: int
    catalogue: Catalogue = field(default_factory=lambda: dict(DEFAULT))

    def __post_init__(self) -> None:
        checked(self.catalogue)


@dataclass(kw_only=True)
class _Visit:
    """What one request turned out to be, gathered for its journal entry."""

    name: str
    item: Item
    now_s: float
    had_credential: bool = False
    macaroon: str | None = None
    payment_hash: str | None = None
    code: str | None = None
    offer: int | None = None
    pays_offer: int | None = None
    proven_hash: str | None = None
    cut: bool = False
    status: int = 0  # of an answer that has begun


class Seller:
    """One seller with its mint, till and journal. `clock` gives Unix seconds; each item's may be ahead of it."""

    def __init__(self, config: SellerConfig, desk: InvoiceDesk, clock: Callable[[], float]) -> None:
        self.catalogue = config.catalogue
        self.journal = Journal()
        self._clock = clock
        self._ahead_s: Counter[str] = Counter()
        self._mint = Mint(config.seed)
        self._desk = desk
        self._till = Till(config.seed, self._mint, desk)
        self._uses: Counter[str] = Counter()  # by the fingerprint of the token

    def revoke(self, name: str) -> int:
        """Take back every token of an item; how many those are."""
        return self._mint.revoke(name)

    def let_pass(self, name: str, seconds: int) -> None:
        """From now on it is that much later, where this item is concerned."""
        self._ahead_s[name] += seconds

    async def serve(self, request: web.Request, name: str, item: Item) -> web.StreamResponse:
        """Answer a request for an item, and note it."""
        visit = _Visit(name=name, item=item, now_s=self._clock() + self._ahead_s[name])
        with self.journal.being_answered(name):
            try:
                response = await self._answer(request, visit)
            except asyncio.CancelledError:  # the server's way to say that the buyer hung up
                visit.cut = True
                self._note(request, visit, visit.status)
                raise
            self._note(request, visit, response.status)
        return response

    def serve_elsewhere(self, request: web.Request, name: str, item: Item) -> web.Response:
        """Where a redirect leads: another host name, which a careful buyer never asks."""
        visit = _Visit(name=name, item=item, now_s=self._clock(), code="elsewhere")
        visit.had_credential = "Authorization" in request.headers
        self._note(request, visit, 200)
        return web.json_response({"ok": True, "content": "you should not have come"}, headers=_NO_STORE)

    def _note(self, request: web.Request, visit: _Visit, status: int) -> None:
        self.journal.append(
            Entry(
                at_s=self._clock(),
                item=visit.name,
                method=request.method,
                path=request.path,
                status=status,
                code=visit.code,
                had_credential=visit.had_credential,
                macaroon=visit.macaroon,
                payment_hash=visit.payment_hash,
                offer=visit.offer,
                pays_offer=visit.pays_offer,
                proven_hash=visit.proven_hash,
                cut=visit.cut,
            )
        )

    async def _answer(self, request: web.Request, visit: _Visit) -> web.StreamResponse:
        mode = visit.item.behaviour
        try:
            opened = await self._opens(request, visit)
        except CredentialError as error:
            visit.code = error.refusal.value
            if error.refusal.is_insufficient or mode.reads_as_aperture:
                return await self._offer(visit, str(error))
            return typed_error(401, visit.code, str(error), {"WWW-Authenticate": WITHOUT_OFFER})
        except InvoiceError as error:
            visit.code = "node_unavailable"
            return typed_error(502, visit.code, str(error))
        return await (self._goods(request, visit) if opened else self._meet(request, visit))

    async def _meet(self, request: web.Request, visit: _Visit) -> web.Response:
        """Somebody at the door without a credential."""
        match visit.item.behaviour.door:
            case Door.OFFER:
                visit.code = "payment_required"
                return await self._offer(visit, "pay the invoice, then come back with macaroon and preimage")
            case Door.REDIRECT:
                visit.code = "moved"
                place = request.url.with_host("localhost").with_path(f"{ELSEWHERE}/{visit.name}")
                return web.Response(status=302, headers={**_NO_STORE, "Location": str(place)})
            case Door.ERROR:
                visit.code = "out_of_order"
                return typed_error(503, visit.code, "the seller is out of order; try again later")

    async def _opens(self, request: web.Request, visit: _Visit) -> bool:
        """Whether the request has a credential, which then opens the item. Raises CredentialError if it does not."""
        mode = visit.item.behaviour
        try:
            credential = _credential_of(request, as_aperture=mode.reads_as_aperture)
        except CredentialError:
            visit.had_credential = True
            raise
        if credential is None:
            return False
        visit.had_credential = True
        visit.macaroon = fingerprint(credential.macaroon.identifier)
        visit.payment_hash = credential.identifier.payment_hash.hex()
        visit.pays_offer = self._till.offer_paid_by(visit.name, credential.identifier.payment_hash)
        visit.proven_hash = visit.payment_hash if credential.is_paid else None
        verify(credential, mint=self._mint, item=visit.name, capability=visit.item.capability, now_s=visit.now_s)
        if mode.asks_node and not await self._desk.is_settled(credential.identifier.payment_hash):
            raise CredentialError(Refusal.UNSETTLED, "the node does not know the invoice as settled; pay it")
        if mode.thanks is Thanks.UNAUTHORIZED:
            raise CredentialError(Refusal.REFUSED, "this seller does not honour what it sold")
        if mode.thanks is Thanks.AGAIN:
            raise CredentialError(Refusal.AGAIN, "this seller always wants to be paid once more")
        self._uses[visit.macaroon] += 1
        if mode.uses is not None and self._uses[visit.macaroon] > mode.uses:
            raise CredentialError(Refusal.SPENT, "the token has been used up; pay again")
        return True

    async def _goods(self, request: web.Request, visit: _Visit) -> web.StreamResponse:
        if visit.item.behaviour.thanks is Thanks.MUCH:
            return await _pour(request, visit)
        content = {"ok": True, "item": visit.name, "content": f"the content of {visit.name}"}
        return web.json_response(content, headers=_NO_STORE)

    async def _offer(self, visit: _Visit, message: str) -> web.Response:
        """402 with a macaroon and an invoice of its own; 502 if the Lightning side gives none."""
        try:
            offer = await self._till.offer(visit.name, visit.item, visit.now_s)
        except InvoiceError as error:
            visit.code = "invoice_unavailable"
            return typed_error(502, visit.code, str(error))
        visit.payment_hash = offer.payment_hash.hex()
        visit.offer = offer.number
        response = typed_error(402, visit.code or "payment_required", message)
        for value in offer.challenge:
            response.headers.add("WWW-Authenticate", value)
        if visit.item.behaviour.reads_as_aperture:  # its 402 is the gRPC one, whoever asks
            response.headers["Content-Type"] = "application/grpc"
        return response


def _credential_of(request: web.Request, *, as_aperture: bool) -> Credential | None:
    values = request.headers.getall("Authorization", [])
    if not as_aperture:
        return read_authorization(values)
    return read_as_aperture(values, [request.headers.get(name, "") for name in MACAROON_HEADERS])


async def _pour(request: web.Request, visit: _Visit) -> web.StreamResponse:
    """Far more than a preview. A buyer that has seen enough hangs up."""
    response = web.StreamResponse(headers={**_NO_STORE, "Content-Type": "text/plain"})
    try:
        await response.prepare(request)
        visit.status = response.status
        for _ in range(0, LARGE_BODY_BYTES, len(_CHUNK)):
            await response.write(_CHUNK)
        await response.write_eof()
    except ConnectionError:
        visit.cut = True
    return response


def typed_error(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> web.Response:
    """An error in the seller's envelope."""
    body = {"ok": False, "error": {"code": code, "message": message}}
    return web.json_response(body, status=status, headers={**_NO_STORE, **(headers or {})})
