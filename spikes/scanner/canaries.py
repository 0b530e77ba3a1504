"""Canaries: secrets of a run that must show nowhere.

Role: name each, and derive from a mnemonic what can be derived from it by anybody who has it. Must not know: encodings,
surfaces. A canary's secret is never printed: its name and kind are what reports show.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from embit import bip32, bip39
from embit.networks import NETWORKS

SHORTEST = 12  # bytes: a shorter secret would be found by chance


class Kind(StrEnum):
    """What a canary stands for."""

    MNEMONIC = "mnemonic"
    SEED = "seed"
    PRIVATE_KEY = "private key"
    DATA_KEY = "data key"
    PREIMAGE = "preimage"
    CREDENTIAL = "credential"  # a macaroon
    TOKEN = "token"  # noqa: S105 - a kind, not a secret


@dataclass(frozen=True, kw_only=True)
class Canary:
    """One planted secret; text secrets are their UTF-8 bytes."""

    name: str
    kind: Kind
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) < SHORTEST:
            raise ValueError(f"{self.name}: a canary needs {SHORTEST} bytes or more, or it is found by chance")

    @property
    def words(self) -> tuple[str, ...]:
        """A mnemonic's words; () of any other kind."""
        return tuple(self.secret.decode().split()) if self.kind is Kind.MNEMONIC else ()


def of_mnemonic(name: str, mnemonic: str) -> Iterator[Canary]:
    """The mnemonic, its BIP39 seed, and its BIP32 root key, as bytes and as text. Raises ValueError if not BIP39."""
    if not bip39.mnemonic_is_valid(mnemonic):
        raise ValueError(f"{name}: not a BIP39 mnemonic")
    seed = bip39.mnemonic_to_seed(mnemonic)
    root = bip32.HDKey.from_seed(seed)
    yield Canary(name=f"{name}: mnemonic", kind=Kind.MNEMONIC, secret=mnemonic.encode())
    yield Canary(name=f"{name}: entropy", kind=Kind.SEED, secret=bip39.mnemonic_to_bytes(mnemonic))
    yield Canary(name=f"{name}: seed", kind=Kind.SEED, secret=seed)
    yield Canary(name=f"{name}: root key", kind=Kind.PRIVATE_KEY, secret=root.key.serialize())
    for network in ("main", "regtest"):
        text = root.to_base58(NETWORKS[network]["xprv"])
        # All extended keys begin alike: the telling part is what follows version, depth and parent.
        yield Canary(name=f"{name}: root key as text, {network}", kind=Kind.PRIVATE_KEY, secret=text[20:].encode())
