"""Feldman secret sharing with threshold 2: operator i (1, 2, 3) holds the polynomial secret + coefficient*x at x = i.

It must not know who holds the shares or what the secret is for.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from .curve import CryptoError, N, add, mul, point


def split(secret: int, coefficient: int, count: int = 3) -> tuple[int, ...]:
    """The shares at x = 1..count; any two of them determine the secret."""
    return tuple((secret + index * coefficient) % N for index in range(1, count + 1))


def proofs(secret: int, coefficient: int) -> tuple[bytes, bytes]:
    """The public commitments (secret*G, coefficient*G). Raises CryptoError if either scalar is 0."""
    return point(secret), point(coefficient)


def verify_share(index: int, share: int, proofs: Sequence[bytes]) -> bool:
    """Whether share*G equals the committed polynomial at `index`. Invalid scalars, points or a missing proof: False."""
    if not proofs:
        return False
    try:
        terms = [proofs[0], *(mul(proof, pow(index, power, N)) for power, proof in enumerate(proofs[1:], start=1))]
        return point(share) == add(*terms)
    except CryptoError:
        return False


def lagrange(index: int, indexes: Collection[int]) -> int:
    """The coefficient of `index` at x = 0 for interpolation over `indexes` (distinct, non-zero, containing `index`)."""
    others = set(indexes)
    if len(others) != len(indexes) or index not in others or any(i % N == 0 for i in others):
        raise CryptoError("interpolation needs distinct non-zero indexes, among them the one asked for")
    numerator = denominator = 1
    for other in others - {index}:
        numerator = numerator * other % N
        denominator = denominator * (other - index) % N
    return numerator * pow(denominator, -1, N) % N


def reconstruct(shares: Mapping[int, int]) -> int:
    """The secret from shares by index. At least two are needed; more are used, not checked against each other."""
    if len(shares) < 2:
        raise CryptoError(f"two shares determine the secret, got {len(shares)}; collect another one")
    return sum(lagrange(index, shares.keys()) * share for index, share in shares.items()) % N
