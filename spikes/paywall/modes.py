"""Modes: how a seller behaves toward one item, from honest over peculiar to dishonest.

Role: name each behaviour and say what it consists of. Data only.
Must not know: HTTP, how any of it is done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from spikes.paywall.challenge import Dialect, Malformed

HONEST = "honest"


class Invoiced(StrEnum):
    """Which invoice an offer holds."""

    NEW = "new"
    REUSED = "reused"  # the item's first one, for ever
    FOREIGN_NETWORK = "foreign_network"  # for coins of another network
    EXPIRED = "expired"
    AMOUNTLESS = "amountless"


class Door(StrEnum):
    """How a request without a good credential is met."""

    OFFER = "offer"
    REDIRECT = "redirect"  # to another host name
    ERROR = "error"


class Thanks(StrEnum):
    """What a good credential gets."""

    GOODS = "goods"
    MUCH = "much"  # the goods in a body without a reasonable end
    UNAUTHORIZED = "unauthorized"
    AGAIN = "again"  # the next bill


@dataclass(frozen=True, kw_only=True)
class Mode:
    """One behaviour. The defaults are honest."""

    dialect: Dialect = Dialect.HOUSE
    malformed: Malformed | None = None  # the challenge is none
    reads_as_aperture: bool = False  # its forms of credentials, and a new bill for whatever does not open
    asks_node: bool = False  # a credential opens only if the node too says that its invoice is settled
    uses: int | None = None  # how often a token opens; None: until it ends
    invoiced: Invoiced = Invoiced.NEW
    binds_other_hash: bool = False  # the macaroon is bound to another payment than the invoice
    says_msats: int | None = None  # the price that stands beside the invoice, whatever the invoice costs
    door: Door = Door.OFFER
    thanks: Thanks = Thanks.GOODS


MODES: Mapping[str, Mode] = {
    HONEST: Mode(),
    "strict": Mode(asks_node=True),
    "aperture": Mode(dialect=Dialect.APERTURE, reads_as_aperture=True),
    "aperture-strict": Mode(dialect=Dialect.APERTURE, reads_as_aperture=True, asks_node=True),
    **{
        dialect.value.replace("_", "-"): Mode(dialect=dialect)
        for dialect in Dialect
        if dialect not in (Dialect.HOUSE, Dialect.APERTURE)
    },
    "per-request": Mode(uses=1),
    "lying-amount": Mode(says_msats=1_000),
    "lying-hash": Mode(binds_other_hash=True),
    "reused-invoice": Mode(uses=1, invoiced=Invoiced.REUSED),
    "wrong-network": Mode(invoiced=Invoiced.FOREIGN_NETWORK),
    "expired-invoice": Mode(invoiced=Invoiced.EXPIRED),
    "amountless-invoice": Mode(invoiced=Invoiced.AMOUNTLESS),
    "forever-402": Mode(thanks=Thanks.AGAIN),
    "refusing": Mode(thanks=Thanks.UNAUTHORIZED),
    "redirect": Mode(door=Door.REDIRECT),
    "error": Mode(door=Door.ERROR),
    "large-body": Mode(thanks=Thanks.MUCH),
    **{f"malformed-{kind.value}": Mode(malformed=kind) for kind in Malformed},
}
