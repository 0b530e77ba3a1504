"""The Lightning side: a node that issues BOLT11 invoices, knows their preimages, and is paid by the provider.

It settles a payment or refuses it; how long that takes and whether it fails is set from outside. Not a routing network:
only its own invoices can be paid.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from enum import StrEnum

from spikes.emulator import bolt11
from spikes.emulator.archive import Archive, Kept
from spikes.emulator.clock import Clock
from spikes.emulator.entropy import Entropy
from spikes.emulator.identities import KeyPair

NETWORK_PREFIX = "bcrt"
DEFAULT_EXPIRY_S = 3600
MAX_AMOUNT_SATS = 100_000_000


class LightningError(ValueError):
    """An invoice that cannot be issued or paid; the message says why."""


class InvoiceState(StrEnum):
    """SETTLED is final; FAILED means the last try found no way, and another may."""

    OPEN = "open"
    SETTLED = "settled"
    FAILED = "failed"
    EXPIRED = "expired"


@dataclass(frozen=True, kw_only=True)
class IssuedInvoice:
    """An invoice of our node with the secret that pays it. Amount in satoshis, times in seconds since the epoch."""

    text: str
    payment_hash: bytes
    preimage: bytes
    amount_sats: int
    expires_at: float
    state: InvoiceState


class LightningNode:
    """The payee's node. All invoices of one run, by payment hash."""

    def __init__(self, *, keys: KeyPair, entropy: Entropy, clock: Clock, archive: Archive) -> None:
        self._keys = keys
        self._entropy = entropy
        self._clock = clock
        self._invoices: Kept[bytes, IssuedInvoice] = Kept(archive, "invoices")
        self._issued: Kept[str, int] = Kept(archive, "issued")  # how many invoices of one memo and amount

    def issue(self, amount_sats: int, memo: str = "", expiry_s: int = DEFAULT_EXPIRY_S) -> IssuedInvoice:
        """A new invoice over whole satoshis. Raises LightningError for amounts or lifetimes that make no sense."""
        if not 0 < amount_sats <= MAX_AMOUNT_SATS:
            raise LightningError(f"amount_sats must be 1 to {MAX_AMOUNT_SATS}, got {amount_sats}")
        if not 0 < expiry_s <= 365 * 86400:
            raise LightningError(f"expiry_s must be 1 to 31536000, got {expiry_s}")
        preimage, payment_secret = self._secrets(amount_sats, memo)
        now = int(self._clock.now())
        invoice = bolt11.Invoice(
            network_prefix=NETWORK_PREFIX,
            amount_msats=amount_sats * 1000,
            timestamp=now,
            payment_hash=hashlib.sha256(preimage).digest(),
            payment_secret=payment_secret,
            description=memo,
            expiry_s=expiry_s,
            min_final_cltv=18,
            payee=self._keys.public,
        )
        issued = IssuedInvoice(
            text=bolt11.encode(invoice, self._keys.secret),
            payment_hash=invoice.payment_hash,
            preimage=preimage,
            amount_sats=amount_sats,
            expires_at=float(now + expiry_s),
            state=InvoiceState.OPEN,
        )
        self._invoices.put(issued.payment_hash, issued)
        return issued

    def find(self, payment_hash: bytes) -> IssuedInvoice | None:
        """An invoice of ours with its state as of now."""
        invoice = self._invoices.get(payment_hash)
        if invoice and invoice.state is not InvoiceState.SETTLED and invoice.expires_at <= self._clock.now():
            invoice = replace(invoice, state=InvoiceState.EXPIRED)
        return invoice

    def settle(self, payment_hash: bytes, amount_sats: int) -> bytes:
        """Take the payment and show the preimage. Raises LightningError if it is not ours to take."""
        invoice = self.find(payment_hash)
        if invoice is None:
            raise LightningError("no route: the invoice is not of this network")
        if invoice.state in (InvoiceState.EXPIRED, InvoiceState.SETTLED):
            raise LightningError(f"the invoice is {invoice.state}")
        if amount_sats != invoice.amount_sats:
            raise LightningError(f"the invoice asks for {invoice.amount_sats} sats, not {amount_sats}")
        self._invoices.put(payment_hash, replace(invoice, state=InvoiceState.SETTLED))
        return invoice.preimage

    def fail(self, payment_hash: bytes) -> None:
        """Note that a try to pay this invoice found no way."""
        invoice = self._invoices.get(payment_hash)
        if invoice is not None and invoice.state is not InvoiceState.SETTLED:
            self._invoices.put(payment_hash, replace(invoice, state=InvoiceState.FAILED))

    def _secrets(self, amount_sats: int, memo: str) -> tuple[bytes, bytes]:
        """Preimage and payment secret of the next invoice of this memo and amount.

        They depend on the seed, memo, amount and how many there were of both: not on what else is ordered meanwhile.
        """
        order = f"{amount_sats}/{hashlib.sha256(memo.encode()).hexdigest()}"
        number = self._issued.get(order, 0)
        self._issued.put(order, number + 1)
        preimage, payment_secret = (
            self._entropy.at(f"lightning/{kind}/{order}", number) for kind in ("preimage", "payment-secret")
        )
        return preimage, payment_secret
