"""The plan: which attempts a run makes, in which order, with which amounts and ids. A pure function of a seed.

Role: runtimes x experiments x repeats, spread evenly over the run, so that a slow minute of the machine hits every
runtime alike. Everything that looks random (amounts, request ids, seeds) is derived from the run's seed by name, so
that adding a runtime or an experiment leaves the others' values as they were.
Must not know: processes, networks, clocks, or what any experiment does.
"""

from __future__ import annotations

import hashlib
import math
import tomllib
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from spikes.errors import PlanError
from spikes.record import Outcome

PROFILES_FILE = Path(__file__).with_name("profiles.toml")
ANY_RUNTIME = "*"
PROBE = "probe"
FIRST_LANE = "a"
LANE_MARK = "@"
# Small enough that one funded leaf lasts for many swaps, large enough that a fee of 2 + amount / 1000 varies.
AMOUNT_SATS = range(1_000, 5_000)


@dataclass(frozen=True, kw_only=True)
class Profile:
    """How much a run asks: experiment -> seat (runtime, runtime@lane or `*`) -> repeats."""

    name: str
    purpose: str
    attempt_deadline_s: float
    repeats: Mapping[str, Mapping[str, int]]
    share: Mapping[str, float] = field(default_factory=dict)  # runtime -> part of the `*` repeats that it makes
    inspections: tuple[str, ...] = ()  # made once on every driver, each in a process of its own, after the attempts

    def repeats_of(self, experiment: str, runtime: str, lane: str) -> int:
        """Repeats of one experiment; 0 if not asked for. Lanes other than "a" must be named; `*@one` is one of all."""
        by_seat = self.repeats.get(experiment, {})
        of_all = by_seat.get(seat_name(ANY_RUNTIME, lane), 0)
        return by_seat.get(seat_name(runtime, lane), math.ceil(of_all * self.share.get(runtime, 1.0)))

    def lanes_of(self, runtime: str) -> tuple[str, ...]:
        """ "a", and whatever further lanes of this runtime the profile names: the same runtime twice, side by side."""
        seats = [seat.partition(LANE_MARK) for by_seat in self.repeats.values() for seat in by_seat]
        named = {lane for name, _, lane in seats if lane and name in (runtime, ANY_RUNTIME)}
        return (FIRST_LANE, *sorted(named))


@dataclass(frozen=True, kw_only=True)
class PlannedAttempt:
    """One attempt to be made. `expected` goes into the record; no driver ever sees it."""

    attempt: int  # 0-based position in the plan
    runtime: str
    experiment: str
    repeat: int
    seed: int
    lane: str
    expected: Outcome
    amount_sats: int  # the same for every runtime at one (experiment, repeat), so that runtimes are compared alike
    request_id: str  # a UUID of its own for every attempt: it becomes the Spark transfer id

    def second_request_id(self) -> str:
        """A further UUID of this attempt, for experiments that call twice."""
        return derived_uuid(self.seed, self.request_id, "second")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All attempts of a run in the order in which they are made."""

    profile: Profile
    seed: int
    runtimes: tuple[str, ...]
    attempts: tuple[PlannedAttempt, ...]

    def seats(self) -> dict[str, str]:
        """Seat name -> runtime, for every runtime and lane that has an attempt to make."""
        return {seat_name(planned.runtime, planned.lane): planned.runtime for planned in self.attempts}


def seat_name(runtime: str, lane: str) -> str:
    """The runtime's own name in lane "a", with the lane in any other."""
    return runtime if lane == FIRST_LANE else f"{runtime}{LANE_MARK}{lane}"


def derived_int(*names: object) -> int:
    """A number in [0, 2**63) that depends on `names` alone."""
    digest = hashlib.sha256("/".join(str(name) for name in names).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def derived_uuid(*names: object) -> str:
    """A version 4 UUID that depends on `names` alone."""
    digest = hashlib.sha256("/".join(("uuid", *(str(name) for name in names))).encode()).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))


def load_profile(name: str, path: Path = PROFILES_FILE) -> Profile:
    """Read one profile. Raises PlanError if it does not exist or does not make sense."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    if name not in table:
        raise PlanError(f"there is no profile {name!r}; choose one of {', '.join(sorted(table))} from {path.name}")
    return _profile(name, table[name])


def make_plan(
    profile: Profile,
    seed: int,
    runtimes: Sequence[str],
    expected: Mapping[str, Outcome],
    fits: Callable[[str, str], bool] = lambda experiment, runtime: True,
) -> Plan:
    """Lay out a run. `expected` names every known experiment with the outcome that a sound runtime ends in.

    `fits` says whether an experiment can be asked of a runtime, both by name; what cannot is left out.

    Raises PlanError for a seed below 0, no runtimes, a runtime named twice, an unknown experiment, or an empty plan.
    """
    if seed < 0:
        raise PlanError(f"a seed is 0 or more, not {seed}; pass --seed with a whole number")
    if not runtimes or len(set(runtimes)) != len(runtimes):
        raise PlanError(f"name each runtime once and at least one, not {list(runtimes)}; see --runtimes")
    if unknown := sorted(set(profile.repeats) - set(expected)):
        raise PlanError(f"profile {profile.name!r} asks for unknown experiments {unknown}; known: {sorted(expected)}")
    slots = [slot for slot in _slots(profile, runtimes) if fits(slot.experiment, slot.runtime)]
    if not slots:
        raise PlanError(f"profile {profile.name!r} asks nothing of {', '.join(runtimes)}; add repeats to it")
    attempts = tuple(_attempt(number, seed, slot, expected[slot.experiment]) for number, slot in enumerate(slots))
    return Plan(profile=profile, seed=seed, runtimes=tuple(runtimes), attempts=attempts)


@dataclass(frozen=True, kw_only=True, order=True)
class _Slot:
    """An attempt's place; the order of the fields is the order of the run."""

    position: float  # 0 to 1: each series is spread evenly over the run; a probe comes after it
    experiment_rank: int
    seat_rank: int
    experiment: str
    runtime: str
    lane: str
    repeat: int


def _slots(profile: Profile, runtimes: Sequence[str]) -> list[_Slot]:
    seats = [(runtime, lane) for runtime in runtimes for lane in profile.lanes_of(runtime)]
    slots: list[_Slot] = []
    for experiment_rank, experiment in enumerate(profile.repeats):
        for seat_rank, (runtime, lane) in enumerate(seats):
            count = profile.repeats_of(experiment, runtime, lane)
            slots += [
                _Slot(
                    # A probe comes after everything else: it uses the machine for itself.
                    position=2.0 if experiment == PROBE else (repeat + 0.5) / count,
                    experiment_rank=experiment_rank,
                    seat_rank=seat_rank,
                    experiment=experiment,
                    runtime=runtime,
                    lane=lane,
                    repeat=repeat,
                )
                for repeat in range(count)
            ]
    return sorted(slots)


def _attempt(number: int, seed: int, slot: _Slot, expected: Outcome) -> PlannedAttempt:
    # Runtimes share the seed of a repeat, lanes do not: an A/A pair must not look like a repeat of one question.
    lane = () if slot.lane == FIRST_LANE else (slot.lane,)
    attempt_seed = derived_int(seed, slot.experiment, slot.repeat, *lane)
    return PlannedAttempt(
        attempt=number,
        runtime=slot.runtime,
        experiment=slot.experiment,
        repeat=slot.repeat,
        seed=attempt_seed,
        lane=slot.lane,
        expected=expected,
        amount_sats=AMOUNT_SATS[derived_int(attempt_seed, "amount") % len(AMOUNT_SATS)],
        request_id=derived_uuid(seed, seat_name(slot.runtime, slot.lane), slot.experiment, slot.repeat),
    )


def _profile(name: str, table: Mapping[str, Any]) -> Profile:
    try:
        repeats = {experiment: _repeats(value) for experiment, value in table["repeats"].items()}
        deadline = float(table["attempt_deadline_s"])
        purpose = str(table["purpose"])
        share = {str(runtime): float(part) for runtime, part in table.get("share", {}).items()}
        if any(not 0 < part <= 1 for part in share.values()):
            raise ValueError(f"a share is above 0 and at most 1, not {share}")
        inspections = tuple(str(inspection) for inspection in table.get("inspections", []))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise PlanError(
            f"profile {name!r} in profiles.toml cannot be read ({error!r}); compare it with [quick]"
        ) from error
    if deadline <= 0:
        raise PlanError(f"profile {name!r}: attempt_deadline_s must be above 0, not {deadline}")
    return Profile(
        name=name,
        purpose=purpose,
        attempt_deadline_s=deadline,
        repeats=repeats,
        share=share,
        inspections=inspections,
    )


def _repeats(value: Any) -> dict[str, int]:
    table = value if isinstance(value, dict) else {ANY_RUNTIME: value}
    for count in table.values():
        if not isinstance(count, int) or isinstance(count, bool) or count < 0:
            raise ValueError(f"repeats are whole numbers of 0 or more, not {count!r}")
    return dict(table)
