"""What is asked of the payer, and what it answers: order, paid, receipt, phases.

Role: the values that travel between the HTTP door and the payer, and their forms in the contract.
Must not know: the SDK, the book, HTTP.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from spikes.drivers.native.config import Config
from spikes.drivers.native.receipt import make_receipt, receipt_host

MSATS_PER_SAT = 1000
BACKEND_MODE = "runtime"  # what receipts call the place where this wallet executes


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is asked for."""

    request_id: str
    invoice: str
    max_amount_msats: int
    host: str  # the seller's, as the caller names it


@dataclass(frozen=True, kw_only=True)
class Paid:
    """A payment that happened, with its verified proof."""

    payment_id: str
    payment_hash: str
    amount_sats: int
    fee_sats: int
    preimage_hex: str = field(repr=False)
    paid_at_ms: int
    window_spend_msats: int
    receipt: Mapping[str, Any]


@dataclass(kw_only=True)
class PhaseClock:
    """Durations inside the driver, by its own clock; hints, not evidence."""

    phases: list[tuple[str, float]] = field(default_factory=list)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Time a block under a name."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.phases.append((name, time.perf_counter() - started))

    def told(self) -> list[dict[str, Any]]:
        """As an answer tells them."""
        return [{"name": name, "durationS": duration} for name, duration in self.phases]


@dataclass(frozen=True, kw_only=True)
class PaidFacts:
    """What is kept of a payment that happened: everything but its preimage."""

    payment_id: str
    payment_hash: str
    amount_sats: int
    fee_sats: int
    paid_at_ms: int


def payment_receipt(config: Config, order: Order, facts: PaidFacts) -> dict[str, Any]:
    """The receipt of a payment that happened."""
    stable = {
        "kind": "payment",
        "requestId": order.request_id,
        "walletId": config.wallet_id,
        "walletSource": config.custody.SOURCE,
        "backendMode": BACKEND_MODE,
        "host": receipt_host(order.host),
        "outcome": "paid",
        "code": None,
        "reasonClass": None,
        "reasonDetail": None,
        "paymentHash": facts.payment_hash,
        "quotedAmountMsats": facts.amount_sats * MSATS_PER_SAT,
        "settledAmountMsats": facts.amount_sats * MSATS_PER_SAT,
        "feeMsats": facts.fee_sats * MSATS_PER_SAT,
        "capsApplied": {"maxAmountMsats": order.max_amount_msats, "windowCapMsats": config.window_cap_msats},
        "cacheStatus": None,
    }
    return make_receipt(stable, {"paymentId": facts.payment_id, "paidAtMs": facts.paid_at_ms})


def paid_result(config: Config, order: Order, paid: Paid) -> dict[str, Any]:
    """The `result` of `POST /pay-bolt11`."""
    return {
        "requestId": order.request_id,
        "walletId": config.wallet_id,
        "payment": {
            "paymentId": paid.payment_id,
            "amountMsats": paid.amount_sats * MSATS_PER_SAT,
            "feeMsats": paid.fee_sats * MSATS_PER_SAT,
            "preimageHex": paid.preimage_hex,
            "paidAtMs": paid.paid_at_ms,
        },
        "quotedAmountMsats": paid.amount_sats * MSATS_PER_SAT,
        "windowSpendMsatsAfterPayment": paid.window_spend_msats,
        "receipt": paid.receipt,
    }


def paid_claim(paid: Paid, balance_sats: int | None) -> dict[str, Any]:
    """What an experiment's answer claims: hashes and amounts, never the preimage."""
    return {
        "paymentHash": paid.payment_hash,
        "amountSats": paid.amount_sats,
        "feeSats": paid.fee_sats,
        "preimageSha256": hashlib.sha256(bytes.fromhex(paid.preimage_hex)).hexdigest(),
        "balanceSats": balance_sats,
        "receiptDigest": paid.receipt["digest"],
        "flowDigest": paid.receipt["flowDigest"],
    }
