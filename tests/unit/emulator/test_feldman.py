"""Feldman sharing: any two shares determine the secret, and every share is checked against the public commitments."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from spikes.emulator.crypto import feldman
from spikes.emulator.crypto.curve import CryptoError, N, point

SCALARS = st.integers(1, N - 1)


@given(secret=SCALARS, coefficient=SCALARS)
@settings(deadline=None, max_examples=25)
def test_any_two_shares_reconstruct_and_all_verify(secret: int, coefficient: int) -> None:
    shares = dict(enumerate(feldman.split(secret, coefficient), start=1))
    assume(all(shares.values()))  # a share of zero has no point; no sender would use it
    commitments = feldman.proofs(secret, coefficient)
    assert commitments == (point(secret), point(coefficient))
    assert feldman.reconstruct(shares) == secret
    for pair in combinations(shares, 2):
        assert feldman.reconstruct({index: shares[index] for index in pair}) == secret
    for index, share in shares.items():
        assert feldman.verify_share(index, share, commitments)
        assert not feldman.verify_share(index, share + 1, commitments)
        assert not feldman.verify_share(index + 1, share, commitments)


def test_verify_share_is_false_for_unusable_proofs() -> None:
    secret, coefficient = 5, 7
    share = feldman.split(secret, coefficient)[1]
    first, second = feldman.proofs(secret, coefficient)
    assert feldman.verify_share(2, share, (first, second))
    assert not feldman.verify_share(2, share, (second, first))
    assert not feldman.verify_share(2, share, (first,))
    assert not feldman.verify_share(2, share, (first, bytes(33)))
    assert not feldman.verify_share(2, 0, (first, second))
    assert not feldman.verify_share(2, share, ())


def test_verify_share_takes_one_proof_for_each_coefficient() -> None:
    commitments = (point(5), point(7), point(11))
    assert feldman.verify_share(3, 5 + 7 * 3 + 11 * 9, commitments)
    assert not feldman.verify_share(3, 5 + 7 * 3 + 11 * 3, commitments)


def test_split_makes_as_many_shares_as_asked() -> None:
    assert feldman.split(10, 3, count=5) == (13, 16, 19, 22, 25)


@pytest.mark.parametrize(("index", "indexes"), [(1, [2, 3]), (1, [1, 1]), (0, [0, 1]), (1, [])])
def test_lagrange_refuses_indexes_it_cannot_interpolate(index: int, indexes: list[int]) -> None:
    with pytest.raises(CryptoError):
        feldman.lagrange(index, indexes)


def test_one_share_does_not_determine_the_secret() -> None:
    with pytest.raises(CryptoError, match="two shares"):
        feldman.reconstruct({1: 5})
