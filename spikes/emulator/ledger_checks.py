"""The ledger's invariants: what must hold for every leaf and for the sum of all satoshis after every change.

Pure. A breach means that the emulator itself is wrong, so it ends the run: money must never be explained away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from spikes.emulator.crypto import curve, feldman
from spikes.emulator.ledger_state import OPEN, Leaf, LeafStatus, Transfer


class InvariantBreach(Exception):
    """The books do not add up. Not an error of a client: the run must stop and show its journal."""


def check_leaf(leaf: Leaf) -> None:
    """Operator shares lie on one line, give the operator key, and with the owner's key the verifying key.

    Leaves are immutable, so checking each new value once covers every leaf after every call.
    """
    if leaf.value_sats <= 0:
        raise InvariantBreach(f"leaf {leaf.id} is worth {leaf.value_sats} sats")
    secret = feldman.reconstruct({1: leaf.shares[0], 2: leaf.shares[1]})
    if feldman.reconstruct({2: leaf.shares[1], 3: leaf.shares[2]}) != secret:
        raise InvariantBreach(f"leaf {leaf.id}: the operators' shares do not lie on one line")
    if curve.point(secret) != leaf.operator_key:
        raise InvariantBreach(f"leaf {leaf.id}: the shares do not make the operator key")
    if curve.add(leaf.operator_key, leaf.owner_key) != leaf.verifying_key:
        raise InvariantBreach(f"leaf {leaf.id}: operator key + owner key is not the verifying key")


def check_sum(*, supply_sats: int, reserve_sats: int, lightning_paid_sats: int, leaves: Iterable[Leaf]) -> None:
    """Reserve + live leaves + what Lightning payees received is the supply the network started with."""
    if reserve_sats < 0:
        raise InvariantBreach(f"the provider's reserve is {reserve_sats} sats")
    total = reserve_sats + lightning_paid_sats + sum(leaf.value_sats for leaf in leaves)
    if total != supply_sats:
        raise InvariantBreach(f"{total} sats exist, but the network started with {supply_sats}")


def check_holder(leaf_id: str, holder: str | None, transfer: Transfer) -> None:
    """No open transfer takes over a leaf that another open one holds."""
    if holder not in (None, transfer.id):
        raise InvariantBreach(f"leaf {leaf_id} is in transfer {transfer.id} and in {holder}, both open")


def check_locks(changed: Iterable[Leaf], transfers: Mapping[str, Transfer], lock_of: Mapping[str, str]) -> None:
    """A leaf is LOCKED if and only if exactly one open transfer holds it."""
    for leaf in changed:
        holder = lock_of.get(leaf.id)
        if (leaf.status is LeafStatus.LOCKED) != (holder is not None):
            raise InvariantBreach(f"leaf {leaf.id} is {leaf.status} but held by transfer {holder}")
        if holder is not None:
            transfer = transfers[holder]
            if transfer.status not in OPEN or all(entry.leaf_id != leaf.id for entry in transfer.leaves):
                raise InvariantBreach(f"leaf {leaf.id} is held by transfer {holder}, which does not hold it")
