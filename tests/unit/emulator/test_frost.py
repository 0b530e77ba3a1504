"""FROST with two groups: every vector (all parities, both adaptors), and the properties of shares and signatures."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from embit import ec
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from spikes.emulator.crypto import curve, feldman, frost, taproot
from spikes.emulator.crypto.curve import CryptoError, N

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[2] / "vectors" / "spark-vectors.json").read_text())
CASES: list[dict[str, Any]] = VECTORS["frost"]
ADAPTOR_CASES = [case for case in CASES if case["adaptor_secret"]]
SCALARS = st.integers(1, N - 1)


def case_name(case: dict[str, Any]) -> str:
    odd = "".join(letter for letter in "YQR" if case[f"{letter}_odd"])
    return f"odd-{odd or 'none'}{'-adaptor' if case['adaptor_secret'] else ''}"


@dataclass(frozen=True, kw_only=True)
class Signers:
    """The secrets of one signature and the session they make."""

    shares: dict[int, int]
    user_secret: int
    nonces: dict[int, frost.NoncePair]
    user_nonces: frost.NoncePair
    session: frost.SigningSession

    def operator_shares(self) -> dict[int, int]:
        return {i: frost.operator_share(self.session, i, self.shares[i], self.nonces[i]) for i in self.nonces}

    def user_share(self) -> int:
        return frost.user_share(self.session, self.user_secret, self.user_nonces)

    def signature(self) -> bytes:
        return frost.aggregate(self.session, self.operator_shares(), self.user_share())


def signers(
    secret: int,
    user_secret: int,
    operators: tuple[int, ...] = (1, 2),
    message: bytes = bytes(32),
    adaptor: bytes | None = None,
) -> Signers:
    """Signers with a fixed polynomial and fixed nonces that differ among all participants."""
    shares = dict(enumerate(feldman.split(secret, 0xC0FFEE), start=1))
    nonces = {i: frost.NoncePair(secret + 10 * i, secret + 10 * i + 1) for i in operators}
    user_nonces = frost.NoncePair(user_secret + 1000, user_secret + 2000)
    commitments = {i: pair.commitment for i, pair in nonces.items()}
    session = frost.session(message, curve.point(secret + user_secret), commitments, user_nonces.commitment, adaptor)
    return Signers(shares=shares, user_secret=user_secret, nonces=nonces, user_nonces=user_nonces, session=session)


def from_vector(case: dict[str, Any]) -> Signers:
    pairs = {name: frost.NoncePair(*(int(value, 16) for value in pair)) for name, pair in case["nonces"].items()}
    nonces = {i: pairs[str(i)] for i in case["signing_operators"]}
    return Signers(
        shares={int(i): int(share, 16) for i, share in case["operator_shares"].items()},
        user_secret=int(case["user_secret"], 16),
        nonces=nonces,
        user_nonces=pairs["user"],
        session=frost.session(
            bytes.fromhex(case["message"]),
            bytes.fromhex(case["verifying_key"]),
            {i: pair.commitment for i, pair in nonces.items()},
            pairs["user"].commitment,
            bytes.fromhex(case["adaptor_point"]) if case["adaptor_point"] else None,
        ),
    )


def test_identifiers() -> None:
    assert VECTORS["user_identifier"] == frost.USER_IDENTIFIER.hex()
    assert frost.operator_identifier(3).hex() == "0" * 63 + "3"
    with pytest.raises(CryptoError):
        frost.operator_identifier(0)


def test_the_vectors_cover_every_parity() -> None:
    parities = {(case["Y_odd"], case["Q_odd"], case["R_odd"]) for case in CASES if not case["adaptor_secret"]}
    assert len(parities) == 8
    assert {case["R_odd"] for case in ADAPTOR_CASES} == {True, False}


@pytest.mark.parametrize("case", CASES, ids=case_name)
def test_vector_session(case: dict[str, Any]) -> None:
    session = from_vector(case).session
    assert session.tweak == int(case["taptweak_t"], 16)
    assert session.output_key.hex() == case["tweaked_key"]
    assert session.output_key_even == curve.even(session.output_key)
    assert session.group_commitment.hex() == case["R"]
    assert session.challenge == int(case["challenge"], 16)
    names = {frost.operator_identifier(i): str(i) for i in case["signing_operators"]} | {frost.USER_IDENTIFIER: "user"}
    assert {names[key]: factor for key, factor in session.binding_factors.items()} == {
        name: int(value, 16) for name, value in case["binding"].items()
    }
    assert {str(i): value for i, value in session.lagrange.items()} == {
        name: int(value, 16) for name, value in case["lagrange"].items()
    }


@pytest.mark.parametrize("case", CASES, ids=case_name)
def test_vector_shares_and_signature(case: dict[str, Any]) -> None:
    party = from_vector(case)
    expected = {name: int(value, 16) for name, value in case["shares"].items()}
    shares, user_share = party.operator_shares(), party.user_share()
    assert {str(i): share for i, share in shares.items()} | {"user": user_share} == expected
    assert frost.verify_user_share(party.session, curve.point(party.user_secret), user_share)
    for i, share in shares.items():
        assert frost.verify_operator_share(party.session, i, curve.point(party.shares[i]), share)
    assert frost.aggregate(party.session, shares, user_share).hex() == case["signature"]


@pytest.mark.parametrize("case", CASES, ids=case_name)
def test_vector_polynomials(case: dict[str, Any]) -> None:
    shares = feldman.split(int(case["operator_secret"], 16), int(case["poly_a1"], 16))
    assert {str(i): share for i, share in enumerate(shares, start=1)} == {
        i: int(share, 16) for i, share in case["operator_shares"].items()
    }


@pytest.mark.parametrize("case", ADAPTOR_CASES, ids=case_name)
def test_vector_adaptors(case: dict[str, Any]) -> None:
    session, signature = from_vector(case).session, bytes.fromhex(case["signature"])
    secret, point = int(case["adaptor_secret"], 16), bytes.fromhex(case["adaptor_point"])
    assert frost.verify_adaptor(signature, session.message, session.verifying_key, point)
    completed = frost.complete_adaptor(signature, secret, session.message, session.verifying_key)
    assert completed.hex() == case["completed_signature"]
    assert curve.schnorr_verify(completed, session.message, session.output_key)
    assert not curve.schnorr_verify(signature, session.message, session.output_key)


@given(secret=SCALARS, user=SCALARS, message=st.binary(min_size=32, max_size=32))
@settings(deadline=None, max_examples=10)
def test_any_two_or_three_operators_sign_for_the_output_key(secret: int, user: int, message: bytes) -> None:
    if (secret + user) % N == 0:
        return
    script_key = ec.PublicKey.parse(curve.point(secret + user)).taproot_tweak()
    for operators in (*combinations((1, 2, 3), 2), (1, 2, 3), (3, 1)):
        signature = signers(secret, user, operators, message).signature()
        assert script_key.schnorr_verify(ec.SchnorrSig.parse(signature), message)


@given(secret=SCALARS, user=SCALARS, tau=SCALARS)
@settings(deadline=None, max_examples=15)
def test_an_adaptor_signature_is_completed_by_its_secret_only(secret: int, user: int, tau: int) -> None:
    assume((secret + user) % N != 0)
    assume((tau + 1) % N not in (0, N - tau))  # the next secret is then none, or this one with the other sign
    party = signers(secret, user, adaptor=curve.point(tau))
    signature, key, message = party.signature(), party.session.verifying_key, party.session.message
    assert frost.verify_adaptor(signature, message, key, curve.point(tau))
    assert not frost.verify_adaptor(signature, message, key, curve.point(tau + 1))
    completed = frost.complete_adaptor(signature, tau, message, key)
    assert curve.schnorr_verify(completed, message, taproot.output_key(key))
    assert (curve.scalar(completed[32:]) - curve.scalar(signature[32:])) % N in {tau, -tau % N}
    with pytest.raises(CryptoError):
        frost.complete_adaptor(signature, tau + 1, message, key)


@given(secret=SCALARS, user=SCALARS, error=st.integers(1, N - 1))
@settings(deadline=None, max_examples=10)
def test_a_wrong_share_fails_alone_and_in_the_sum(secret: int, user: int, error: int) -> None:
    if (secret + user) % N == 0:
        return
    for adaptor in (None, curve.point(5)):
        party = signers(secret, user, adaptor=adaptor)
        shares, user_share = party.operator_shares(), party.user_share()
        assert not frost.verify_user_share(party.session, curve.point(user), (user_share + error) % N)
        wrong = {**shares, 1: (shares[1] + error) % N}
        assert not frost.verify_operator_share(party.session, 1, curve.point(party.shares[1]), wrong[1])
        for broken in ((wrong, user_share), (shares, (user_share + error) % N)):
            with pytest.raises(CryptoError, match="invalid"):
                frost.aggregate(party.session, *broken)


def test_share_verification_depends_on_the_key_and_the_range() -> None:
    party = signers(77, 99)
    share, operator_share = party.user_share(), party.operator_shares()[1]
    key, public = curve.point(party.user_secret), curve.point(party.shares[1])
    assert frost.verify_user_share(party.session, key, share)
    assert not frost.verify_user_share(party.session, curve.negate(key), share)
    assert not frost.verify_user_share(party.session, bytes(33), share)
    assert not frost.verify_user_share(party.session, key, share + N)
    assert not frost.verify_user_share(party.session, key, -1)
    assert frost.verify_operator_share(party.session, 1, public, operator_share)
    assert not frost.verify_operator_share(party.session, 2, public, operator_share)
    assert not frost.verify_operator_share(party.session, 3, public, operator_share)
    assert not frost.verify_operator_share(party.session, 1, curve.negate(public), operator_share)
    assert not frost.verify_operator_share(party.session, 1, public, operator_share + N)


def test_shares_need_the_nonces_and_the_operators_of_the_session() -> None:
    party = signers(77, 99)
    with pytest.raises(CryptoError, match="nonces"):
        frost.operator_share(party.session, 1, party.shares[1], party.nonces[2])
    with pytest.raises(CryptoError, match="nonces"):
        frost.user_share(party.session, party.user_secret, party.nonces[1])
    with pytest.raises(CryptoError, match="operator 3"):
        frost.operator_share(party.session, 3, party.shares[3], party.nonces[1])
    for operators in ({1: 5}, {1: 5, 2: 6, 3: 7}, {1: 5, 3: 6}):
        with pytest.raises(CryptoError, match="operators"):
            frost.aggregate(party.session, operators, 1)


def test_nonces_are_not_printed() -> None:
    assert repr(frost.NoncePair(123456789, 987654321)) == "NoncePair()"


def test_a_session_needs_two_operators_a_hash_and_valid_points() -> None:
    good, key = frost.NoncePair(3, 4).commitment, curve.point(9)
    broken = frost.Commitment(hiding=bytes(33), binding=good.binding)
    assert frost.session(bytes(32), key, {1: good, 2: good}, good).group_commitment
    with pytest.raises(CryptoError):
        frost.session(bytes(32), key, {1: good}, good)
    with pytest.raises(CryptoError):
        frost.session(bytes(31), key, {1: good, 2: good}, good)
    with pytest.raises(CryptoError):
        frost.session(bytes(32), key, {1: good, 2: broken}, good)
    with pytest.raises(CryptoError):
        frost.session(bytes(32), bytes(33), {1: good, 2: good}, good)
    with pytest.raises(CryptoError):
        frost.session(bytes(32), key, {1: good, 2: good}, good, adaptor=b"")
    with pytest.raises(CryptoError):
        frost.session(bytes(32), key, {0: good, 2: good}, good)


def test_every_input_of_the_session_changes_the_challenge() -> None:
    base = signers(77, 99).session
    others = (
        signers(77, 99, message=b"\x01" * 32),
        signers(78, 99),
        signers(77, 99, operators=(1, 3)),
        signers(77, 99, adaptor=curve.point(5)),
    )
    challenges = {base.challenge, *(other.session.challenge for other in others)}
    assert len(challenges) == 1 + len(others)


def test_adaptor_checks_are_false_or_raise_for_malformed_input() -> None:
    party = signers(77, 99, adaptor=curve.point(5))
    signature, key, message = party.signature(), party.session.verifying_key, party.session.message
    assert frost.verify_adaptor(signature, message, key, curve.point(5))
    assert not frost.verify_adaptor(signature[:-1], message, key, curve.point(5))
    assert not frost.verify_adaptor(signature, message[:-1], key, curve.point(5))
    assert not frost.verify_adaptor(signature, message, key, bytes(33))
    assert not frost.verify_adaptor(b"\xff" * 64, message, key, curve.point(5))
    assert not frost.verify_adaptor(signature[:32] + bytes(32), message, key, curve.point(5))
    with pytest.raises(CryptoError):
        frost.complete_adaptor(signature[:-1], 5, message, key)
