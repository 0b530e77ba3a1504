"""Leaf swaps: the provider takes leaves and sends back others of the same total, in amounts the wallet can pay with.

Must not know GraphQL or transports. Source: facts/spark-protocol.md section 7.4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from spikes.emulator.archive import Archive, Kept
from spikes.emulator.clock import Clock
from spikes.emulator.crypto import frost
from spikes.emulator.events import EventHub
from spikes.emulator.identities import KeyPair
from spikes.emulator.ledger import Ledger
from spikes.emulator.ledger_state import Transfer, TransferKind, TransferStatus
from spikes.emulator.mint import Mint
from spikes.emulator.provider_terms import LEAF_LIFETIME_S, ProviderError, check_keys


@dataclass(frozen=True, kw_only=True)
class SwapTerms:
    """What the operators signed for a swap: the adaptor, and each leaf's (raw transaction, message, verifying key)."""

    adaptor: bytes
    messages: Mapping[str, tuple[bytes, bytes, bytes]]


@dataclass(frozen=True, kw_only=True)
class SwapLeaf:
    """One leaf of a swap request: the refund transaction and the adaptor signature over it."""

    leaf_id: str
    raw_tx: bytes
    adaptor_signature: bytes


@dataclass(frozen=True, kw_only=True)
class SwapRequest:
    """A finished swap: `outbound` went to the provider, `inbound` comes back."""

    id: str
    outbound_id: str
    inbound_id: str
    total_sats: int
    target_sats: int
    created_at: float


class LeafSwaps:
    """All swaps of one run, pending and finished."""

    def __init__(
        self, *, keys: KeyPair, ledger: Ledger, mint: Mint, clock: Clock, events: EventHub, archive: Archive
    ) -> None:
        self._events = events
        self._keys = keys
        self._ledger = ledger
        self._mint = mint
        self._clock = clock
        self._swaps: Kept[str, SwapRequest] = Kept(archive, "swaps")  # by either transfer
        self._swap_terms: dict[str, SwapTerms] = {}

    def of(self, transfer_id: str) -> SwapRequest | None:
        """The swap that a transfer, outbound or inbound, belongs to."""
        return self._swaps.get(transfer_id)

    @property
    def unfinished(self) -> int:
        """Swaps that the operators signed and nobody asked to finish."""
        return len(self._swap_terms)

    def note(self, transfer_id: str, terms: SwapTerms) -> None:
        """The operators tell what was signed for a pending swap."""
        self._swap_terms[transfer_id] = terms

    def forget(self, transfer_id: str) -> None:
        """A pending swap did not come about."""
        self._swap_terms.pop(transfer_id, None)

    def swap(
        self,
        sender: bytes,
        outbound_id: str,
        *,
        adaptor: bytes,
        leaves: Sequence[SwapLeaf],
        targets_sats: Sequence[int],
        total_sats: int,
    ) -> SwapRequest:
        """Take the leaves of a pending swap, send back `targets_sats` and one change leaf. Asking again: the same."""
        primary = self._ledger.transfers.get(outbound_id)
        if primary is None or primary.kind is not TransferKind.PRIMARY_SWAP or primary.sender != sender:
            raise ProviderError(f"no swap in transfer {outbound_id}; call initiate_swap_primary_transfer first")
        known = self._swaps.get(outbound_id)
        if known is not None:
            return known
        if primary.status is not TransferStatus.PENDING:
            raise ProviderError(f"the swap is {primary.status}")
        if primary.total_sats != total_sats:
            raise ProviderError(f"the transfer holds {primary.total_sats} sats, not {total_sats}")
        self._check_swap(primary, self._swap_terms[outbound_id], adaptor, leaves)
        amounts = _amounts(total_sats, targets_sats)
        now = self._clock.now()
        minted = self._mint.issue(TransferKind.COUNTER_SWAP, sender, amounts, now=now, lifetime_s=LEAF_LIFETIME_S)
        self._ledger.swap(outbound_id, minted.transfer, minted.leaves, now)
        del self._swap_terms[outbound_id]
        request = SwapRequest(
            id=f"LeavesSwapRequest:{outbound_id}",
            outbound_id=outbound_id,
            inbound_id=minted.transfer.id,
            total_sats=primary.total_sats,
            target_sats=sum(targets_sats),
            created_at=now,
        )
        self._swaps.put(request.outbound_id, request)
        self._swaps.put(request.inbound_id, request)
        self._events.publish(minted.transfer)
        return request

    def _check_swap(self, primary: Transfer, terms: SwapTerms, adaptor: bytes, leaves: Sequence[SwapLeaf]) -> None:
        if adaptor != terms.adaptor:
            raise ProviderError("the adaptor key is not the one the operators signed with")
        if sorted(leaf.leaf_id for leaf in leaves) != sorted(terms.messages):
            raise ProviderError("the swap must name exactly the leaves of its transfer")
        for leaf in leaves:
            raw_tx, message, verifying_key = terms.messages[leaf.leaf_id]
            if leaf.raw_tx != raw_tx:
                raise ProviderError(f"leaf {leaf.leaf_id}: the refund is not the one the operators signed")
            if not frost.verify_adaptor(leaf.adaptor_signature, message, verifying_key, adaptor):
                raise ProviderError(f"leaf {leaf.leaf_id}: the adaptor signature is wrong")
        check_keys(self._keys, self._ledger, primary)


def _amounts(total_sats: int, targets_sats: Sequence[int]) -> list[int]:
    """The leaves to send back: the targets, and one change leaf if anything is left. Raises ProviderError."""
    change = total_sats - sum(targets_sats)
    if not targets_sats or min(targets_sats) <= 0 or change < 0:
        raise ProviderError(f"{total_sats} sats cannot be swapped into {list(targets_sats)}")
    return [*targets_sats, *([change] if change else [])]
