"""Caveats: what a macaroon may be used for, as L402 names the conditions. Pure.

`services=name:tier,...`, `<service>_capabilities=name,...`, `<service>_valid_until=<Unix seconds>`. A condition may be
repeated, since any holder may add caveats: each time it may only narrow what the one before allowed. Conditions that
nobody asks for are skipped.

Must not know: signatures, payments, HTTP.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from spikes.paywall.refusals import CredentialError, Refusal

SERVICES = "services"
CAPABILITIES = "_capabilities"
VALID_UNTIL = "_valid_until"
BASE_TIER = 0

_SERVICE = re.compile(r"[^:,]+:[0-9]{1,3}")
_SECONDS = re.compile(r"[0-9]{1,18}")


def services_caveat(services: Sequence[str], tier: int = BASE_TIER) -> str:
    """A caveat that names these services, the first one being what was bought."""
    return f"{SERVICES}={','.join(f'{service}:{tier}' for service in services)}"


def capabilities_caveat(service: str, capabilities: Sequence[str]) -> str:
    """A caveat that names what may be done with a service."""
    return f"{service}{CAPABILITIES}={','.join(capabilities)}"


def valid_until_caveat(service: str, end_s: int) -> str:
    """A caveat that ends a service's use at a moment."""
    return f"{service}{VALID_UNTIL}={end_s}"


def check_services(caveats: Sequence[str], service: str) -> None:
    """The service must be in the last list; without any list nothing is allowed. Raises CredentialError."""
    allowed = _narrowed(caveats, SERVICES, "service")
    if allowed is not None and not all(_SERVICE.fullmatch(named) for named in allowed):
        raise CredentialError(Refusal.MALFORMED, "a services caveat is not a list of name:tier")
    if service not in {named.partition(":")[0] for named in allowed or ()}:
        raise CredentialError(Refusal.OTHER_ITEM, "the token is for another item; pay for this one")


def check_capabilities(caveats: Sequence[str], service: str, capability: str | None) -> None:
    """The capability must be in the last list, if there is one at all. Raises CredentialError."""
    allowed = _narrowed(caveats, f"{service}{CAPABILITIES}", "capability")
    if allowed is not None and capability is not None and capability not in allowed:
        raise CredentialError(Refusal.OTHER_CAPABILITY, "the token does not hold the capability; pay for it")


def check_valid_until(caveats: Sequence[str], service: str, now_s: float) -> None:
    """The moment of the last caveat must not have come; without any the token never ends. Raises CredentialError."""
    end_s: int | None = None
    for value in _values(caveats, f"{service}{VALID_UNTIL}"):
        if not _SECONDS.fullmatch(value):
            raise CredentialError(Refusal.MALFORMED, "a valid_until caveat is not a whole number of Unix seconds")
        if end_s is not None and int(value) > end_s:
            raise CredentialError(
                Refusal.WIDENED, "a later valid_until caveat extends the token; caveats may only narrow"
            )
        end_s = int(value)
    if end_s is not None and now_s >= end_s:
        raise CredentialError(Refusal.EXPIRED, "the token has expired; pay again")


def last_value(caveats: Sequence[str], condition: str) -> str | None:
    """The value that the last caveat of a condition gives it."""
    return next(reversed(_values(caveats, condition)), None)


def _narrowed(caveats: Sequence[str], condition: str, what: str) -> frozenset[str] | None:
    """What the last of several lists allows; None without a list. Raises CredentialError if a later one adds to it."""
    allowed: frozenset[str] | None = None
    for value in _values(caveats, condition):
        named = frozenset(value.split(","))
        if allowed is not None and not named <= allowed:
            raise CredentialError(Refusal.WIDENED, f"a later caveat adds a {what}; caveats may only narrow")
        allowed = named
    return allowed


def _values(caveats: Sequence[str], condition: str) -> list[str]:
    named = (caveat.partition("=") for caveat in caveats)
    return [value for name, equals, value in named if equals and name == condition]
