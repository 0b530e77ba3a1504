"""FROST signing of Spark: at least two operators (Shamir shares) plus the user, who is a group of his own.

The signed key is the taproot output key of Y = S + U, with S shared among the operators and U the user's key.
It must not know transactions, leaves, or where nonces are kept; each NoncePair must be used for one session only.
Source: the facts file, section 4. z_j = +-(d_j + rho_j*e_j) + lambda_j*x_j*c, and R, Q are normalised to even y.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from . import feldman, taproot
from .curve import (
    CryptoError,
    N,
    add,
    even,
    hash_to_scalar,
    is_odd,
    lift_x,
    mul,
    mul_add,
    negate,
    parse_point,
    point,
    scalar,
    scalar_bytes,
    schnorr_verify,
    sub,
    tagged_hash,
    xonly,
)

_CONTEXT: Final = b"FROST-secp256k1-SHA256-TR-v1"
USER_IDENTIFIER: Final = scalar_bytes(hash_to_scalar(_CONTEXT + b"id", b"user"))


def operator_identifier(i: int) -> bytes:
    """32-byte identifier of operator i = 1, 2, ..."""
    if i < 1:
        raise CryptoError(f"operators are numbered from 1, got {i}")
    return scalar_bytes(i)


@dataclass(frozen=True)
class Commitment:
    """The public points of a nonce pair."""

    hiding: bytes
    binding: bytes


@dataclass(frozen=True)
class NoncePair:
    """The two secret nonces (scalars in 1..n-1) of one participant in one session; never printed."""

    hiding: int = field(repr=False)
    binding: int = field(repr=False)

    @cached_property
    def commitment(self) -> Commitment:
        """The points to publish; computed once."""
        return Commitment(hiding=point(self.hiding), binding=point(self.binding))


@dataclass(frozen=True, kw_only=True)
class SigningSession:
    """Everything the participants of one signature share; made by `session` only."""

    message: bytes
    verifying_key: bytes
    adaptor: bytes | None
    operators: Mapping[int, Commitment]
    user: Commitment
    tweak: int
    output_key: bytes
    output_key_even: bytes
    group_commitment: bytes
    challenge: int
    binding_factors: Mapping[bytes, int]
    nonce_points: Mapping[bytes, bytes]
    lagrange: Mapping[int, int]

    @property
    def nonce_sign(self) -> int:
        """-1 if R has odd y: then every participant negates its nonces."""
        return -1 if is_odd(self.group_commitment) else 1

    @property
    def output_sign(self) -> int:
        """-1 if Q has odd y: then every participant negates its tweaked secret."""
        return -1 if is_odd(self.output_key) else 1

    @property
    def key_sign(self) -> int:
        """The factor on an untweaked secret or public share: Y and Q are both brought to even y."""
        return self.output_sign * (-1 if is_odd(self.verifying_key) else 1)


def session(
    message: bytes,
    verifying_key: bytes,
    operators: Mapping[int, Commitment],
    user: Commitment,
    adaptor: bytes | None = None,
) -> SigningSession:
    """Set up one signature of a 32-byte message under the taproot output key of Y = `verifying_key`.

    `operators` holds the commitments by operator index (two or more), `adaptor` the adaptor point of a swap.
    Raises CryptoError for invalid points, a message of another length, or fewer than two operators.
    """
    if len(message) != 32:
        raise CryptoError(f"the message needs 32 bytes, got {len(message)}; sign its hash")
    if len(operators) < 2:
        raise CryptoError(f"a signature needs commitments of at least two operators, got {len(operators)}")
    tweak = taproot.taptweak(verifying_key)
    output_key = mul_add(even(verifying_key), 1, tweak)
    commitments = {operator_identifier(index): commitment for index, commitment in operators.items()}
    commitments[USER_IDENTIFIER] = user
    factors = _binding_factors(even(output_key), message, commitments)
    nonce_points = {key: add(c.hiding, mul(c.binding, factors[key])) for key, c in commitments.items()}
    group_commitment = add(*nonce_points.values(), *(() if adaptor is None else (adaptor,)))
    return SigningSession(
        message=message,
        verifying_key=verifying_key,
        adaptor=adaptor,
        operators=dict(operators),
        user=user,
        tweak=tweak,
        output_key=output_key,
        output_key_even=even(output_key),
        group_commitment=group_commitment,
        challenge=_challenge(group_commitment, output_key, message),
        binding_factors=factors,
        nonce_points=nonce_points,
        lagrange={index: feldman.lagrange(index, operators.keys()) for index in operators},
    )


def operator_share(session: SigningSession, index: int, secret_share: int, nonces: NoncePair) -> int:
    """Signature share of an operator of the session. Raises CryptoError if the nonces are not those it committed to."""
    _require_member(session, index)
    _require_commitment(nonces, session.operators[index])
    secret = session.key_sign * secret_share + session.output_sign * session.tweak
    nonce = _nonce(session, operator_identifier(index), nonces)
    return (nonce + session.lagrange[index] * secret * session.challenge) % N


def user_share(session: SigningSession, secret: int, nonces: NoncePair) -> int:
    """Signature share of the user. Raises CryptoError if the nonces are not those of the session."""
    _require_commitment(nonces, session.user)
    return (_nonce(session, USER_IDENTIFIER, nonces) + session.key_sign * secret * session.challenge) % N


def verify_user_share(session: SigningSession, user_public_key: bytes, share: int) -> bool:
    """Whether the share is the one U's holder makes in this session. Invalid points or scalars: False."""
    return _share_fits(session, USER_IDENTIFIER, user_public_key, session.challenge * session.key_sign, share)


def verify_operator_share(session: SigningSession, index: int, public_share: bytes, share: int) -> bool:
    """Whether the share is the one the holder of the Shamir share behind `public_share` makes. Invalid input: False."""
    if index not in session.operators:
        return False
    weight = session.lagrange[index] * session.challenge
    untweaked = (share - weight * session.output_sign * session.tweak) % N  # t enters an operator's secret additively
    identifier = operator_identifier(index)
    return 0 <= share < N and _share_fits(session, identifier, public_share, weight * session.key_sign, untweaked)


def aggregate(session: SigningSession, operator_shares: Mapping[int, int], user_share: int) -> bytes:
    """The 64-byte signature x(R) || sum of the shares.

    It is checked before it is returned: as BIP340 under x(Q), or with an adaptor by the adaptor equation.
    Raises CryptoError if the operators are not those of the session or the signature is invalid.
    """
    if operator_shares.keys() != session.operators.keys():
        raise CryptoError("the shares must come from exactly the operators whose commitments the session holds")
    total = (sum(operator_shares.values()) + user_share) % N
    signature = xonly(session.group_commitment) + scalar_bytes(total)
    if session.adaptor is None:
        valid = schnorr_verify(signature, session.message, session.output_key)
    else:
        target = mul_add(session.output_key_even, session.challenge, -total)  # c*Q - z*G, to be -+(R - T)
        difference = sub(session.adaptor, session.group_commitment)
        valid = target == (difference if session.nonce_sign == 1 else negate(difference))
    if not valid:
        raise CryptoError("the aggregated signature is invalid; verify each share to find the wrong one")
    return signature


def verify_adaptor(signature64: bytes, message32: bytes, verifying_key: bytes, adaptor_point: bytes) -> bool:
    """Whether z*G +- T == lift_x(R) + c*Q for the taproot output key Q of `verifying_key`. Malformed input: False.

    The signature does not tell the parity of R, and with it the sign of T, so either sign is accepted.
    """
    if len(signature64) != 64 or len(message32) != 32:
        return False
    try:
        nonce_point = lift_x(signature64[:32])
        key = taproot.output_key(verifying_key)
        challenge = _challenge(nonce_point, key, message32)
        remainder = add(nonce_point, mul_add(even(key), challenge, -scalar(signature64[32:])))
        return remainder[1:] == xonly(parse_point(adaptor_point))
    except CryptoError:
        return False


def complete_adaptor(signature64: bytes, adaptor_secret: int, message32: bytes, verifying_key: bytes) -> bytes:
    """The BIP340 signature that an adaptor signature becomes with its secret. Raises CryptoError if none results."""
    if len(signature64) != 64:
        raise CryptoError(f"an adaptor signature needs 64 bytes, got {len(signature64)}")
    key = taproot.output_key(verifying_key)
    share = int.from_bytes(signature64[32:], "big")
    for secret in (adaptor_secret, -adaptor_secret):  # plus for R with even y, minus for odd: x(R) hides which
        completed = signature64[:32] + scalar_bytes((share + secret) % N)
        if schnorr_verify(completed, message32, key):
            return completed
    raise CryptoError("the adaptor secret does not complete this signature; check that both belong to one swap")


def _binding_factors(key_even: bytes, message: bytes, commitments: Mapping[bytes, Commitment]) -> dict[bytes, int]:
    """rho by identifier; identifiers sort numerically because all are 32 bytes big-endian."""
    encoded = b"".join(key + c.hiding + c.binding for key, c in sorted(commitments.items(), key=lambda item: item[0]))
    prefix = key_even + _hash(b"msg", message) + _hash(b"com", encoded)
    return {key: hash_to_scalar(_CONTEXT + b"rho", prefix + key) for key in commitments}


def _hash(label: bytes, data: bytes) -> bytes:
    return hashlib.sha256(_CONTEXT + label + data).digest()


def _challenge(nonce_point: bytes, key: bytes, message: bytes) -> int:
    return int.from_bytes(tagged_hash("BIP0340/challenge", xonly(nonce_point) + xonly(key) + message), "big") % N


def _nonce(session: SigningSession, identifier: bytes, nonces: NoncePair) -> int:
    return session.nonce_sign * (nonces.hiding + session.binding_factors[identifier] * nonces.binding)


def _share_fits(session: SigningSession, identifier: bytes, public: bytes, weight: int, share: int) -> bool:
    """weight*P - z*G must be minus the (signed) nonce point: one multiplication instead of two."""
    if not 0 <= share < N:
        return False
    expected = session.nonce_points[identifier]
    if session.nonce_sign == 1:
        expected = negate(expected)
    try:
        return mul_add(public, weight, -share) == expected
    except CryptoError:
        return False


def _require_member(session: SigningSession, index: int) -> None:
    if index not in session.operators:
        raise CryptoError(f"operator {index} takes no part in this session; use one of {sorted(session.operators)}")


def _require_commitment(nonces: NoncePair, commitment: Commitment) -> None:
    if nonces.commitment != commitment:
        raise CryptoError("the nonces do not match the commitment in the session; use the pair that was published")
