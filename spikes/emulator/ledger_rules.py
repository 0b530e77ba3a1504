"""What the ledger refuses, and why: each rule reads the books and either returns or raises LedgerError.

Pure, like the ledger. A rule never changes anything, so a refused command cannot have changed anything.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum

from spikes.emulator.ledger_state import Htlc, HtlcStatus, Leaf, LeafStatus, Transfer, TransferKind, TransferStatus


class Refusal(StrEnum):
    """Why a command was refused. Values are gRPC status names."""

    INVALID = "INVALID_ARGUMENT"
    MISSING = "NOT_FOUND"
    EXISTS = "ALREADY_EXISTS"
    FORBIDDEN = "PERMISSION_DENIED"
    STATE = "FAILED_PRECONDITION"


class LedgerError(Exception):
    """A command the ledger refuses. Nothing has changed."""

    def __init__(self, refusal: Refusal, message: str) -> None:
        super().__init__(message)
        self.refusal = refusal


def new_transfer(transfers: Mapping[str, Transfer], transfer: Transfer, status: TransferStatus) -> None:
    """A transfer id exists once, and a transfer starts in the status of its kind with each leaf once."""
    if transfer.id in transfers:
        raise LedgerError(Refusal.EXISTS, f"transfer {transfer.id} already exists")
    if transfer.status is not status:
        raise LedgerError(Refusal.INVALID, f"a new transfer of this kind is {status}")
    ids = [entry.leaf_id for entry in transfer.leaves]
    if not ids or len(set(ids)) != len(ids):
        raise LedgerError(Refusal.INVALID, "a transfer needs leaves, each of them once")


def new_leaves(
    transfer: Transfer, leaves: Sequence[Leaf], *, provider: bytes, known: Collection[str], reserve_sats: int
) -> None:
    """Only the provider mints, only within its reserve, and only new leaves that its transfer lists."""
    if transfer.sender != provider or any(leaf.owner != provider for leaf in leaves):
        raise LedgerError(Refusal.FORBIDDEN, "only the provider mints leaves")
    if any(leaf.id in known or leaf.status is not LeafStatus.LOCKED for leaf in leaves):
        raise LedgerError(Refusal.INVALID, "minted leaves are new and locked in their transfer")
    if [leaf.id for leaf in leaves] != [entry.leaf_id for entry in transfer.leaves]:
        raise LedgerError(Refusal.INVALID, "the transfer does not list the minted leaves")
    add_up(leaves, transfer)
    if transfer.total_sats > reserve_sats:
        raise LedgerError(Refusal.STATE, f"the provider's reserve holds only {reserve_sats} sats")


def add_up(leaves: Sequence[Leaf], transfer: Transfer) -> None:
    """The leaves are worth what the transfer says."""
    if sum(leaf.value_sats for leaf in leaves) != transfer.total_sats:
        raise LedgerError(Refusal.INVALID, "the leaves do not add up to the transfer's total")


def new_lock(earlier: Htlc | None, htlc: Htlc, transfer: Transfer) -> None:
    """A payment hash is locked once, and again only if the `earlier` lock was returned; its leaves can pay it."""
    if earlier is not None and earlier.status is not HtlcStatus.RETURNED:
        raise LedgerError(Refusal.EXISTS, f"the payment hash is already in transfer {earlier.transfer_id}")
    if transfer.kind is not TransferKind.PREIMAGE_SWAP:
        raise LedgerError(Refusal.INVALID, f"a {transfer.kind} has no hash lock")
    if htlc.transfer_id != transfer.id or htlc.status is not HtlcStatus.WAITING:
        raise LedgerError(Refusal.INVALID, "the hash lock does not belong to this transfer")
    if not 0 < htlc.value_sats <= transfer.total_sats:
        raise LedgerError(Refusal.INVALID, f"{transfer.total_sats} sats of leaves cannot pay {htlc.value_sats} sats")


def spendable(leaves: Mapping[str, Leaf], leaf_id: str, owner: bytes) -> Leaf:
    """A leaf that `owner` can spend now."""
    leaf = leaves.get(leaf_id)
    if leaf is None or leaf.owner != owner:
        raise LedgerError(Refusal.STATE, f"leaf {leaf_id} is not the caller's")
    if leaf.status is not LeafStatus.AVAILABLE:
        raise LedgerError(Refusal.STATE, f"leaf {leaf_id} is {leaf.status}")
    return leaf


def transfer_in(
    transfers: Mapping[str, Transfer], transfer_id: str, status: TransferStatus, kind: TransferKind | None = None
) -> Transfer:
    """A transfer that exists, in the status (and of the kind) that a command needs."""
    transfer = transfers.get(transfer_id)
    if transfer is None:
        raise LedgerError(Refusal.MISSING, f"no transfer {transfer_id}")
    if transfer.status is not status or (kind is not None and transfer.kind is not kind):
        raise LedgerError(Refusal.STATE, f"transfer {transfer_id} is a {transfer.kind} and {transfer.status}")
    return transfer
