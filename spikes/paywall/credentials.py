"""Credentials: `Authorization: L402 <macaroon>:<preimage>`, read and verified.

Role: decide whether what a buyer presents opens an item, and if not, why. Pure: the time is an argument.
Must not know: HTTP routes, invoices. Its messages never repeat any part of a credential.

There are two readings. As L402 writes it: one credential, scheme names in any case, either spelling of base64 and hex.
As Aperture reads it: scheme names in capitals, one space, standard base64, lower-case hex, anywhere in the header; of
several headers the last one counts; or a macaroon in hex in a header of its own that carries its preimage as a caveat.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from spikes.paywall.caveats import check_capabilities, check_services, check_valid_until, last_value
from spikes.paywall.identifier import IdentifierError, TokenIdentifier
from spikes.paywall.macaroon import Macaroon, MacaroonError, decode, is_authentic
from spikes.paywall.refusals import CredentialError, Refusal
from spikes.paywall.tokens import LOCATION, Mint

PREIMAGE_CAVEAT = "preimage"
_SCHEME = re.compile(r"(?:L402|LSAT)(?:\s+(.*))?", re.IGNORECASE | re.DOTALL)
_CREDENTIAL = re.compile(r"([A-Za-z0-9+/_-]+={0,2}):([0-9a-fA-F]{64})")
_APERTURE = re.compile(r"(?:LSAT|L402) (.*?):([a-f0-9]{64})")
_HEX = re.compile(r"(?:[0-9a-fA-F]{2})+")
_PREIMAGE = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True, kw_only=True)
class Credential:
    """A well-formed credential, not yet verified. `preimage` is 32 bytes."""

    macaroon: Macaroon
    identifier: TokenIdentifier
    preimage: bytes

    @property
    def is_paid(self) -> bool:
        """Whether the preimage is that of the payment which the macaroon is bound to. Constant-time comparison."""
        return hmac.compare_digest(hashlib.sha256(self.preimage).digest(), self.identifier.payment_hash)


def read_authorization(values: Sequence[str]) -> Credential | None:
    """The L402 credential among the `Authorization` header values; None if there are only other schemes, or nothing.

    Raises CredentialError (MALFORMED) for an L402 or LSAT credential of another form, or for more than one.
    """
    found = [match for value in values if (match := _SCHEME.fullmatch(value.strip()))]
    if not found:
        return None
    if len(found) > 1:
        raise CredentialError(Refusal.MALFORMED, "more than one L402 credential; send the one that pays for this item")
    parts = _CREDENTIAL.fullmatch((found[0][1] or "").strip())
    if parts is None:
        raise CredentialError(
            Refusal.MALFORMED, "send 'L402 <base64 macaroon>:<preimage as 64 hex digits>', with one macaroon"
        )
    return _credential(lambda: _decode_base64(parts[1]), parts[2])


def read_as_aperture(values: Sequence[str], macaroon_headers: Sequence[str]) -> Credential | None:
    """What Aperture would make of the `Authorization` values, or else of the first header that holds a macaroon in hex.

    None without any of them. Raises CredentialError (MALFORMED) where Aperture finds no credential in what it was sent.
    """
    if values and values[0]:
        match = _APERTURE.search(values[-1])
        if match is None:
            raise CredentialError(Refusal.MALFORMED, "send 'L402 <base64 macaroon>:<preimage as 64 hex digits>'")
        return _credential(lambda: _decode_standard_base64(match[1]), match[2])
    named = next((value for value in macaroon_headers if value), None)
    if named is None:
        return None
    if not _HEX.fullmatch(named):
        raise CredentialError(Refusal.MALFORMED, "the macaroon is not hex")
    try:
        preimage = last_value(decode(bytes.fromhex(named)).caveats, PREIMAGE_CAVEAT)
    except MacaroonError as error:
        raise CredentialError(Refusal.MALFORMED, f"{error}; send the macaroon of the challenge") from error
    if preimage is None or not _PREIMAGE.fullmatch(preimage):
        raise CredentialError(Refusal.MALFORMED, "a macaroon in a header of its own carries its preimage as a caveat")
    return _credential(lambda: bytes.fromhex(named), preimage)


def verify(credential: Credential, *, mint: Mint, item: str, capability: str | None = None, now_s: float) -> None:
    """Return if `credential` opens `item` at `now_s` (Unix seconds); raise CredentialError with the reason if not."""
    macaroon = credential.macaroon
    # The location is outside the signature chain: another one is an altered macaroon all the same.
    if macaroon.location != LOCATION or not is_authentic(macaroon, mint.root_key(macaroon.identifier)):
        raise CredentialError(Refusal.FORGED, "this seller did not sign the macaroon; send the one of the challenge")
    if not credential.is_paid:
        raise CredentialError(Refusal.UNPAID, "the preimage is not that of the macaroon's payment; pay its invoice")
    if mint.is_revoked(macaroon.identifier):
        raise CredentialError(Refusal.REVOKED, "the seller has taken the token back; complain with the receipt")
    check_services(macaroon.caveats, item)
    check_capabilities(macaroon.caveats, item, capability)
    check_valid_until(macaroon.caveats, item, now_s)


def _credential(macaroon_bytes: Callable[[], bytes], preimage_hex: str) -> Credential:
    try:
        macaroon = decode(macaroon_bytes())
        identifier = TokenIdentifier.decode(macaroon.identifier)
    except (MacaroonError, IdentifierError) as error:
        raise CredentialError(Refusal.MALFORMED, f"{error}; send the macaroon of the challenge") from error
    return Credential(macaroon=macaroon, identifier=identifier, preimage=bytes.fromhex(preimage_hex))


def _decode_base64(text: str) -> bytes:
    """Standard or URL-safe base64, padded or not. Raises MacaroonError for other text and for stray bits at its end."""
    digits = text.rstrip("=").translate(str.maketrans("-_", "+/"))
    data = _decode_standard_base64(digits + "=" * (-len(digits) % 4))
    if base64.b64encode(data).decode().rstrip("=") != digits:
        raise MacaroonError("the macaroon's base64 has stray bits at its end")
    return data


def _decode_standard_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MacaroonError("the macaroon is not base64") from error
