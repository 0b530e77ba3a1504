"""Macaroons: bearer tokens in the V2 binary format, with first-party caveats only.

Role: mint, restrict, encode, decode and authenticate one macaroon. Pure.
Must not know: L402, payments, HTTP; what a caveat means.

Binary V2 (libmacaroons doc/format.txt): 0x02, then sections of packets `varint type, varint length, data`, each section
ended by 0x00: header (location, identifier), one section a caveat (identifier), an empty section, the signature packet.
The signature chain starts from a key derived as HMAC("macaroons-key-generator", root_key), as all libraries do although
the L402 text omits it. Only the one shortest encoding of a macaroon is accepted, so that no two byte strings are equal
credentials.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, replace

_VERSION = 2
_END, _LOCATION, _IDENTIFIER, _SIGNATURE = 0, 1, 2, 6
_SIGNATURE_BYTES = 32
MAX_BYTES = 4096  # a credential has to fit into one HTTP header


class MacaroonError(ValueError):
    """Bytes that are no macaroon of the accepted form; the message says what is wrong, never the bytes."""


@dataclass(frozen=True, kw_only=True)
class Macaroon:
    """A decoded macaroon. `signature` is 32 bytes; nothing is known to be authentic before `is_authentic`."""

    location: str
    identifier: bytes
    caveats: tuple[str, ...]
    signature: bytes


def mint(*, root_key: bytes, location: str, identifier: bytes, caveats: tuple[str, ...] = ()) -> Macaroon:
    """A new macaroon under `root_key` (32 bytes) with these caveats in this order."""
    return Macaroon(
        location=location, identifier=identifier, caveats=caveats, signature=_sign(root_key, identifier, caveats)
    )


def restrict(macaroon: Macaroon, caveat: str) -> Macaroon:
    """Append a caveat, as any holder may; the root key is not needed."""
    return replace(macaroon, caveats=(*macaroon.caveats, caveat), signature=_hmac(macaroon.signature, caveat.encode()))


def is_authentic(macaroon: Macaroon, root_key: bytes) -> bool:
    """Whether `root_key` signed this identifier and every caveat stands unaltered. Constant-time comparison."""
    return hmac.compare_digest(macaroon.signature, _sign(root_key, macaroon.identifier, macaroon.caveats))


def encode(macaroon: Macaroon) -> bytes:
    """The V2 binary form."""
    parts = [
        bytes([_VERSION]),
        _packet(_LOCATION, macaroon.location.encode()),
        _packet(_IDENTIFIER, macaroon.identifier),
        bytes([_END]),
        *(_packet(_IDENTIFIER, caveat.encode()) + bytes([_END]) for caveat in macaroon.caveats),
        bytes([_END]),
        _packet(_SIGNATURE, macaroon.signature),
    ]
    return b"".join(parts)


def decode(data: bytes) -> Macaroon:
    """Read the V2 binary form. Raises MacaroonError for anything else, third-party caveats included."""
    if len(data) > MAX_BYTES:
        raise MacaroonError(f"the macaroon has {len(data)} bytes, at most {MAX_BYTES} are read")
    if not data or data[0] != _VERSION:
        raise MacaroonError("the macaroon is not in the V2 binary format")
    try:
        macaroon = _decode_body(_Reader(data))
    except UnicodeDecodeError as error:
        raise MacaroonError("a location or caveat is not UTF-8 text") from error
    if encode(macaroon) != data:
        raise MacaroonError("the macaroon is not in its shortest encoding")
    return macaroon


def _decode_body(reader: _Reader) -> Macaroon:
    header = reader.section()
    if [kind for kind, _ in header] != [_LOCATION, _IDENTIFIER]:
        raise MacaroonError("the header must hold a location and an identifier")
    caveats = []
    while section := reader.section():
        if [kind for kind, _ in section] != [_IDENTIFIER]:
            raise MacaroonError("only first-party caveats are accepted")
        caveats.append(section[0][1].decode())
    kind, signature = reader.packet()
    if kind != _SIGNATURE or len(signature) != _SIGNATURE_BYTES:
        raise MacaroonError(f"the last field must be a signature of {_SIGNATURE_BYTES} bytes")
    if not reader.at_end:
        raise MacaroonError("bytes follow the signature")
    return Macaroon(
        location=header[0][1].decode(), identifier=header[1][1], caveats=tuple(caveats), signature=signature
    )


class _Reader:
    """Cursor over the packets of one macaroon, after its version byte."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 1

    @property
    def at_end(self) -> bool:
        return self._position == len(self._data)

    def section(self) -> list[tuple[int, bytes]]:
        packets = []
        while (packet := self.packet())[0] != _END:
            packets.append(packet)
        return packets

    def packet(self) -> tuple[int, bytes]:
        kind = self._varint()
        if kind == _END:
            return _END, b""
        end = self._varint() + self._position
        if end > len(self._data):
            raise MacaroonError("a field is longer than the macaroon")
        data = self._data[self._position : end]
        self._position = end
        return kind, data

    def _varint(self) -> int:
        value = 0
        for shift in (0, 7, 14):  # 21 bits hold any length below MAX_BYTES
            if self.at_end:
                raise MacaroonError("the macaroon ends inside a field")
            byte = self._data[self._position]
            self._position += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
        raise MacaroonError("a field is longer than the macaroon")


def _packet(kind: int, data: bytes) -> bytes:
    return _encode_varint(kind) + _encode_varint(len(data)) + data


def _encode_varint(value: int) -> bytes:
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def _sign(root_key: bytes, identifier: bytes, caveats: tuple[str, ...]) -> bytes:
    signature = _hmac(_hmac(b"macaroons-key-generator", root_key), identifier)
    for caveat in caveats:
        signature = _hmac(signature, caveat.encode())
    return signature


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, hashlib.sha256)
