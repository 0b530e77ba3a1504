"""The till: makes an offer of one item - invoice, macaroon, challenge - as the item's mode wants it.

Role: the seller's honest and dishonest billing. Must not know: HTTP, credentials that come back, journals.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass

from spikes.paywall.catalogue import Item
from spikes.paywall.challenge import format_challenge, format_malformed
from spikes.paywall.invoices import Invoice, InvoiceDesk
from spikes.paywall.modes import Invoiced
from spikes.paywall.tokens import Mint
from spikes.paywall.unpayable import LyingNode


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What a 402 says: the header values, and the payment hash of the invoice in them. `number` counts from 1."""

    challenge: tuple[str, ...]
    payment_hash: bytes
    number: int


class Till:
    """Every offer of one seller. Times are Unix seconds."""

    def __init__(self, seed: int, mint: Mint, desk: InvoiceDesk) -> None:
        self._mint = mint
        self._desk = desk
        self._liar = LyingNode(seed)
        self._invoices: dict[str, list[Invoice]] = defaultdict(list)  # by item, in the order of the offers

    async def offer(self, name: str, item: Item, now_s: float) -> Offer:
        """A new offer. Raises InvoiceError if the Lightning side gives no invoice."""
        invoice = await self._invoice(name, item, now_s)
        offered = self._invoices[name]
        offered.append(invoice)
        mode = item.behaviour
        bound = hashlib.sha256(invoice.payment_hash).digest() if mode.binds_other_hash else invoice.payment_hash
        macaroon = self._mint.issue(
            payment_hash=bound,
            item=name,
            valid_until_s=int(now_s) + item.validity_s,
            also_opens=item.also_opens,
            capabilities=item.grants,
        )
        if mode.malformed is not None:
            challenge = format_malformed(mode.malformed, macaroon, invoice.bolt11)
        else:
            challenge = format_challenge(mode.dialect, macaroon, invoice.bolt11, says_msats=mode.says_msats)
        return Offer(challenge=tuple(challenge), payment_hash=invoice.payment_hash, number=len(offered))

    def offer_paid_by(self, name: str, payment_hash: bytes) -> int | None:
        """Which of the item's offers a payment is for, counted from 1; None if it is for none of them."""
        hashes = [invoice.payment_hash for invoice in self._invoices.get(name, ())]
        return hashes.index(payment_hash) + 1 if payment_hash in hashes else None

    async def _invoice(self, name: str, item: Item, now_s: float) -> Invoice:
        invoiced, offered = item.behaviour.invoiced, self._invoices.get(name, [])
        amount_sats, memo = item.price_of_offer(len(offered) + 1), f"sparkgate {name}"
        if invoiced is Invoiced.REUSED and offered:
            return offered[0]
        if invoiced in (Invoiced.NEW, Invoiced.REUSED):
            return await self._desk.order(amount_sats=amount_sats, memo=memo)
        text, payment_hash = self._liar.invoice(
            invoiced, amount_sats=amount_sats, memo=memo, number=len(offered), now_s=now_s
        )
        return Invoice(bolt11=text, payment_hash=payment_hash)
