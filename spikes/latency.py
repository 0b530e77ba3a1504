"""Latency profiles: what of a real network's time the emulator adds, read from latency.toml.

Role: the figures, each with its provenance, and the form in which the emulator takes them.
Must not know: what is drawn from them, targets, runtimes.
"""

from __future__ import annotations

import datetime
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from spikes.errors import PlanError

LATENCY_FILE = Path(__file__).with_name("latency.toml")


@dataclass(frozen=True, kw_only=True)
class LatencyProfile:
    """One profile. Times in seconds; a sigma is that of a lognormal's logarithm, 0 for no spread."""

    name: str
    rtt_s: float
    rtt_sigma: float
    settle_median_s: float
    settle_sigma: float
    settle_cap_s: float
    scenario: str  # what it is a picture of
    source: str
    n: int  # observations behind it; 0: an assumption
    date: datetime.date

    def as_sent(self) -> dict[str, str | float]:
        """As `POST /latency` of the emulator takes it."""
        return {
            "name": self.name,
            "rtt_s": self.rtt_s,
            "rtt_sigma": self.rtt_sigma,
            "settle_median_s": self.settle_median_s,
            "settle_sigma": self.settle_sigma,
            "settle_cap_s": self.settle_cap_s,
        }


def latency_profile(name: str, path: Path = LATENCY_FILE) -> LatencyProfile:
    """The profile of that name. Raises PlanError if there is none, or if it cannot be read."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    if name not in table:
        raise PlanError(f"there is no latency profile {name!r}; choose one of {', '.join(table)} from {path.name}")
    try:
        return _profile(name, table[name])
    except (KeyError, TypeError, ValueError) as error:
        raise PlanError(
            f"latency profile {name!r} in {path.name} cannot be read ({error!r}); compare it with [lightning]"
        ) from error


def _profile(name: str, table: dict[str, Any]) -> LatencyProfile:
    if unknown := set(table) - {field.name for field in fields(LatencyProfile)}:
        raise ValueError(f"unknown keys {sorted(unknown)}")
    profile = LatencyProfile(name=name, **table)
    times = (profile.rtt_s, profile.rtt_sigma, profile.settle_median_s, profile.settle_sigma, profile.settle_cap_s)
    if any(isinstance(value, bool) or not isinstance(value, int | float) or value < 0 for value in times):
        raise ValueError(f"times and sigmas are numbers of 0 or more, not {times}")
    if profile.settle_median_s > profile.settle_cap_s:
        raise ValueError(f"a median of {profile.settle_median_s} s is above its cap")
    if not profile.scenario or not profile.source or not isinstance(profile.date, datetime.date):
        raise ValueError("scenario, source and date say what the figures are worth; none may be missing")
    return profile
