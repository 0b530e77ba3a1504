"""What is planted is what Spark derives and what was seen to pass, and nothing public."""

from __future__ import annotations

import base64
import hashlib
import os

import pytest

from spikes.inspections.custody_watch import planted
from spikes.paywall.macaroon import encode, mint
from spikes.scanner.canaries import Kind
from spikes.scanner.scan import Scanner
from spikes.wallets import derive_wallet

ABANDON = "abandon " * 11 + "about"
# Cross-checked with the SDK: spark-protocol facts, section 3.
IDENTITY = "02698b27ac308b275671b3ca25436346469d04a5bba578ae39feba1d65897a6abc"


def test_the_identity_key_is_the_one_that_the_sdk_derives() -> None:
    assert planted.identity_of(ABANDON) == IDENTITY


def test_a_wallet_plants_mnemonic_seed_and_spark_keys() -> None:
    canaries = list(planted.of_wallet("w", derive_wallet(1, "planted").mnemonic))
    assert {canary.kind for canary in canaries} == {Kind.MNEMONIC, Kind.SEED, Kind.PRIVATE_KEY}
    assert {"w: identity key", "w: root of the leaf keys", "w: account key"} <= {canary.name for canary in canaries}
    assert len({canary.secret for canary in canaries}) == len(canaries)


@pytest.mark.parametrize("scheme", ["L402", "LSAT", "l402"])
@pytest.mark.parametrize("encoded", [base64.b64encode, base64.urlsafe_b64encode])
def test_a_credential_plants_signature_and_preimage(scheme: str, encoded: object) -> None:
    preimage, key = os.urandom(32), os.urandom(32)
    payment_hash = hashlib.sha256(preimage).digest()
    macaroon = mint(root_key=key, location="shop", identifier=bytes(2) + payment_hash + os.urandom(32))
    raw = encode(macaroon)
    shown = encoded(raw).decode() if callable(encoded) else ""
    sent = f"GET /x HTTP/1.1\r\nAuthorization: {scheme} {shown}:{preimage.hex()}\r\n\r\n".encode()
    canaries = list(planted.of_credentials(sent * 2))
    assert [(canary.kind, canary.secret) for canary in canaries] == [
        (Kind.CREDENTIAL, macaroon.signature),
        (Kind.PREIMAGE, preimage),
    ]
    scanner = Scanner(canaries)
    assert scanner.scan_text(base64.b64encode(raw))
    assert not scanner.scan_text(payment_hash.hex()), "the payment hash is public, in a macaroon too"


@pytest.mark.parametrize(
    "sent", [b"", b"Authorization: Bearer abcdefgh:" + b"0" * 64, b"Authorization: L402 a=b=c:" + b"0" * 64]
)
def test_what_is_no_credential_plants_no_macaroon(sent: bytes) -> None:
    assert all(canary.kind is Kind.PREIMAGE for canary in planted.of_credentials(sent))
