"""The key tweaks of a claim, a payment or a swap with one thing wrong, sealed and signed as if they were right."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from spikes.emulator.crypto import curve, feldman
from tests.unit.emulator.flows import Flow, Prepared, assert_refused
from tests.unit.emulator.wallet_packages import OPERATORS

OTHER_KEY = curve.point(5)
FIRST, SECOND, THIRD = OPERATORS


def share_of_another_polynomial(prepared: Prepared) -> None:
    share = prepared.tweaks[SECOND][-1].secret_share_tweak
    share.secret_share = curve.scalar_bytes(int.from_bytes(share.secret_share, "big") - 1)


def share_of_another_operator(prepared: Prepared) -> None:
    tweaks = prepared.tweaks
    tweaks[THIRD][-1].secret_share_tweak.secret_share = tweaks[FIRST][-1].secret_share_tweak.secret_share


def share_of_zero(prepared: Prepared) -> None:
    prepared.tweaks[FIRST][-1].secret_share_tweak.secret_share = bytes(32)


def proofs_that_differ(prepared: Prepared) -> None:
    """Operator 3 gets a polynomial of its own, sound in itself."""
    tweak = prepared.tweaks[THIRD][-1]
    share = feldman.split(7, 11)[2]
    tweak.secret_share_tweak.secret_share = curve.scalar_bytes(share)
    tweak.secret_share_tweak.proofs[:] = feldman.proofs(7, 11)
    tweak.pubkey_shares_tweak[THIRD] = curve.point(share)


def one_proof(prepared: Prepared) -> None:
    for tweaks in prepared.tweaks.values():
        del tweaks[-1].secret_share_tweak.proofs[1]


def three_proofs(prepared: Prepared) -> None:
    for tweaks in prepared.tweaks.values():
        tweaks[-1].secret_share_tweak.proofs.append(OTHER_KEY)


def resplit(prepared: Prepared, *coefficients: int) -> None:
    """Share the last leaf's tweak again, over a polynomial of another degree, sound in itself."""
    first, second = (
        int.from_bytes(prepared.tweaks[name][-1].secret_share_tweak.secret_share, "big") for name in (FIRST, SECOND)
    )
    polynomial = ((2 * first - second) % curve.N, *coefficients)
    shares = [sum(a * x**power for power, a in enumerate(polynomial)) % curve.N for x in (1, 2, 3)]
    for name, share in zip(OPERATORS, shares, strict=True):
        tweak = prepared.tweaks[name][-1]
        tweak.secret_share_tweak.secret_share = curve.scalar_bytes(share)
        tweak.secret_share_tweak.proofs[:] = [curve.point(a) for a in polynomial]
        for other, public in zip(OPERATORS, shares, strict=True):
            tweak.pubkey_shares_tweak[other] = curve.point(public)


def polynomial_of_degree_zero(prepared: Prepared) -> None:
    """Every operator learns the whole secret."""
    resplit(prepared)


def polynomial_of_degree_two(prepared: Prepared) -> None:
    """It takes three operators to sign, and any two of them make another key."""
    resplit(prepared, 5, 7)


def proof_that_is_no_point(prepared: Prepared) -> None:
    for tweaks in prepared.tweaks.values():
        tweaks[-1].secret_share_tweak.proofs[1] = b"\x02" + b"\xff" * 32


def wrong_public_share(prepared: Prepared) -> None:
    prepared.tweaks[SECOND][-1].pubkey_shares_tweak[SECOND] = OTHER_KEY


def no_public_share(prepared: Prepared) -> None:
    prepared.tweaks[SECOND][-1].pubkey_shares_tweak.pop(SECOND)


def wrong_public_share_of_another_operator(prepared: Prepared) -> None:
    prepared.tweaks[FIRST][-1].pubkey_shares_tweak[THIRD] = OTHER_KEY


def leaf_missing_for_one_operator(prepared: Prepared) -> None:
    del prepared.tweaks[SECOND][-1]


def leaf_twice_for_one_operator(prepared: Prepared) -> None:
    prepared.tweaks[SECOND].append(prepared.tweaks[SECOND][-1])


def share_sent_to_another_operator(prepared: Prepared) -> None:
    """Operator 2 learns nothing, operator 1 gets its share as well: two operators could sign alone."""
    prepared.tweaks[FIRST].append(prepared.tweaks[SECOND].pop())


def no_tweaks(prepared: Prepared) -> None:
    for tweaks in prepared.tweaks.values():
        del tweaks[:]


TWEAK_SPOILERS = [
    (share_of_another_polynomial, "operator 2 was sent a share that its proofs do not back"),
    (share_of_another_operator, "operator 3 was sent a share that its proofs do not back"),
    (share_of_zero, "a scalar must lie in 1..n-1"),
    (proofs_that_differ, "different proofs"),
    (one_proof, "proofs do not back"),
    (three_proofs, "proofs do not back"),
    (polynomial_of_degree_zero, "proofs do not back"),
    (polynomial_of_degree_two, "proofs do not back"),
    (proof_that_is_no_point, "proofs do not back"),
    (wrong_public_share, "public share of operator 2 is wrong"),
    (no_public_share, "public share of operator 2 is wrong"),
    (wrong_public_share_of_another_operator, "public share"),
    (leaf_missing_for_one_operator, "every leaf must be sent to every operator, once"),
    (leaf_twice_for_one_operator, "every leaf must be sent to every operator, once"),
    (share_sent_to_another_operator, "every leaf must be sent to every operator, once"),
    (no_tweaks, "every leaf must be sent to every operator, once"),
]


@pytest.mark.parametrize("flow", Flow)
@pytest.mark.parametrize(("spoil", "words"), TWEAK_SPOILERS)
async def test_a_spoiled_key_tweak_is_refused(flow: Flow, spoil: Callable[[Prepared], None], words: str) -> None:
    await assert_refused(flow, spoil, words, sealed=False)


@pytest.mark.parametrize("flow", Flow)
async def test_a_tweak_for_a_foreign_leaf_is_refused(flow: Flow) -> None:
    def spoil(prepared: Prepared) -> None:
        for tweaks in prepared.tweaks.values():
            tweaks[-1].leaf_id = "01234567-89ab-4def-8123-456789abcdef"

    await assert_refused(flow, spoil, "key tweak|cipher is wrong", sealed=False)
