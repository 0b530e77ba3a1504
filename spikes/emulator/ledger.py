"""The ledger: a pure state machine that owns every satoshi of the emulated network.

Each command checks everything first, then changes everything at once, then proves the invariants of ledger_checks.
Must not know the wire, signatures, files, the clock (times are arguments) or chance (ids and keys are arguments).
Where the sats are: the provider's reserve, live leaves, and what Lightning payees were paid. Leaves that reach the
provider are retired into its reserve, so that the live set stays as small as the wallets are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from spikes.emulator import ledger_rules as rules
from spikes.emulator.archive import Kept
from spikes.emulator.crypto import curve
from spikes.emulator.ledger_checks import check_holder, check_leaf, check_locks, check_sum
from spikes.emulator.ledger_history import History, HistoryQuery
from spikes.emulator.ledger_rules import LedgerError, Refusal
from spikes.emulator.ledger_state import (
    OPEN,
    Balance,
    Htlc,
    HtlcStatus,
    KeyTweak,
    Leaf,
    LeafStatus,
    Refunds,
    Transfer,
    TransferKind,
    TransferStatus,
)


@dataclass(frozen=True, kw_only=True)
class ClaimedLeaf:
    """A receiver's part of a claim: its tweak, its new owner key, and the refunds signed under the new keys."""

    tweak: KeyTweak
    owner_key: bytes
    refunds: Refunds


class Ledger:
    """All state of the network. `provider` is the identity key of the SSP; `supply_sats` starts in its reserve."""

    def __init__(self, *, provider: bytes, supply_sats: int, history: History) -> None:
        self.provider = provider
        self.supply_sats = supply_sats
        self.reserve_sats = supply_sats
        self.lightning_paid_sats = 0
        self.sequence = 0  # counts committed commands
        self.leaves: dict[str, Leaf] = {}
        self.retired: Kept[str, Leaf] = Kept(history, "leaves")
        self.transfers: Kept[str, Transfer] = Kept(history, "transfers")
        # By transfer: a returned payment keeps its record when it is tried again.
        self.htlcs: Kept[str, Htlc] = Kept(history, "htlcs")
        self.settled_counts: Kept[bytes, int] = Kept(history, "settled")
        self._latest_try: Kept[bytes, str] = Kept(history, "tries")  # payment hash -> transfer
        self._lock_of: dict[str, str] = {}
        self._by_owner: dict[bytes, dict[str, None]] = {}
        self._history = history
        self._open: dict[str, None] = {}

    # ---- commands -------------------------------------------------------------------------------

    def issue(self, transfer: Transfer, leaves: Sequence[Leaf]) -> None:
        """The provider mints `leaves` out of its reserve and sends them: `transfer` is CLAIMABLE from the start."""
        self._refuse_issue(transfer, leaves, self.reserve_sats)
        self.reserve_sats -= transfer.total_sats
        self._commit(leaves, [transfer])

    def lock(self, transfer: Transfer, htlc: Htlc | None = None) -> None:
        """A wallet puts leaves into a PENDING transfer to the provider, hash-locked if `htlc` is given."""
        rules.new_transfer(self.transfers, transfer, TransferStatus.PENDING)
        if transfer.receiver != self.provider:
            raise LedgerError(Refusal.INVALID, "only transfers to the provider are emulated")
        if htlc is not None:
            rules.new_lock(self.htlc_for(htlc.payment_hash), htlc, transfer)
        locked = [rules.spendable(self.leaves, entry.leaf_id, transfer.sender) for entry in transfer.leaves]
        rules.add_up(locked, transfer)
        for leaf, entry in zip(locked, transfer.leaves, strict=True):
            if entry.tweak is None:
                raise LedgerError(Refusal.INVALID, f"leaf {leaf.id} has no key tweak")
            _tweaked(leaf, entry.tweak)  # refuse now what could not be applied later
        if htlc is not None:
            self.htlcs.put(transfer.id, htlc)
            self._latest_try.put(htlc.payment_hash, transfer.id)
        now = transfer.created_at
        self._commit([replace(leaf, status=LeafStatus.LOCKED, updated_at=now) for leaf in locked], [transfer])

    def settle(self, payment_hash: bytes, preimage: bytes, now: float) -> Transfer:
        """The provider shows the preimage: its leaves become its own, the payee has been paid `value_sats`."""
        htlc = self.htlc_for(payment_hash)
        if htlc is None:
            raise LedgerError(Refusal.MISSING, "no payment waits for this hash")
        if htlc.status is not HtlcStatus.WAITING:
            raise LedgerError(Refusal.STATE, f"the payment is {htlc.status}")
        if hashlib.sha256(preimage).digest() != payment_hash:
            raise LedgerError(Refusal.INVALID, "the preimage does not hash to the payment hash")
        self.htlcs.put(htlc.transfer_id, replace(htlc, status=HtlcStatus.SETTLED, preimage=preimage))
        self.settled_counts.put(payment_hash, self.settled_counts.get(payment_hash, 0) + 1)
        taken, done = self._take(self.transfers[htlc.transfer_id], now)
        self.reserve_sats += done.total_sats - htlc.value_sats
        self.lightning_paid_sats += htlc.value_sats
        self._commit(taken, [done])
        return done

    def swap(self, primary_id: str, counter: Transfer, leaves: Sequence[Leaf], now: float) -> None:
        """The provider takes the leaves of a pending swap and issues others of the same total, in one step."""
        primary = rules.transfer_in(self.transfers, primary_id, TransferStatus.PENDING, TransferKind.PRIMARY_SWAP)
        if counter.receiver != primary.sender or counter.total_sats != primary.total_sats:
            raise LedgerError(Refusal.INVALID, "a swap gives the same owner the same total")
        self._refuse_issue(counter, leaves, self.reserve_sats + primary.total_sats)
        taken, done = self._take(primary, now)
        self.reserve_sats += primary.total_sats - counter.total_sats
        self._commit([*taken, *leaves], [done, counter])

    def give_back(self, transfer_id: str, now: float) -> Transfer:
        """A pending transfer did not come about: its leaves are the sender's again, unchanged."""
        transfer = rules.transfer_in(self.transfers, transfer_id, TransferStatus.PENDING)
        returned = replace(transfer, status=TransferStatus.RETURNED, updated_at=now)
        htlc = self.htlc_of(transfer_id)
        if htlc is not None:
            self.htlcs.put(transfer_id, replace(htlc, status=HtlcStatus.RETURNED))
        freed = [self.leaves[entry.leaf_id] for entry in transfer.leaves]
        self._commit([replace(leaf, status=LeafStatus.AVAILABLE, updated_at=now) for leaf in freed], [returned])
        return returned

    def claim(self, transfer_id: str, claims: Mapping[str, ClaimedLeaf], now: float) -> Transfer:
        """The receiver takes every leaf of a CLAIMABLE transfer at once, under keys of its own."""
        transfer = rules.transfer_in(self.transfers, transfer_id, TransferStatus.CLAIMABLE)
        if set(claims) != {entry.leaf_id for entry in transfer.leaves}:
            raise LedgerError(Refusal.INVALID, "a claim must name exactly the transfer's leaves")
        claimed = []
        for leaf_id, claim in claims.items():
            leaf = _tweaked(self.leaves[leaf_id], claim.tweak)
            if leaf.owner_key != claim.owner_key:
                raise LedgerError(Refusal.INVALID, f"leaf {leaf_id}: the tweak does not lead to the claimed key")
            claimed.append(
                replace(
                    leaf, owner=transfer.receiver, status=LeafStatus.AVAILABLE, refunds=claim.refunds, updated_at=now
                )
            )
        done = replace(transfer, status=TransferStatus.COMPLETED, updated_at=now)
        self._commit(claimed, [done])
        return done

    def age(self, transfer_id: str, seconds: float) -> None:
        """Make a claimable transfer look older than it is. Moves nothing."""
        transfer = rules.transfer_in(self.transfers, transfer_id, TransferStatus.CLAIMABLE)
        self._commit([], [replace(transfer, created_at=transfer.created_at - seconds)])

    # ---- questions ------------------------------------------------------------------------------

    def owned(self, identity: bytes) -> list[Leaf]:
        """Live leaves of one owner, oldest first."""
        return [self.leaves[leaf_id] for leaf_id in self._by_owner.get(identity, ())]

    def find(self, query: HistoryQuery) -> list[Transfer]:
        """A wallet's transfers that fit, in the order of their beginning."""
        return [self.transfers[transfer_id] for transfer_id in self._history.find(query)]

    def claimable(self, identity: bytes) -> list[Transfer]:
        """Transfers that `identity` may claim now, oldest first."""
        found = (self.transfers[transfer_id] for transfer_id in self._open)
        return [t for t in found if t.receiver == identity and t.status is TransferStatus.CLAIMABLE]

    def pending(self) -> list[Transfer]:
        """Transfers whose sender's leaves are locked until the provider acts, oldest first."""
        found = (self.transfers[transfer_id] for transfer_id in self._open)
        return [t for t in found if t.status is TransferStatus.PENDING]

    def balance(self, identity: bytes) -> Balance:
        """What `identity` has, in satoshis."""
        owned = self.owned(identity)
        return Balance(
            available_sats=sum(leaf.value_sats for leaf in owned if leaf.status is LeafStatus.AVAILABLE),
            locked_sats=sum(leaf.value_sats for leaf in owned if leaf.status is LeafStatus.LOCKED),
            incoming_sats=sum(transfer.total_sats for transfer in self.claimable(identity)),
            leaves=len(owned),
        )

    def identities(self) -> list[bytes]:
        """Every wallet that ever sent or received."""
        return self._history.wallets()

    def htlc_of(self, transfer_id: str) -> Htlc | None:
        """The hash lock of a transfer."""
        return self.htlcs.get(transfer_id)

    def htlc_for(self, payment_hash: bytes) -> Htlc | None:
        """The latest hash lock for a payment hash; there are earlier ones if that was returned and tried again."""
        transfer_id = self._latest_try.get(payment_hash)
        return self.htlcs.get(transfer_id) if transfer_id is not None else None

    def leaf(self, leaf_id: str) -> Leaf | None:
        """A leaf, live or retired."""
        return self.leaves.get(leaf_id) or self.retired.get(leaf_id)

    # ---- changes --------------------------------------------------------------------------------

    def _refuse_issue(self, transfer: Transfer, leaves: Sequence[Leaf], reserve_sats: int) -> None:
        rules.new_transfer(self.transfers, transfer, TransferStatus.CLAIMABLE)
        known = {leaf.id for leaf in leaves if self.leaf(leaf.id) is not None}
        rules.new_leaves(transfer, leaves, provider=self.provider, known=known, reserve_sats=reserve_sats)

    def _take(self, transfer: Transfer, now: float) -> tuple[list[Leaf], Transfer]:
        """The leaves of a pending transfer as the provider's, and the transfer as completed; commits nothing."""
        taken = []
        for entry in transfer.leaves:
            assert entry.tweak is not None, "lock() lets no transfer pass without tweaks"  # noqa: S101
            leaf = _tweaked(self.leaves[entry.leaf_id], entry.tweak)
            taken.append(replace(leaf, owner=self.provider, status=LeafStatus.RETIRED, updated_at=now))
        applied = tuple(replace(entry, tweak=None) for entry in transfer.leaves)
        return taken, replace(transfer, status=TransferStatus.COMPLETED, leaves=applied, updated_at=now)

    def _commit(self, leaves: Iterable[Leaf], transfers: Iterable[Transfer]) -> None:
        changed = list(leaves)
        for transfer in transfers:
            self._put_transfer(transfer)
        for leaf in changed:
            self._put_leaf(leaf)
        self.sequence += 1
        for leaf in changed:
            check_leaf(leaf)
        check_locks(changed, self.transfers, self._lock_of)
        check_sum(
            supply_sats=self.supply_sats,
            reserve_sats=self.reserve_sats,
            lightning_paid_sats=self.lightning_paid_sats,
            leaves=self.leaves.values(),
        )

    def _put_transfer(self, transfer: Transfer) -> None:
        self.transfers.put(transfer.id, transfer)
        self._history.note(transfer.receiver if transfer.sender == self.provider else transfer.sender, transfer)
        for entry in transfer.leaves:
            if transfer.status in OPEN:
                check_holder(entry.leaf_id, self._lock_of.get(entry.leaf_id), transfer)
                self._lock_of[entry.leaf_id] = transfer.id
            else:
                self._lock_of.pop(entry.leaf_id, None)
        if transfer.status in OPEN:
            self._open[transfer.id] = None
        else:
            self._open.pop(transfer.id, None)

    def _put_leaf(self, leaf: Leaf) -> None:
        before = self.leaves.pop(leaf.id, None)
        if before is not None and before.owner != leaf.owner:
            del self._by_owner[before.owner][leaf.id]
        if leaf.status is LeafStatus.RETIRED:
            self.retired.put(leaf.id, leaf)
            self._by_owner.get(leaf.owner, {}).pop(leaf.id, None)
        else:
            self.leaves[leaf.id] = leaf
            self._by_owner.setdefault(leaf.owner, {})[leaf.id] = None


def _tweaked(leaf: Leaf, tweak: KeyTweak) -> Leaf:
    """The leaf after the operators add their shares of `tweak` and the owner's key loses it; the sum stays."""
    first, second, third = ((share + add) % curve.N for share, add in zip(leaf.shares, tweak.shares, strict=True))
    try:
        return replace(
            leaf,
            shares=(first, second, third),
            operator_key=curve.add(leaf.operator_key, tweak.proofs[0]),
            owner_key=curve.sub(leaf.owner_key, tweak.proofs[0]),
        )
    except curve.CryptoError as error:
        raise LedgerError(Refusal.INVALID, f"leaf {leaf.id}: the tweak makes an impossible key ({error})") from error
