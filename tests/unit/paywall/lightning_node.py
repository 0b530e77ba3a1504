"""A Lightning node for the seller's tests: stands in for the emulator, which is another program, over real HTTP."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from aiohttp import web


@dataclass
class LightningNode:
    """Issues invoices whose preimages the test knows; `answer` replaces its next answers."""

    url: str = ""
    preimages: dict[str, bytes] = field(default_factory=dict)  # by invoice
    amounts_sats: list[int] = field(default_factory=list)
    settled: set[str] = field(default_factory=set)  # payment hashes
    answer: web.Response | None = None

    async def issue(self, request: web.Request) -> web.Response:
        if self.answer is not None:
            return self.answer
        amount_sats = (await request.json())["amount_sats"]
        preimage = hashlib.sha256(f"preimage {len(self.preimages)}".encode()).digest()
        invoice = f"lnbcrt{amount_sats}n1stand{len(self.preimages)}in"
        self.preimages[invoice] = preimage
        self.amounts_sats.append(amount_sats)
        return web.json_response(
            {
                "invoice": invoice,
                "payment_hash": hashlib.sha256(preimage).hexdigest(),
                "amount_sats": amount_sats,
                "fee_sats": 2,
                "expires_at": 4_000_000_000,
            }
        )

    async def show(self, request: web.Request) -> web.Response:
        if self.answer is not None:
            return self.answer
        payment_hash = request.match_info["payment_hash"]
        known = {hashlib.sha256(preimage).hexdigest() for preimage in self.preimages.values()}
        if payment_hash not in known:
            return web.Response(status=404)
        return web.json_response({"state": "settled" if payment_hash in self.settled else "open"})

    def fail(self) -> None:
        """From now on it answers nothing but an error."""
        self.answer = web.json_response({"error": {"code": "internal", "message": "x"}}, status=500)

    async def answer_elsewhere(self, _: web.Request) -> web.Response:
        """A right answer that only who follows a redirect gets."""
        return web.json_response({"invoice": "lnbcrt100n1x", "payment_hash": "00" * 32, "amount_sats": 10})
