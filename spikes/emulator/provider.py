"""The Spark service provider (SSP): funds wallets, pays invoices, swaps leaves, and tidies what was abandoned.

It acts on the ledger like any party, with keys of its own, and trusts no client.
Must not know GraphQL or transports. Source: facts/spark-protocol.md sections 7.2 to 7.4 and 11.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from spikes.emulator.archive import Archive
from spikes.emulator.clock import Clock
from spikes.emulator.events import EventHub
from spikes.emulator.identities import KeyPair
from spikes.emulator.latency import LatencyBook
from spikes.emulator.leaf_swaps import LeafSwaps
from spikes.emulator.ledger import Ledger
from spikes.emulator.ledger_state import Transfer, TransferKind
from spikes.emulator.lightning import LightningNode
from spikes.emulator.lightning_sends import LightningSends
from spikes.emulator.mint import Mint
from spikes.emulator.provider_terms import LEAF_LIFETIME_S, OrphanPolicy, ProviderTerms

COUNTER_SWAP_GRACE_S = 600.0  # clients claim a counter swap by themselves only once it is older than 300 s


class Provider:
    """The provider of one network. `sends` and `swaps` are its books."""

    def __init__(
        self,
        *,
        keys: KeyPair,
        ledger: Ledger,
        mint: Mint,
        lightning: LightningNode,
        events: EventHub,
        latency: LatencyBook,
        archive: Archive,
        clock: Clock,
        terms: ProviderTerms,
        alarm: Callable[[Exception], None],
    ) -> None:
        self.keys = keys
        self.terms = terms
        self._ledger = ledger
        self._mint = mint
        self._events = events
        self._clock = clock
        self.sends = LightningSends(
            keys=keys,
            ledger=ledger,
            lightning=lightning,
            latency=latency,
            archive=archive,
            clock=clock,
            terms=terms,
            alarm=alarm,
        )
        self.swaps = LeafSwaps(keys=keys, ledger=ledger, mint=mint, clock=clock, events=events, archive=archive)

    def fund(self, receiver: bytes, amounts_sats: Sequence[int]) -> Transfer:
        """Send `receiver` one leaf an amount, out of the reserve. Raises LedgerError if the reserve is too small."""
        minted = self._mint.issue(
            TransferKind.TRANSFER, receiver, amounts_sats, now=self._clock.now(), lifetime_s=LEAF_LIFETIME_S
        )
        self._ledger.issue(minted.transfer, minted.leaves)
        self._events.publish(minted.transfer)
        return minted.transfer

    def sweep(self) -> int:
        """Finish or return pending transfers that were abandoned. Returns how many.

        A payment whose wallet never asked to pay is paid or returned, as the terms say; everything past its expiry,
        and every swap that was not completed, is returned.
        """
        now = self._clock.now()
        return sum(
            self._tidy(transfer, abandoned=now - transfer.created_at >= self.terms.orphan_after_s)
            for transfer in self._ledger.pending()
        )

    def sweep_wallet(self, identity: bytes) -> int:
        """As `sweep`, for one wallet and as if its time had passed. Returns how many transfers were touched.

        Clients leave a counter swap alone while it is young: those that wait for this wallet are made old.
        """
        mine = [transfer for transfer in self._ledger.pending() if transfer.sender == identity]
        swept = sum(self._tidy(transfer, abandoned=True) for transfer in mine)
        for transfer in self._ledger.claimable(identity):
            if transfer.kind is TransferKind.COUNTER_SWAP:
                self._ledger.age(transfer.id, COUNTER_SWAP_GRACE_S)
                swept += 1
        return swept

    def _tidy(self, transfer: Transfer, *, abandoned: bool) -> bool:
        """Pay or return one pending transfer if it has expired, or is abandoned and nobody asked to pay it."""
        expired = self._clock.now() >= transfer.expires_at
        orphaned = abandoned and self.sends.of(transfer.id) is None
        if not expired and not orphaned:
            return False
        payable = transfer.kind is TransferKind.PREIMAGE_SWAP and not expired
        if payable and self.terms.orphan_policy is OrphanPolicy.PAY:
            self.sends.pick_up(transfer.id)
        else:
            self.sends.give_back(transfer.id)
            self.swaps.forget(transfer.id)
        return True
