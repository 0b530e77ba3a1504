"""One signing job of a claim, a payment or a swap with one thing wrong."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from spikes.emulator import transactions as txs
from spikes.emulator.crypto import curve
from spikes.emulator.wire import spark_pb2 as pb
from tests.unit.emulator.flows import Flow, Prepared, assert_refused

OTHER_KEY = curve.point(5)
Job = pb.UserSignedTxSigningJob


def zero_share(job: Job) -> None:
    job.user_signature = bytes(32)


def share_of_31_bytes(job: Job) -> None:
    job.user_signature = job.user_signature[:31]


def share_plus_one(job: Job) -> None:
    job.user_signature = curve.scalar_bytes((int.from_bytes(job.user_signature, "big") + 1) % curve.N)


def no_transaction(job: Job) -> None:
    job.raw_tx = b""


def later_transaction(job: Job) -> None:
    tx = txs.parse_tx(job.raw_tx)
    job.raw_tx = txs.refund_tx(tx.prevout_txid, tx.outputs[0].value, OTHER_KEY, tx.sequence).serialize()


def longer_transaction(job: Job) -> None:
    job.raw_tx += b"\x00"


def another_key(job: Job) -> None:
    job.signing_public_key = OTHER_KEY


def no_key(job: Job) -> None:
    job.signing_public_key = b""


def own_nonce_is_no_point(job: Job) -> None:
    job.signing_nonce_commitment.hiding = b"\x02" + b"\xff" * 32


def another_own_nonce(job: Job) -> None:
    job.signing_nonce_commitment.binding = OTHER_KEY


def no_commitments(job: Job) -> None:
    job.signing_commitments.Clear()


def one_operator_only(job: Job) -> None:
    commitments = job.signing_commitments.signing_commitments
    del commitments[min(commitments)]


def unknown_operator(job: Job) -> None:
    commitments = job.signing_commitments.signing_commitments
    commitments[f"{4:064x}"].CopyFrom(commitments[min(commitments)])


def operator_by_another_name(job: Job) -> None:
    commitments = job.signing_commitments.signing_commitments
    name = min(commitments)
    commitments["0x" + name].CopyFrom(commitments[name])
    del commitments[name]


def operators_confused(job: Job) -> None:
    commitments = job.signing_commitments.signing_commitments
    low, high = sorted(commitments)
    kept = commitments[low].SerializeToString()
    commitments[low].CopyFrom(commitments[high])
    commitments[high].ParseFromString(kept)


def foreign_commitment(job: Job) -> None:
    commitments = job.signing_commitments.signing_commitments
    commitments[min(commitments)].hiding = OTHER_KEY


def binding_of_another(job: Job) -> None:
    commitments = job.signing_commitments.signing_commitments
    commitments[min(commitments)].binding = OTHER_KEY


JOB_SPOILERS = [
    (zero_share, "a scalar must lie in 1..n-1"),
    (share_of_31_bytes, "a scalar needs 32 bytes"),
    (share_plus_one, "signature share is wrong"),
    (no_transaction, "not the one expected"),
    (later_transaction, "not the one expected"),
    (longer_transaction, "not the one expected"),
    (another_key, "a key that does not own the leaf"),
    (no_key, "a key that does not own the leaf"),
    (own_nonce_is_no_point, "not on the curve"),
    (another_own_nonce, "signature share is wrong"),
    (no_commitments, "at least two operators"),
    (one_operator_only, "at least two operators"),
    (unknown_operator, "unknown operator"),
    (operator_by_another_name, "unknown operator"),
    (operators_confused, "unknown or used"),
    (foreign_commitment, "unknown or used"),
    (binding_of_another, "unknown or used"),
]
SIGNED = [
    (flow, kind)
    for flow in Flow
    for kind in ("cpfp", "direct", "direct_from_cpfp")
    if flow is not Flow.SWAP or kind == "cpfp"
]


@pytest.mark.parametrize("flow", Flow)
@pytest.mark.parametrize(("spoil", "words"), JOB_SPOILERS)
async def test_a_spoiled_job_is_refused(flow: Flow, spoil: Callable[[Job], None], words: str) -> None:
    await assert_refused(flow, lambda prepared: spoil(prepared.jobs["cpfp"][-1]), words, sealed=False)


@pytest.mark.parametrize("flow", [Flow.CLAIM, Flow.PAYMENT])
@pytest.mark.parametrize("kind", ["direct", "direct_from_cpfp"])
@pytest.mark.parametrize("spoil", [share_plus_one, later_transaction, another_key, foreign_commitment])
async def test_the_other_jobs_are_checked_like_the_first(flow: Flow, kind: str, spoil: Callable[[Job], None]) -> None:
    (words,) = (words for spoiler, words in JOB_SPOILERS if spoiler is spoil)
    await assert_refused(flow, lambda prepared: spoil(prepared.jobs[kind][-1]), words, sealed=False)


@pytest.mark.parametrize(("flow", "kind"), SIGNED)
async def test_commitments_used_twice_in_one_request_are_refused(flow: Flow, kind: str) -> None:
    def spoil(prepared: Prepared) -> None:
        jobs = prepared.jobs[kind]
        jobs[-1].signing_commitments.CopyFrom(jobs[0].signing_commitments)

    await assert_refused(flow, spoil, "unknown or used", sealed=False)


@pytest.mark.parametrize(("flow", "kind"), SIGNED)
async def test_a_job_for_the_same_leaf_twice_is_refused(flow: Flow, kind: str) -> None:
    def spoil(prepared: Prepared) -> None:
        prepared.jobs[kind].append(prepared.jobs[kind][-1])

    await assert_refused(flow, spoil, "two signing jobs|each of them once", sealed=False)


@pytest.mark.parametrize("flow", [Flow.CLAIM, Flow.PAYMENT])
@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("cpfp", "not for the leaves"),
        ("direct", "direct refunds go with timelocked nodes"),
        ("direct_from_cpfp", "direct-from-cpfp refund is missing"),
    ],
)
async def test_a_missing_job_is_refused(flow: Flow, kind: str, words: str) -> None:
    await assert_refused(flow, lambda prepared: prepared.jobs[kind].__delitem__(-1), words, sealed=False)


@pytest.mark.parametrize(("flow", "kind"), [(flow, kind) for flow, kind in SIGNED if kind != "cpfp"])
async def test_a_job_for_a_leaf_that_is_not_in_the_package_is_refused(flow: Flow, kind: str) -> None:
    def spoil(prepared: Prepared) -> None:
        prepared.jobs[kind][-1].leaf_id = "another"

    await assert_refused(flow, spoil, "not for the leaves", sealed=False)
