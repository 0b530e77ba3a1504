"""What the inspection plants: the secrets of a wallet, and those that come into being as it pays.

Role: derives from a mnemonic what Spark derives from it, and reads payment secrets from where they were seen to pass.
Must not know: surfaces, runtimes.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator

from embit import bip32, bip39

from spikes.scanner.canaries import Canary, Kind, of_mnemonic

_HARDENED = 1 << 31
_PURPOSE = 8797555
_REGTEST_ACCOUNT = 0
# Below the account: the names are Spark's uses of each branch.
_BRANCHES = {0: "identity key", 1: "root of the leaf keys", 3: "root of the deposit keys"}
_SIGNATURE_BYTES = 32
_SHOWN = re.compile(rb"authorization: *(?:L402|LSAT) +([A-Za-z0-9+/=_-]+):([0-9a-f]{64})", re.IGNORECASE)
# What opens a wallet. Nothing may hold one of these at rest, whatever else is allowed there.
OF_WALLETS = frozenset({Kind.MNEMONIC, Kind.SEED, Kind.PRIVATE_KEY, Kind.DATA_KEY})


def of_wallet(name: str, mnemonic: str) -> Iterator[Canary]:
    """The mnemonic and everything that follows from it on regtest."""
    yield from of_mnemonic(name, mnemonic)
    account = _account(mnemonic)
    yield _private(f"{name}: account key", account)
    for branch, purpose in _BRANCHES.items():
        yield _private(f"{name}: {purpose}", account.derive([_HARDENED + branch]))


def identity_of(mnemonic: str) -> str:
    """The identity key, in hex, by which the network knows the wallet: an opened envelope must give this one."""
    identity: bytes = _account(mnemonic).derive([_HARDENED]).key.get_public_key().sec()
    return identity.hex()


def token(name: str, text: str) -> Canary:
    """A bearer token."""
    return Canary(name=name, kind=Kind.TOKEN, secret=text.encode())


def data_key(name: str, key: bytes) -> Canary:
    """The key that a wallet's mnemonic is encrypted with."""
    return Canary(name=name, kind=Kind.DATA_KEY, secret=key)


def preimage(preimage: bytes) -> Canary:
    """A proof of payment, named by its hash, which is public."""
    return Canary(name=f"preimage of {hashlib.sha256(preimage).hexdigest()[:16]}", kind=Kind.PREIMAGE, secret=preimage)


def of_credentials(sent: bytes) -> Iterator[Canary]:
    """The L402 credentials that a buyer was seen to show: macaroon and preimage.

    A macaroon's secret is its signature: what stands before it (location, identifier, caveats) authorises nobody, and
    holds the payment hash, which is public.
    """
    for macaroon, proof in dict.fromkeys(_SHOWN.findall(sent)):
        try:
            raw = base64.b64decode(macaroon.translate(bytes.maketrans(b"-_", b"+/")), validate=True)
        except binascii.Error:
            continue
        if len(raw) >= _SIGNATURE_BYTES:
            name = f"macaroon {hashlib.sha256(raw).hexdigest()[:16]}"
            yield Canary(name=name, kind=Kind.CREDENTIAL, secret=raw[-_SIGNATURE_BYTES:])
        yield preimage(bytes.fromhex(proof.decode()))


def _account(mnemonic: str) -> bip32.HDKey:
    root = bip32.HDKey.from_seed(bip39.mnemonic_to_seed(mnemonic))
    return root.derive([_HARDENED + _PURPOSE, _HARDENED + _REGTEST_ACCOUNT])


def _private(name: str, key: bip32.HDKey) -> Canary:
    return Canary(name=name, kind=Kind.PRIVATE_KEY, secret=key.key.serialize())
