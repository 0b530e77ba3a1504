"""Which refund transactions a leaf has in each step of its life, and which output each of them spends.

Expected transactions are built here from the ledger's leaf, never from what a client sent: a client's must equal them.
Source: facts/spark-protocol.md section 5.
"""

from __future__ import annotations

from dataclasses import dataclass

from spikes.emulator import transactions as txs
from spikes.emulator.ledger_state import Leaf
from spikes.emulator.signing import Spend


@dataclass(frozen=True, kw_only=True)
class Unsigned:
    """A transaction to sign and the output it spends. `also` is a second accepted form (claims without anchor)."""

    tx: txs.Tx
    spend: Spend
    also: txs.Tx | None = None


@dataclass(frozen=True, kw_only=True)
class RefundPlan:
    """The refunds of one leaf in one step. `direct` is None on zero-timelock nodes."""

    cpfp: Unsigned
    direct: Unsigned | None
    direct_from_cpfp: Unsigned


@dataclass(frozen=True, kw_only=True)
class HashLock:
    """The terms of a Lightning payment: the receiver takes with the preimage, the sender after the timeout."""

    payment_hash: bytes
    receiver: bytes
    sender: bytes


def for_send(leaf: Leaf, receiver: bytes) -> RefundPlan:
    """Plain refunds to the receiver's identity key, one timelock step below the current ones. Raises TxError."""
    return _plain(leaf, receiver, txs.next_sequence(current_sequence(leaf)), anchor_optional=False)


def for_claim(leaf: Leaf, intermediate_cpfp: bytes, owner_key: bytes) -> RefundPlan:
    """Refunds to the claimer's leaf key at the intermediate refund's timelock. Raises TxError."""
    sequence = txs.claim_sequence(txs.parse_tx(intermediate_cpfp).sequence)
    return _plain(leaf, owner_key, sequence, anchor_optional=True)


def for_lightning(leaf: Leaf, lock: HashLock) -> RefundPlan:
    """Refunds to the hash-locked output of a Lightning payment. Raises TxError."""
    sequence = txs.next_sequence(current_sequence(leaf))
    node, direct = _outputs(leaf)

    def refund(parent: _Output, offset: int, *, fee: bool) -> Unsigned:
        tx = txs.htlc_refund_tx(
            parent.txid, parent.spend.value_sats, lock.payment_hash, lock.receiver, lock.sender, sequence + offset, fee
        )
        return Unsigned(tx=tx, spend=parent.spend)

    return RefundPlan(
        cpfp=refund(node, txs.HTLC_OFFSET, fee=False),
        direct=refund(direct, txs.HTLC_DIRECT_OFFSET, fee=True) if direct else None,
        direct_from_cpfp=refund(node, txs.HTLC_DIRECT_OFFSET, fee=True),
    )


def current_sequence(leaf: Leaf) -> int:
    """The sequence of the leaf's current refund."""
    return txs.parse_tx(leaf.refunds.cpfp).sequence


@dataclass(frozen=True, kw_only=True)
class _Output:
    txid: bytes
    spend: Spend


def _outputs(leaf: Leaf) -> tuple[_Output, _Output | None]:
    return _first_output(leaf.node_tx), _first_output(leaf.direct_tx) if leaf.direct_tx else None


def _first_output(raw: bytes) -> _Output:
    tx = txs.parse_tx(raw)
    return _Output(txid=tx.txid, spend=Spend(value_sats=tx.outputs[0].value, script=tx.outputs[0].script))


def _plain(leaf: Leaf, key: bytes, sequence: int, *, anchor_optional: bool) -> RefundPlan:
    node, direct = _outputs(leaf)
    value = node.spend.value_sats
    late = sequence + txs.DIRECT_OFFSET
    return RefundPlan(
        cpfp=Unsigned(
            tx=txs.refund_tx(node.txid, value, key, sequence),
            spend=node.spend,
            also=txs.refund_tx(node.txid, value, key, sequence, anchor=False) if anchor_optional else None,
        ),
        direct=Unsigned(tx=txs.fee_refund_tx(direct.txid, direct.spend.value_sats, key, late), spend=direct.spend)
        if direct
        else None,
        direct_from_cpfp=Unsigned(tx=txs.fee_refund_tx(node.txid, value, key, late), spend=node.spend),
    )
