"""Writes envelopes.json: `python -m tests.vectors.make_envelopes`. Fixed keys and nonces, for tests only."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from spikes.custody.envelope import Binding, Sealed, WrappedKey
from spikes.custody.records import EnvelopeRow

HERE = Path(__file__).parent
CASES = (
    (
        "wallet-1",
        1,
        "regtest",
        "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about",
    ),
    ("wallet-ü-\u20bf", 7, "mainnet", "legal winner thank year wave sausage worth useful legal winner thank yellow"),
    ("w", 2**31, "regtest", "x"),
    ('quote " and \\ slash', 2, "regtest", "¡mnemónico! \U0001f511"),
)


def vectors() -> list[dict[str, Any]]:
    """Every case with its data key in the clear, so that another language can check each step."""
    return [_vector(number, *case) for number, case in enumerate(CASES)]


def _vector(number: int, wallet_id: str, key_version: int, network: str, secret: str) -> dict[str, Any]:
    binding = Binding(wallet_id=wallet_id, key_version=key_version, network=network)
    data_key, nonce = bytes([number + 1] * 32), bytes([number + 101] * 12)
    bound = binding.associated_data()
    sealed = Sealed(
        binding=binding,
        nonce=nonce,
        ciphertext=AESGCM(data_key).encrypt(nonce, secret.encode(), bound),
        data_key=WrappedKey(key_name="wallets", key_version=1, ciphertext=b"as the KMS gave it"),
    )
    return {
        "secret": secret,
        "associatedData": bound.decode("ascii"),
        "dataKeyHex": data_key.hex(),
        "nonceHex": nonce.hex(),
        "row": EnvelopeRow.of(sealed, created_at_ms=0).to_json(),
    }


if __name__ == "__main__":
    text = json.dumps({"about": "made by make_envelopes.py; test keys only", "vectors": vectors()}, indent=1)
    (HERE / "envelopes.json").write_text(text + "\n", encoding="ascii")
