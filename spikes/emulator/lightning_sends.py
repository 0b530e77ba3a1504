"""Lightning sends: the provider pays an invoice and takes the leaves that were locked for it, or gives them back.

Must not know GraphQL or transports. Source: facts/spark-protocol.md sections 7.3 and 11.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from spikes.emulator import bolt11
from spikes.emulator.archive import Archive, Kept
from spikes.emulator.clock import Clock
from spikes.emulator.faults import NOTHING, Struck
from spikes.emulator.identities import KeyPair
from spikes.emulator.latency import LatencyBook
from spikes.emulator.ledger import Ledger
from spikes.emulator.ledger_state import Htlc, HtlcStatus, Transfer
from spikes.emulator.lightning import NETWORK_PREFIX, LightningError, LightningNode
from spikes.emulator.provider_terms import ProviderError, ProviderTerms, check_keys

_ID_PREFIX = "LightningSendRequest:"


class SendStatus(StrEnum):
    """States of a Lightning send, in the provider's own words."""

    INITIATED = "LIGHTNING_PAYMENT_INITIATED"
    COMPLETED = "TRANSFER_COMPLETED"
    RETURNED = "USER_SWAP_RETURNED"


@dataclass(frozen=True, kw_only=True)
class SendRequest:
    """A Lightning send as its wallet sees it."""

    id: str
    transfer_id: str
    invoice: str
    fee_sats: int
    status: SendStatus
    preimage: bytes | None
    created_at: float
    updated_at: float
    settle_s: float = 0.0  # how long the payment takes, as drawn


@dataclass(frozen=True, kw_only=True)
class _OnItsWay:
    """A payment that settles later, or never by itself (no `task`), and the faults that made it so."""

    struck: Struck
    task: asyncio.Task[None] | None


class LightningSends:
    """All sends of one run, by the transfer that carries their leaves."""

    def __init__(
        self,
        *,
        keys: KeyPair,
        ledger: Ledger,
        lightning: LightningNode,
        latency: LatencyBook,
        archive: Archive,
        clock: Clock,
        terms: ProviderTerms,
        alarm: Callable[[Exception], None],
    ) -> None:
        self._keys = keys
        self._terms = terms
        self._ledger = ledger
        self._lightning = lightning
        self._latency = latency
        self._clock = clock
        self._sends: Kept[str, SendRequest] = Kept(archive, "sends")
        self._alarm = alarm
        self._on_their_way: dict[str, _OnItsWay] = {}

    def quote(self, invoice: str, amount_sats: int | None) -> int:
        """The fee in satoshis for paying `invoice`. Raises ProviderError for an invoice it would not pay."""
        asked = _invoice_sats(invoice)
        if amount_sats not in (None, asked):
            raise ProviderError(f"the invoice asks for {asked} sats, not {amount_sats}")
        return self._terms.fee_sats(asked)

    def send(self, sender: bytes, invoice: str, transfer_id: str, struck: Struck = NOTHING) -> SendRequest:
        """Pay `invoice` for the leaves that `sender` locked in `transfer_id`. Asking again gives the same request."""
        transfer = self._ledger.transfers.get(transfer_id)
        htlc = self._ledger.htlc_of(transfer_id)
        if transfer is None or htlc is None or transfer.sender != sender:
            raise ProviderError(f"no locked payment in transfer {transfer_id}; call initiate_preimage_swap_v3 first")
        if htlc.invoice != invoice:
            raise ProviderError("the transfer is locked for another invoice")
        known = self._sends.get(transfer_id)
        if known is not None:
            return known
        if htlc.status is not HtlcStatus.WAITING:
            raise ProviderError(f"the payment is {htlc.status}")
        drawn = self._latency.settle_s(sender)
        self._begin(transfer, htlc, self._terms.settle_delay_s if drawn is None else drawn, struck)
        return self._sends[transfer_id]

    def find(self, request_id: str) -> SendRequest | None:
        """A send by its request id."""
        return self._sends.get(request_id.removeprefix(_ID_PREFIX))

    def of(self, transfer_id: str) -> SendRequest | None:
        """The send that pays with a transfer's leaves."""
        return self._sends.get(transfer_id)

    def pick_up(self, transfer_id: str) -> None:
        """Pay for a locked transfer whose wallet never asked: the invoice is in the lock. This settles at once."""
        htlc = self._ledger.htlc_of(transfer_id)
        if htlc is not None and transfer_id not in self._sends:
            self._begin(self._ledger.transfers[transfer_id], htlc, 0.0, NOTHING)

    def settle_healed(self) -> None:
        """Let every payment go through that faults held back and that has been healed."""
        for transfer_id, waiting in list(self._on_their_way.items()):
            if waiting.struck and waiting.struck.healed:
                if waiting.task is not None:
                    waiting.task.cancel()
                self._arrive(transfer_id)

    def give_back(self, transfer_id: str) -> None:
        """Return a pending transfer to its sender, and say so in its send request if there is one."""
        now = self._clock.now()
        self._ledger.give_back(transfer_id, now)
        request = self._sends.get(transfer_id)
        if request is not None:
            self._sends.put(transfer_id, replace(request, status=SendStatus.RETURNED, updated_at=now))

    def _begin(self, transfer: Transfer, htlc: Htlc, settle_s: float, struck: Struck) -> None:
        """Open a send and settle it now, after its time, or once a fault is healed."""
        spoiled_s = struck.settle_s(settle_s)
        now = self._clock.now()
        request = SendRequest(
            id=f"{_ID_PREFIX}{transfer.id}",
            transfer_id=transfer.id,
            invoice=htlc.invoice,
            fee_sats=transfer.total_sats - htlc.value_sats,
            status=SendStatus.INITIATED,
            preimage=None,
            created_at=now,
            updated_at=now,
            settle_s=settle_s if spoiled_s is None else spoiled_s,
        )
        self._sends.put(transfer.id, request)
        if spoiled_s == 0:
            self._settle(transfer.id, struck)
            return
        task = None if spoiled_s is None else asyncio.create_task(self._settle_later(transfer.id, spoiled_s))
        self._on_their_way[transfer.id] = _OnItsWay(struck=struck, task=task)

    async def _settle_later(self, transfer_id: str, settle_s: float) -> None:
        await asyncio.sleep(settle_s)
        try:
            self._arrive(transfer_id)
        except Exception as error:
            self._alarm(error)

    def _arrive(self, transfer_id: str) -> None:
        """The end of a payment's way, unless its leaves went back meanwhile."""
        waiting = self._on_their_way.pop(transfer_id)
        if self._sends[transfer_id].status is SendStatus.INITIATED:
            self._settle(transfer_id, waiting.struck)

    def _settle(self, transfer_id: str, struck: Struck) -> None:
        """Pay over Lightning and take the leaves, or give them back if the payment finds no way."""
        request, htlc = self._sends[transfer_id], self._ledger.htlc_of(transfer_id)
        assert htlc is not None, "a send request is opened for a hash-locked transfer only"  # noqa: S101
        now = self._clock.now()
        try:
            struck.route()
            self._check_worth(request, htlc, struck)
            preimage = self._lightning.settle(htlc.payment_hash, htlc.value_sats)
        except (LightningError, ProviderError):
            self._lightning.fail(htlc.payment_hash)
            self.give_back(transfer_id)
            return
        self._ledger.settle(htlc.payment_hash, preimage, now)
        shown = struck.shown(preimage)
        self._sends.put(transfer_id, replace(request, status=SendStatus.COMPLETED, preimage=shown, updated_at=now))

    def _check_worth(self, request: SendRequest, htlc: Htlc, struck: Struck) -> None:
        if request.fee_sats < struck.fee_sats(self._terms.fee_sats(htlc.value_sats)):
            raise ProviderError(f"{request.fee_sats} sats do not cover the fee")
        check_keys(self._keys, self._ledger, self._ledger.transfers[request.transfer_id])


def _invoice_sats(invoice: str) -> int:
    try:
        decoded = bolt11.decode(invoice)
        if decoded.network_prefix != NETWORK_PREFIX:
            raise ProviderError("the invoice cannot be paid: it is for another network")
        return bolt11.amount_sats(decoded)
    except bolt11.InvoiceError as error:
        raise ProviderError(f"the invoice cannot be paid: {error}") from error
