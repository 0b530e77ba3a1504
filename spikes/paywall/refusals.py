"""Why a credential does not open an item, as types. Pure.

Must not know: how a credential is read or verified, what HTTP makes of a refusal.

Refusals are of two kinds, because they ask the buyer for different things. Invalid (HTTP 401): the credential is
malformed, forged, revoked or not paid, and paying again would not mend the buyer. Insufficient (HTTP 402): it is
authentic and paid but does not reach; a new payment would help.
"""

from __future__ import annotations

from enum import StrEnum


class Refusal(StrEnum):
    """Why a credential does not open an item."""

    MALFORMED = "credential_malformed"
    FORGED = "macaroon_forged"
    REVOKED = "token_revoked"
    UNPAID = "preimage_mismatch"
    UNSETTLED = "invoice_not_settled"
    WIDENED = "caveat_widened"
    REFUSED = "credential_refused"  # for no reason at all: a seller that lies
    EXPIRED = "token_expired"
    SPENT = "token_spent"
    OTHER_ITEM = "token_for_other_item"
    OTHER_CAPABILITY = "token_without_capability"
    AGAIN = "payment_required_again"  # for no reason at all

    @property
    def is_insufficient(self) -> bool:
        """Whether a new payment would mend it (402), rather than nothing the seller can offer (401)."""
        return self in _INSUFFICIENT


_INSUFFICIENT = frozenset(
    {Refusal.EXPIRED, Refusal.SPENT, Refusal.OTHER_ITEM, Refusal.OTHER_CAPABILITY, Refusal.AGAIN},
)


class CredentialError(ValueError):
    """A credential that opens nothing; `refusal` is the reason for programs, the message the one for people."""

    def __init__(self, refusal: Refusal, message: str) -> None:
        super().__init__(message)
        self.refusal = refusal
