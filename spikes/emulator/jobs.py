"""Signing jobs of a request: each leaf's transactions, matched with the ones expected and signed as a set.

Joins wire messages (UserSignedTxSigningJob) with refunds.py (what must be signed) and signing.py (how).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from spikes.emulator.crypto import curve
from spikes.emulator.crypto.frost import Commitment
from spikes.emulator.identities import FROST_INDEX
from spikes.emulator.ledger_state import Refunds
from spikes.emulator.nonces import NoncePool
from spikes.emulator.refunds import RefundPlan, Unsigned
from spikes.emulator.signing import Job, LeafKeys, Signed, SigningError, sign
from spikes.emulator.wire import common_pb2
from spikes.emulator.wire import spark_pb2 as pb


@dataclass(frozen=True, kw_only=True)
class JobLists:
    """The three lists of a package: one cpfp job and one direct-from-cpfp job a leaf, direct ones where they exist."""

    cpfp: Sequence[pb.UserSignedTxSigningJob]
    direct: Sequence[pb.UserSignedTxSigningJob]
    direct_from_cpfp: Sequence[pb.UserSignedTxSigningJob]


@dataclass(frozen=True, kw_only=True)
class LeafJobs:
    """The jobs for one leaf."""

    cpfp: pb.UserSignedTxSigningJob
    direct: pb.UserSignedTxSigningJob | None
    direct_from_cpfp: pb.UserSignedTxSigningJob | None


class Signer:
    """Signs a leaf's transactions with the operators' shares, spending nonces of `pool` at time `now`."""

    def __init__(self, pool: NoncePool, now: float) -> None:
        self._pool = pool
        self._now = now

    def sign_all(self, jobs: LeafJobs, plan: RefundPlan, keys: LeafKeys) -> Refunds:
        """All refunds of a leaf, signed. Raises SigningError if a job is missing, superfluous or wrong."""
        if (jobs.direct is None) != (plan.direct is None):
            raise SigningError(f"leaf {jobs.cpfp.leaf_id}: direct refunds go with timelocked nodes, and only with them")
        if jobs.direct_from_cpfp is None:
            raise SigningError(f"leaf {jobs.cpfp.leaf_id}: the direct-from-cpfp refund is missing")
        return Refunds(
            cpfp=self._signed_tx(jobs.cpfp, plan.cpfp, keys),
            direct=self._signed_tx(jobs.direct, plan.direct, keys) if jobs.direct and plan.direct else b"",
            direct_from_cpfp=self._signed_tx(jobs.direct_from_cpfp, plan.direct_from_cpfp, keys),
        )

    def sign_one(
        self, job: pb.UserSignedTxSigningJob, part: Unsigned, keys: LeafKeys, adaptor: bytes | None = None
    ) -> Signed:
        """One transaction. With an adaptor the signature in the result is not final."""
        read = _read(job)
        tx = part.also if part.also and read.raw_tx == part.also.serialize(include_witness=False) else part.tx
        return sign(read, tx, part.spend, keys, self._pool, self._now, adaptor)

    def _signed_tx(self, job: pb.UserSignedTxSigningJob, part: Unsigned, keys: LeafKeys) -> bytes:
        result = self.sign_one(job, part, keys)
        return result.tx.with_witness(result.signature).serialize()


def by_leaf(lists: JobLists, leaf_ids: Iterable[str]) -> dict[str, LeafJobs]:
    """The jobs by leaf, in the order of `leaf_ids`. Raises SigningError unless the lists name just these leaves."""
    ids = list(leaf_ids)
    cpfp, direct, late = (_unique(jobs) for jobs in (lists.cpfp, lists.direct, lists.direct_from_cpfp))
    if set(cpfp) != set(ids) or not {*direct, *late} <= set(ids):
        raise SigningError("the signing jobs are not for the leaves of this package")
    return {
        leaf_id: LeafJobs(cpfp=cpfp[leaf_id], direct=direct.get(leaf_id), direct_from_cpfp=late.get(leaf_id))
        for leaf_id in ids
    }


def _unique(jobs: Sequence[pb.UserSignedTxSigningJob]) -> dict[str, pb.UserSignedTxSigningJob]:
    found = {job.leaf_id: job for job in jobs}
    if len(found) != len(jobs):
        raise SigningError("a leaf has two signing jobs of the same kind")
    return found


def _read(job: pb.UserSignedTxSigningJob) -> Job:
    try:
        return Job(
            leaf_id=job.leaf_id,
            user_key=job.signing_public_key,
            raw_tx=job.raw_tx,
            user_commitment=_commitment(job.signing_nonce_commitment),
            user_share=job.user_signature,
            operators={
                FROST_INDEX[name]: _commitment(commitment)
                for name, commitment in job.signing_commitments.signing_commitments.items()
            },
        )
    except KeyError as error:
        raise SigningError(f"leaf {job.leaf_id}: unknown operator {error} in the signing commitments") from error
    except curve.CryptoError as error:
        raise SigningError(f"leaf {job.leaf_id}: {error}") from error


def _commitment(message: common_pb2.SigningCommitment) -> Commitment:
    return Commitment(hiding=curve.parse_point(message.hiding), binding=curve.parse_point(message.binding))
