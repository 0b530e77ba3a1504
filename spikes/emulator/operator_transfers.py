"""What wallets do at the operators: claim leaves, lock them for a payment, lock them for a swap.

Each call checks every signature, share and sum first, and then makes one ledger command: all of it happens or nothing.
Source: facts/spark-protocol.md sections 6 and 7.2 to 7.4.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from spikes.emulator import bolt11, jobs, packages, refunds
from spikes.emulator import ledger_rules as rules
from spikes.emulator.crypto import curve
from spikes.emulator.identities import IDENTIFIERS
from spikes.emulator.jobs import JobLists, Signer
from spikes.emulator.leaf_swaps import SwapTerms
from spikes.emulator.ledger import ClaimedLeaf
from spikes.emulator.ledger_state import (
    Htlc,
    HtlcStatus,
    KeyTweak,
    Leaf,
    Refunds,
    Transfer,
    TransferKind,
    TransferLeaf,
    TransferStatus,
)
from spikes.emulator.lightning import NETWORK_PREFIX
from spikes.emulator.network import Network
from spikes.emulator.packages import SentLeaf
from spikes.emulator.refunds import HashLock
from spikes.emulator.rpc import Caller, Code, RpcError
from spikes.emulator.signing import LeafKeys, Signed
from spikes.emulator.transactions import sighash
from spikes.emulator.wire import common_pb2
from spikes.emulator.wire import spark_pb2 as pb

MAX_LEAVES = 200
MAX_LIFETIME_S = 30 * 86400.0


def claim_transfer(net: Network, caller: Caller, request: pb.ClaimTransferRequest) -> pb.ClaimTransferResponse:
    """Take all leaves of an incoming transfer under the caller's own keys. Claiming again gives the same answer."""
    transfer = net.ledger.transfers.get(request.transfer_id)
    if transfer is None or transfer.receiver != caller.identity:
        raise RpcError(Code.NOT_FOUND, f"no transfer {request.transfer_id} to claim")
    if transfer.status is TransferStatus.COMPLETED:
        return pb.ClaimTransferResponse(transfer=net.views.transfer(transfer))
    if request.owner_identity_public_key != caller.identity:
        raise RpcError(Code.PERMISSION_DENIED, "only the owner of a transfer can claim it")
    package = request.claim_package
    tweaks = packages.open_claim(
        package, transfer_id=transfer.id, claimer=caller.identity, operators=net.identities.operators
    )
    lists = JobLists(
        cpfp=package.leaves_to_claim,
        direct=package.direct_leaves_to_claim,
        direct_from_cpfp=package.direct_from_cpfp_leaves_to_claim,
    )
    by_leaf = jobs.by_leaf(lists, (entry.leaf_id for entry in transfer.leaves))
    if not set(tweaks) <= set(by_leaf):
        raise RpcError(Code.INVALID_ARGUMENT, "the key tweaks are not for the leaves of this transfer")
    signer = Signer(net.nonces, net.clock.now())
    claims = {}
    for entry in transfer.leaves:
        leaf = net.ledger.leaves[entry.leaf_id]
        tweak = tweaks.get(leaf.id)
        if tweak is None:
            raise RpcError(Code.INVALID_ARGUMENT, f"leaf {leaf.id}: the claim has no key tweak for it")
        keys = _claimed_keys(leaf, tweak)
        plan = refunds.for_claim(leaf, entry.intermediate.cpfp, keys.owner_key)
        signed = signer.sign_all(by_leaf[leaf.id], plan, keys)
        claims[leaf.id] = ClaimedLeaf(tweak=tweak, owner_key=keys.owner_key, refunds=signed)
    done = net.ledger.claim(transfer.id, claims, net.clock.now())
    return pb.ClaimTransferResponse(transfer=net.views.transfer(done))


def initiate_preimage_swap_v3(
    net: Network, caller: Caller, request: pb.InitiatePreimageSwapRequest
) -> pb.InitiatePreimageSwapResponse:
    """Lock leaves for the provider against a payment hash; it takes them when it shows the preimage."""
    if request.reason != pb.InitiatePreimageSwapRequest.REASON_SEND:
        raise RpcError(Code.UNIMPLEMENTED, "receiving over Lightning is absent from this emulator")
    start = request.transfer_request
    leaves = _leaves_to_send(net, caller, start, request.payment_hash)
    htlc = _hash_lock(net, request)
    sent = _open_package(net, caller, start, leaves)
    lock = HashLock(payment_hash=request.payment_hash, receiver=net.identities.provider.public, sender=caller.identity)
    signer = Signer(net.nonces, net.clock.now())
    by_leaf = jobs.by_leaf(_send_lists(start.transfer_package), leaves)
    intermediates = {
        leaf.id: signer.sign_all(by_leaf[leaf.id], refunds.for_lightning(leaf, lock), _keys(leaf))
        for leaf in leaves.values()
    }
    if request.HasField("transfer"):
        _check_plain_refunds(request.transfer, leaves, net.identities.provider.public, signer)
    transfer = _pending(
        net, caller, start, kind=TransferKind.PREIMAGE_SWAP, leaves=leaves, sent=sent, intermediates=intermediates
    )
    net.ledger.lock(transfer, htlc)
    return pb.InitiatePreimageSwapResponse(transfer=net.views.transfer(transfer))


def initiate_swap_primary_transfer(
    net: Network, caller: Caller, request: pb.InitiateSwapPrimaryTransferRequest
) -> pb.InitiateSwapPrimaryTransferResponse:
    """Lock leaves for the provider, which will send others back; sign their refunds up to the adaptor secret."""
    start = request.transfer
    leaves = _leaves_to_send(net, caller, start, None)
    sent = _open_package(net, caller, start, leaves)
    adaptor = curve.parse_point(request.adaptor_public_keys.adaptor_public_key)
    lists = _send_lists(start.transfer_package)
    if lists.direct or lists.direct_from_cpfp:
        raise RpcError(Code.INVALID_ARGUMENT, "a swap signs the cpfp refunds only")
    by_leaf = jobs.by_leaf(lists, leaves)
    signer = Signer(net.nonces, net.clock.now())
    results, messages, unsigned = [], {}, {}
    for leaf in leaves.values():
        part = refunds.for_send(leaf, net.identities.provider.public).cpfp
        signed = signer.sign_one(by_leaf[leaf.id].cpfp, part, _keys(leaf), adaptor)
        raw_tx = part.tx.serialize()
        message = sighash(part.tx, part.spend.value_sats, part.spend.script)
        results.append(_signing_result(net, leaf, signed))
        messages[leaf.id] = (raw_tx, message, leaf.verifying_key)
        unsigned[leaf.id] = Refunds(cpfp=raw_tx, direct=b"", direct_from_cpfp=b"")
    transfer = _pending(
        net, caller, start, kind=TransferKind.PRIMARY_SWAP, leaves=leaves, sent=sent, intermediates=unsigned
    )
    net.ledger.lock(transfer)
    net.provider.swaps.note(transfer.id, SwapTerms(adaptor=adaptor, messages=messages))
    return pb.InitiateSwapPrimaryTransferResponse(transfer=net.views.transfer(transfer), signing_results=results)


def _leaves_to_send(
    net: Network, caller: Caller, start: pb.StartTransferRequest, payment_hash: bytes | None
) -> dict[str, Leaf]:
    """The caller's spendable leaves that a request names, after the refusals that need no cryptography.

    A known transfer id or payment hash is refused first: a repeated request must not spend nonces or change anything.
    """
    _require_uuid(start.transfer_id)
    if start.transfer_id in net.ledger.transfers:
        raise RpcError(Code.ALREADY_EXISTS, f"transfer {start.transfer_id} already exists")
    known = net.ledger.htlc_for(payment_hash) if payment_hash is not None else None
    if known is not None and known.status is not HtlcStatus.RETURNED:
        raise RpcError(Code.ALREADY_EXISTS, f"the payment hash is already in transfer {known.transfer_id}")
    if start.owner_identity_public_key != caller.identity:
        raise RpcError(Code.PERMISSION_DENIED, "only the owner of leaves can send them")
    if start.receiver_identity_public_key != net.identities.provider.public:
        raise RpcError(Code.UNIMPLEMENTED, "only transfers to the provider are emulated")
    ids = [job.leaf_id for job in start.transfer_package.leaves_to_send]
    if not 0 < len(ids) <= MAX_LEAVES or len(set(ids)) != len(ids):
        raise RpcError(Code.INVALID_ARGUMENT, f"send 1 to {MAX_LEAVES} leaves, each of them once")
    return {leaf_id: rules.spendable(net.ledger.leaves, leaf_id, caller.identity) for leaf_id in ids}


def _hash_lock(net: Network, request: pb.InitiatePreimageSwapRequest) -> Htlc:
    """The terms of the payment, read from the invoice itself and compared with what the request says."""
    text = request.invoice_amount.invoice_amount_proof.bolt11_invoice
    try:
        invoice = bolt11.decode(text)
        asked_sats = bolt11.amount_sats(invoice)
    except bolt11.InvoiceError as error:
        raise RpcError(Code.INVALID_ARGUMENT, f"the invoice is no good: {error}") from error
    if invoice.network_prefix != NETWORK_PREFIX:
        raise RpcError(Code.INVALID_ARGUMENT, "the invoice is for another network")
    if invoice.payment_hash != request.payment_hash:
        raise RpcError(Code.INVALID_ARGUMENT, "the payment hash is not the invoice's")
    if asked_sats != request.invoice_amount.value_sats:
        raise RpcError(Code.INVALID_ARGUMENT, f"the invoice asks for {asked_sats} sats")
    return Htlc(
        payment_hash=request.payment_hash,
        transfer_id=request.transfer_request.transfer_id,
        invoice=text,
        value_sats=asked_sats,
        status=HtlcStatus.WAITING,
        preimage=None,
        created_at=net.clock.now(),
    )


def _open_package(
    net: Network, caller: Caller, start: pb.StartTransferRequest, leaves: Mapping[str, Leaf]
) -> dict[str, SentLeaf]:
    sent = packages.open_send(
        start.transfer_package,
        transfer_id=start.transfer_id,
        sender=caller.identity,
        operators=net.identities.operators,
    )
    if sent.keys() != leaves.keys():
        raise RpcError(Code.INVALID_ARGUMENT, "the key tweaks are not for the leaves that are sent")
    return sent


def _send_lists(package: pb.TransferPackage) -> JobLists:
    return JobLists(
        cpfp=package.leaves_to_send,
        direct=package.direct_leaves_to_send,
        direct_from_cpfp=package.direct_from_cpfp_leaves_to_send,
    )


def _check_plain_refunds(
    request: pb.StartUserSignedTransferRequest, leaves: Mapping[str, Leaf], receiver: bytes, signer: Signer
) -> None:
    """Older clients sign plain refunds to the provider beside the hash-locked ones. Checked like all, then dropped."""
    lists = JobLists(cpfp=request.leaves_to_send, direct=(), direct_from_cpfp=())
    for leaf_id, leaf_jobs in jobs.by_leaf(lists, leaves).items():
        leaf = leaves[leaf_id]
        signer.sign_one(leaf_jobs.cpfp, refunds.for_send(leaf, receiver).cpfp, _keys(leaf))


def _pending(
    net: Network,
    caller: Caller,
    start: pb.StartTransferRequest,
    *,
    kind: TransferKind,
    leaves: Mapping[str, Leaf],
    sent: Mapping[str, SentLeaf],
    intermediates: Mapping[str, Refunds],
) -> Transfer:
    now = net.clock.now()
    expires_at = start.expiry_time.seconds + start.expiry_time.nanos / 1e9
    if not now < expires_at <= now + MAX_LIFETIME_S:
        raise RpcError(Code.INVALID_ARGUMENT, "the transfer must expire in the future, within 30 days")
    return Transfer(
        id=start.transfer_id,
        kind=kind,
        status=TransferStatus.PENDING,
        sender=caller.identity,
        receiver=start.receiver_identity_public_key,
        leaves=tuple(
            TransferLeaf(
                leaf_id=leaf_id,
                tweak=sent[leaf_id].tweak,
                secret_cipher=sent[leaf_id].secret_cipher,
                signature=sent[leaf_id].signature,
                intermediate=intermediates[leaf_id],
            )
            for leaf_id in leaves
        ),
        total_sats=sum(leaf.value_sats for leaf in leaves.values()),
        created_at=now,
        updated_at=now,
        expires_at=expires_at,
    )


def _keys(leaf: Leaf) -> LeafKeys:
    return LeafKeys(shares=leaf.shares, owner_key=leaf.owner_key, verifying_key=leaf.verifying_key)


def _claimed_keys(leaf: Leaf, tweak: KeyTweak) -> LeafKeys:
    """The keys a leaf will have once its claim is applied: refunds are signed with these, before anything changes."""
    first, second, third = ((s + t) % curve.N for s, t in zip(leaf.shares, tweak.shares, strict=True))
    return LeafKeys(
        shares=(first, second, third),
        owner_key=curve.sub(leaf.owner_key, tweak.proofs[0]),
        verifying_key=leaf.verifying_key,
    )


def _signing_result(net: Network, leaf: Leaf, signed: Signed) -> pb.LeafRefundTxSigningResult:
    """The operators' shares, for the client to put together. All three maps name the same operators."""
    names = {index: IDENTIFIERS[index - 1] for index in signed.operator_shares}
    commitments = signed.session.operators
    return pb.LeafRefundTxSigningResult(
        leaf_id=leaf.id,
        verifying_key=leaf.verifying_key,
        refund_tx_signing_result=pb.SigningResult(
            public_keys={name: curve.point(leaf.shares[index - 1]) for index, name in names.items()},
            signing_nonce_commitments={
                name: common_pb2.SigningCommitment(hiding=commitments[index].hiding, binding=commitments[index].binding)
                for index, name in names.items()
            },
            signature_shares={name: curve.scalar_bytes(signed.operator_shares[index]) for index, name in names.items()},
            signing_keyshare=net.views.keyshare(leaf),
        ),
    )


def _require_uuid(text: str) -> None:
    try:
        if str(UUID(text)) == text:
            return
    except ValueError:
        pass
    raise RpcError(Code.INVALID_ARGUMENT, "transfer_id must be a UUID, lower case with dashes")
