"""What the ledger holds: leaves, transfers and hash-locked payments, as immutable values.

Pure data. Must not know the wire, the clock or any secret of a user. Keys are 33-byte compressed points,
secret shares are integers modulo the group order, amounts are whole satoshis, times are seconds since the epoch.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

OPERATOR_COUNT = 3


class LeafStatus(StrEnum):
    """AVAILABLE leaves can be spent, LOCKED ones are in exactly one open transfer, RETIRED ones are the provider's."""

    AVAILABLE = "AVAILABLE"
    LOCKED = "TRANSFER_LOCKED"
    RETIRED = "RETIRED"


class TransferKind(StrEnum):
    """Why leaves move. Names follow the wire's TransferType."""

    TRANSFER = "TRANSFER"
    PREIMAGE_SWAP = "PREIMAGE_SWAP"
    PRIMARY_SWAP = "PRIMARY_SWAP_V3"
    COUNTER_SWAP = "COUNTER_SWAP_V3"


class TransferStatus(StrEnum):
    """PENDING: leaves locked, sender's key tweak staged. CLAIMABLE: tweak applied, the receiver may claim."""

    PENDING = "SENDER_KEY_TWEAK_PENDING"
    CLAIMABLE = "SENDER_KEY_TWEAKED"
    COMPLETED = "COMPLETED"
    RETURNED = "RETURNED"


OPEN = (TransferStatus.PENDING, TransferStatus.CLAIMABLE)


class HtlcStatus(StrEnum):
    """A hash-locked payment waits for the preimage, has it, or was returned to the sender."""

    WAITING = "WAITING_FOR_PREIMAGE"
    SETTLED = "PREIMAGE_SHARED"
    RETURNED = "RETURNED"


@dataclass(frozen=True, kw_only=True)
class KeyTweak:
    """A secret that moves a leaf's key from one side to the other, as Feldman shares for operators 1, 2, 3."""

    shares: tuple[int, int, int]
    proofs: tuple[bytes, bytes]  # coefficient points; proofs[0] is tweak*G


@dataclass(frozen=True, kw_only=True)
class Refunds:
    """Signed refund transactions of a leaf, serialized with witness. `direct` is empty on zero-timelock nodes."""

    cpfp: bytes
    direct: bytes
    direct_from_cpfp: bytes


@dataclass(frozen=True, kw_only=True)
class Leaf:
    """A tree node that holds `value_sats`. Invariant: (sum of operator shares)*G + owner_key = verifying_key."""

    id: str
    value_sats: int
    verifying_key: bytes
    shares: tuple[int, int, int]
    operator_key: bytes
    owner_key: bytes
    owner: bytes  # identity key of the owner
    status: LeafStatus
    parent_id: str | None
    node_tx: bytes
    direct_tx: bytes  # empty on zero-timelock nodes
    refunds: Refunds
    created_at: float
    updated_at: float


@dataclass(frozen=True, kw_only=True)
class TransferLeaf:
    """One leaf in a transfer: the staged tweak, what the receiver needs to claim, and the refunds to the receiver."""

    leaf_id: str
    tweak: KeyTweak | None  # None once it was applied
    secret_cipher: bytes
    signature: bytes  # sender's, over leaf id, transfer id and cipher
    intermediate: Refunds


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """Leaves on their way from sender to receiver."""

    id: str
    kind: TransferKind
    status: TransferStatus
    sender: bytes
    receiver: bytes
    leaves: tuple[TransferLeaf, ...]
    total_sats: int
    created_at: float
    updated_at: float
    expires_at: float


@dataclass(frozen=True, kw_only=True)
class Htlc:
    """A Lightning payment: the transfer's leaves go to the provider if it shows the preimage of `payment_hash`."""

    payment_hash: bytes
    transfer_id: str
    invoice: str
    value_sats: int  # what the invoice asks; the rest of the transfer is the provider's fee
    status: HtlcStatus
    preimage: bytes | None
    created_at: float


@dataclass(frozen=True, kw_only=True)
class Balance:
    """What one identity has, in satoshis."""

    available_sats: int
    locked_sats: int  # in its own open outgoing transfers
    incoming_sats: int  # in transfers that it may claim
    leaves: int
