"""One wallet of the native Spark SDK in server mode: build, sync, quote, send, look up.

Role: the only module that calls the SDK. It turns the SDK's types into small ones of ours and its exceptions into
`WalletError` with the contract's code, and knows what each failure means for the money.
Must not know: HTTP, idempotency, caps.

Written against breez-sdk-spark 0.19.2; 0.27.2 takes the same calls. Server mode starts no background work: nothing
happens unless it is asked for.
"""

from __future__ import annotations

import asyncio
import importlib.metadata
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

import breez_sdk_spark as sdk

from spikes.drivers.native.config import spark_network
from spikes.drivers.native.failures import SdkFailure, WalletError, sdk_failure
from spikes.drivers.native.sdk_config import INVOICE_NETWORKS, NoChain, server_config
from spikes.drivers.native.witnesses import Submission, Submissions, SyncWitness

SDK_NAME = f"breez-sdk-spark {importlib.metadata.version('breez-sdk-spark')}"
SYNC_DEADLINE_S = 60.0
PREPARE_DEADLINE_S = 30.0
SDK_POLLS_WELL_S = 5  # so long the SDK asks every second whether a payment is done; then less and less often
SEND_GRACE_S = 15.0  # above the completion timeout: leaf swap, submission and the last poll need time too
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class InvoiceView:
    """What an invoice itself says."""

    payment_hash: str
    amount_msats: int | None
    is_ours: bool  # of the Bitcoin network that the wallet is on
    expired: bool


@dataclass(frozen=True, kw_only=True)
class PaymentView:
    """A payment as the SDK knows it."""

    payment_id: str
    status: str  # completed | pending | failed
    amount_sats: int
    fee_sats: int
    payment_hash: str | None
    preimage: str | None  # hex; unverified: the SDK does not compare it with the payment hash


@dataclass(frozen=True, kw_only=True)
class Quote:
    """What a payment will cost; `prepared` is the SDK's own form of it."""

    prepared: Any
    amount_sats: int
    total_sats: int  # amount and fee


class WalletSession:
    """A built wallet. Make it with `open`, end it with `close`."""

    def __init__(self, wallet: Any, submissions: Submissions, network: str) -> None:
        self._wallet = wallet
        self._network = network
        self._submissions = submissions
        self._syncing = asyncio.Lock()  # two syncs at once would claim the same transfers
        self._fresh = False  # whether the wallet's view of its leaves can be trusted without a sync

    @classmethod
    async def open(cls, network: dict[str, Any], mnemonic: str, state_dir: Path, api_key: str | None = None) -> Self:
        """Build without any network call. Raises WalletError: mnemonic_invalid or connect_failed."""
        submissions = Submissions()
        SyncWitness.installed()
        try:
            builder = sdk.SdkBuilder(server_config(network, api_key), sdk.Seed.MNEMONIC(mnemonic, None))
            await builder.with_default_storage(str(state_dir))
            await builder.with_chain_service(NoChain())
            await builder.with_payment_observer(submissions)
            return cls(await builder.build(), submissions, spark_network(network))
        except sdk.SdkError as error:
            raise sdk_error("connect_failed", "the SDK did not build the wallet", error) from None

    async def close(self) -> None:
        """Release the SDK's resources."""
        await self._wallet.disconnect()

    async def sync(self, deadline_s: float = SYNC_DEADLINE_S) -> None:
        """Authenticate, read the leaves, claim what has come in. Raises WalletError connect_failed."""
        async with self._syncing:
            witness = SyncWitness.installed()
            failures_before, self._fresh = witness.failures, False
            try:
                await _within(self._wallet.sync_wallet(sdk.SyncWalletRequest()), deadline_s)
            except TimeoutError:
                raise WalletError("connect_failed", f"no end of the sync within {deadline_s:.0f} s") from None
            except sdk.SdkError as error:
                reason = named(error).reason
                raise WalletError("connect_failed", f"the wallet did not sync: {reason}", {"reason": reason}) from None
            if witness.failures > failures_before:
                raise WalletError("connect_failed", "the wallet did not sync: the network cannot be reached")
            self._fresh = True

    async def ensure_synced(self) -> None:
        """A sync if none succeeded yet or the last payment left doubts: paying blind costs the SDK a second."""
        if not self._fresh:
            await self.sync()

    async def info(self) -> tuple[str, int]:
        """(identity public key in hex, balance in satoshis) as of the last sync or payment."""
        info = await self._wallet.get_info(sdk.GetInfoRequest(ensure_synced=None))
        return str(info.identity_pubkey), int(info.balance_sats)

    async def known_balance_sats(self) -> int | None:
        """The balance, if a sync stands behind it; a new process that answers from its book has none to tell."""
        return (await self.info())[1] if self._fresh else None

    async def read_invoice(self, invoice: str) -> InvoiceView:
        """Parse a BOLT11 invoice. Raises WalletError: invalid_request or unsupported_payment_method."""
        if not invoice.isascii() or not invoice.isalnum() or not invoice.lower().startswith("lnbc"):
            # Anything else is not handed to the SDK's parser: for a Lightning address it would ask the internet.
            raise WalletError("unsupported_payment_method", "only BOLT11 invoices are paid")
        try:
            parsed = await self._wallet.parse(invoice)
        except sdk.SdkError:
            raise WalletError("invalid_request", "the invoice cannot be read") from None
        if not parsed.is_BOLT11_INVOICE():
            raise WalletError("unsupported_payment_method", "only BOLT11 invoices are paid")
        details = parsed[0]
        return InvoiceView(
            payment_hash=str(details.payment_hash),
            amount_msats=None if details.amount_msat is None else int(details.amount_msat),
            is_ours=details.network == INVOICE_NETWORKS[self._network],
            expired=int(details.timestamp) + int(details.expiry) <= time.time(),
        )

    async def quote(self, invoice: str) -> Quote:
        """Ask for the fee; nothing moves. Raises WalletError: insufficient_funds, prepare_failed."""
        request = sdk.PrepareSendPaymentRequest(payment_request=sdk.PaymentRequest.INPUT(input=invoice))
        try:
            prepared = await _within(self._wallet.prepare_send_payment(request), PREPARE_DEADLINE_S)
        except TimeoutError:
            raise WalletError("prepare_failed", f"no fee quote within {PREPARE_DEADLINE_S:.0f} s") from None
        except sdk.SdkError as error:
            raise sdk_error("prepare_failed", "the SDK did not prepare the payment", error) from None
        fee_sats = int(prepared.payment_method.lightning_fee_sats)
        amount_sats = int(prepared.amount)
        return Quote(prepared=prepared, amount_sats=amount_sats, total_sats=amount_sats + fee_sats)

    async def require_funds(self, sats: int) -> None:
        """See that the wallet holds that much; money may have come in since the last sync, so look once.

        Raises WalletError insufficient_funds.
        """
        for look in (None, self.sync):
            if look is not None:
                await look()
            _, balance_sats = await self.info()
            if balance_sats >= sats:
                return
        raise WalletError("insufficient_funds", "the wallet does not hold amount and fee; fund it")

    def is_sending(self, request_id: str) -> bool:
        """Whether a call of the SDK that sends this payment has not ended yet."""
        return request_id in self._submissions.running

    async def send(
        self, quote: Quote, request_id: str, completion_timeout_s: int, mark: Callable[[], None]
    ) -> PaymentView:
        """Submit the payment under `request_id` and wait for its end. `mark` raises if it must not be submitted.

        Raises WalletError: insufficient_funds, prepare_failed or send_failed if it stopped before anything was
        submitted, else payment_pending: from submission on, no exception of the SDK tells whether money moved.
        """
        if self.is_sending(request_id):  # the observer could not tell the two calls apart
            raise WalletError("prepare_failed", "an earlier try has not ended; try again", {"reason": "wallet_busy"})
        submission = self._submissions.running[request_id] = Submission(mark)
        try:
            sent = await _within(
                self._sending(quote, request_id, completion_timeout_s), completion_timeout_s + SEND_GRACE_S
            )
        except (TimeoutError, sdk.SdkError) as error:
            self._fresh = False  # reserved leaves, a half-done swap: the next payment looks first
            raise _not_sent(error, submission) from None
        payment = _payment_view(sent.payment)
        self._fresh = payment.status == "completed"
        return payment

    async def _sending(self, quote: Quote, request_id: str, completion_timeout_s: int) -> Any:
        """The SDK's call; also when nobody waits for it any more, its end is noted."""
        options = sdk.SendPaymentOptions.BOLT11_INVOICE(
            prefer_spark=False, completion_timeout_secs=min(completion_timeout_s, SDK_POLLS_WELL_S)
        )
        request = sdk.SendPaymentRequest(prepare_response=quote.prepared, options=options, idempotency_key=request_id)
        try:
            return await self._wallet.send_payment(request)
        finally:
            del self._submissions.running[request_id]

    async def find(self, payment_id: str) -> PaymentView | None:
        """A payment that the SDK has stored, by its id; None if it has none. Raises WalletError payment_pending."""
        try:
            found = await self._wallet.get_payment(sdk.GetPaymentRequest(payment_id=payment_id))
        except sdk.SdkError as error:
            if re.search("not found|no rows", str(error), re.IGNORECASE):
                return None
            raise WalletError("payment_pending", f"the payment could not be looked up: {named(error).reason}") from None
        return _payment_view(found.payment)


async def _within(call: Awaitable[T], seconds: float) -> T:
    """Wait for a call of the SDK, but not longer; the call itself goes on: a payment cannot be called back."""
    task = asyncio.ensure_future(call)
    task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())  # if nobody listens any more
    done, _ = await asyncio.wait([task], timeout=seconds)
    if not done:
        raise TimeoutError
    return task.result()


def _not_sent(error: Exception, submission: Submission) -> WalletError:
    """What a call that ended badly, or is late, means for the money."""
    if isinstance(error, TimeoutError):
        if submission.abandon():
            return WalletError("send_failed", "sending ran out of time before it submitted anything; try again")
        return WalletError("payment_pending", "submitted, and it did not finish in time; ask again")
    if submission.submitted:
        return WalletError("payment_pending", f"submitted, no final answer: {named(error).reason}")
    return sdk_error("send_failed", "stopped before anything was submitted", error)


def named(error: Exception) -> SdkFailure:
    """What an error of the SDK means. Its text may hold invoices and addresses, so it goes nowhere."""
    return sdk_failure(f"{type(error).__name__}: {error}")


def sdk_error(code: str, what: str, error: Exception) -> WalletError:
    """An error of the SDK before anything was submitted, as one of the contract."""
    failure = named(error)
    return WalletError(failure.code or code, f"{what}: {failure.reason}", {"reason": failure.reason})


def _payment_view(payment: Any) -> PaymentView:
    htlc = getattr(payment.details, "htlc_details", None)
    return PaymentView(
        payment_id=str(payment.id),
        status=payment.status.name.lower(),
        amount_sats=int(payment.amount),
        fee_sats=int(payment.fees),
        payment_hash=None if htlc is None else str(htlc.payment_hash),
        preimage=None if htlc is None or htlc.preimage is None else str(htlc.preimage),
    )
