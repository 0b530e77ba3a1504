"""What the test wallet sends: signing jobs, key tweaks for each operator, and the sealed and signed package.

A Draft is a request whose tweaks are still plain, so that a test can spoil one part before it is encrypted.
Must not import the emulator's packages, jobs or signing. Source: facts/spark-protocol.md sections 4 and 6.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from spikes.emulator.crypto import curve, ecies, feldman, frost
from spikes.emulator.crypto.frost import Commitment, SigningSession
from spikes.emulator.crypto.packages import PackageKind, leaf_digest, package_digest
from spikes.emulator.wire import common_pb2
from spikes.emulator.wire import spark_pb2 as pb
from tests.unit.emulator.wallet_keys import Chance, WalletKeys
from tests.unit.emulator.wallet_refunds import Refund

OPERATORS = tuple(f"{number:064x}" for number in (1, 2, 3))
AnyRequest = pb.ClaimTransferRequest | pb.InitiatePreimageSwapRequest | pb.InitiateSwapPrimaryTransferRequest
AnyTweaks = pb.SendLeafKeyTweaks | pb.ClaimLeafKeyTweaks
Request = TypeVar("Request", bound=AnyRequest)
Tweaks = TypeVar("Tweaks", bound=AnyTweaks)


@dataclass(frozen=True, kw_only=True)
class Peers:
    """Identity keys of the operators and of the provider, as a wallet is configured with them."""

    operators: tuple[bytes, ...]
    provider: bytes


@dataclass(frozen=True, kw_only=True)
class Draft(Generic[Request, Tweaks]):
    """A request and the plain tweaks by operator; `package` is the part of the request they will be sealed into."""

    request: Request
    package: pb.TransferPackage | pb.ClaimPackage
    kind: PackageKind
    parts: dict[str, Tweaks]


@dataclass(frozen=True, kw_only=True)
class UserSignature:
    """A user's share of one signature, with the session it was made in."""

    job: pb.UserSignedTxSigningJob
    session: SigningSession
    share: int


class Packer:
    """Makes jobs, tweaks and packages with the keys of one wallet."""

    def __init__(self, keys: WalletKeys, chance: Chance, peers: Peers) -> None:
        self._keys = keys
        self._chance = chance
        self._peers = peers

    def sign(
        self,
        node: pb.TreeNode,
        refund: Refund,
        secret: int,
        offered: pb.RequestedSigningCommitments,
        adaptor: bytes | None = None,
    ) -> UserSignature:
        """The user's half of a signature over one refund of a leaf, under the leaf secret `secret`."""
        commitments = offered.signing_nonce_commitments
        operators = {int(name, 16): Commitment(c.hiding, c.binding) for name, c in commitments.items()}
        nonces = self._chance.nonces()
        session = frost.session(refund.message, node.verifying_public_key, operators, nonces.commitment, adaptor)
        share = frost.user_share(session, secret, nonces)
        job = pb.UserSignedTxSigningJob(
            leaf_id=node.id,
            signing_public_key=curve.point(secret),
            raw_tx=refund.tx.serialize(include_witness=False),
            signing_nonce_commitment=common_pb2.SigningCommitment(
                hiding=nonces.commitment.hiding, binding=nonces.commitment.binding
            ),
            user_signature=curve.scalar_bytes(share),
            signing_commitments=pb.SigningCommitments(signing_commitments=commitments),
        )
        return UserSignature(job=job, session=session, share=share)

    def send_tweaks(
        self, leaf_ids: Sequence[str], transfer_id: str, receiver: bytes
    ) -> dict[str, pb.SendLeafKeyTweaks]:
        """For each operator the tweaks that hand leaves over: each leaf gets a fresh key that `receiver` learns."""
        parts = {name: pb.SendLeafKeyTweaks() for name in OPERATORS}
        for leaf_id in leaf_ids:
            new = self._keys.leaf_secret(self._chance.uuid())
            cipher = ecies.encrypt(receiver, curve.scalar_bytes(new), self._chance.scalar(), self._chance.draw(16))
            digest = leaf_digest(leaf_id, transfer_id, cipher)
            signature = curve.ecdsa_sign_compact(digest, self._keys.identity_secret)
            for name, (share, public) in self._split(self._keys.leaf_secret(leaf_id) - new).items():
                parts[name].leaves_to_send.add(
                    leaf_id=leaf_id,
                    secret_share_tweak=share,
                    pubkey_shares_tweak=public,
                    secret_cipher=cipher,
                    signature=signature,
                )
        return parts

    def claim_tweaks(self, received: Mapping[str, int]) -> dict[str, pb.ClaimLeafKeyTweaks]:
        """For each operator the tweaks that move leaves from the received secrets to the wallet's own keys."""
        parts = {name: pb.ClaimLeafKeyTweaks() for name in OPERATORS}
        for leaf_id, secret in received.items():
            for name, (share, public) in self._split(secret - self._keys.leaf_secret(leaf_id)).items():
                parts[name].leaves_to_receive.add(leaf_id=leaf_id, secret_share_tweak=share, pubkey_shares_tweak=public)
        return parts

    def seal(self, draft: Draft[Request, Tweaks]) -> Request:
        """Encrypt each part to its operator and sign the whole; the draft's request is complete then."""
        for name, operator in zip(OPERATORS, self._peers.operators, strict=True):
            plain = draft.parts[name].SerializeToString()
            draft.package.key_tweak_package[name] = ecies.encrypt(
                operator, plain, self._chance.scalar(), self._chance.draw(16)
            )
        draft.package.hash_variant = pb.HASH_VARIANT_V2
        self.sign_package(draft)
        return draft.request

    def sign_package(self, draft: Draft[Request, Tweaks]) -> None:
        """Sign the ciphertexts as they are now."""
        digest = package_digest(draft.kind, transfer_id_of(draft.request), draft.package.key_tweak_package)
        draft.package.user_signature = curve.ecdsa_sign_der(digest, self._keys.identity_secret)

    def _split(self, tweak: int) -> dict[str, tuple[pb.SecretShare, dict[str, bytes]]]:
        """A tweak in three: for each operator its secret share with proofs, and everybody's public shares."""
        coefficient = self._chance.scalar()
        shares = dict(zip(OPERATORS, feldman.split(tweak % curve.N, coefficient), strict=True))
        proofs = feldman.proofs(tweak, coefficient)
        public = {name: curve.point(share) for name, share in shares.items()}
        return {
            name: (pb.SecretShare(secret_share=curve.scalar_bytes(share), proofs=proofs), public)
            for name, share in shares.items()
        }


def transfer_id_of(request: AnyRequest) -> str:
    """The id of the transfer that a request is about."""
    match request:
        case pb.ClaimTransferRequest():
            return request.transfer_id
        case pb.InitiatePreimageSwapRequest():
            return request.transfer_request.transfer_id
        case pb.InitiateSwapPrimaryTransferRequest():
            return request.transfer.transfer_id
