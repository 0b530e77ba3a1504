"""Logging in at the service provider: challenge, signature, session."""

from __future__ import annotations

import base64
import hashlib

import pytest

from spikes.emulator.crypto import curve
from spikes.emulator.sessions import CHALLENGE_LIFETIME_S
from spikes.emulator.wire import ssp_authn_pb2
from tests.unit.emulator.stage import START, Stage
from tests.unit.emulator.wallet import Wallet
from tests.unit.emulator.wallet_client import SspRefusal


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


async def ssp_challenge(wallet: Wallet) -> bytes:
    wallet.ssp_token = None
    answer = await wallet.ssp("GetChallenge", input={"public_key": wallet.identity.hex()})
    text = answer["get_challenge"]["protected_challenge"]
    assert "=" not in text
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def login_input(wallet: Wallet, raw: bytes, **changes: str) -> dict[str, str]:
    signature = curve.ecdsa_sign_der(hashlib.sha256(raw).digest(), wallet.keys.identity_secret)
    arguments = {
        "protected_challenge": encoded(raw),
        "signature": encoded(signature),
        "identity_public_key": wallet.identity.hex(),
    }
    return arguments | changes


async def test_the_providers_challenge_is_the_message_that_newer_clients_check() -> None:
    stage = Stage.set_up()
    alice = await stage.wallet()
    message = ssp_authn_pb2.ProtectedChallenge.FromString(await ssp_challenge(alice))
    assert message.challenge.public_key == alice.identity
    assert (message.version, message.challenge.version, message.challenge.timestamp) == (1, 1, START)
    assert (len(message.challenge.nonce), len(message.server_hmac)) == (32, 32)


async def test_the_provider_refuses_a_login_with_one_thing_wrong() -> None:
    stage = Stage.set_up()
    alice, mallory = await stage.wallet("alice"), await stage.wallet("mallory")
    raw = await ssp_challenge(alice)
    tampered = ssp_authn_pb2.ProtectedChallenge.FromString(raw)
    tampered.challenge.timestamp += 1
    for data, words in (
        (login_input(alice, raw, signature=encoded(b"x" * 70)), "does not belong"),
        (login_input(alice, raw, identity_public_key=mallory.identity.hex()), "another key"),
        (login_input(mallory, raw), "another key"),
        (login_input(alice, tampered.SerializeToString()), "not ours"),
        (login_input(alice, raw, protected_challenge="!!!"), "base64"),
        (login_input(alice, raw, protected_challenge=encoded(b"\xff\xff")), "."),
    ):
        with stage.refused_by_ssp("VerifyChallenge", words, status=401):
            await alice.ssp("VerifyChallenge", input=data)
    stage.clock.advance(CHALLENGE_LIFETIME_S + 1)
    with pytest.raises(SspRefusal, match="challenge has expired"):
        await alice.ssp("VerifyChallenge", input=login_input(alice, raw))
