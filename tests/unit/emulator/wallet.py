"""A small wallet of our own: the user's half of every flow, built from the protocol facts and not from the emulator.

It checks what it is sent as a careful client would, and it lets a test take each request before it is sent.
Must not import the emulator's handlers, ledger or provider. Source: facts/spark-protocol.md sections 2, 6, 7, 9, 13.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from spikes.emulator import bolt11
from spikes.emulator.crypto import curve, ecies
from spikes.emulator.crypto.frost import aggregate
from spikes.emulator.crypto.packages import PackageKind, leaf_digest
from spikes.emulator.wire import spark_pb2 as pb
from tests.unit.emulator import wallet_refunds as refunds
from tests.unit.emulator.wallet_client import Gateway, Json, WalletClient
from tests.unit.emulator.wallet_keys import Chance
from tests.unit.emulator.wallet_packages import Draft, Packer, Peers, UserSignature
from tests.unit.emulator.wallet_refunds import RefundSet

PaymentDraft = Draft[pb.InitiatePreimageSwapRequest, pb.SendLeafKeyTweaks]
ClaimDraft = Draft[pb.ClaimTransferRequest, pb.ClaimLeafKeyTweaks]
_ANCHOR_BELOW_SATS = 552
_PAYMENT_LIFETIME_S = 16 * 86400
_SWAP_LIFETIME_S = 120


class Dialect(StrEnum):
    """Which SDK the wallet speaks like."""

    V0_19 = "0.19.2"
    V0_27 = "0.27.2"


@dataclass(frozen=True, kw_only=True)
class SwapDraft(Draft[pb.InitiateSwapPrimaryTransferRequest, pb.SendLeafKeyTweaks]):
    """A swap's first request with what is needed to finish it."""

    signatures: Mapping[str, UserSignature]
    adaptor_secret: int


class Wallet(WalletClient):
    """A client that can claim, pay and swap. `now` gives seconds since the epoch."""

    def __init__(
        self, gateway: Gateway, peers: Peers, seed: bytes, *, now: Callable[[], float], dialect: Dialect = Dialect.V0_19
    ) -> None:
        super().__init__(gateway, seed)
        self.chance = Chance(seed)
        self.packer = Packer(self.keys, self.chance, peers)
        self.dialect = dialect
        self.peers = peers
        self._now = now

    # ---- claiming -------------------------------------------------------------------------------

    async def draft_claim(self, transfer: pb.Transfer) -> ClaimDraft:
        """A claim of all leaves of an incoming transfer."""
        received = {entry.leaf.id: self._open(transfer, entry) for entry in transfer.leaves}
        request = pb.ClaimTransferRequest(transfer_id=transfer.id, owner_identity_public_key=self.identity)
        variants = await self.commitments(len(transfer.leaves))
        package = request.claim_package
        for position, entry in enumerate(transfer.leaves):
            node, secret = entry.leaf, self.keys.leaf_secret(entry.leaf.id)
            plan = refunds.claiming(
                node, entry.intermediate_refund_tx, curve.point(secret), anchor=self._anchors(node.value)
            )
            jobs = self._jobs(node, plan, secret, [variant[position] for variant in variants])
            _append(
                jobs, package.leaves_to_claim, package.direct_leaves_to_claim, package.direct_from_cpfp_leaves_to_claim
            )
        parts = self.packer.claim_tweaks(received)
        return Draft(request=request, package=package, kind=PackageKind.CLAIM, parts=parts)

    async def claim(self, transfer: pb.Transfer) -> pb.Transfer:
        """Claim one transfer; the answer shows the leaves as the wallet's own."""
        request = self.packer.seal(await self.draft_claim(transfer))
        return (await self.ask("claim_transfer", request, pb.ClaimTransferResponse)).transfer

    async def claim_all(self) -> list[pb.Transfer]:
        return [await self.claim(transfer) for transfer in await self.pending()]

    def _open(self, transfer: pb.Transfer, entry: pb.TransferLeaf) -> int:
        """The secret of an incoming leaf, once the sender's signature and the keys are found to be right."""
        digest = leaf_digest(entry.leaf.id, transfer.id, entry.secret_cipher)
        assert curve.ecdsa_verify(entry.signature, digest, transfer.sender_identity_public_key)
        secret = curve.scalar(ecies.decrypt(self.keys.identity_secret, entry.secret_cipher))
        assert self.owns(entry.leaf, secret)
        return secret

    @staticmethod
    def owns(node: pb.TreeNode, secret: int) -> bool:
        """Whether `secret` and the operators' key make the leaf's verifying key."""
        return curve.add(curve.point(secret), node.signing_keyshare.public_key) == node.verifying_public_key

    # ---- sending --------------------------------------------------------------------------------

    async def draft_payment(
        self,
        invoice: str,
        leaves: Sequence[pb.TreeNode],
        *,
        transfer_id: str | None = None,
        sender: bytes | None = None,
    ) -> PaymentDraft:
        """Leaves locked for the provider against the payment hash of `invoice`."""
        terms = bolt11.decode(invoice)
        start = self._start(transfer_id, _PAYMENT_LIFETIME_S)
        request = pb.InitiatePreimageSwapRequest(
            payment_hash=terms.payment_hash,
            reason=pb.InitiatePreimageSwapRequest.REASON_SEND,
            receiver_identity_public_key=self.peers.provider,
            transfer_request=start,
        )
        request.invoice_amount.value_sats = -(-(terms.amount_msats or 0) // 1000)
        request.invoice_amount.invoice_amount_proof.bolt11_invoice = invoice
        package = request.transfer_request.transfer_package
        variants = await self.commitments(len(leaves))
        for position, node in enumerate(leaves):
            plan = refunds.hash_locked(
                node, terms.payment_hash, receiver=self.peers.provider, sender=sender or self.identity
            )
            secret = self.keys.leaf_secret(node.id)
            jobs = self._jobs(node, plan, secret, [variant[position] for variant in variants])
            _append(
                jobs, package.leaves_to_send, package.direct_leaves_to_send, package.direct_from_cpfp_leaves_to_send
            )
        if self.dialect is Dialect.V0_19:
            await self._add_plain_refunds(request, leaves)
        parts = self.packer.send_tweaks([node.id for node in leaves], start.transfer_id, self.peers.provider)
        return Draft(request=request, package=package, kind=PackageKind.TRANSFER, parts=parts)

    async def lock(
        self, invoice: str, leaves: Sequence[pb.TreeNode], transfer_id: str | None = None
    ) -> pb.InitiatePreimageSwapResponse:
        """Lock leaves for an invoice."""
        request = self.packer.seal(await self.draft_payment(invoice, leaves, transfer_id=transfer_id))
        return await self.ask("initiate_preimage_swap_v3", request, pb.InitiatePreimageSwapResponse)

    async def request_send(self, invoice: str, transfer_id: str) -> Json:
        """Ask the provider to pay; the LightningSendRequest."""
        answer = await self.ssp(
            "RequestLightningSend",
            input={
                "encoded_invoice": invoice,
                "amount_sats": None,
                "idempotency_key": None,
                "user_outbound_transfer_external_id": transfer_id,
            },
        )
        request: Json = answer["request_lightning_send"]["request"]
        return request

    async def pay(self, invoice: str, transfer_id: str | None = None) -> Json:
        """Quote, swap leaves if none fit, lock, ask the provider to pay: the LightningSendRequest."""
        sats = bolt11.amount_sats(bolt11.decode(invoice))
        quote = await self.ssp("LightningSendFeeEstimate", input={"encoded_invoice": invoice, "amount_sats": sats})
        total = sats + quote["lightning_send_fee_estimate"]["fee_estimate"]["original_value"]
        leaves = _adding_up_to(total, (await self.nodes()).values())
        if leaves is None:
            await self.swap(list((await self.nodes()).values()), [total])
            leaves = _adding_up_to(total, (await self.nodes()).values())
        assert leaves is not None, f"no leaves for {total} sats, even after a swap"
        locked = await self.lock(invoice, leaves, transfer_id)
        return await self.request_send(invoice, locked.transfer.id)

    # ---- swapping -------------------------------------------------------------------------------

    async def draft_swap(self, leaves: Sequence[pb.TreeNode], *, transfer_id: str | None = None) -> SwapDraft:
        """Leaves locked for the provider, their refunds signed up to an adaptor secret."""
        start = self._start(transfer_id, _SWAP_LIFETIME_S)
        request = pb.InitiateSwapPrimaryTransferRequest(transfer=start)
        adaptor_secret = self.chance.scalar()
        adaptor = curve.point(adaptor_secret)
        request.adaptor_public_keys.adaptor_public_key = adaptor
        offered = (await self.commitments(len(leaves)))[0]
        signatures = {}
        for node, commitments in zip(leaves, offered, strict=True):
            plan = refunds.sending(node, self.peers.provider)
            secret = self.keys.leaf_secret(node.id)
            signatures[node.id] = self.packer.sign(node, plan.cpfp, secret, commitments, adaptor)
            request.transfer.transfer_package.leaves_to_send.append(signatures[node.id].job)
        return SwapDraft(
            request=request,
            package=request.transfer.transfer_package,
            kind=PackageKind.TRANSFER,
            parts=self.packer.send_tweaks([node.id for node in leaves], start.transfer_id, self.peers.provider),
            signatures=signatures,
            adaptor_secret=adaptor_secret,
        )

    async def open_swap(self, draft: SwapDraft) -> pb.InitiateSwapPrimaryTransferResponse:
        request = self.packer.seal(draft)
        return await self.ask("initiate_swap_primary_transfer", request, pb.InitiateSwapPrimaryTransferResponse)

    @staticmethod
    def swap_input(
        draft: SwapDraft, opened: pb.InitiateSwapPrimaryTransferResponse, targets_sats: Sequence[int]
    ) -> Json:
        """The input of RequestSwap: every leaf with its adaptor signature, put together from all shares."""
        leaves = []
        for result in opened.signing_results:
            mine = draft.signatures[result.leaf_id]
            shares = {
                int(name, 16): curve.scalar(share)
                for name, share in result.refund_tx_signing_result.signature_shares.items()
            }
            leaves.append(
                {
                    "leaf_id": result.leaf_id,
                    "raw_unsigned_refund_transaction": mine.job.raw_tx.hex(),
                    "adaptor_added_signature": aggregate(mine.session, shares, mine.share).hex(),
                }
            )
        return {
            "adaptor_pubkey": curve.point(draft.adaptor_secret).hex(),
            "total_amount_sats": opened.transfer.total_value,
            "target_amount_sats": list(targets_sats),
            "fee_sats": 0,
            "user_leaves": leaves,
            "user_outbound_transfer_external_id": opened.transfer.id,
        }

    async def swap(self, leaves: Sequence[pb.TreeNode], targets_sats: Sequence[int]) -> pb.Transfer:
        """Swap leaves and claim what comes back."""
        draft = await self.draft_swap(leaves)
        opened = await self.open_swap(draft)
        answer = await self.ssp("RequestSwap", input=self.swap_input(draft, opened, targets_sats))
        return await self.claim(await self.inbound(answer["request_swap"]["request"]["inbound_transfer"]["spark_id"]))

    # ---- parts ----------------------------------------------------------------------------------

    def _start(self, transfer_id: str | None, lifetime_s: int) -> pb.StartTransferRequest:
        return pb.StartTransferRequest(
            transfer_id=transfer_id or self.chance.uuid(),
            owner_identity_public_key=self.identity,
            receiver_identity_public_key=self.peers.provider,
            expiry_time=Timestamp(seconds=int(self._now()) + lifetime_s),
        )

    async def _add_plain_refunds(self, request: pb.InitiatePreimageSwapRequest, leaves: Sequence[pb.TreeNode]) -> None:
        """What 0.19.2 sends beside the package: plain cpfp refunds to the provider, with commitments of their own."""
        start = request.transfer_request
        request.transfer.transfer_id = start.transfer_id
        request.transfer.owner_identity_public_key = self.identity
        request.transfer.receiver_identity_public_key = self.peers.provider
        offered = (await self.commitments(len(leaves)))[0]
        for node, commitments in zip(leaves, offered, strict=True):
            refund = refunds.sending(node, self.peers.provider).cpfp
            job = self.packer.sign(node, refund, self.keys.leaf_secret(node.id), commitments).job
            request.transfer.leaves_to_send.append(job)

    def _jobs(
        self, node: pb.TreeNode, plan: RefundSet, secret: int, offered: Sequence[pb.RequestedSigningCommitments]
    ) -> list[pb.UserSignedTxSigningJob | None]:
        """cpfp, direct (None on zero-timelock nodes) and direct-from-cpfp job of one leaf."""
        parts = (plan.cpfp, plan.direct, plan.direct_from_cpfp)
        return [
            self.packer.sign(node, refund, secret, commitments).job if refund else None
            for refund, commitments in zip(parts, offered, strict=True)
        ]

    def _anchors(self, value_sats: int) -> bool:
        """Whether a claim's cpfp refund has an anchor output."""
        return self.dialect is Dialect.V0_19 or value_sats < _ANCHOR_BELOW_SATS


def _append(jobs: Sequence[pb.UserSignedTxSigningJob | None], *lists: Any) -> None:
    for job, into in zip(jobs, lists, strict=True):
        if job is not None:
            into.append(job)


def _adding_up_to(total_sats: int, nodes: Iterable[pb.TreeNode]) -> list[pb.TreeNode] | None:
    """The first combination of leaves that is worth exactly `total_sats`."""
    available = list(nodes)
    for count in range(1, len(available) + 1):
        for chosen in itertools.combinations(available, count):
            if sum(node.value for node in chosen) == total_sats:
                return list(chosen)
    return None
