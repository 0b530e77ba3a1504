"""A network after many payments: what it holds in memory has not grown, and what it has forgotten it still knows."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from spikes.emulator.archive import Kept
from spikes.emulator.journal import Journal
from spikes.emulator.ledger_state import TransferKind
from spikes.emulator.mint import LeafForm
from spikes.emulator.network import Settings
from spikes.emulator.rpc import Code
from spikes.emulator.wire import spark_pb2 as pb
from tests.unit.emulator.stage import Stage
from tests.unit.emulator.test_history import HISTORY_TYPES, history
from tests.unit.emulator.wallet import Wallet

AT_HAND = 3
PAYMENTS = 12
UUIDS = [f"01234567-89ab-4def-8123-{number:012d}" for number in range(PAYMENTS)]


@pytest.fixture
async def lived() -> tuple[Stage, Wallet, list[str]]:
    """A wallet's many payments, half of them through a swap, on a network that keeps next to nothing at hand."""
    stage = Stage.set_up(Settings(leaf_form=LeafForm.ZERO_TIMELOCK, at_hand=AT_HAND))
    alice = await stage.funded(*[103] * (PAYMENTS // 2), 10_000)
    invoices = [stage.invoice(101 if number % 2 else 300).text for number in range(PAYMENTS)]
    for text, transfer_id in zip(invoices, UUIDS, strict=True):
        assert (await alice.pay(text, transfer_id))["lightning_send_payment_preimage"]
        stage.clock.advance(60)
    return stage, alice, invoices


def sizes(thing: object, depth: int = 3) -> dict[str, int]:
    """The size of every collection that a part of the network holds, by its path."""
    found: dict[str, int] = {}
    for name, value in vars(thing).items():
        if isinstance(value, Kept):
            found[name] = value.in_memory
        elif isinstance(value, Mapping | list | set):
            found[name] = len(value)
        elif depth and type(value).__module__.startswith("spikes.emulator") and hasattr(value, "__dict__"):
            found |= {f"{name}.{inner}": size for inner, size in sizes(value, depth - 1).items()}
    return found


async def test_nothing_in_memory_grows_with_payments(lived: tuple[Stage, Wallet, list[str]]) -> None:
    stage, alice, _ = lived
    before = sizes(stage.net)
    for _ in range(10):
        await alice.pay(stage.invoice(300).text)
        stage.clock.advance(60)
    after = sizes(stage.net)
    grown = {name: (before.get(name, 0), size) for name, size in after.items() if size > before.get(name, 0)}
    bounded = {"views._nodes"}  # tidied once more than 50 are superfluous
    assert set(grown) <= bounded, grown
    assert {"ledger.transfers", "ledger.htlcs", "ledger.retired", "nonces._unused", "lightning._invoices"} <= set(after)
    assert {"provider.sends._sends", "provider.swaps._swaps", "provider.swaps._swap_terms"} <= set(after)


async def test_the_messages_of_leaves_that_are_gone_are_forgotten(stage: Stage) -> None:
    alice = await stage.funded(10_000)
    for _ in range(16):
        await alice.swap(list((await alice.nodes()).values()), [50, 60, 70, 80])
    assert sizes(stage.net)["views._nodes"] <= 50 + 2 * len(stage.net.ledger.leaves)


async def test_a_first_sync_pages_through_everything_that_ever_was(lived: tuple[Stage, Wallet, list[str]]) -> None:
    _, alice, _ = lived
    seen: list[pb.Transfer] = []
    offset = 0
    while offset >= 0:
        page = await history(alice, types=HISTORY_TYPES, order=pb.ASCENDING, limit=5, offset=offset)
        seen += page.transfers
        offset = page.offset
    assert [transfer.id for transfer in seen if transfer.type == pb.PREIMAGE_SWAP] == UUIDS
    assert len(seen) == PAYMENTS + 1
    for transfer in seen:
        assert transfer.leaves
        assert all(entry.leaf.node_tx and entry.intermediate_refund_tx for entry in transfer.leaves)
    query = pb.QueryHtlcRequest(
        identity_public_key=alice.identity,
        transfer_ids=UUIDS,
        match_role=pb.PREIMAGE_REQUEST_ROLE_RECEIVER_AND_SENDER,
        limit=100,
    )
    htlcs = (await alice.ask("query_htlc", query, pb.QueryHtlcResponse)).preimage_requests
    assert [len(htlc.preimage) for htlc in htlcs] == [32] * PAYMENTS
    known = (await alice.ssp("Transfers", transfer_spark_ids=UUIDS))["transfers"]
    assert [transfer["user_request"]["status"] for transfer in known] == ["TRANSFER_COMPLETED"] * PAYMENTS


async def test_payment_hashes_and_transfer_ids_stay_taken(lived: tuple[Stage, Wallet, list[str]]) -> None:
    stage, alice, invoices = lived
    (leaf, *_) = (await alice.nodes()).values()
    with stage.refused("initiate_preimage_swap_v3", Code.ALREADY_EXISTS, "payment hash is already in transfer"):
        await alice.lock(invoices[0], [leaf])
    with stage.refused("initiate_preimage_swap_v3", Code.ALREADY_EXISTS, f"transfer {UUIDS[0]} already exists"):
        await alice.lock(stage.invoice(100).text, [leaf], UUIDS[0])
    late = await alice.request_send(invoices[0], UUIDS[0])
    assert late["status"] == "TRANSFER_COMPLETED"
    assert set(stage.net.ledger.settled_counts.values()) == {1}


async def test_an_old_swap_is_still_answered(lived: tuple[Stage, Wallet, list[str]]) -> None:
    stage, alice, _ = lived
    swaps = [t for t in stage.net.ledger.transfers.values() if t.kind is TransferKind.PRIMARY_SWAP]
    assert len(swaps) > AT_HAND
    for transfer in swaps:
        (shown,) = (await alice.ssp("Transfers", transfer_spark_ids=[transfer.id]))["transfers"]
        assert shown["user_request"]["__typename"] == "LeavesSwapRequest"


def test_the_journal_keeps_the_newest_calls_and_counts_all() -> None:
    journal = Journal(capacity=3)
    for number in range(5):
        journal.append(
            at=0.0,
            transport="t",
            party="p",
            method=f"m{number}",
            code="OK",
            handler_s=0.0,
            request_bytes=0,
            response_bytes=0,
        )
    assert (journal.first_seq, journal.next_seq) == (2, 5)
    assert [entry.method for entry in journal.since(0)] == ["m2", "m3", "m4"]
    assert [entry.method for entry in journal.since(4)] == ["m4"]
