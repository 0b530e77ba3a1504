"""The catalogue: what is for sale, for how much, and how the seller behaves about it.

Role: check it, read it from JSON text and write it: `{"items": {NAME: {"price_sats": 10, "mode": "honest"}}}`. Pure.
Must not know: files, HTTP, why anything is sold.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from spikes.paywall.modes import HONEST, MODES, Mode
from spikes.typed_json import build, plain

ITEM_NAME = re.compile(r"[a-z0-9-]{1,80}")
CAPABILITY = re.compile(r"[a-z0-9-]{1,32}")
VALIDITY_S = 600


class CatalogueError(ValueError):
    """A catalogue that sells nothing; the message says what to change."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """One thing for sale. Amounts are whole satoshis."""

    price_sats: int
    mode: str = HONEST
    later_price_sats: int | None = None  # of every offer but the first; None: the same
    validity_s: int = VALIDITY_S  # how long a token opens it
    also_opens: tuple[str, ...] = ()  # further items that its token opens
    capability: str | None = None  # what a request needs; None: nothing
    grants: tuple[str, ...] = ()  # capabilities that a new token holds; none named: all

    def __post_init__(self) -> None:
        prices = (self.price_sats, self.later_price_sats if self.later_price_sats is not None else 1, self.validity_s)
        if any(number <= 0 for number in prices):
            raise CatalogueError(f"prices and validity are at least 1, not {prices}")
        if self.mode not in MODES:
            raise CatalogueError(f"there is no mode {self.mode!r}; choose from {', '.join(MODES)}")
        if not all(ITEM_NAME.fullmatch(name) for name in self.also_opens):
            raise CatalogueError("also_opens is a list of item names")
        if not all(CAPABILITY.fullmatch(name) for name in (*self.grants, *filter(None, [self.capability]))):
            raise CatalogueError("a capability is 1 to 32 of a-z, 0-9 and '-'")

    @property
    def behaviour(self) -> Mode:
        """What its mode consists of."""
        return MODES[self.mode]

    def price_of_offer(self, number: int) -> int:
        """The price of the `number`th offer, counted from 1."""
        return self.price_sats if number == 1 or self.later_price_sats is None else self.later_price_sats


Catalogue = Mapping[str, Item]
DEFAULT: Catalogue = {"cheap": Item(price_sats=10), "expensive": Item(price_sats=250)}


def checked(catalogue: Catalogue) -> Catalogue:
    """The catalogue itself. Raises CatalogueError if it is empty or a name is none."""
    if not catalogue:
        raise CatalogueError("nothing is for sale; name at least one item with its price")
    for name in catalogue:
        if not ITEM_NAME.fullmatch(name):
            raise CatalogueError(f"item {name!r}: a name is 1 to 80 of a-z, 0-9 and '-'")
    return catalogue


def to_json(catalogue: Catalogue) -> str:
    """The text that `from_json` reads; what is as by default is left out."""
    return json.dumps(plain(_Document(items=dict(catalogue))))


def from_json(text: str) -> Catalogue:
    """Read a catalogue. Raises CatalogueError for anything else."""
    try:
        document: _Document = build(_Document, json.loads(text))
    except CatalogueError:
        raise
    except (TypeError, ValueError, RecursionError) as error:
        raise CatalogueError(
            f'this is no catalogue ({error}); write {{"items": {{NAME: {{"price_sats": 10}}}}}}'
        ) from error
    return checked(document.items)


@dataclass(frozen=True, kw_only=True)
class _Document:
    items: Mapping[str, Item]
