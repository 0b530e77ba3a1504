"""Credentials: `Authorization: L402 <macaroon>:<preimage>`, read and verified.

Role: decide whether what a buyer presents opens an item, and if not, why. Pure: the time is an argument.
Must not know: HTTP routes, invoices. Its messages never repeat any part of a credential.

Refusals are of two kinds, because they ask the buyer for different things. Invalid (HTTP 401): the credential is
malformed, forged or not paid, and paying again would not mend the buyer. Insufficient (HTTP 402): it is authentic and
paid but does not reach, being expired or for another item; a new payment would help.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from spikes.paywall.identifier import IdentifierError, TokenIdentifier
from spikes.paywall.macaroon import Macaroon, MacaroonError, decode, is_authentic
from spikes.paywall.tokens import LOCATION, Mint

_SCHEME = re.compile(r"(?:L402|LSAT)(?:\s+(.*))?", re.IGNORECASE | re.DOTALL)
_CREDENTIAL = re.compile(r"([A-Za-z0-9+/_-]+={0,2}):([0-9a-fA-F]{64})")
_SECONDS = re.compile(r"[0-9]{1,18}")


class Refusal(StrEnum):
    """Why a credential does not open an item."""

    MALFORMED = "credential_malformed"
    FORGED = "macaroon_forged"
    UNPAID = "preimage_mismatch"
    WIDENED = "caveat_widened"
    EXPIRED = "token_expired"
    OTHER_ITEM = "token_for_other_item"

    @property
    def is_insufficient(self) -> bool:
        """Whether a new payment would mend it (402), rather than nothing the seller can offer (401)."""
        return self in (Refusal.EXPIRED, Refusal.OTHER_ITEM)


class CredentialError(ValueError):
    """A credential that opens nothing; `refusal` is the reason for programs, the message the one for people."""

    def __init__(self, refusal: Refusal, message: str) -> None:
        super().__init__(message)
        self.refusal = refusal


@dataclass(frozen=True, kw_only=True)
class Credential:
    """A well-formed credential, not yet verified. `preimage` is 32 bytes."""

    macaroon: Macaroon
    identifier: TokenIdentifier
    preimage: bytes


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
    try:
        macaroon = decode(_decode_base64(parts[1]))
        identifier = TokenIdentifier.decode(macaroon.identifier)
    except (MacaroonError, IdentifierError) as error:
        raise CredentialError(Refusal.MALFORMED, f"{error}; send the macaroon of the challenge") from error
    return Credential(macaroon=macaroon, identifier=identifier, preimage=bytes.fromhex(parts[2]))


def verify(credential: Credential, *, mint: Mint, item: str, now_s: float) -> None:
    """Return if `credential` opens `item` at `now_s` (Unix seconds); raise CredentialError with the reason if not."""
    macaroon = credential.macaroon
    # The location is outside the signature chain: another one is an altered macaroon all the same.
    if macaroon.location != LOCATION or not is_authentic(macaroon, mint.root_key(macaroon.identifier)):
        raise CredentialError(Refusal.FORGED, "this seller did not sign the macaroon; send the one of the challenge")
    if not hmac.compare_digest(hashlib.sha256(credential.preimage).digest(), credential.identifier.payment_hash):
        raise CredentialError(Refusal.UNPAID, "the preimage is not that of the macaroon's payment; pay its invoice")
    _check_services(macaroon.caveats, item)
    _check_valid_until(macaroon.caveats, item, now_s)


def _check_services(caveats: Sequence[str], item: str) -> None:
    """`services=name:tier,...`: the item must be in each list, and a later list may only narrow an earlier one."""
    allowed: frozenset[str] | None = None
    for value in _values(caveats, "services"):
        services = frozenset(value.split(","))
        if allowed is not None and not services <= allowed:
            raise CredentialError(Refusal.WIDENED, "a later services caveat adds a service; caveats may only narrow")
        allowed = services
    if item not in {service.partition(":")[0] for service in allowed or ()}:
        raise CredentialError(Refusal.OTHER_ITEM, "the token is for another item; pay for this one")


def _check_valid_until(caveats: Sequence[str], item: str, now_s: float) -> None:
    """`<item>_valid_until=<Unix seconds>`: a later value may only be earlier in time."""
    end_s: int | None = None
    for value in _values(caveats, f"{item}_valid_until"):
        if not _SECONDS.fullmatch(value):
            raise CredentialError(Refusal.MALFORMED, "a valid_until caveat is not a whole number of Unix seconds")
        if end_s is not None and int(value) > end_s:
            raise CredentialError(
                Refusal.WIDENED, "a later valid_until caveat extends the token; caveats may only narrow"
            )
        end_s = int(value)
    if end_s is not None and now_s >= end_s:
        raise CredentialError(Refusal.EXPIRED, "the token has expired; pay again")


def _values(caveats: Sequence[str], condition: str) -> list[str]:
    """Values of one condition in order. Conditions that nobody asks for are skipped, as L402 wants."""
    return [value for name, _, value in (caveat.partition("=") for caveat in caveats) if name == condition]


def _decode_base64(text: str) -> bytes:
    """Standard or URL-safe base64, padded or not. Raises MacaroonError for other text and for stray bits at its end."""
    digits = text.rstrip("=").translate(str.maketrans("-_", "+/"))
    try:
        data = base64.b64decode(digits + "=" * (-len(digits) % 4), validate=True)
    except binascii.Error as error:
        raise MacaroonError("the macaroon is not base64") from error
    if base64.b64encode(data).decode().rstrip("=") != digits:
        raise MacaroonError("the macaroon's base64 has stray bits at its end")
    return data
