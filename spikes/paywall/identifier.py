"""The L402 macaroon identifier, version 0: what ties a token to one Lightning payment.

Role: encode and decode the 66 bytes `uint16 version (0), payment hash (32), token id (32)`, big-endian
(lightninglabs/L402 macaroon-spec.md). Pure.
Must not know: macaroons, HTTP.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Self

_LAYOUT = struct.Struct(">H32s32s")
_VERSION = 0


class IdentifierError(ValueError):
    """Bytes that are no version 0 identifier."""


@dataclass(frozen=True, kw_only=True)
class TokenIdentifier:
    """`payment_hash` and `token_id` are 32 bytes each."""

    payment_hash: bytes
    token_id: bytes

    def encode(self) -> bytes:
        """The 66 bytes of version 0."""
        return _LAYOUT.pack(_VERSION, self.payment_hash, self.token_id)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read 66 bytes. Raises IdentifierError for another size or version."""
        if len(data) != _LAYOUT.size:
            raise IdentifierError(f"the identifier has {len(data)} bytes, version 0 has {_LAYOUT.size}")
        version, payment_hash, token_id = _LAYOUT.unpack(data)
        if version != _VERSION:
            raise IdentifierError(f"the identifier has version {version}, only {_VERSION} is known")
        return cls(payment_hash=payment_hash, token_id=token_id)
