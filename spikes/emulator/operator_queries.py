"""What wallets ask the operators: leaves, transfers, payments, commitments. Nothing here changes the ledger.

Every wallet sees its own business only, but for leaves asked for by id: that is how a wallet looks at parents, and at
leaves it has just given away. Source: facts/spark-protocol.md sections 4.5, 7.1 and 7.6.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from google.protobuf.timestamp_pb2 import Timestamp

from spikes.emulator.identities import IDENTIFIERS, THRESHOLD
from spikes.emulator.ledger_history import HistoryQuery, Role
from spikes.emulator.ledger_state import OPERATOR_COUNT, Transfer, TransferKind
from spikes.emulator.network import Network
from spikes.emulator.rpc import Caller, Code, RpcError
from spikes.emulator.views import WIRE_STATUSES, WIRE_TYPES, leaf_status
from spikes.emulator.wire import common_pb2, spark_token_pb2
from spikes.emulator.wire import spark_pb2 as pb

Item = TypeVar("Item")
MAX_PAGE = 100
MAX_COMMITMENTS = 3000
_NO_MORE = -1
# Swaps are the wallet's own housekeeping: history shows them only to those who ask for a transfer by id.
_HISTORY = (TransferKind.TRANSFER, TransferKind.PREIMAGE_SWAP)
_ROLES = {"sender_identity_public_key": Role.SENT, "receiver_identity_public_key": Role.RECEIVED}


def query_nodes(net: Network, caller: Caller, request: pb.QueryNodesRequest) -> pb.QueryNodesResponse:
    """The caller's leaves, or leaves by id, of the statuses asked for."""
    if request.WhichOneof("source") == "node_ids":
        found = [leaf for leaf in map(net.ledger.leaf, request.node_ids.node_ids) if leaf is not None]
    else:
        _require_self(caller, request.owner_identity_pubkey)
        found = net.ledger.owned(caller.identity)
    wanted = set(request.statuses)
    leaves = [leaf for leaf in found if not wanted or leaf_status(leaf) in wanted]
    page, offset = _page(leaves, request.limit, request.offset)
    return pb.QueryNodesResponse(nodes={leaf.id: net.views.node(leaf) for leaf in page}, offset=offset)


def get_signing_commitments(
    net: Network, caller: Caller, request: pb.GetSigningCommitmentsRequest
) -> pb.GetSigningCommitmentsResponse:
    """Fresh nonces of two operators for each signature to come: all leaves' first variant, then the second, ..."""
    total = request.count * (len(request.node_ids) or request.node_id_count)
    if not 0 < total <= MAX_COMMITMENTS:
        raise RpcError(Code.INVALID_ARGUMENT, f"ask for 1 to {MAX_COMMITMENTS} commitments, not {total}")
    now = net.clock.now()
    response = pb.GetSigningCommitmentsResponse()
    for _ in range(total):
        left_out = net.entropy.draw("commitments/left-out", 1)[0] % OPERATOR_COUNT
        chosen = [operator for operator in range(OPERATOR_COUNT) if operator != left_out][:THRESHOLD]
        entry = response.signing_commitments.add()
        for operator in chosen:
            commitment = net.nonces.issue(operator + 1, now)
            entry.signing_nonce_commitments[IDENTIFIERS[operator]].CopyFrom(
                common_pb2.SigningCommitment(hiding=commitment.hiding, binding=commitment.binding)
            )
    return response


def query_pending_transfers(net: Network, caller: Caller, request: pb.TransferFilter) -> pb.QueryTransfersResponse:
    """Transfers that the caller can claim now. Others must not appear: clients try to claim all they are shown."""
    _require_self(caller, _participant(request))
    page, offset = _page(net.ledger.claimable(caller.identity), request.limit, request.offset)
    return pb.QueryTransfersResponse(transfers=[net.views.transfer(t) for t in page], offset=offset)


def query_all_transfers(net: Network, caller: Caller, request: pb.TransferFilter) -> pb.QueryTransfersResponse:
    """The caller's transfers, filtered by role, ids, types and statuses, in order of time."""
    _require_self(caller, _participant(request))
    size = _page_size(request.limit, request.offset)
    found = net.ledger.find(_history_query(caller.identity, request, limit=size + 1))
    offset = request.offset + size if len(found) > size else _NO_MORE
    return pb.QueryTransfersResponse(transfers=[net.views.transfer(t) for t in found[:size]], offset=offset)


def query_htlc(net: Network, caller: Caller, request: pb.QueryHtlcRequest) -> pb.QueryHtlcResponse:
    """Hash-locked payments of the caller, by transfer id or payment hash."""
    _require_self(caller, request.identity_public_key)
    ids, hashes = set(request.transfer_ids), set(request.payment_hashes)
    if ids:
        candidates = [htlc for htlc in map(net.ledger.htlc_of, request.transfer_ids) if htlc is not None]
    else:
        paid = net.ledger.find(HistoryQuery(wallet=caller.identity, kinds=(TransferKind.PREIMAGE_SWAP,)))
        candidates = [htlc for htlc in (net.ledger.htlc_of(transfer.id) for transfer in paid) if htlc is not None]
    found = []
    for htlc in candidates:
        transfer = net.ledger.transfers[htlc.transfer_id]
        asked_for = not hashes or htlc.payment_hash in hashes
        if asked_for and caller.identity in _roles(transfer, request.match_role):
            message = net.views.htlc(htlc)
            if not request.HasField("status") or message.status == request.status:
                found.append(message)
    page, offset = _page(found, request.limit, request.offset)
    return pb.QueryHtlcResponse(preimage_requests=page, offset=offset)


def get_utxos_for_identity(
    net: Network, caller: Caller, request: pb.GetUtxosForIdentityRequest
) -> pb.GetUtxosForIdentityResponse:
    """Deposits are absent from the emulator: an empty page."""
    _require_self(caller, request.identity_public_key)
    return pb.GetUtxosForIdentityResponse(page=pb.PageResponse())


def update_wallet_setting(
    net: Network, caller: Caller, request: pb.UpdateWalletSettingRequest
) -> pb.UpdateWalletSettingResponse:
    """The setting is confirmed; nobody else can look at a wallet here anyway."""
    setting = pb.WalletSetting(owner_identity_public_key=caller.identity, private_enabled=request.private_enabled)
    return pb.UpdateWalletSettingResponse(wallet_setting=setting)


def query_token_outputs(
    net: Network, caller: Caller, request: spark_token_pb2.QueryTokenOutputsRequest
) -> spark_token_pb2.QueryTokenOutputsResponse:
    """Tokens are absent from the emulator: none."""
    return spark_token_pb2.QueryTokenOutputsResponse()


def query_token_transactions(
    net: Network, caller: Caller, request: spark_token_pb2.QueryTokenTransactionsRequest
) -> spark_token_pb2.QueryTokenTransactionsResponse:
    """Tokens are absent from the emulator: none."""
    return spark_token_pb2.QueryTokenTransactionsResponse(offset=_NO_MORE)


def _require_self(caller: Caller, identity: bytes) -> None:
    if identity != caller.identity:
        raise RpcError(Code.PERMISSION_DENIED, "a wallet may ask about itself only")


def _participant(request: pb.TransferFilter) -> bytes:
    field = request.WhichOneof("participant")
    if field is None:
        raise RpcError(Code.INVALID_ARGUMENT, "name a sender or receiver")
    identity: bytes = getattr(request, field)
    return identity


def _history_query(wallet: bytes, request: pb.TransferFilter, *, limit: int) -> HistoryQuery:
    role = _ROLES.get(request.WhichOneof("participant") or "", Role.ANY)
    page: dict[str, Any] = {"newest_first": request.order == pb.DESCENDING, "offset": request.offset, "limit": limit}
    if request.transfer_ids:
        return HistoryQuery(wallet=wallet, role=role, ids=set(request.transfer_ids), **page)
    kinds = {kind for kind in _HISTORY if WIRE_TYPES[kind] in request.types} if request.types else None
    statuses = {name for name, wire in WIRE_STATUSES.items() if wire in request.statuses} if request.statuses else None
    time = request.WhichOneof("time_filter")
    return HistoryQuery(
        wallet=wallet,
        role=role,
        kinds=kinds,
        statuses=statuses,
        after=_seconds(request.created_after) if time == "created_after" else None,
        before=_seconds(request.created_before) if time == "created_before" else None,
        **page,
    )


def _seconds(time: Timestamp) -> float:
    return time.seconds + time.nanos / 1e9


def _roles(transfer: Transfer, role: pb.PreimageRequestRole) -> tuple[bytes, ...]:
    if role == pb.PREIMAGE_REQUEST_ROLE_SENDER:
        return (transfer.sender,)
    if role == pb.PREIMAGE_REQUEST_ROLE_RECEIVER:
        return (transfer.receiver,)
    return (transfer.sender, transfer.receiver)


def _page(items: Sequence[Item], limit: int, offset: int) -> tuple[Sequence[Item], int]:
    """One page and the offset of the next, -1 at the end. A limit of 0 means the largest page."""
    end = offset + _page_size(limit, offset)
    return items[offset:end], end if end < len(items) else _NO_MORE


def _page_size(limit: int, offset: int) -> int:
    if limit < 0 or offset < 0:
        raise RpcError(Code.INVALID_ARGUMENT, "limit and offset must not be negative")
    return min(limit or MAX_PAGE, MAX_PAGE)
