"""Logins at operators and provider: challenges, signatures, tokens and their ends."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from spikes.emulator.clock import ManualClock
from spikes.emulator.crypto import curve
from spikes.emulator.entropy import Entropy
from spikes.emulator.network import Settings
from spikes.emulator.rpc import Code, RpcError
from spikes.emulator.sessions import CHALLENGE_LIFETIME_S, AuthError, Session, SessionBook
from spikes.emulator.wire import spark_authn_pb2 as authn
from spikes.emulator.wire import spark_pb2 as pb
from tests.unit.emulator.stage import START, Stage
from tests.unit.emulator.wallet import Wallet

LIFETIME_S = 100.0
SECRET = 7
KEY = curve.point(SECRET)
AUTHN = "/spark_authn.SparkAuthnService/"


# ---- the book of sessions ----------------------------------------------------------------------


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


def book(clock: ManualClock, name: str = "operator-0") -> SessionBook:
    return SessionBook(name, secret=b"s" * 32, entropy=Entropy(1), clock=clock, lifetime_s=LIFETIME_S)


def opened(sessions: SessionBook, **changes: Any) -> Session:
    """Log in with a challenge of the book's own, or with one thing about it changed."""
    arguments: dict[str, Any] = {
        "challenge": b"challenge",
        "seal": sessions.seal(b"challenge"),
        "issued_at": START,
        "identity": KEY,
        "signed": b"challenge",
        "signature": curve.ecdsa_sign_der(hashlib.sha256(b"challenge").digest(), SECRET),
    }
    return sessions.open(**(arguments | changes))


def test_a_login_gives_a_token_that_names_the_identity(clock: ManualClock) -> None:
    sessions = book(clock)
    session = opened(sessions)
    assert sessions.identity(session.token) == KEY
    assert session.expires_at == START + LIFETIME_S


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"seal": bytes(32)}, "not ours"),
        ({"seal": b""}, "not ours"),
        ({"challenge": b"another"}, "not ours"),
        ({"issued_at": START - CHALLENGE_LIFETIME_S - 1}, "challenge has expired"),
        ({"identity": curve.point(8)}, "does not belong"),
        ({"signed": b"another"}, "does not belong"),
        ({"signature": b""}, "does not belong"),
        ({"signature": curve.ecdsa_sign_der(hashlib.sha256(b"challenge").digest(), 8)}, "does not belong"),
    ],
)
def test_a_login_with_one_thing_wrong_is_refused(clock: ManualClock, changes: dict[str, Any], words: str) -> None:
    sessions = book(clock)
    with pytest.raises(AuthError, match=words):
        opened(sessions, **changes)


def test_a_challenge_of_one_service_is_worth_nothing_at_another(clock: ManualClock) -> None:
    with pytest.raises(AuthError, match="not ours"):
        opened(book(clock, "operator-1"), seal=book(clock, "operator-0").seal(b"challenge"))


def test_a_challenge_holds_until_its_lifetime_is_over(clock: ManualClock) -> None:
    sessions = book(clock)
    clock.advance(CHALLENGE_LIFETIME_S)
    assert opened(sessions).identity == KEY


def test_a_session_ends_with_its_lifetime(clock: ManualClock) -> None:
    sessions = book(clock)
    token = opened(sessions).token
    clock.advance(LIFETIME_S - 1)
    assert sessions.identity(token) == KEY
    clock.advance(1)
    with pytest.raises(AuthError, match="expired; log in again"):
        sessions.identity(token)
    assert sessions.owner(token) == KEY
    opened(sessions)  # tidies up
    with pytest.raises(AuthError, match="unknown session token; log in"):
        sessions.identity(token)
    assert sessions.owner(token) is None


def test_the_sessions_of_one_identity_can_be_ended(clock: ManualClock) -> None:
    sessions = book(clock)
    token = opened(sessions).token
    sessions.forget(bytes(33))
    assert sessions.identity(token) == KEY
    sessions.forget(KEY)
    with pytest.raises(AuthError, match="expired; log in again"):
        sessions.identity(token)
    assert sessions.owner(token) == KEY
    assert sessions.identity(opened(sessions).token) == KEY


def test_all_sessions_can_be_forgotten_at_once(clock: ManualClock) -> None:
    sessions = book(clock)
    tokens = [opened(sessions).token for _ in range(2)]
    sessions.forget_all()
    for token in tokens:
        with pytest.raises(AuthError, match="unknown session token"):
            sessions.identity(token)
    assert sessions.identity(opened(sessions).token) == KEY


def test_nonces_and_tokens_never_repeat(clock: ManualClock) -> None:
    sessions = book(clock)
    assert len({sessions.nonce() for _ in range(20)}) == 20
    assert len({opened(sessions).token for _ in range(20)}) == 20


# ---- the operators' login ----------------------------------------------------------------------


async def challenge_of(wallet: Wallet, operator: int = 0) -> authn.ProtectedChallenge:
    request = authn.GetChallengeRequest(public_key=wallet.identity)
    raw = await wallet.gateway.call(operator, AUTHN + "get_challenge", None, request.SerializeToString())
    return authn.GetChallengeResponse.FromString(raw).protected_challenge


async def verify(wallet: Wallet, protected: authn.ProtectedChallenge, operator: int = 0, **changes: Any) -> str:
    """Sign a challenge, change something if asked, and log in with it: the token."""
    digest = hashlib.sha256(protected.challenge.SerializeToString()).digest()
    arguments: dict[str, Any] = {
        "protected_challenge": protected,
        "signature": curve.ecdsa_sign_der(digest, wallet.keys.identity_secret),
        "public_key": wallet.identity,
    }
    request = authn.VerifyChallengeRequest(**(arguments | changes))
    raw = await wallet.gateway.call(operator, AUTHN + "verify_challenge", None, request.SerializeToString())
    return authn.VerifyChallengeResponse.FromString(raw).session_token


async def test_the_challenge_is_new_each_time_and_bound_to_the_key() -> None:
    stage = Stage.set_up()
    alice = await stage.wallet()
    first, second = await challenge_of(alice), await challenge_of(alice)
    assert first.challenge.public_key == alice.identity
    assert first.challenge.timestamp == START
    assert len(first.challenge.nonce) == 32
    assert first.challenge.nonce != second.challenge.nonce


async def test_two_logins_at_once_do_not_disturb_each_other() -> None:
    stage = Stage.set_up()
    alice = await stage.wallet()
    first, second = await challenge_of(alice), await challenge_of(alice)
    tokens = [await verify(alice, second), await verify(alice, first)]
    assert len(set(tokens)) == 2
    for token in tokens:
        alice.tokens[0] = token
        assert await alice.nodes() == {}


async def test_a_wallet_cannot_log_in_as_another() -> None:
    stage = Stage.set_up()
    alice, mallory = await stage.wallet("alice"), await stage.wallet("mallory")
    protected = await challenge_of(alice)
    digest = hashlib.sha256(protected.challenge.SerializeToString()).digest()
    forged = curve.ecdsa_sign_der(digest, mallory.keys.identity_secret)
    with stage.refused("verify_challenge", Code.UNAUTHENTICATED, "does not belong"):
        await verify(alice, protected, signature=forged)
    with stage.refused("verify_challenge", Code.UNAUTHENTICATED, "made for another key"):
        await verify(mallory, protected)
    protected.challenge.public_key = mallory.identity
    with stage.refused("verify_challenge", Code.UNAUTHENTICATED, "not ours"):
        await verify(mallory, protected)


async def test_a_tampered_or_old_or_borrowed_challenge_is_refused() -> None:
    stage = Stage.set_up()
    alice = await stage.wallet()
    later = await challenge_of(alice)
    later.challenge.timestamp += 10
    with stage.refused("verify_challenge", Code.UNAUTHENTICATED, "not ours"):
        await verify(alice, later)
    with stage.refused("verify_challenge", Code.UNAUTHENTICATED, "not ours"):
        await verify(alice, await challenge_of(alice, operator=1), operator=2)
    with stage.refused("verify_challenge", Code.UNAUTHENTICATED, "another key"):
        await verify(alice, authn.ProtectedChallenge())
    old = await challenge_of(alice)
    stage.clock.advance(CHALLENGE_LIFETIME_S + 1)
    with stage.refused("verify_challenge", Code.UNAUTHENTICATED, "challenge has expired"):
        await verify(alice, old)


@pytest.mark.parametrize("key", [b"", b"\x02" * 32, b"\x05" + bytes(32), b"\x02" + b"\xff" * 32])
async def test_what_is_no_key_gets_no_challenge(key: bytes) -> None:
    stage = Stage.set_up()
    alice = await stage.wallet()
    request = authn.GetChallengeRequest(public_key=key).SerializeToString()
    with stage.refused("get_challenge", Code.INVALID_ARGUMENT, "public_key"):
        await alice.gateway.call(0, AUTHN + "get_challenge", None, request)


async def test_a_token_opens_one_operator_only() -> None:
    stage = Stage.set_up()
    alice = await stage.wallet()
    alice.tokens[1] = alice.tokens[0]
    with stage.refused("query_nodes", Code.UNAUTHENTICATED, "unknown session token"):
        await alice.nodes(operator=1)


@pytest.mark.parametrize("token", [None, "", "operator-0-", "Bearer x", "x" * 5000])
async def test_without_a_token_of_ours_there_is_no_answer(token: str | None) -> None:
    stage = Stage.set_up()
    alice = await stage.wallet()
    body = pb.QueryNodesRequest(owner_identity_pubkey=alice.identity).SerializeToString()
    with stage.refused("query_nodes", Code.UNAUTHENTICATED, "token"):
        await alice.gateway.call(0, "/spark.SparkService/query_nodes", token, body)


async def test_an_operators_session_expires_and_can_be_renewed() -> None:
    stage = Stage.set_up(Settings(session_lifetime_s=LIFETIME_S))
    alice = await stage.wallet()
    stage.clock.advance(LIFETIME_S)
    with stage.refused("query_nodes", Code.UNAUTHENTICATED, "expired; log in again"):
        await alice.nodes()
    await alice.login()
    assert await alice.nodes() == {}


async def test_forgotten_sessions_are_refused_everywhere() -> None:
    stage = Stage.set_up()
    alice = await stage.wallet()
    for sessions in (*stage.net.operator_sessions, stage.net.provider_sessions):
        sessions.forget_all()
    for operator in range(3):
        with pytest.raises(RpcError) as caught:
            await alice.nodes(operator)
        assert caught.value.code is Code.UNAUTHENTICATED
    with stage.refused_by_ssp("Transfers", "unknown session token", status=401):
        await alice.ssp("Transfers", transfer_spark_ids=[])


# ---- the provider's login ----------------------------------------------------------------------
