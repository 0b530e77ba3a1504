"""Ledger values as wire messages. The one place that knows both; it changes nothing.

Every operator answers from the same values, so the three of them can never disagree about a leaf.
"""

from __future__ import annotations

from google.protobuf.timestamp_pb2 import Timestamp

from spikes.emulator.crypto import curve
from spikes.emulator.identities import IDENTIFIERS, THRESHOLD
from spikes.emulator.ledger import Ledger
from spikes.emulator.ledger_state import Htlc, HtlcStatus, Leaf, LeafStatus, Transfer, TransferKind, TransferStatus
from spikes.emulator.wire import spark_pb2 as pb

_LEAF_STATUS = {
    LeafStatus.AVAILABLE: pb.TREE_NODE_STATUS_AVAILABLE,
    LeafStatus.LOCKED: pb.TREE_NODE_STATUS_TRANSFER_LOCKED,
    LeafStatus.RETIRED: pb.TREE_NODE_STATUS_AVAILABLE,  # the provider's, and available to it
}
WIRE_STATUSES = {
    TransferStatus.PENDING: pb.TRANSFER_STATUS_SENDER_KEY_TWEAK_PENDING,
    TransferStatus.CLAIMABLE: pb.TRANSFER_STATUS_SENDER_KEY_TWEAKED,
    TransferStatus.COMPLETED: pb.TRANSFER_STATUS_COMPLETED,
    TransferStatus.RETURNED: pb.TRANSFER_STATUS_RETURNED,
}
WIRE_TYPES = {
    TransferKind.TRANSFER: pb.TRANSFER,
    TransferKind.PREIMAGE_SWAP: pb.PREIMAGE_SWAP,
    TransferKind.PRIMARY_SWAP: pb.PRIMARY_SWAP_V3,
    TransferKind.COUNTER_SWAP: pb.COUNTER_SWAP_V3,
}
_HTLC_STATUS = {
    HtlcStatus.WAITING: pb.PREIMAGE_REQUEST_STATUS_WAITING_FOR_PREIMAGE,
    HtlcStatus.SETTLED: pb.PREIMAGE_REQUEST_STATUS_PREIMAGE_SHARED,
    HtlcStatus.RETURNED: pb.PREIMAGE_REQUEST_STATUS_RETURNED,
}


_NODES_KEPT = 50


def timestamp(seconds: float) -> Timestamp:
    """Seconds since the epoch as a protobuf Timestamp."""
    whole = int(seconds)
    return Timestamp(seconds=whole, nanos=int((seconds - whole) * 1e9))


def leaf_status(leaf: Leaf) -> pb.TreeNodeStatus:
    """The wire's status of a leaf."""
    return _LEAF_STATUS[leaf.status]


class Views:
    """Messages about one ledger. Leaves are immutable, so the message of each value is built once and kept."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._nodes: dict[str, tuple[Leaf, pb.TreeNode]] = {}

    def keyshare(self, leaf: Leaf) -> pb.SigningKeyshare:
        """The operators' joint key of a leaf, with their public shares."""
        return pb.SigningKeyshare(
            owner_identifiers=IDENTIFIERS,
            threshold=THRESHOLD,
            public_key=leaf.operator_key,
            public_shares={name: curve.point(share) for name, share in zip(IDENTIFIERS, leaf.shares, strict=True)},
            updated_time=timestamp(leaf.updated_at),
        )

    def node(self, leaf: Leaf) -> pb.TreeNode:
        """A leaf as TreeNode. Do not change the message: it is shared."""
        known = self._nodes.get(leaf.id)
        if known is not None and known[0] is leaf:
            return known[1]
        status = leaf_status(leaf)
        node = pb.TreeNode(
            id=leaf.id,
            tree_id=leaf.id,
            value=leaf.value_sats,
            parent_node_id=leaf.parent_id,
            node_tx=leaf.node_tx,
            refund_tx=leaf.refunds.cpfp,
            vout=0,
            verifying_public_key=leaf.verifying_key,
            owner_identity_public_key=leaf.owner,
            signing_keyshare=self.keyshare(leaf),
            status=pb.TreeNodeStatus.Name(status).removeprefix("TREE_NODE_STATUS_"),
            network=pb.REGTEST,
            created_time=timestamp(leaf.created_at),
            updated_time=timestamp(leaf.updated_at),
            owner_signing_public_key=leaf.owner_key,
            direct_tx=leaf.direct_tx,
            direct_refund_tx=leaf.refunds.direct,
            direct_from_cpfp_refund_tx=leaf.refunds.direct_from_cpfp,
            treenode_status=status,
        )
        if leaf.status is not LeafStatus.RETIRED:  # those are history only
            self._nodes[leaf.id] = (leaf, node)
            self._forget_the_gone()
        return node

    def _forget_the_gone(self) -> None:
        """Messages of leaves that are live no more, once they are the greater part."""
        if len(self._nodes) > 2 * len(self._ledger.leaves) + _NODES_KEPT:
            self._nodes = {leaf_id: known for leaf_id, known in self._nodes.items() if leaf_id in self._ledger.leaves}

    def transfer(self, transfer: Transfer) -> pb.Transfer:
        """A transfer with its leaves as they are now."""
        message = pb.Transfer(
            id=transfer.id,
            sender_identity_public_key=transfer.sender,
            receiver_identity_public_key=transfer.receiver,
            status=WIRE_STATUSES[transfer.status],
            total_value=transfer.total_sats,
            expiry_time=timestamp(transfer.expires_at),
            created_time=timestamp(transfer.created_at),
            updated_time=timestamp(transfer.updated_at),
            type=WIRE_TYPES[transfer.kind],
            network=pb.REGTEST,
        )
        for entry in transfer.leaves:
            leaf = self._ledger.leaf(entry.leaf_id)
            message.leaves.append(
                pb.TransferLeaf(
                    leaf=self.node(leaf) if leaf else None,
                    secret_cipher=entry.secret_cipher,
                    signature=entry.signature,
                    intermediate_refund_tx=entry.intermediate.cpfp,
                    intermediate_direct_refund_tx=entry.intermediate.direct,
                    intermediate_direct_from_cpfp_refund_tx=entry.intermediate.direct_from_cpfp,
                )
            )
        return message

    def htlc(self, htlc: Htlc) -> pb.PreimageRequestWithTransfer:
        """A hash-locked payment with its transfer, and with the preimage once it is known."""
        transfer = self._ledger.transfers[htlc.transfer_id]
        return pb.PreimageRequestWithTransfer(
            payment_hash=htlc.payment_hash,
            receiver_identity_pubkey=transfer.receiver,
            sender_identity_pubkey=transfer.sender,
            status=_HTLC_STATUS[htlc.status],
            created_time=timestamp(htlc.created_at),
            transfer=self.transfer(transfer),
            preimage=htlc.preimage,
        )
