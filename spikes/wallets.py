"""Wallets of a run: one mnemonic and one bearer token for each runtime, derived from the run's seed.

Role: the only place of the harness where a secret comes into being. A secret leaves only through the environment of
the process that owns it; the record holds fingerprints.
Must not know: processes, networks, records.
These wallets hold emulated money: anyone who knows the seed of a run can derive them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from embit import bip39

from spikes.record import fingerprint

ENTROPY_BYTES = 16  # twelve words


@dataclass(frozen=True, kw_only=True)
class Wallet:
    """What a driver needs to own a wallet and to know its caller."""

    mnemonic: str = field(repr=False)
    token: str = field(repr=False)

    @property
    def wallet_id(self) -> str:
        """A name that tells the mnemonic's fingerprint and nothing else."""
        return f"wallet-{fingerprint(self.mnemonic)}"


def derive_wallet(seed: int, runtime: str) -> Wallet:
    """The wallet of one runtime in the run with this seed."""
    entropy = _derive(seed, runtime, "mnemonic")[:ENTROPY_BYTES]
    return Wallet(mnemonic=str(bip39.mnemonic_from_bytes(entropy)), token=_derive(seed, runtime, "token").hex())


def derive_token(seed: int, name: str) -> str:
    """A bearer token for a process that owns no wallet."""
    return _derive(seed, name, "token").hex()


def _derive(seed: int, name: str, purpose: str) -> bytes:
    return hashlib.sha256(f"sparkgate/{seed}/{name}/{purpose}".encode()).digest()
