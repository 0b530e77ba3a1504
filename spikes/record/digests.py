"""Digests and sums that stand in a record: a secret as a fingerprint, several payments as one.

Must not know: files, attempts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable


def fingerprint(secret: bytes | str) -> str:
    """Name a secret without telling it: the first 16 hex digits of its SHA-256."""
    data = secret.encode() if isinstance(secret, str) else secret
    return hashlib.sha256(data).hexdigest()[:16]


def joint_digest(digests: Iterable[str]) -> str | None:
    """One hash for an attempt's payments: its only one, the SHA-256 over several (sorted, as bytes), None for none.

    An attempt of several payments names hashes and preimage digests so: they are equal exactly if every preimage fits.
    """
    several = sorted(digests)
    if len(several) < 2:
        return several[0] if several else None
    return hashlib.sha256(b"".join(bytes.fromhex(digest) for digest in several)).hexdigest()


def joint_sats(amounts: Iterable[int | None]) -> int | None:
    """The sum; None if there is none, or if one of them is not told: what is unknown is not 0."""
    told = list(amounts)
    return None if None in told or not told else sum(amount for amount in told if amount is not None)
