"""The test wallet derives the keys that the SDK derives: otherwise its tests would prove nothing about clients."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from spikes.emulator.crypto import curve
from tests.unit.emulator.wallet_keys import Chance, WalletKeys

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "spark-vectors.json").read_text())
MNEMONIC = " ".join(["abandon"] * 11 + ["about"])


def test_the_keys_are_those_of_the_vectors() -> None:
    seed = hashlib.pbkdf2_hmac("sha512", MNEMONIC.encode(), b"mnemonic", 2048)
    keys, expected = WalletKeys(seed), VECTORS["derivation"]
    assert keys.identity.hex() == expected["identity_pub"]
    assert curve.point(keys.leaf_secret(expected["leaf_id"])).hex() == expected["leaf_pub"]


def test_chance_repeats_with_its_seed_and_never_within_it() -> None:
    first, again, other = Chance(b"a"), Chance(b"a"), Chance(b"b")
    drawn = [first.draw() for _ in range(50)]
    assert drawn == [again.draw() for _ in range(50)]
    assert len({*drawn, *(other.draw() for _ in range(50))}) == 100
