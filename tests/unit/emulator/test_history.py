"""Transfers as wallets are shown them: what they can claim, what they did, page by page."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from spikes.emulator.rpc import Code
from spikes.emulator.wire import spark_pb2 as pb
from tests.unit.emulator.stage import START, Stage
from tests.unit.emulator.wallet import Wallet

HISTORY_TYPES = [pb.TRANSFER, pb.PREIMAGE_SWAP, pb.COOPERATIVE_EXIT, pb.UTXO_SWAP]


async def history(wallet: Wallet, **terms: Any) -> pb.QueryTransfersResponse:
    """All transfers of a wallet, or those that `terms` ask for."""
    if not {"sender_identity_public_key", "receiver_identity_public_key"} & set(terms):
        terms["sender_or_receiver_identity_public_key"] = wallet.identity
    return await wallet.ask("query_all_transfers", pb.TransferFilter(**terms), pb.QueryTransfersResponse)


async def test_claimable_transfers_are_shown_to_the_receiver_only(stage: Stage) -> None:
    alice, bob = await stage.wallet("alice"), await stage.wallet("bob")
    transfer = stage.fund(alice, 10)
    assert [found.id for found in await alice.pending()] == [transfer.id]
    assert await bob.pending() == []
    assert list((await history(bob)).transfers) == []
    assert list((await history(bob, transfer_ids=[transfer.id])).transfers) == []
    await alice.claim_all()
    assert await alice.pending() == []


async def test_only_claimable_transfers_are_pending(stage: Stage) -> None:
    alice = await stage.funded(1003, 300)
    small, large = sorted((await alice.nodes()).values(), key=lambda node: node.value)
    await alice.lock(stage.invoice(1000).text, [large])
    await alice.open_swap(await alice.draft_swap([small]))
    assert await alice.pending() == []


async def test_history_shows_what_was_asked_for(stage: Stage) -> None:
    alice = await stage.wallet()
    funding = stage.fund(alice, 1003, 300)
    await alice.claim_all()
    payment = (await alice.pay(stage.invoice(1000).text))["transfer"]["spark_id"]
    inbound = (await alice.swap(list((await alice.nodes()).values()), [100])).id
    waiting = stage.fund(alice, 5)
    (outbound,) = {t.id for t in (await history(alice)).transfers} - {funding.id, payment, inbound, waiting.id}
    everything = [funding.id, payment, outbound, inbound, waiting.id]
    for terms, expected in (
        ({}, everything),
        ({"types": HISTORY_TYPES}, [funding.id, payment, waiting.id]),
        ({"types": [pb.PREIMAGE_SWAP]}, [payment]),
        ({"types": [pb.COOPERATIVE_EXIT]}, []),
        ({"types": [pb.SWAP, pb.COUNTER_SWAP, pb.PRIMARY_SWAP_V3, pb.COUNTER_SWAP_V3]}, []),
        ({"transfer_ids": [inbound, outbound]}, [outbound, inbound]),
        ({"transfer_ids": [inbound], "types": HISTORY_TYPES}, [inbound]),
        ({"transfer_ids": ["x"]}, []),
        ({"statuses": [pb.TRANSFER_STATUS_SENDER_KEY_TWEAKED]}, [waiting.id]),
        ({"statuses": [pb.TRANSFER_STATUS_COMPLETED], "types": HISTORY_TYPES}, [funding.id, payment]),
        ({"sender_identity_public_key": alice.identity}, [payment, outbound]),
        ({"receiver_identity_public_key": alice.identity}, [funding.id, inbound, waiting.id]),
        ({"sender_identity_public_key": alice.identity, "transfer_ids": [funding.id, payment]}, [payment]),
    ):
        answer = await history(alice, order=pb.ASCENDING, **terms)
        assert [found.id for found in answer.transfers] == expected, terms
        assert answer.offset == -1
        reverse = await history(alice, order=pb.DESCENDING, **terms)
        assert [found.id for found in reverse.transfers] == expected[::-1], terms


async def test_history_can_be_asked_for_by_time(stage: Stage) -> None:
    alice = await stage.wallet()
    old = stage.fund(alice, 1)
    stage.clock.advance(100)
    young = stage.fund(alice, 2)
    between = Timestamp(seconds=int(START) + 50)
    assert [t.id for t in (await history(alice, created_after=between)).transfers] == [young.id]
    assert [t.id for t in (await history(alice, created_before=between)).transfers] == [old.id]


async def test_a_long_history_comes_page_by_page(stage: Stage) -> None:
    alice = await stage.wallet()
    ids = [stage.fund(alice, 1).id for _ in range(105)]
    for limit, expected in (
        (50, [50, 100, -1]),
        (100, [100, -1]),
        (0, [100, -1]),
        (1000, [100, -1]),
        (35, [35, 70, -1]),
    ):
        seen: list[str] = []
        offsets = []
        offset = 0
        while offset >= 0:
            page = await history(alice, types=HISTORY_TYPES, order=pb.ASCENDING, limit=limit, offset=offset)
            seen += [transfer.id for transfer in page.transfers]
            offset = page.offset
            offsets.append(offset)
        assert (seen, offsets) == (ids, expected)
    request = pb.TransferFilter(receiver_identity_public_key=alice.identity, limit=100)
    pending = await alice.ask("query_pending_transfers", request, pb.QueryTransfersResponse)
    assert ([transfer.id for transfer in pending.transfers], pending.offset) == (ids[:100], 100)
    beyond = await history(alice, offset=1000)
    assert (list(beyond.transfers), beyond.offset) == ([], -1)


@pytest.mark.parametrize("terms", [{"limit": -1}, {"offset": -1}, {"offset": -(1 << 63)}])
async def test_a_page_that_cannot_be_is_refused(stage: Stage, terms: dict[str, int]) -> None:
    alice = await stage.wallet()
    with stage.refused("query_all_transfers", Code.INVALID_ARGUMENT, "must not be negative"):
        await history(alice, **terms)


async def test_history_needs_to_know_whose(stage: Stage) -> None:
    alice = await stage.wallet()
    for method in ("query_all_transfers", "query_pending_transfers"):
        with stage.refused(method, Code.INVALID_ARGUMENT, "name a sender or receiver"):
            await alice.ask(method, pb.TransferFilter(), pb.QueryTransfersResponse)


async def test_a_payment_is_shown_to_those_who_take_part_in_it(stage: Stage) -> None:
    alice, bob = await stage.funded(1003, name="alice"), await stage.wallet("bob")
    invoice = stage.invoice(1000)
    paid = (await alice.pay(invoice.text))["transfer"]["spark_id"]

    async def found(wallet: Wallet, **terms: Any) -> int:
        request = pb.QueryHtlcRequest(identity_public_key=wallet.identity, **terms)
        return len((await wallet.ask("query_htlc", request, pb.QueryHtlcResponse)).preimage_requests)

    both = pb.PREIMAGE_REQUEST_ROLE_RECEIVER_AND_SENDER
    assert await found(alice, transfer_ids=[paid], match_role=both) == 1
    assert await found(alice, payment_hashes=[invoice.payment_hash], match_role=pb.PREIMAGE_REQUEST_ROLE_SENDER) == 1
    assert await found(alice, match_role=both, status=pb.PREIMAGE_REQUEST_STATUS_PREIMAGE_SHARED) == 1
    assert await found(alice, match_role=both, status=pb.PREIMAGE_REQUEST_STATUS_RETURNED) == 0
    assert await found(alice, match_role=pb.PREIMAGE_REQUEST_ROLE_RECEIVER) == 0
    assert await found(alice, payment_hashes=[bytes(32)], match_role=both) == 0
    assert await found(bob, transfer_ids=[paid], match_role=both) == 0
    assert await found(bob, payment_hashes=[invoice.payment_hash], match_role=both) == 0
