"""Signing nonces: handed out once, spent by being looked up, forgotten after their lifetime."""

from __future__ import annotations

from dataclasses import replace

import pytest

from spikes.emulator.crypto import curve
from spikes.emulator.entropy import Entropy
from spikes.emulator.network import Settings
from spikes.emulator.nonces import NonceError, NoncePool
from spikes.emulator.rpc import Code, RpcError
from spikes.emulator.wire import spark_pb2 as pb
from tests.unit.emulator.stage import Stage
from tests.unit.emulator.wallet_packages import OPERATORS

LIFETIME_S = 60.0
OTHER = curve.point(5)


@pytest.fixture
def pool() -> NoncePool:
    return NoncePool(Entropy(1), lifetime_s=LIFETIME_S)


def test_a_nonce_is_the_secret_of_its_commitment(pool: NoncePool) -> None:
    commitment = pool.issue(1, 0.0)
    pair = pool.spend(1, commitment, 0.0)
    assert (curve.point(pair.hiding), curve.point(pair.binding)) == (commitment.hiding, commitment.binding)


def test_a_nonce_is_spent_once(pool: NoncePool) -> None:
    commitment = pool.issue(1, 0.0)
    pool.spend(1, commitment, 0.0)
    with pytest.raises(NonceError, match="unknown or used; ask for new commitments"):
        pool.spend(1, commitment, 0.0)


def test_a_nonce_is_spent_also_if_its_commitment_was_half_right(pool: NoncePool) -> None:
    commitment = pool.issue(1, 0.0)
    with pytest.raises(NonceError, match="unknown or used"):
        pool.spend(1, replace(commitment, binding=OTHER), 0.0)
    with pytest.raises(NonceError, match="unknown or used"):
        pool.spend(1, commitment, 0.0)


def test_a_nonce_belongs_to_one_operator(pool: NoncePool) -> None:
    commitment = pool.issue(1, 0.0)
    with pytest.raises(NonceError, match="operator 2"):
        pool.spend(2, commitment, 0.0)
    assert pool.spend(1, commitment, 0.0).commitment == commitment


def test_a_foreign_commitment_is_unknown(pool: NoncePool) -> None:
    foreign = NoncePool(Entropy(2)).issue(1, 0.0)
    with pytest.raises(NonceError, match="unknown or used"):
        pool.spend(1, foreign, 0.0)


def test_a_nonce_ends_with_its_lifetime(pool: NoncePool) -> None:
    young, old = pool.issue(1, 1.0), pool.issue(1, 0.0)
    assert pool.spend(1, young, LIFETIME_S).commitment == young
    with pytest.raises(NonceError, match="expired; ask for new commitments"):
        pool.spend(1, old, LIFETIME_S)


def test_nonces_that_nobody_used_are_forgotten(pool: NoncePool) -> None:
    for _ in range(5):
        pool.issue(1, 0.0)
    kept = pool.issue(2, LIFETIME_S - 1)
    pool.issue(3, LIFETIME_S)
    assert len(pool) == 2
    assert pool.spend(2, kept, LIFETIME_S).commitment == kept


def test_no_two_nonces_are_alike(pool: NoncePool) -> None:
    commitments = [pool.issue(index, 0.0) for index in (1, 2, 3) for _ in range(10)]
    points = {point for commitment in commitments for point in (commitment.hiding, commitment.binding)}
    assert len(points) == 2 * len(commitments)


async def test_commitments_come_variant_by_variant_from_two_operators_each() -> None:
    stage = Stage.set_up()
    alice = await stage.wallet(ssp=False)
    by_id = pb.GetSigningCommitmentsRequest(node_ids=["a", "b", "c"], count=3)
    by_count = pb.GetSigningCommitmentsRequest(node_id_count=4, count=2)
    for request, total in ((by_id, 9), (by_count, 8)):
        got = await alice.ask("get_signing_commitments", request, pb.GetSigningCommitmentsResponse)
        assert len(got.signing_commitments) == total
        for entry in got.signing_commitments:
            names = set(entry.signing_nonce_commitments)
            assert len(names) == 2
            assert names < set(OPERATORS)


@pytest.mark.parametrize(("count", "leaves"), [(0, 3), (3, 0), (1001, 3), (0xFFFFFFFF, 0xFFFFFFFF)])
async def test_a_foolish_number_of_commitments_is_refused(count: int, leaves: int) -> None:
    stage = Stage.set_up()
    alice = await stage.wallet(ssp=False)
    request = pb.GetSigningCommitmentsRequest(node_id_count=leaves, count=count)
    with stage.refused("get_signing_commitments", Code.INVALID_ARGUMENT, "ask for 1 to 3000 commitments"):
        await alice.ask("get_signing_commitments", request, pb.GetSigningCommitmentsResponse)
    assert len(stage.net.nonces) == 0


async def test_a_refused_claim_has_spent_its_nonces() -> None:
    stage = Stage.set_up()
    alice = await stage.wallet(ssp=False)
    stage.fund(alice, 100)
    draft = await alice.draft_claim((await alice.pending())[0])
    share = draft.request.claim_package.leaves_to_claim[0].user_signature
    draft.request.claim_package.leaves_to_claim[0].user_signature = bytes(31) + b"\x01"
    request = alice.packer.seal(draft)
    with stage.refused("claim_transfer", Code.INVALID_ARGUMENT, "signature share is wrong"):
        await alice.ask("claim_transfer", request, pb.ClaimTransferResponse)
    request.claim_package.leaves_to_claim[0].user_signature = share
    with stage.refused("claim_transfer", Code.INVALID_ARGUMENT, "unknown or used; ask for new commitments"):
        await alice.ask("claim_transfer", request, pb.ClaimTransferResponse)


async def test_a_claim_with_old_commitments_is_refused() -> None:
    stage = Stage.set_up(Settings(nonce_lifetime_s=30))
    alice = await stage.wallet(ssp=False)
    stage.fund(alice, 100)
    request = alice.packer.seal(await alice.draft_claim((await alice.pending())[0]))
    stage.clock.advance(30)
    with stage.refused("claim_transfer", Code.INVALID_ARGUMENT, "expired; ask for new commitments"):
        await alice.ask("claim_transfer", request, pb.ClaimTransferResponse)
    assert await alice.claim_all()


async def test_a_repeated_request_that_is_refused_by_its_id_spends_nothing() -> None:
    stage = Stage.set_up()
    alice = await stage.funded(1003, 1003)
    first, second = (await alice.nodes()).values()
    invoice = stage.invoice(1000)
    locked = await alice.lock(invoice.text, [first])
    draft = await alice.draft_payment(stage.invoice(1000).text, [second], transfer_id=locked.transfer.id)
    unused = len(stage.net.nonces)
    with pytest.raises(RpcError) as caught:
        await alice.ask("initiate_preimage_swap_v3", alice.packer.seal(draft), pb.InitiatePreimageSwapResponse)
    assert caught.value.code is Code.ALREADY_EXISTS
    assert len(stage.net.nonces) == unused
