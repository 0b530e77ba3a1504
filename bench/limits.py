"""Platform limits: what the platforms document, as data with unit, source and date.

Role: read limits.toml (kept with the spikes) and answer for one platform and plan at a time. Must not know: gates,
records. A local runtime enforces next to none of these, so a gate compares measurements with them and never infers
from "it ran".
"""

from __future__ import annotations

import datetime
import math
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bench.errors import LimitsError
from spikes.record import Platform

DEFAULT_PATH = Path(__file__).resolve().parent.parent / "spikes" / "limits.toml"
_FIELDS = {"name", "platform", "value", "unit", "plan", "source", "date"}
_OPTIONAL = {"older"}
_UNITS = ("bytes", "s", "count")
_LIMITED = tuple(platform for platform in Platform if platform is not Platform.NONE)


class Plan(StrEnum):
    """The plan that a limit belongs to. The decision uses PAID and says so."""

    PAID = "paid"
    FREE = "free"


@dataclass(frozen=True, kw_only=True)
class Limit:
    """One documented limit in base units, e.g. upload_raw_bytes 67108864 bytes on Cloudflare."""

    name: str
    platform: Platform
    value: float
    unit: str
    plans: tuple[Plan, ...]
    source: str
    date: str  # ISO date on which the source was read
    older: tuple[str, ...] = ()  # values still quoted elsewhere, or in conflict with this one; for people

    @property
    def key(self) -> str:
        """How the limit is named where one asks what another value would change."""
        return f"limit.{self.platform}.{self.name}"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """All limits. A limit that is not listed makes its criterion INCONCLUSIVE, it never passes by absence."""

    all: tuple[Limit, ...]
    plan: Plan = Plan.PAID  # the plan that decides

    def get(self, name: str, platform: Platform, plan: Plan) -> Limit | None:
        """The limit of that name for that platform and plan, or None if the file has none."""
        return next((x for x in self.all if x.name == name and x.platform is platform and plan in x.plans), None)

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
    seen: set[tuple[str, Platform, Plan]] = set()
    for limit in limits.all:
        for plan in limit.plans:
            if (limit.name, limit.platform, plan) in seen:
                raise LimitsError(
                    f"{path} gives {limit.name} of {limit.platform} twice for the {plan} plan; keep the newest"
                )
            seen.add((limit.name, limit.platform, plan))
    return limits


def _limit(path: Path, entry: object) -> Limit:
    if not isinstance(entry, dict) or not entry.keys() >= _FIELDS:
        raise LimitsError(f"{path}: the entry {entry!r} needs {', '.join(sorted(_FIELDS))}; complete it")
    if unknown := sorted(entry.keys() - _FIELDS - _OPTIONAL):
        raise LimitsError(
            f"{path}: {entry['name']} has {', '.join(unknown)}, which nothing reads; correct its spelling"
        )
    name, older = _text(path, entry, "name"), entry.get("older", [])
    if not isinstance(older, list) or not all(isinstance(text, str) and text.strip() for text in older):
        raise LimitsError(f"{path}: {name} has older {older!r}; write a list of texts")
    return Limit(
        name=name,
        platform=_platform(path, name, entry["platform"]),
        value=_value(path, name, entry["value"]),
        unit=_unit(path, name, entry["unit"]),
        plans=_plans(path, name, entry["plan"]),
        source=_text(path, entry, "source"),
        date=_date(path, name, entry["date"]),
        older=tuple(older),
    )


def _text(path: Path, entry: dict[str, object], field: str) -> str:
    text = entry[field]
    if not isinstance(text, str) or not text.strip():
        raise LimitsError(f"{path}: {entry['name']!r} has {field} {text!r}; say it, or nobody can judge the number")
    return text


def _platform(path: Path, name: str, word: object) -> Platform:
    found = next((platform for platform in _LIMITED if platform == word), None)
    if found is None:
        raise LimitsError(f"{path}: {name} has platform {word!r}; write one of {', '.join(_LIMITED)}")
    return found


def _value(path: Path, name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise LimitsError(f"{path}: {name} has value {value!r}; write a positive number in base units")
    return value


def _unit(path: Path, name: str, unit: object) -> str:
    if unit not in _UNITS:
        raise LimitsError(f"{path}: {name} has unit {unit!r}; write one of {', '.join(_UNITS)}")
    return str(unit)


def _plans(path: Path, name: str, words: object) -> tuple[Plan, ...]:
    try:
        named = {Plan(word.strip()) for word in str(words).split("+")}
    except ValueError as error:
        raise LimitsError(f'{path}: {name} has plan {words!r}; write "paid", "free" or "paid+free"') from error
    return tuple(plan for plan in Plan if plan in named)


def _date(path: Path, name: str, text: object) -> str:
    try:
        return datetime.date.fromisoformat(str(text)).isoformat()
    except ValueError as error:
        raise LimitsError(
            f'{path}: {name} has date {text!r}; write the day on which the source was read, as "2026-11-22"'
        ) from error
