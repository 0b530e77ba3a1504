"""Invoices that nobody on this network can or should pay: of another network, expired, without an amount.

Role: write and sign them as a node of the seller's own would, from the run's seed. Pure: the time is an argument.
Must not know: why such an invoice is offered, HTTP.

The emulator's Lightning side never issued them: who tries to pay one finds no route and loses nothing.
"""

from __future__ import annotations

import hashlib

from spikes.emulator import bolt11
from spikes.emulator.crypto import curve
from spikes.paywall.modes import Invoiced

LOCAL_PREFIX, MAINNET_PREFIX = "bcrt", "bc"
EXPIRY_S = 3600
AGE_S = 86_400  # of an expired invoice


class LyingNode:
    """Signs what the seller dictates. The same seed and arguments give the same invoice."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._secret = int.from_bytes(self._derive("node key"), "big") % (curve.N - 1) + 1
        self._public = curve.point(self._secret)

    def invoice(self, kind: Invoiced, *, amount_sats: int, memo: str, number: int, now_s: float) -> tuple[str, bytes]:
        """The text and payment hash of the `number`th such invoice for `memo`, at `now_s` (Unix seconds)."""
        preimage = self._derive(f"preimage {memo} {number}")
        payment_hash = hashlib.sha256(preimage).digest()
        text = bolt11.encode(
            bolt11.Invoice(
                network_prefix=MAINNET_PREFIX if kind is Invoiced.FOREIGN_NETWORK else LOCAL_PREFIX,
                amount_msats=None if kind is Invoiced.AMOUNTLESS else amount_sats * 1000,
                timestamp=int(now_s) - (AGE_S if kind is Invoiced.EXPIRED else 0),
                payment_hash=payment_hash,
                payment_secret=self._derive(f"payment secret {memo} {number}"),
                description=memo,
                expiry_s=EXPIRY_S,
                min_final_cltv=bolt11.DEFAULT_MIN_FINAL_CLTV,
                payee=self._public,
            ),
            self._secret,
        )
        return text, payment_hash

    def _derive(self, purpose: str) -> bytes:
        return hashlib.sha256(f"sparkgate lying node {self._seed} {purpose}".encode()).digest()
