"""Paying one BOLT11 invoice once: checks, idempotency, submission, proof.

Role: the rules of `POST /pay-bolt11`. Before submission every refusal is definite. From submission on, only the
network's own word - or its silence, long after - makes a payment failed; everything else is pending, is kept, and is
resolved by asking again with the same request id.
Must not know: HTTP, who calls.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from spikes.drivers.native.book import Entry, PaymentBook, State, payment_fingerprint
from spikes.drivers.native.config import Config
from spikes.drivers.native.failures import WalletError
from spikes.drivers.native.orders import MSATS_PER_SAT, Order, Paid, PaidFacts, PhaseClock, payment_receipt
from spikes.drivers.native.receipt import receipt_host
from spikes.drivers.native.session import (
    PREPARE_DEADLINE_S,
    SEND_GRACE_S,
    SYNC_DEADLINE_S,
    InvoiceView,
    PaymentView,
    WalletSession,
)

LEAST_PAUSE_S = 1.0
PAUSE_SHARE = 0.1

__all__ = ["Order", "Paid", "Payer", "PhaseClock", "longest_payment_s"]


def longest_payment_s(completion_timeout_s: int) -> float:
    """After that, nobody is at a payment any more."""
    waiting_for_funds_s = completion_timeout_s
    return 4 * SYNC_DEADLINE_S + PREPARE_DEADLINE_S + waiting_for_funds_s + completion_timeout_s + SEND_GRACE_S


class Payer:
    """Pays out of one wallet."""

    def __init__(self, config: Config, book: PaymentBook) -> None:
        self._config = config
        self._book = book
        self._under_way: set[str] = set()  # request ids
        self._one_ended = asyncio.Condition()

    async def pay(self, order: Order, wallet: WalletSession, clock: PhaseClock) -> Paid:
        """Pay, or give the stored answer of the same order. Raises WalletError."""
        invoice = await wallet.read_invoice(order.invoice)
        amount_msats = _payable_amount(invoice)
        fingerprint = payment_fingerprint(order.invoice, order.max_amount_msats, order.host)

        def check(spent_msats: int) -> None:
            self._check(order, invoice, amount_msats)
            room = self._config.window_cap_msats
            if room is not None and spent_msats + amount_msats > room:
                raise WalletError("window_cap_exceeded", "the spending window has no room for this amount; pay later")

        entry = self._book.open(order.request_id, fingerprint, invoice.payment_hash, amount_msats, check)
        if entry.state is not State.IN_FLIGHT:
            return await self._resolve(order, entry, wallet, clock)
        self._under_way.add(order.request_id)
        try:
            payment = await self._submit_when_funded(order, entry, wallet, clock)
            return self._conclude(order, entry, payment)
        except Exception as error:
            return await self._unpaid(entry, error, wallet)
        finally:
            self._under_way.discard(order.request_id)
            async with self._one_ended:
                self._one_ended.notify_all()

    def _check(self, order: Order, invoice: InvoiceView, amount_msats: int) -> None:
        """Every refusal of a new payment that needs no look at the books."""
        if invoice.expired:
            raise WalletError("invalid_request", "the invoice has expired; ask the seller for a new one")
        hosts = self._config.host_allowlist
        if hosts is not None and not {order.host, receipt_host(order.host)} & set(hosts):
            raise WalletError("host_not_allowed", "the seller's host is not on this wallet's allowlist")
        if order.max_amount_msats > self._config.request_cap_msats:
            raise WalletError("request_cap_exceeded", "maxAmountMsats is above what this wallet allows one payment")
        if amount_msats > order.max_amount_msats:
            raise WalletError("quoted_amount_exceeds_cap", "the invoice's own amount is above maxAmountMsats")

    async def _submit_when_funded(
        self, order: Order, entry: Entry, wallet: WalletSession, clock: PhaseClock
    ) -> PaymentView:
        """While another payment has its leaf swapped, the rest of the money is not there to be seen.

        Too little is therefore believed only when no other payment is under way. Nothing was submitted until then.
        """
        deadline = time.monotonic() + self._config.completion_timeout_s
        while True:
            try:
                return await self._submit(order, entry, wallet, clock)
            except WalletError as error:
                left_s = deadline - time.monotonic()
                if error.code != "insufficient_funds" or not self._under_way - {order.request_id} or left_s <= 0:
                    raise
            with suppress(TimeoutError):
                async with asyncio.timeout(left_s), self._one_ended:
                    await self._one_ended.wait()

    async def _submit(self, order: Order, entry: Entry, wallet: WalletSession, clock: PhaseClock) -> PaymentView:
        with clock.phase("sync"):
            await wallet.ensure_synced()
        with clock.phase("prepare"):
            quote = await wallet.quote(order.invoice)
            await wallet.require_funds(quote.total_sats)
        with clock.phase("send"):
            timeout_s = self._config.completion_timeout_s
            since = time.monotonic()
            sent = await wallet.send(quote, order.request_id, timeout_s, lambda: self._book.mark_submitted(entry))
        with clock.phase("confirm"):
            return await _watched(sent, wallet, since, since + timeout_s)

    async def _unpaid(self, entry: Entry, error: Exception, wallet: WalletSession) -> Paid:
        """Book a payment that did not end well; the answer of another attempt, if that one has paid meanwhile.

        Raises the error, or what stands in its place.
        """
        if not isinstance(error, WalletError) or not error.meaning.definite:
            self._book.mark_unknown(entry, submitted=isinstance(error, WalletError))
            raise error
        if error.code == "payment_failed":  # booked already
            raise error
        known = self._book.release(entry)
        if known is None:
            raise error
        if known.state is State.PAID:
            return await self._stored(known, wallet)
        if known.state is State.FAILED:
            raise _failed()
        raise WalletError("idempotency_in_flight", "this request is being paid at this moment; ask again")

    async def _resolve(self, order: Order, entry: Entry, wallet: WalletSession, clock: PhaseClock) -> Paid:
        """An order that was submitted before: answer from what is known, never pay again."""
        if entry.state is State.FAILED:
            raise _failed()
        if entry.state is State.PAID:
            return await self._stored(entry, wallet)
        is_sending, now_s = wallet.is_sending(entry.request_id), time.time()
        try:
            with clock.phase("sync"):
                await wallet.sync()
        except WalletError as error:
            raise WalletError("payment_pending", f"submitted before, and {error}; ask again") from None
        payment = await wallet.find(entry.request_id)
        if payment is not None:
            return self._conclude(order, entry, payment)
        is_old = entry.submitted_at_s is not None and now_s - entry.submitted_at_s >= self._config.lost_after_s
        if is_sending or not is_old:
            raise WalletError("payment_pending", "submitted before, and the network does not show it yet; ask again")
        known = self._book.settle_failed(entry, lost=True)
        if known.state is State.PAID:
            return await self._stored(known, wallet)
        raise WalletError("payment_failed", "the network never got the payment; nothing was paid")

    async def _stored(self, entry: Entry, wallet: WalletSession) -> Paid:
        """The answer as it was given. Its preimage is not in the book, but in the SDK's own records."""
        payment = await wallet.find(entry.request_id)
        if payment is None:
            await wallet.sync()
            payment = await wallet.find(entry.request_id)
        return _paid(entry, _proven(None if payment is None else payment.preimage, entry.payment_hash))

    def _conclude(self, order: Order, entry: Entry, payment: PaymentView) -> Paid:
        if payment.status == "failed":
            self._book.settle_failed(entry)
            raise _failed()
        if payment.status != "completed":
            raise WalletError("payment_pending", "submitted and not settled yet; ask again with the same request id")
        preimage = _proven(payment.preimage, entry.payment_hash)
        facts = PaidFacts(
            payment_id=payment.payment_id,
            payment_hash=entry.payment_hash,
            amount_sats=_whole_sats(entry.amount_msats),
            fee_sats=payment.fee_sats,
            paid_at_ms=int(time.time() * 1000),
        )
        receipt = payment_receipt(self._config, order, facts)

        def kept(spent_msats: int) -> Mapping[str, Any]:
            return {**asdict(facts), "window_spend_msats": spent_msats, "receipt": receipt}

        return _paid(self._book.settle_paid(entry, kept), preimage)


async def _watched(payment: PaymentView, wallet: WalletSession, since: float, until: float) -> PaymentView:
    """The payment when it is not pending any more, or as it was last seen.

    Looks, where the SDK's own polling becomes too slow (known.toml: polls-grow-rare). A look is some ten requests, so a
    payment that takes long is looked at less often. Times are of the monotonic clock.
    """
    if payment.payment_hash is None:
        return payment  # an orphan: the service provider was never told, so nobody is at it
    while payment.status == "pending":
        now = time.monotonic()
        pause_s = max(LEAST_PAUSE_S, PAUSE_SHARE * (now - since))
        if now + pause_s >= until:
            break
        await asyncio.sleep(pause_s)
        with suppress(WalletError):  # a look that fails shows nothing; the next one may
            await wallet.sync(until - time.monotonic())
            payment = await wallet.find(payment.payment_id) or payment
    return payment


def _paid(entry: Entry, preimage: str) -> Paid:
    """The answer that stands, now and whenever the request is repeated."""
    return Paid(preimage_hex=preimage, **(entry.paid or {}))


def _payable_amount(invoice: InvoiceView) -> int:
    """The invoice's own amount in millisatoshis. Raises WalletError if this wallet cannot pay exactly that."""
    if not invoice.is_ours:
        raise WalletError("invalid_request", "the invoice is for another network than the wallet's")
    if invoice.amount_msats is None:
        raise WalletError("unsupported_payment_method", "the invoice has no amount; ask for one that does")
    if invoice.amount_msats % MSATS_PER_SAT:
        raise WalletError(
            "unsupported_payment_method",
            "the invoice is not for whole satoshis; ask for another one",
            {"reason": "fractional_satoshi", "amountMsats": invoice.amount_msats},
        )
    return invoice.amount_msats


def _whole_sats(amount_msats: int) -> int:
    return amount_msats // MSATS_PER_SAT  # exact: _payable_amount lets nothing else through


def _proven(preimage: str | None, payment_hash: str) -> str:
    """The preimage, once it is known to open the payment hash. The SDK does not look, so this driver must."""
    if preimage is None:
        raise WalletError("payment_missing_preimage", "paid, but the network gave no preimage", {"reason": "absent"})
    if hashlib.sha256(bytes.fromhex(preimage)).hexdigest() != payment_hash:
        raise WalletError(
            "payment_missing_preimage",
            "paid, but the preimage does not open the payment hash",
            {"reason": "preimage_mismatch"},
        )
    return preimage


def _failed() -> WalletError:
    return WalletError("payment_failed", "the network says that the payment failed and the money is back")
