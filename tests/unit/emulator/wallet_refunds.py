"""The refund transactions that the test wallet signs, worked out from a TreeNode as a client sees it.

Must not import the emulator's own refunds module: this is the other side of its comparison.
Source: facts/spark-protocol.md section 5.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from spikes.emulator import transactions as txs
from spikes.emulator.wire import spark_pb2 as pb

_STEP = 100
_DIRECT_LATER = 50
_HTLC_LATER = 70
_HTLC_DIRECT_LATER = 85


@dataclass(frozen=True, kw_only=True)
class Refund:
    """A transaction to sign, and the output that it spends."""

    tx: txs.Tx
    spent: txs.TxOut

    @property
    def message(self) -> bytes:
        return txs.sighash(self.tx, self.spent.value, self.spent.script)


@dataclass(frozen=True, kw_only=True)
class RefundSet:
    """The refunds of one leaf; zero-timelock nodes have no direct one."""

    cpfp: Refund
    direct: Refund | None
    direct_from_cpfp: Refund


def sending(node: pb.TreeNode, receiver: bytes) -> RefundSet:
    """Plain refunds to a receiver's identity key, one step below the node's current refund."""
    return _plain(node, receiver, txs.parse_tx(node.refund_tx).sequence - _STEP, anchor=True)


def claiming(node: pb.TreeNode, intermediate: bytes, key: bytes, *, anchor: bool) -> RefundSet:
    """Refunds to the wallet's own new leaf key, at the intermediate refund's timelock."""
    sequence = txs.parse_tx(intermediate).sequence
    return _plain(node, key, sequence - sequence % _STEP, anchor=anchor)


def hash_locked(node: pb.TreeNode, payment_hash: bytes, *, receiver: bytes, sender: bytes) -> RefundSet:
    """Refunds to the output that the preimage opens for the receiver, and a timeout for the sender."""
    sequence = txs.parse_tx(node.refund_tx).sequence - _STEP

    def build(later: int, *, fee: bool) -> Callable[[txs.Tx], txs.Tx]:
        return lambda parent: txs.htlc_refund_tx(
            parent.txid, parent.outputs[0].value, payment_hash, receiver, sender, sequence + later, fee
        )

    direct = build(_HTLC_DIRECT_LATER, fee=True)
    return _set_of(node, build(_HTLC_LATER, fee=False), direct, direct)


def _plain(node: pb.TreeNode, key: bytes, sequence: int, *, anchor: bool) -> RefundSet:
    def cpfp(parent: txs.Tx) -> txs.Tx:
        return txs.refund_tx(parent.txid, parent.outputs[0].value, key, sequence, anchor=anchor)

    def direct(parent: txs.Tx) -> txs.Tx:
        return txs.fee_refund_tx(parent.txid, parent.outputs[0].value, key, sequence + _DIRECT_LATER)

    return _set_of(node, cpfp, direct, direct)


def _set_of(
    node: pb.TreeNode,
    cpfp: Callable[[txs.Tx], txs.Tx],
    direct: Callable[[txs.Tx], txs.Tx],
    late: Callable[[txs.Tx], txs.Tx],
) -> RefundSet:
    own = txs.parse_tx(node.node_tx)
    timelocked = own.sequence & 0xFFFF != 0

    def refund(build: Callable[[txs.Tx], txs.Tx], parent: txs.Tx) -> Refund:
        return Refund(tx=build(parent), spent=parent.outputs[0])

    return RefundSet(
        cpfp=refund(cpfp, own),
        direct=refund(direct, txs.parse_tx(node.direct_tx)) if timelocked else None,
        direct_from_cpfp=refund(late, own),
    )
