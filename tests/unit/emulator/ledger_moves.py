"""Leaves, tweaks and transfers with real keys, for tests of the ledger alone: no wire, no signatures, no ciphers.

Must not import the mint: it is a second way to make what the ledger takes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from spikes.emulator.archive_file import FileArchive
from spikes.emulator.crypto import curve, feldman
from spikes.emulator.ledger import ClaimedLeaf, Ledger
from spikes.emulator.ledger_state import (
    Htlc,
    HtlcStatus,
    KeyTweak,
    Leaf,
    LeafStatus,
    Refunds,
    Transfer,
    TransferKind,
    TransferLeaf,
    TransferStatus,
)

NOW = 1_800_000_000.0
REFUNDS = Refunds(cpfp=b"refund", direct=b"", direct_from_cpfp=b"late refund")


def secret(label: str) -> int:
    """A scalar that belongs to a label."""
    return int.from_bytes(hashlib.sha256(label.encode()).digest(), "big") % (curve.N - 1) + 1


def identity(name: str) -> bytes:
    """The identity key of somebody."""
    return curve.point(secret(f"identity {name}"))


PROVIDER = identity("provider")
PREIMAGE = bytes(32)
PAYMENT_HASH = hashlib.sha256(PREIMAGE).digest()
WALLETS = tuple(identity(f"wallet {number}") for number in range(3))


def owner_secret(leaf_id: str) -> int:
    """The owner's first secret of a leaf."""
    return secret(f"owner of {leaf_id}")


def new_leaf(leaf_id: str, value_sats: int, owner: bytes = PROVIDER) -> Leaf:
    """A leaf as the provider mints it."""
    operators = secret(f"operators of {leaf_id}")
    first, second, third = feldman.split(operators, secret(f"slope of {leaf_id}"))
    operator_key, owner_key = curve.point(operators), curve.point(owner_secret(leaf_id))
    return Leaf(
        id=leaf_id,
        value_sats=value_sats,
        verifying_key=curve.add(operator_key, owner_key),
        shares=(first, second, third),
        operator_key=operator_key,
        owner_key=owner_key,
        owner=owner,
        status=LeafStatus.LOCKED,
        parent_id=None,
        node_tx=b"node",
        direct_tx=b"",
        refunds=REFUNDS,
        created_at=NOW,
        updated_at=NOW,
    )


def tweak(old: int, new: int) -> KeyTweak:
    """What moves a leaf from one owner secret to another."""
    slope = secret(f"slope of {old} to {new}")
    first, second, third = feldman.split((old - new) % curve.N, slope)
    return KeyTweak(shares=(first, second, third), proofs=feldman.proofs(old - new, slope))


def claimed(old: int, new: int) -> ClaimedLeaf:
    """A receiver's part of a claim."""
    return ClaimedLeaf(tweak=tweak(old, new), owner_key=curve.point(new), refunds=REFUNDS)


def entry(leaf_id: str, moved: KeyTweak | None = None) -> TransferLeaf:
    """A leaf in a transfer; with a tweak if a wallet sends it."""
    return TransferLeaf(leaf_id=leaf_id, tweak=moved, secret_cipher=b"c", signature=b"s", intermediate=REFUNDS)


def incoming(
    transfer_id: str, receiver: bytes, leaves: Sequence[Leaf], kind: TransferKind = TransferKind.TRANSFER
) -> Transfer:
    """The provider's transfer of new leaves."""
    return Transfer(
        id=transfer_id,
        kind=kind,
        status=TransferStatus.CLAIMABLE,
        sender=PROVIDER,
        receiver=receiver,
        leaves=tuple(entry(leaf.id) for leaf in leaves),
        total_sats=sum(leaf.value_sats for leaf in leaves),
        created_at=NOW,
        updated_at=NOW,
        expires_at=NOW + 1000,
    )


def outgoing(
    transfer_id: str, sender: bytes, entries: Sequence[TransferLeaf], total_sats: int, kind: TransferKind
) -> Transfer:
    """A wallet's transfer to the provider."""
    return Transfer(
        id=transfer_id,
        kind=kind,
        status=TransferStatus.PENDING,
        sender=sender,
        receiver=PROVIDER,
        leaves=tuple(entries),
        total_sats=total_sats,
        created_at=NOW,
        updated_at=NOW,
        expires_at=NOW + 1000,
    )


def hash_lock(payment_hash: bytes, transfer_id: str, value_sats: int) -> Htlc:
    """A lock that waits for its preimage."""
    return Htlc(
        payment_hash=payment_hash,
        transfer_id=transfer_id,
        invoice="lnbcrt1",
        value_sats=value_sats,
        status=HtlcStatus.WAITING,
        preimage=None,
        created_at=NOW,
    )


def stocked(*amounts_sats: int, supply_sats: int = 3000) -> Ledger:
    """A ledger in which the first wallet, Alice, has claimed leaves a0, a1, ..."""
    ledger = Ledger(provider=PROVIDER, supply_sats=supply_sats, history=FileArchive())
    leaves = [new_leaf(f"a{number}", amount) for number, amount in enumerate(amounts_sats)]
    ledger.issue(incoming("funding", WALLETS[0], leaves), leaves)
    claims = {leaf.id: claimed(owner_secret(leaf.id), secret(leaf.id)) for leaf in leaves}
    ledger.claim("funding", claims, NOW)
    return ledger


def sent(leaf_id: str) -> TransferLeaf:
    """Alice's leaf on its way to the provider."""
    return entry(leaf_id, tweak(secret(leaf_id), secret(f"{leaf_id} sent")))


def lock(ledger: Ledger, transfer_id: str, leaf_id: str, sats: int, *, value_sats: int | None = None) -> None:
    """Alice locks a leaf, for a payment if `value_sats` is given and else for a swap."""
    kind = TransferKind.PRIMARY_SWAP if value_sats is None else TransferKind.PREIMAGE_SWAP
    htlc = None if value_sats is None else hash_lock(PAYMENT_HASH, transfer_id, value_sats)
    ledger.lock(outgoing(transfer_id, WALLETS[0], [sent(leaf_id)], sats, kind), htlc)
