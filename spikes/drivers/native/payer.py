"""Paying one BOLT11 invoice once: checks, idempotency, submission, proof.

Role: the rules of `POST /pay-bolt11`. Before submission every refusal is definite. From submission on, only the
network's own word makes a payment failed; everything else is pending, is kept, and is resolved by asking again with
the same request id.
Must not know: HTTP, who calls.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from spikes.drivers.native.book import Entry, PaymentBook, State, payment_fingerprint
from spikes.drivers.native.config import WINDOW_S, Config
from spikes.drivers.native.failures import WalletError
from spikes.drivers.native.session import MSATS_PER_SAT, InvoiceView, PaymentView, WalletSession


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


class Payer:
    """Pays out of one wallet."""

    def __init__(self, config: Config, book: PaymentBook) -> None:
        self._config = config
        self._book = book
        self._answers: dict[str, Paid] = {}  # of this process; an older one is looked up in the SDK
        self._under_way: set[str] = set()  # request ids
        self._one_ended = asyncio.Condition()

    async def pay(self, order: Order, wallet: WalletSession, clock: PhaseClock) -> Paid:
        """Pay, or give the stored answer of the same order. Raises WalletError."""
        invoice = await wallet.read_invoice(order.invoice)
        amount_msats = _payable_amount(invoice)
        fingerprint = payment_fingerprint(order.invoice, order.max_amount_msats, order.host)
        known = self._book.find(order.request_id, fingerprint, invoice.payment_hash)
        if known is not None:
            return await self._resolve(known, wallet, clock)
        self._check(order, invoice, amount_msats)
        entry = self._book.submit(order.request_id, fingerprint, invoice.payment_hash, amount_msats, time.time())
        self._under_way.add(order.request_id)
        try:
            return self._conclude(entry, await self._submit_when_funded(order, entry, wallet, clock))
        finally:
            entry.in_flight = False
            self._under_way.discard(order.request_id)
            async with self._one_ended:
                self._one_ended.notify_all()

    def _check(self, order: Order, invoice: InvoiceView, amount_msats: int) -> None:
        """Every refusal that needs no network call."""
        if invoice.expired:
            raise WalletError("invalid_request", "the invoice has expired; ask the seller for a new one")
        if order.max_amount_msats > self._config.request_cap_msats:
            raise WalletError("request_cap_exceeded", "maxAmountMsats is above what this wallet allows one payment")
        if amount_msats > order.max_amount_msats:
            raise WalletError("quoted_amount_exceeds_cap", "the invoice's own amount is above maxAmountMsats")
        room = self._config.window_cap_msats
        if room is not None and self._window_spend() + amount_msats > room:
            raise WalletError("window_cap_exceeded", "the spending window has no room for this amount; pay later")

    async def _submit_when_funded(
        self, order: Order, entry: Entry, wallet: WalletSession, clock: PhaseClock
    ) -> PaymentView:
        """While another payment has its leaf swapped, the rest of the money is not there to be seen.

        Too little is therefore believed only when no other payment is under way. Nothing was submitted until then.
        """
        deadline = time.monotonic() + self._config.completion_timeout_s
        while True:
            try:
                return await self._submit(order, wallet, clock)
            except WalletError as error:
                left_s = deadline - time.monotonic()
                if error.code != "insufficient_funds" or not self._under_way - {order.request_id} or left_s <= 0:
                    if error.meaning.definite:
                        self._book.withdraw(entry)
                    raise
            with suppress(TimeoutError):
                async with asyncio.timeout(left_s), self._one_ended:
                    await self._one_ended.wait()

    async def _submit(self, order: Order, wallet: WalletSession, clock: PhaseClock) -> PaymentView:
        with clock.phase("sync"):
            await wallet.ensure_synced()
        with clock.phase("prepare"):
            quote = await wallet.quote(order.invoice)
            await wallet.require_funds(quote.total_sats)
        with clock.phase("send"):
            return await wallet.send(quote, order.request_id, self._config.completion_timeout_s)

    async def _resolve(self, entry: Entry, wallet: WalletSession, clock: PhaseClock) -> Paid:
        """An order that was submitted before: answer from what is known, never pay again."""
        if entry.request_id in self._answers:
            return self._answers[entry.request_id]
        if entry.state is State.FAILED:
            raise _failed()
        with clock.phase("sync"):
            await wallet.sync()
        payment = await wallet.find(entry.request_id)
        if payment is None:
            raise WalletError("payment_pending", "submitted before, and the network does not show it yet; ask again")
        return self._conclude(entry, payment)

    def _conclude(self, entry: Entry, payment: PaymentView) -> Paid:
        if payment.status == "failed":
            self._book.settle(entry, State.FAILED)
            raise _failed()
        if payment.status != "completed":
            raise WalletError("payment_pending", "submitted and not settled yet; ask again with the same request id")
        self._book.settle(entry, State.PAID)
        paid = Paid(
            payment_id=payment.payment_id,
            payment_hash=entry.payment_hash,
            amount_sats=_whole_sats(entry.amount_msats),
            fee_sats=payment.fee_sats,
            preimage_hex=_proven(payment.preimage, entry.payment_hash),
            paid_at_ms=int(time.time() * 1000),
            window_spend_msats=self._window_spend(),
        )
        self._answers[entry.request_id] = paid
        return paid

    def _window_spend(self) -> int:
        return self._book.spent_msats(time.time() - WINDOW_S)


def _payable_amount(invoice: InvoiceView) -> int:
    """The invoice's own amount in millisatoshis. Raises WalletError if this wallet cannot pay exactly that."""
    if not invoice.regtest:
        raise WalletError("invalid_request", "the invoice is for another network than regtest")
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
