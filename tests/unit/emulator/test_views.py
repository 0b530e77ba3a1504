"""What wallets are shown: the same leaves by every operator, and nobody else's business."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from spikes.emulator.operators import METHODS
from spikes.emulator.rpc import Code
from spikes.emulator.wire import spark_pb2 as pb
from spikes.emulator.wire import spark_token_pb2
from tests.unit.emulator.stage import Stage
from tests.unit.emulator.wallet import Wallet


async def shown_by_all(stage: Stage, wallet: Wallet) -> list[bytes]:
    """Every leaf there ever was, asked for by id and by owner; the operators must agree on each byte."""
    by_id = pb.QueryNodesRequest(
        node_ids=pb.TreeNodeIds(node_ids=[*stage.net.ledger.leaves, *stage.net.ledger.retired])
    )
    own = pb.QueryNodesRequest(owner_identity_pubkey=wallet.identity)
    answers = []
    for operator in range(3):
        nodes: dict[str, pb.TreeNode] = {}
        for request in (by_id, own):
            nodes.update((await wallet.ask("query_nodes", request, pb.QueryNodesResponse, operator)).nodes)
        answers.append([nodes[leaf_id].SerializeToString(deterministic=True) for leaf_id in sorted(nodes)])
    assert answers[0] == answers[1] == answers[2]
    return answers[0]


async def test_the_operators_show_the_same_bytes_at_every_step(stage: Stage) -> None:
    alice = await stage.wallet()
    seen = []

    async def look() -> None:
        seen.append(await shown_by_all(stage, alice))

    stage.fund(alice, 1003, 400)
    await look()
    await alice.claim_all()
    await look()
    invoice = stage.invoice(1000)
    (leaf,) = (node for node in (await alice.nodes()).values() if node.value == 1003)
    locked = (await alice.lock(invoice.text, [leaf])).transfer
    await look()
    stage.net.provider.sends.give_back(locked.id)
    await look()
    await alice.pay(invoice.text)
    await look()
    draft = await alice.draft_swap(list((await alice.nodes()).values()))
    opened = await alice.open_swap(draft)
    await look()
    await alice.ssp("RequestSwap", input=alice.swap_input(draft, opened, [100]))
    await look()
    await alice.claim_all()
    await look()
    assert len(seen[-1]) == 4
    assert all(before != after for before, after in itertools.pairwise(seen))


async def test_leaves_are_shown_in_the_statuses_asked_for(stage: Stage) -> None:
    alice = await stage.funded(1003, 7)
    leaves = sorted((await alice.nodes()).values(), key=lambda node: node.value)
    await alice.lock(stage.invoice(1000).text, leaves[1:])
    for statuses, expected in (
        ([pb.TREE_NODE_STATUS_AVAILABLE], [7]),
        ([pb.TREE_NODE_STATUS_TRANSFER_LOCKED], [1003]),
        (
            [pb.TREE_NODE_STATUS_AVAILABLE, pb.TREE_NODE_STATUS_RENEW_LOCKED, pb.TREE_NODE_STATUS_TRANSFER_LOCKED],
            [7, 1003],
        ),
        ([pb.TREE_NODE_STATUS_ON_CHAIN, pb.TREE_NODE_STATUS_EXITED], []),
        ([], [7, 1003]),
    ):
        request = pb.QueryNodesRequest(owner_identity_pubkey=alice.identity, statuses=statuses)
        answer = await alice.ask("query_nodes", request, pb.QueryNodesResponse)
        assert sorted(node.value for node in answer.nodes.values()) == expected
        assert answer.offset == -1


async def test_leaves_are_shown_page_by_page(stage: Stage) -> None:
    alice = await stage.funded(1, 2, 3, 4, 5)
    seen: list[int] = []
    offsets = []
    offset = 0
    while offset >= 0:
        request = pb.QueryNodesRequest(owner_identity_pubkey=alice.identity, limit=2, offset=offset)
        answer = await alice.ask("query_nodes", request, pb.QueryNodesResponse)
        seen += [node.value for node in answer.nodes.values()]
        offset = answer.offset
        offsets.append(offset)
    assert (sorted(seen), offsets) == ([1, 2, 3, 4, 5], [2, 4, -1])


async def test_a_leaf_that_does_not_exist_is_left_out(stage: Stage) -> None:
    alice = await stage.funded(5)
    (leaf_id,) = await alice.nodes()
    request = pb.QueryNodesRequest(node_ids=pb.TreeNodeIds(node_ids=["x", leaf_id, ""]))
    assert list((await alice.ask("query_nodes", request, pb.QueryNodesResponse)).nodes) == [leaf_id]


# ---- who may ask whom ----------------------------------------------------------------------------

Asking = Callable[[Wallet, bytes], Coroutine[Any, Any, Any]]


async def query_nodes(wallet: Wallet, other: bytes) -> None:
    await wallet.ask("query_nodes", pb.QueryNodesRequest(owner_identity_pubkey=other), pb.QueryNodesResponse)


async def query_pending_transfers(wallet: Wallet, other: bytes) -> None:
    request = pb.TransferFilter(receiver_identity_public_key=other)
    await wallet.ask("query_pending_transfers", request, pb.QueryTransfersResponse)


async def query_all_transfers(wallet: Wallet, other: bytes) -> None:
    request = pb.TransferFilter(sender_or_receiver_identity_public_key=other)
    await wallet.ask("query_all_transfers", request, pb.QueryTransfersResponse)


async def query_htlc(wallet: Wallet, other: bytes) -> None:
    await wallet.ask("query_htlc", pb.QueryHtlcRequest(identity_public_key=other), pb.QueryHtlcResponse)


async def get_utxos_for_identity(wallet: Wallet, other: bytes) -> None:
    request = pb.GetUtxosForIdentityRequest(identity_public_key=other)
    await wallet.ask("get_utxos_for_identity", request, pb.GetUtxosForIdentityResponse)


@pytest.mark.parametrize(
    "asking", [query_nodes, query_pending_transfers, query_all_transfers, query_htlc, get_utxos_for_identity]
)
async def test_a_wallet_may_ask_about_itself_only(stage: Stage, asking: Asking) -> None:
    alice, bob = await stage.wallet("alice"), await stage.funded(5, name="bob")
    await asking(bob, bob.identity)
    for other in (bob.identity, stage.provider, b""):
        with stage.refused(asking.__name__, Code.PERMISSION_DENIED, "itself only"):
            await asking(alice, other)


@pytest.mark.parametrize("path", [path for path, method in METHODS.items() if not method.everywhere])
async def test_the_other_operators_send_wallets_to_the_coordinator(stage: Stage, path: str) -> None:
    alice = await stage.wallet()
    for operator in (1, 2):
        with stage.refused(path.rpartition("/")[2], Code.FAILED_PRECONDITION, "ask the coordinator, operator 0"):
            await alice.gateway.call(operator, path, alice.tokens[operator], b"")


async def test_what_is_absent_is_empty(stage: Stage) -> None:
    alice = await stage.wallet()
    token_service = "/spark_token.SparkTokenService/"
    assert await alice.gateway.call(0, token_service + "query_token_outputs", alice.tokens[0], b"") == b""
    raw = await alice.gateway.call(0, token_service + "query_token_transactions", alice.tokens[0], b"")
    assert spark_token_pb2.QueryTokenTransactionsResponse.FromString(raw).offset == -1
    deposits = pb.GetUtxosForIdentityRequest(identity_public_key=alice.identity)
    answer = await alice.ask("get_utxos_for_identity", deposits, pb.GetUtxosForIdentityResponse)
    assert answer.HasField("page")
    assert not answer.page.has_next_page


@pytest.mark.parametrize("private", [True, False])
async def test_the_private_setting_is_confirmed(stage: Stage, private: bool) -> None:
    alice = await stage.wallet()
    request = pb.UpdateWalletSettingRequest(private_enabled=private)
    setting = (await alice.ask("update_wallet_setting", request, pb.UpdateWalletSettingResponse)).wallet_setting
    assert (setting.owner_identity_public_key, setting.private_enabled) == (alice.identity, private)
