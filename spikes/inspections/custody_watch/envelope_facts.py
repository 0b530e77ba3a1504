"""What the envelopes themselves show, and who unwrapped what.

Role: opens every stored envelope as the payment runtime once, tries the doors that must be shut, reads the audit log.
Must not know: drivers, surfaces.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from spikes.custody.envelope import NONCE_BYTES, Binding
from spikes.custody.kms_client import KmsError
from spikes.inspections.custody_watch.vault import Issued, Vault
from spikes.kms.policy import Caller
from spikes.record import Fact

KEY_BYTES = 32
OUTSIDERS = (Caller.ORCHESTRATOR, Caller.CONTROL_PLANE, Caller.PAYWALL, Caller.ADMIN)
# What is changed to see whether it is bound; the purpose is bound as well, and has no field of its own in the wallet.
_CHANGED: Mapping[str, Callable[[Binding], Binding]] = {
    "network": lambda binding: dataclasses.replace(binding, network="mainnet"),
    "version": lambda binding: dataclasses.replace(binding, key_version=binding.key_version + 1),
    "wallet_id": lambda binding: dataclasses.replace(binding, wallet_id=binding.wallet_id + "x"),
}


@dataclass(frozen=True, kw_only=True)
class Doors:
    """What became of the tries of those who may not unwrap, and of everybody's unwrapping."""

    opened: int  # tries that were not refused
    unlogged: int  # tries that the audit log does not show as refused
    outside: int  # successful unwraps in the log by anybody but the payment runtime


async def try_doors(vault: Vault, issued: Issued) -> Doors:
    """Have everybody who must not unwrap try it once; then read the log. Raises KmsError."""
    opened, bound = 0, issued.wallet.binding().associated_data()
    for caller in OUTSIDERS:
        try:
            await vault.door(caller).unwrap(issued.row.sealed().data_key, bound)
            opened += 1
        except KmsError:
            continue
    entries = await vault.unwraps()
    refused = {entry["caller"] for entry in entries if entry["result"] == "denied"}
    outside = [e for e in entries if e["result"] == "ok" and e["caller"] != Caller.PAYMENT_RUNTIME]
    return Doors(opened=opened, unlogged=len(set(OUTSIDERS) - refused), outside=len(outside))


async def data_keys(vault: Vault, every: Iterable[Issued]) -> list[bytes]:
    """The data key of each envelope, as the payment runtime may know it. Raises KmsError."""
    return [await vault.data_key(issued) for issued in every]


def envelope_facts(runtime: str, issued: Issued, keys: list[bytes], doors: Doors) -> Iterator[Fact]:
    """Facts about the envelope that the runtime was given. `keys`: its data key first, then those of all others."""
    uses = max(Counter(keys).values())
    tries = f"{len(OUTSIDERS)} callers without the right tried once: {doors.opened} let in, {doors.unlogged} not logged"
    yield Fact(
        runtime=runtime,
        name="unwraps_outside",
        value=doors.outside + doors.unlogged,
        how=f"the KMS's audit log, successful unwraps by anybody but the payment runtime; {tries}",
    )
    yield Fact(
        runtime=runtime,
        name="data_key_uses",
        value=uses,
        how=f"{len(keys)} envelopes of the inspection: wallet versions that the most used data key opens",
    )
    yield Fact(
        runtime=runtime,
        name="envelope.cipher",
        value=_cipher(issued, keys[0]),
        how="the stored ciphertext opened by AES-GCM alone, with a data key of 256 bits and a nonce of 96",
    )
    yield Fact(
        runtime=runtime,
        name="envelope.associated_data",
        value=",".join(sorted(_bound(issued, keys[0]))),
        how="each field changed by itself: those without which the ciphertext does not open",
    )


def _cipher(issued: Issued, key: bytes) -> str:
    """Not what the row says, but what opens it."""
    if len(key) != KEY_BYTES or len(issued.row.sealed().nonce) != NONCE_BYTES:
        return f"a key of {8 * len(key)} bits, a nonce of {8 * len(issued.row.sealed().nonce)}"
    return "AES-256-GCM" if _opens(issued, key, issued.wallet.binding()) else "unknown"


def _bound(issued: Issued, key: bytes) -> list[str]:
    binding = issued.wallet.binding()
    if not _opens(issued, key, binding):
        return []
    return [name for name, change in _CHANGED.items() if not _opens(issued, key, change(binding))]


def _opens(issued: Issued, key: bytes, binding: Binding) -> bool:
    sealed = issued.row.sealed()
    try:
        AESGCM(key).decrypt(sealed.nonce, sealed.ciphertext, binding.associated_data())
    except InvalidTag:
        return False
    return True
