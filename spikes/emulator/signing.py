"""One transaction signed by user and operators together: check the user's part, add the operators', return it signed.

Raises SigningError for everything that a client got wrong. Must not know transfers, wire messages or the ledger.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from spikes.emulator.crypto import curve, frost
from spikes.emulator.crypto.frost import Commitment, NoncePair, SigningSession
from spikes.emulator.nonces import NonceError, NoncePool
from spikes.emulator.transactions import Tx, sighash


class SigningError(ValueError):
    """The job cannot be signed; the message says which part of it is wrong."""


@dataclass(frozen=True, kw_only=True)
class Spend:
    """The output that a transaction spends: what its signature commits to besides the transaction."""

    value_sats: int
    script: bytes


@dataclass(frozen=True, kw_only=True)
class Job:
    """A user's half of a signature. `operators` are the commitments it was made with, by FROST index (1..3)."""

    leaf_id: str
    user_key: bytes
    raw_tx: bytes
    user_commitment: Commitment
    user_share: bytes
    operators: Mapping[int, Commitment]


@dataclass(frozen=True, kw_only=True)
class Signed:
    """A checked session, the operators' shares in it, and the signature they make with the user's share.

    With an adaptor the signature is not final: it lacks the adaptor secret.
    """

    tx: Tx
    session: SigningSession
    operator_shares: Mapping[int, int]
    signature: bytes


@dataclass(frozen=True, kw_only=True)
class LeafKeys:
    """The keys a leaf is signed with: operator shares 1..3, the owner's key, and their sum the verifying key."""

    shares: tuple[int, int, int]
    owner_key: bytes
    verifying_key: bytes


def sign(  # noqa: PLR0917 - the parts of one signature
    job: Job, tx: Tx, spend: Spend, keys: LeafKeys, nonces: NoncePool, now: float, adaptor: bytes | None = None
) -> Signed:
    """Check `job` against the expected transaction `tx` and add the operators' shares.

    The operators' nonces are spent first, so that no failure afterwards leaves them usable.
    """
    if len(job.operators) < 2:
        raise SigningError(f"leaf {job.leaf_id}: a signature needs the commitments of at least two operators")
    try:
        pairs = {index: nonces.spend(index, commitment, now) for index, commitment in job.operators.items()}
    except NonceError as error:
        raise SigningError(f"leaf {job.leaf_id}: {error}") from error
    if job.raw_tx != tx.serialize(include_witness=False):
        raise SigningError(f"leaf {job.leaf_id}: the transaction is not the one expected here")
    if job.user_key != keys.owner_key:
        raise SigningError(f"leaf {job.leaf_id}: signed with a key that does not own the leaf")
    try:
        return _join(job, tx, sighash(tx, spend.value_sats, spend.script), keys, pairs, adaptor)
    except curve.CryptoError as error:
        raise SigningError(f"leaf {job.leaf_id}: {error}") from error


def _join(  # noqa: PLR0917 - the parts of one signature
    job: Job, tx: Tx, message: bytes, keys: LeafKeys, pairs: Mapping[int, NoncePair], adaptor: bytes | None
) -> Signed:
    session = frost.session(message, keys.verifying_key, job.operators, job.user_commitment, adaptor)
    user_share = curve.scalar(job.user_share)
    if not frost.verify_user_share(session, keys.owner_key, user_share):
        raise SigningError(f"leaf {job.leaf_id}: the user's signature share is wrong")
    shares = {
        index: frost.operator_share(session, index, keys.shares[index - 1], pair) for index, pair in pairs.items()
    }
    signature = frost.aggregate(session, shares, user_share)
    return Signed(tx=tx, session=session, operator_shares=shares, signature=signature)
