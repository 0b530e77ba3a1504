"""Platform limits: what Cloudflare documents, as data with source and date.

Role: read limits.toml (kept with the spikes) and answer for one plan at a time. Must not know: gates, records.
Local workerd enforces none of these, so a gate compares measurements with them and never infers from "it ran".
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bench.errors import LimitsError

DEFAULT_PATH = Path(__file__).resolve().parent.parent / "spikes" / "limits.toml"
_FIELDS = {"name", "value", "unit", "plan", "source", "date"}


class Plan(StrEnum):
    """The plan that a limit belongs to. The decision uses PAID and says so."""

    PAID = "paid"
    FREE = "free"


@dataclass(frozen=True, kw_only=True)
class Limit:
    """One documented limit in base units, e.g. upload_raw_bytes 67108864 bytes."""

    name: str
    value: float
    unit: str
    plans: tuple[Plan, ...]
    source: str
    date: str  # ISO date on which the source was read


@dataclass(frozen=True, kw_only=True)
class Limits:
    """All limits. A limit that is not listed makes its criterion INCONCLUSIVE, it never passes by absence."""

    all: tuple[Limit, ...]

    def get(self, name: str, plan: Plan) -> Limit | None:
        """The limit of that name for that plan, or None if the file has none."""
        return next((limit for limit in self.all if limit.name == name and plan in limit.plans), None)

    @property
    def date(self) -> str | None:
        """The newest date on which a limit was read from its source."""
        return max((limit.date for limit in self.all), default=None)


def load(path: Path = DEFAULT_PATH) -> Limits:
    """Read limits.toml. Raises LimitsError naming the file, the entry, and what to do."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LimitsError(f"cannot read {path} ({error.strerror}); restore it or name another with --limits") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LimitsError(f"{path} is not TOML ({error}); correct it or restore it from version control") from error
    entries = raw.get("limit")
    if not isinstance(entries, list) or not entries:
        raise LimitsError(f"{path} has no [[limit]] entry; each needs {', '.join(sorted(_FIELDS))}")
    limits = Limits(all=tuple(_limit(path, entry) for entry in entries))
    seen: set[tuple[str, Plan]] = set()
    for limit in limits.all:
        for plan in limit.plans:
            if (limit.name, plan) in seen:
                raise LimitsError(f"{path} gives {limit.name} twice for the {plan} plan; keep the newest")
            seen.add((limit.name, plan))
    return limits


def _limit(path: Path, entry: object) -> Limit:
    if not isinstance(entry, dict) or not entry.keys() >= _FIELDS:
        raise LimitsError(f"{path}: the entry {entry!r} needs {', '.join(sorted(_FIELDS))}; complete it")
    value, name = entry["value"], entry["name"]
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise LimitsError(f"{path}: {name} has value {value!r}; write a positive number in base units")
    try:
        plans = tuple(Plan(word.strip()) for word in str(entry["plan"]).split("+"))
    except ValueError as error:
        raise LimitsError(f'{path}: {name} has plan {entry["plan"]!r}; write "paid", "free" or "paid+free"') from error
    return Limit(
        name=str(name),
        value=value,
        unit=str(entry["unit"]),
        plans=plans,
        source=str(entry["source"]),
        date=str(entry["date"]),
    )
