"""Profiles: how much a run asks, read from profiles.toml.

Role: repeats of each experiment in the serial stage, and the groups of lanes that work beside one another afterwards.
Must not know: which experiments exist, seeds, processes. A pattern (`fault_*`) is matched by whoever knows the names.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from spikes.errors import PlanError

PROFILES_FILE = Path(__file__).with_name("profiles.toml")
ANY_RUNTIME = "*"
FIRST_LANE = "a"
LANE_MARK = "@"
Repeats = Mapping[str, Mapping[str, int]]  # experiment or pattern -> seat (runtime, runtime@lane or `*`) -> repeats


@dataclass(frozen=True, kw_only=True)
class LaneGroup:
    """Lanes of the concurrent stage: `wallets` of each runtime, each with a process of its own.

    Its repeats name runtimes, not seats. With a `latency` profile its experiments are called
    `<experiment>@<latency>`. With `every_s` it is an open loop: one turn of each wallet is meant to start that often,
    whether or not the one before has ended.
    """

    name: str
    repeats: Repeats
    wallets: int = 1
    latency: str | None = None
    every_s: float | None = None

    def lane(self, nth: int) -> str:
        """The lane in which a runtime's `nth` attempt of this group is made: they are dealt out in turn."""
        return self.name if self.wallets == 1 else f"{self.name}{nth % self.wallets + 1}"

    def start_s(self, nth: int, shift: float) -> float | None:
        """When that attempt is meant to start, after the start of the stage; `shift` (0 to 1) parts the runtimes."""
        return None if self.every_s is None else (nth + shift) * self.every_s / self.wallets


@dataclass(frozen=True, kw_only=True)
class Profile:
    """How much a run asks."""

    name: str
    purpose: str
    attempt_deadline_s: float
    repeats: Repeats
    share: Mapping[str, float] = field(default_factory=dict)  # runtime -> part of the `*` repeats that it makes
    inspections: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # name -> runtimes; `*`: every driver
    beside: tuple[LaneGroup, ...] = ()  # the concurrent stage
    samples: int = 0  # how often, over the serial stage, the harness's own memory is looked at
    scales: tuple[str, ...] = ()  # experiments whose repeats a number of payments sets, in the proportion they stand

    def repeats_of(self, experiment: str, runtime: str, lane: str) -> int:
        """Repeats of one experiment; 0 if not asked for. Lanes other than "a" must be named; `*@one` is one of all."""
        return self._count(self.repeats.get(experiment, {}), runtime, lane)

    def repeats_beside(self, group: LaneGroup, experiment: str, runtime: str) -> int:
        """The same, in one group of lanes of the concurrent stage."""
        return self._count(group.repeats.get(experiment, {}), runtime, FIRST_LANE)

    def inspects(self, inspection: str, runtime: str) -> bool:
        """Whether a runtime is inspected in this way."""
        return any(name in (ANY_RUNTIME, runtime) for name in self.inspections[inspection])

    def lanes_of(self, runtime: str) -> tuple[str, ...]:
        """ "a", and whatever further lanes of this runtime the profile names: the same runtime twice, side by side."""
        seats = [seat.partition(LANE_MARK) for by_seat in self.repeats.values() for seat in by_seat]
        named = {lane for name, _, lane in seats if lane and name in (runtime, ANY_RUNTIME)}
        return (FIRST_LANE, *sorted(named))

    def with_payments(self, payments: int, runtimes: Sequence[str]) -> Profile:
        """So many payments over all these runtimes, by what `scales` names. Raises PlanError if it names nothing."""
        asked = sum(
            self.repeats_of(experiment, runtime, lane)
            for experiment in self.scales
            for runtime in runtimes
            for lane in self.lanes_of(runtime)
        )
        if asked == 0 or payments < 1:
            raise PlanError(
                f"profile {self.name!r} cannot come to {payments} payments; try --profile soak, and 1 or more"
            )
        scaled = {
            experiment: {seat: math.ceil(count * payments / asked) for seat, count in self.repeats[experiment].items()}
            for experiment in self.scales
        }
        return replace(self, repeats={**self.repeats, **scaled})

    def _count(self, by_seat: Mapping[str, int], runtime: str, lane: str) -> int:
        of_all = by_seat.get(seat_name(ANY_RUNTIME, lane), 0)
        return by_seat.get(seat_name(runtime, lane), math.ceil(of_all * self.share.get(runtime, 1.0)))


def seat_name(runtime: str, lane: str) -> str:
    """The runtime's own name in lane "a", with the lane in any other."""
    return runtime if lane == FIRST_LANE else f"{runtime}{LANE_MARK}{lane}"


def load_profile(name: str, path: Path = PROFILES_FILE) -> Profile:
    """Read one profile. Raises PlanError if it does not exist or does not make sense."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    if name not in table:
        raise PlanError(f"there is no profile {name!r}; choose one of {', '.join(sorted(table))} from {path.name}")
    try:
        return _profile(name, table[name])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise PlanError(
            f"profile {name!r} in {path.name} cannot be read ({error!r}); compare it with [quick]"
        ) from error


def _profile(name: str, table: Mapping[str, Any]) -> Profile:
    profile = Profile(
        name=name,
        purpose=str(table["purpose"]),
        attempt_deadline_s=float(table["attempt_deadline_s"]),
        repeats=_repeats(table["repeats"]),
        share={str(runtime): float(part) for runtime, part in table.get("share", {}).items()},
        inspections=_inspections(table.get("inspections", [])),
        beside=tuple(_group(group, asked) for group, asked in table.get("beside", {}).items()),
        samples=_whole(table.get("samples", 0), 0),
        scales=tuple(str(experiment) for experiment in table.get("scales", [])),
    )
    if unknown := sorted(set(profile.scales) - set(profile.repeats)):
        raise ValueError(f"scales names {unknown}, of which there are no repeats")
    if any(not 0 < part <= 1 for part in profile.share.values()):
        raise ValueError(f"a share is above 0 and at most 1, not {profile.share}")
    if profile.attempt_deadline_s <= 0:
        raise ValueError(f"attempt_deadline_s must be above 0, not {profile.attempt_deadline_s}")
    return profile


def _group(name: str, table: Mapping[str, Any]) -> LaneGroup:
    if unknown := set(table) - {"repeats", "wallets", "latency", "every_s"}:
        raise ValueError(f"beside.{name} has unknown keys {sorted(unknown)}")
    group = LaneGroup(
        name=name,
        repeats=_repeats(table["repeats"]),
        wallets=_whole(table.get("wallets", 1), 1),
        latency=None if "latency" not in table else str(table["latency"]),
        every_s=None if "every_s" not in table else float(table["every_s"]),
    )
    if group.every_s is not None and group.every_s <= 0:
        raise ValueError(f"beside.{name}: every_s must be above 0, not {group.every_s}")
    if group.latency is not None and group.every_s is None:
        raise ValueError(f"beside.{name}: a latency profile is measured in an open loop; say every_s")
    if any(LANE_MARK in seat for by_seat in group.repeats.values() for seat in by_seat):
        raise ValueError(f"beside.{name}: repeats name runtimes; the lanes are the group's")
    return group


def _inspections(asked: list[str] | dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
    """A list stands for every driver."""
    table = asked if isinstance(asked, dict) else {name: [ANY_RUNTIME] for name in asked}
    if not all(isinstance(runtime, str) for runtimes in table.values() for runtime in runtimes):
        raise ValueError(f"inspections name runtimes, not {table}")
    return {name: tuple(runtimes) for name, runtimes in table.items()}


def _repeats(table: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """`experiment = 3` is short for `experiment = { "*" = 3 }`, and `"a,b" = 3` for a and b alike."""
    tables = {name: value if isinstance(value, dict) else {ANY_RUNTIME: value} for name, value in table.items()}
    return {name: dict(_by_seat(value)) for name, value in tables.items()}


def _by_seat(table: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    for seats, count in table.items():
        yield from ((seat, _whole(count, 0)) for seat in seats.split(","))


def _whole(value: Any, least: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ValueError(f"repeats, wallets and samples are whole numbers of {least} or more, not {value!r}")
    return value
