"""The provider as a sender: fresh leaves from its reserve, already on their way to a receiver.

Real keys and real signatures throughout: the receiver's SDK checks them as it would the network's. Pure but for the
entropy it draws. Source: facts/spark-protocol.md sections 5, 6.1 and 7.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from spikes.emulator import transactions as txs
from spikes.emulator.crypto import curve, ecies, feldman, taproot
from spikes.emulator.crypto.packages import leaf_digest
from spikes.emulator.entropy import Entropy
from spikes.emulator.identities import KeyPair
from spikes.emulator.ledger_state import (
    Leaf,
    LeafStatus,
    Refunds,
    Transfer,
    TransferKind,
    TransferLeaf,
    TransferStatus,
)
from spikes.emulator.refunds import RefundPlan, Unsigned, for_send


class LeafForm(StrEnum):
    """ZERO_TIMELOCK nodes need two refund signatures from a client, TIMELOCKED ones three."""

    ZERO_TIMELOCK = "zero_timelock"
    TIMELOCKED = "timelocked"


@dataclass(frozen=True, kw_only=True)
class Minted:
    """New leaves and the claimable transfer that carries them."""

    transfer: Transfer
    leaves: tuple[Leaf, ...]


@dataclass(frozen=True, kw_only=True)
class Mint:
    """Mints for one provider. `form` is the shape of every leaf it makes."""

    provider: KeyPair
    entropy: Entropy
    form: LeafForm = LeafForm.ZERO_TIMELOCK

    def issue(
        self, kind: TransferKind, receiver: bytes, amounts_sats: Sequence[int], *, now: float, lifetime_s: float
    ) -> Minted:
        """One leaf an amount, sent to `receiver` (identity key). The ledger decides whether the reserve allows it."""
        transfer_id = self.entropy.uuid("mint/transfer")
        made = [self._leaf(transfer_id, receiver, amount, now) for amount in amounts_sats]
        transfer = Transfer(
            id=transfer_id,
            kind=kind,
            status=TransferStatus.CLAIMABLE,
            sender=self.provider.public,
            receiver=receiver,
            leaves=tuple(entry for _, entry in made),
            total_sats=sum(amounts_sats),
            created_at=now,
            updated_at=now,
            expires_at=now + lifetime_s,
        )
        return Minted(transfer=transfer, leaves=tuple(leaf for leaf, _ in made))

    def _leaf(self, transfer_id: str, receiver: bytes, value_sats: int, now: float) -> tuple[Leaf, TransferLeaf]:
        """A leaf whose owner key the provider chose, tweaked so that `receiver` alone learns it."""
        operator_secret, coefficient, owner = (self.entropy.scalar(f"mint/{name}") for name in ("s", "a1", "u"))
        first, second, third = feldman.split(operator_secret, coefficient)
        full = KeyPair.of((operator_secret + owner) % curve.N)
        leaf_id = self.entropy.uuid("mint/leaf")
        node_tx, direct_tx = self._node(value_sats, full)
        bare = Leaf(
            id=leaf_id,
            value_sats=value_sats,
            verifying_key=full.public,
            shares=(first, second, third),
            operator_key=curve.point(operator_secret),
            owner_key=curve.point(owner),
            owner=self.provider.public,
            status=LeafStatus.LOCKED,
            parent_id=self.entropy.uuid("mint/parent") if self.form is LeafForm.TIMELOCKED else None,
            node_tx=node_tx,
            direct_tx=direct_tx,
            refunds=self._first_refund(node_tx, value_sats, owner),
            created_at=now,
            updated_at=now,
        )
        return bare, self._entry(bare, transfer_id, receiver, owner, full.secret)

    def _node(self, value_sats: int, full: KeyPair) -> tuple[bytes, bytes]:
        """Signed node and direct node transactions off an on-chain output that only the emulator knows."""
        timelocked = self.form is LeafForm.TIMELOCKED
        parent = self.entropy.draw("mint/outpoint")
        sequence = txs.INITIAL_TIMELOCK if timelocked else 0
        spend = (value_sats, taproot.p2tr_script(full.public))
        node = self._sign(txs.node_tx(parent, 0, value_sats, full.public, sequence), *spend, full.secret)
        if not timelocked:
            return node, b""
        direct = txs.direct_node_tx(parent, 0, value_sats, full.public, sequence + txs.DIRECT_OFFSET)
        return node, self._sign(direct, *spend, full.secret)

    def _first_refund(self, node_tx: bytes, value_sats: int, owner: int) -> Refunds:
        """The provider's own refund. Nobody ever needs it signed: the leaf leaves the provider as it is born."""
        tx = txs.refund_tx(txs.parse_tx(node_tx).txid, value_sats, curve.point(owner), txs.INITIAL_TIMELOCK)
        return Refunds(cpfp=tx.serialize(), direct=b"", direct_from_cpfp=b"")

    def _entry(self, leaf: Leaf, transfer_id: str, receiver: bytes, owner: int, full_secret: int) -> TransferLeaf:
        """Hand the owner key to the receiver: the leaf's key in the ledger stays, its secret travels encrypted."""
        cipher = ecies.encrypt(
            receiver,
            curve.scalar_bytes(owner),
            self.entropy.scalar("mint/ephemeral"),
            self.entropy.draw("mint/nonce", 16),
        )
        digest = leaf_digest(leaf.id, transfer_id, cipher)
        return TransferLeaf(
            leaf_id=leaf.id,
            tweak=None,
            secret_cipher=cipher,
            signature=curve.ecdsa_sign_compact(digest, self.provider.secret),
            intermediate=self._sign_all(for_send(leaf, receiver), full_secret),
        )

    def _sign_all(self, plan: RefundPlan, secret: int) -> Refunds:
        def sign(part: Unsigned) -> bytes:
            return self._sign(part.tx, part.spend.value_sats, part.spend.script, secret)

        return Refunds(
            cpfp=sign(plan.cpfp),
            direct=sign(plan.direct) if plan.direct else b"",
            direct_from_cpfp=sign(plan.direct_from_cpfp),
        )

    def _sign(self, tx: txs.Tx, value_sats: int, script: bytes, secret: int) -> bytes:
        message = txs.sighash(tx, value_sats, script)
        signature = curve.schnorr_sign(message, taproot.tweak_secret(secret), self.entropy.draw("mint/aux"))
        return tx.with_witness(signature).serialize()
