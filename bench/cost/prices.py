"""Prices: what platforms charge and allot, and what the model assumes, as data with source and date.

Role: read prices.toml and refuse a file that is not whole. Must not know: records, how a bill is made up. Money and
amounts are decimal numbers, written as text.
"""

from __future__ import annotations

import datetime
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path

from bench.errors import PricesError

DEFAULT_PATH = Path(__file__).resolve().parent.parent / "prices.toml"
_SHAPES: Mapping[str, tuple[str, ...]] = {
    "price": ("platform", "resource", "price", "per", "included", "source", "date"),
    "allotted": ("platform", "resource", "value", "source", "date"),
    "assumed": ("name", "value", "reason"),
}


@dataclass(frozen=True, kw_only=True)
class Price:
    """`price` dollars for `per` of a resource, beyond what is included each month."""

    platform: str
    resource: str
    price: Decimal
    per: Decimal
    included: Decimal
    source: str
    date: str

    @property
    def each(self) -> Decimal:
        """Dollars for one of it."""
        return self.price / self.per


@dataclass(frozen=True, kw_only=True)
class Allotted:
    """What a platform bills or runs by."""

    platform: str
    resource: str
    value: Decimal
    source: str
    date: str


@dataclass(frozen=True, kw_only=True)
class Assumed:
    """What no record tells."""

    name: str
    value: Decimal
    reason: str


@dataclass(frozen=True, kw_only=True)
class Prices:
    """The whole file."""

    prices: tuple[Price, ...]
    allotted: tuple[Allotted, ...]
    assumed: tuple[Assumed, ...]

    def of(self, platform: str, resource: str) -> Price:
        """One price. Raises PricesError."""
        found = next((p for p in self.prices if (p.platform, p.resource) == (platform, resource)), None)
        if found is None:
            raise PricesError(f"prices.toml has no [[price]] of {resource} on {platform}; add it with source and date")
        return found

    def allots(self, platform: str, resource: str) -> Decimal:
        """What a platform allots. Raises PricesError."""
        found = next((a for a in self.allotted if (a.platform, a.resource) == (platform, resource)), None)
        if found is None:
            raise PricesError(f"prices.toml has no [[allotted]] {resource} of {platform}; add it with source and date")
        return found.value

    def assumes(self, name: str) -> Decimal:
        """The value of an assumption. Raises PricesError."""
        found = next((a for a in self.assumed if a.name == name), None)
        if found is None:
            raise PricesError(f"prices.toml assumes no {name}; add an [[assumed]] entry with its reason")
        return found.value

    @property
    def date(self) -> str:
        """The oldest day on which a price was read: the model is as old as that."""
        return min(price.date for price in self.prices)


@lru_cache(maxsize=4)
def load(path: Path = DEFAULT_PATH) -> Prices:
    """Read prices.toml. Raises PricesError naming the file, the entry, and what to do."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PricesError(f"cannot read {path} ({error.strerror}); restore it from version control") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PricesError(f"{path} is not TOML ({error}); correct it or restore it from version control") from error
    return parse(raw, path)


def parse(raw: Mapping[str, object], path: Path) -> Prices:
    """The file's content, checked. Raises PricesError."""
    if unknown := sorted(raw.keys() - _SHAPES.keys()):
        raise PricesError(f"{path} has {', '.join(unknown)}, which nothing reads; remove it or correct its spelling")
    entries = {kind: [_entry(path, kind, entry) for entry in _list(path, raw, kind)] for kind in _SHAPES}
    for kind, found in entries.items():
        names = [tuple(entry[key] for key in ("platform", "resource", "name") if key in entry) for entry in found]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise PricesError(f"{path} has [[{kind}]] {' '.join(map(str, twice))} twice; keep the newest")
    return Prices(
        prices=tuple(_price(path, entry) for entry in entries["price"]),
        allotted=tuple(_allotted(path, entry) for entry in entries["allotted"]),
        assumed=tuple(
            Assumed(name=entry["name"], value=_decimal(path, entry, "value"), reason=entry["reason"])
            for entry in entries["assumed"]
        ),
    )


def _price(path: Path, entry: Mapping[str, str]) -> Price:
    return Price(
        platform=entry["platform"],
        resource=entry["resource"],
        price=_decimal(path, entry, "price"),
        per=_decimal(path, entry, "per", least=True),
        included=_decimal(path, entry, "included"),
        source=entry["source"],
        date=_date(path, entry),
    )


def _allotted(path: Path, entry: Mapping[str, str]) -> Allotted:
    return Allotted(
        platform=entry["platform"],
        resource=entry["resource"],
        value=_decimal(path, entry, "value", least=True),
        source=entry["source"],
        date=_date(path, entry),
    )


def _list(path: Path, raw: Mapping[str, object], kind: str) -> list[object]:
    found = raw.get(kind)
    if not isinstance(found, list) or not found:
        raise PricesError(f"{path} has no [[{kind}]] entry; each needs {', '.join(_SHAPES[kind])}")
    return found


def _entry(path: Path, kind: str, entry: object) -> dict[str, str]:
    if not isinstance(entry, dict) or set(entry) != set(_SHAPES[kind]):
        raise PricesError(f"{path}: the [[{kind}]] entry {entry!r} needs exactly {', '.join(_SHAPES[kind])}")
    for key, value in entry.items():
        if not isinstance(value, str) or not value.strip():
            raise PricesError(f"{path}: {_named(entry)} has {key} {value!r}; write it as text in quotes")
    return entry


def _named(entry: Mapping[str, object]) -> str:
    return " ".join(str(entry[key]) for key in ("platform", "resource", "name") if key in entry)


def _decimal(path: Path, entry: Mapping[str, str], key: str, *, least: bool = False) -> Decimal:
    """A number that an amount can be; `least`: one that something is divided by, so above 0."""
    try:
        value = Decimal(entry[key])
    except InvalidOperation as error:
        raise PricesError(f"{path}: {_named(entry)} has {key} {entry[key]!r}; write a decimal number") from error
    if not value.is_finite() or value < 0 or (least and value == 0):
        raise PricesError(f"{path}: {_named(entry)} has {key} {entry[key]!r}; write a number that an amount can be")
    return value


def _date(path: Path, entry: Mapping[str, str]) -> str:
    try:
        return datetime.date.fromisoformat(entry["date"]).isoformat()
    except ValueError as error:
        raise PricesError(
            f'{path}: {_named(entry)} has date {entry["date"]!r}; write the day, as "2026-11-23"'
        ) from error
