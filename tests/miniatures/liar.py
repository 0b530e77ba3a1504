"""Miniature drivers that lie. Each is the native driver with one thing turned false; the harness must see through it.

`python -m tests.miniatures.liar KIND` serves the contract like any other driver.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from spikes.drivers.native.book import PaymentBook
from spikes.drivers.native.config import Config
from spikes.drivers.native.orders import MSATS_PER_SAT, Order, PhaseClock
from spikes.drivers.native.payer import Payer
from spikes.drivers.native.server import Door
from spikes.drivers.native.session import InvoiceView
from spikes.serving import serve


class ClaimsAPaymentItDidNotMake(Door):
    """Reads the invoice and says paid, with the right hash, amount and fee. Nothing is sent."""

    async def _attempt(self, body: Mapping[str, Any], clock: PhaseClock) -> dict[str, Any]:
        wallet = await self._open_wallet(clock)
        invoice = await wallet.read_invoice(body["invoice"])
        sats = (invoice.amount_msats or 0) // MSATS_PER_SAT
        claim = {
            "paymentHash": invoice.payment_hash,
            "amountSats": sats,
            "feeSats": 2 + sats // 1000,
            "preimageSha256": invoice.payment_hash,
        }
        return {"outcome": "paid", "code": None, "reason": None, "claim": claim}


class ReturnsAWrongPreimage(Door):
    """Pays, and shows the digest of 32 zero bytes for the proof."""

    async def _attempt(self, body: Mapping[str, Any], clock: PhaseClock) -> dict[str, Any]:
        answer = await super()._attempt(body, clock)
        answer["claim"]["preimageSha256"] = hashlib.sha256(bytes(32)).hexdigest()
        return answer


class Hangs(Door):
    """Takes the request and never answers."""

    async def _attempt(self, body: Mapping[str, Any], clock: PhaseClock) -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError("unreachable")


class Careless(Door):
    """No liar but a bad driver: lets everybody in, keeps no cap, calls everything paid. For the conformance kit."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        book = PaymentBook(config.state_dir / "careless.sqlite", in_flight_limit_s=60, window_s=config.window_s)
        self._payer = _PaysAnything(config, book)

    def _authorise(self, header: str) -> None:
        """Nobody is asked."""

    async def _experiment(self, request: web.Request) -> web.Response:
        if request.match_info["name"] in ("sync", "pay"):
            return await super()._experiment(request)
        return web.json_response({"ok": True, "outcome": "paid", "claim": {}})


class _PaysAnything(Payer):
    def _check(self, order: Order, invoice: InvoiceView, amount_msats: int) -> None:
        """No cap is kept."""


KINDS: dict[str, type[Door]] = {
    "claims_a_payment_it_did_not_make": ClaimsAPaymentItDidNotMake,
    "returns_a_wrong_preimage": ReturnsAWrongPreimage,
    "hangs": Hangs,
    "careless": Careless,
}

if __name__ == "__main__":
    settings = Config.from_environment(os.environ)
    asyncio.run(serve(KINDS[sys.argv[1]](settings).application(), lifeline=settings.lifeline))
