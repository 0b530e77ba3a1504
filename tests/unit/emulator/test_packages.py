"""Digests that wallets sign: the vector of the real client and what changes a digest."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from spikes.emulator.crypto.curve import CryptoError
from spikes.emulator.crypto.packages import PackageKind, leaf_digest, package_digest

VECTOR: dict[str, Any] = json.loads((Path(__file__).parents[2] / "vectors" / "spark-vectors.json").read_text())[
    "package_payload"
]
PACKAGE = {key: bytes.fromhex(value) for key, value in VECTOR["map"].items()}
TRANSFER_ID: str = VECTOR["transfer_id"]
LEAF_ID = "01234567-89ab-7def-8123-456789abcdef"


def test_vector_of_a_transfer() -> None:
    assert hashlib.sha256(bytes.fromhex(VECTOR["message"])).hexdigest() == VECTOR["sha256"]
    assert package_digest(PackageKind.TRANSFER, TRANSFER_ID, PACKAGE).hex() == VECTOR["sha256"]


def test_a_claim_differs_from_a_transfer_in_the_tag_alone() -> None:
    parts = (b"spark", b"claim", b"signing payload")
    tag = hashlib.sha256(b"".join(len(part).to_bytes(8, "big") + part for part in parts)).digest()
    message = tag + tag + bytes.fromhex(VECTOR["message"])[64:]
    assert package_digest(PackageKind.CLAIM, TRANSFER_ID, PACKAGE) == hashlib.sha256(message).digest()


def test_the_order_of_the_map_does_not_matter_but_its_content_does() -> None:
    digest = package_digest(PackageKind.TRANSFER, TRANSFER_ID, PACKAGE)
    assert package_digest(PackageKind.TRANSFER, TRANSFER_ID, dict(reversed(PACKAGE.items()))) == digest
    first = next(iter(PACKAGE))
    for other in ({}, {**PACKAGE, first: b""}, {key: value for key, value in PACKAGE.items() if key != first}):
        assert package_digest(PackageKind.TRANSFER, TRANSFER_ID, other) != digest


def test_leaf_digest_hashes_the_texts() -> None:
    expected = hashlib.sha256((LEAF_ID + TRANSFER_ID).encode() + b"cipher").digest()
    assert leaf_digest(LEAF_ID, TRANSFER_ID, b"cipher") == expected


@pytest.mark.parametrize(
    "text", ["", "not a uuid", TRANSFER_ID.upper(), TRANSFER_ID.replace("-", ""), "{" + TRANSFER_ID + "}"]
)
def test_only_canonical_ids_are_hashed(text: str) -> None:
    with pytest.raises(CryptoError):
        package_digest(PackageKind.TRANSFER, text, PACKAGE)
    with pytest.raises(CryptoError):
        leaf_digest(LEAF_ID, text, b"")
    with pytest.raises(CryptoError):
        leaf_digest(text, TRANSFER_ID, b"")
