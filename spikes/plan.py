"""The plan: which attempts a run makes, in which order, with which amounts and ids. A pure function of a seed.

Role: runtimes x experiments x repeats. In the serial stage they are spread evenly, so that a slow minute of the machine
hits every runtime alike; in the concurrent one each lane has its own row of attempts. Everything that looks random
(amounts, request ids, seeds) is derived from the run's seed by name, so that adding a runtime or an experiment leaves
the others' values as they were.
Must not know: processes, networks, clocks, or what any experiment does.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fnmatch import fnmatchcase

from spikes.errors import PlanError
from spikes.profiles import (
    ANY_RUNTIME,
    FIRST_LANE,
    LANE_MARK,
    LaneGroup,
    Profile,
    Repeats,
    load_profile,
    seat_name,
)
from spikes.record import Outcome

__all__ = [
    "AMOUNT_SATS",
    "ANY_RUNTIME",
    "FIRST_LANE",
    "LANE_MARK",
    "PROBE",
    "Plan",
    "PlanShard",
    "PlannedAttempt",
    "Profile",
    "Stage",
    "derived_int",
    "derived_uuid",
    "load_profile",
    "make_plan",
    "seat_name",
]

PROBE = "probe"
# Small enough that one funded leaf lasts for many swaps, large enough that a fee of 2 + amount / 1000 varies.
AMOUNT_SATS = range(1_000, 5_000)
_WILD = "*"


class Stage(StrEnum):
    """The parts of a run, one after the other."""

    SERIAL = "serial"  # one attempt at a time, the runtimes take turns: these timings are compared
    CONCURRENT = "concurrent"  # every lane at the same time as all others


@dataclass(frozen=True, kw_only=True)
class PlannedAttempt:
    """One attempt to be made. `expected` goes into the record; no driver ever sees it."""

    attempt: int  # 0-based position in the plan
    runtime: str
    experiment: str  # as it stands in the record: with `@<latency profile>` where it runs on one
    repeat: int
    seed: int
    lane: str
    expected: Outcome
    amount_sats: int  # the same for every runtime at one (experiment, repeat), so that runtimes are compared alike
    request_id: str  # a UUID of its own for every attempt: it becomes the Spark transfer id
    stage: Stage = Stage.SERIAL
    start_s: float | None = None  # an open loop: when it is meant to start, after the start of its stage

    @property
    def question(self) -> str:
        """The experiment without its latency profile."""
        return self.experiment.partition(LANE_MARK)[0]

    @property
    def latency(self) -> str | None:
        """The latency profile, None if it runs without."""
        return self.experiment.partition(LANE_MARK)[2] or None

    @property
    def seat(self) -> str:
        """The name of the seat that makes it."""
        return seat_name(self.runtime, self.lane)

    def second_request_id(self) -> str:
        """A further UUID of this attempt, for experiments that call twice."""
        return derived_uuid(self.seed, self.request_id, "second")


@dataclass(frozen=True, kw_only=True)
class PlanShard:
    """Which part of a plan this is (spikes/shards.py)."""

    number: int  # from 1
    of: int
    plan: str  # digest of the whole plan
    among: tuple[str, ...]  # every runtime of the whole plan
    own: tuple[str, ...]  # what else is run here is the yardstick of this machine

    def aside(self, runtime: str) -> int:
        """What a line about this runtime is set aside as; 0: evidence. The harness speaks in the first shard."""
        return 0 if (runtime in self.own if runtime in self.among else self.number == 1) else self.number


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All attempts of a run in the order in which they are made; within the concurrent stage, lane by lane."""

    profile: Profile
    seed: int
    runtimes: tuple[str, ...]
    attempts: tuple[PlannedAttempt, ...]
    shard: PlanShard | None = None

    def aside(self, runtime: str) -> int:
        """What a line about this runtime is set aside as; 0: it is evidence."""
        return 0 if self.shard is None else self.shard.aside(runtime)

    def of(self, stage: Stage) -> tuple[PlannedAttempt, ...]:
        """The attempts of one stage."""
        return tuple(planned for planned in self.attempts if planned.stage is stage)

    def seats(self, stage: Stage = Stage.SERIAL) -> dict[str, str]:
        """Seat name -> runtime, for every runtime and lane that has an attempt to make in that stage."""
        return {planned.seat: planned.runtime for planned in self.of(stage)}


def derived_int(*names: object) -> int:
    """A number in [0, 2**63) that depends on `names` alone."""
    digest = hashlib.sha256("/".join(str(name) for name in names).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def derived_uuid(*names: object) -> str:
    """A version 4 UUID that depends on `names` alone."""
    digest = hashlib.sha256("/".join(("uuid", *(str(name) for name in names))).encode()).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))


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
    asked = spelled_out(profile, expected)
    slots = [slot for slot in _slots(asked, runtimes) if fits(slot.experiment, slot.runtime)]
    rows = [_row(asked, group, runtimes, fits) for group in asked.beside]
    if not slots and not any(rows):
        raise PlanError(f"profile {profile.name!r} asks nothing of {', '.join(runtimes)}; add repeats to it")
    attempts = [_serial(number, seed, slot, expected[slot.experiment]) for number, slot in enumerate(slots)]
    for place in (place for row in rows for place in row):
        attempts.append(_concurrent(len(attempts), seed, place, expected[place.slot.experiment]))
    return Plan(profile=profile, seed=seed, runtimes=tuple(runtimes), attempts=tuple(attempts))


def spelled_out(profile: Profile, known: Sequence[str] | Mapping[str, object]) -> Profile:
    """The profile with every pattern replaced by the experiments that it stands for. Raises PlanError.

    An experiment that is named counts as it is named, whatever patterns it fits too.
    """
    groups = tuple(replace(group, repeats=_spelled(profile.name, group.repeats, known)) for group in profile.beside)
    return replace(profile, repeats=_spelled(profile.name, profile.repeats, known), beside=groups)


def _spelled(profile: str, repeats: Repeats, known: Sequence[str] | Mapping[str, object]) -> Repeats:
    spelled: dict[str, Mapping[str, int]] = {}
    unknown: list[str] = []
    for name, by_seat in repeats.items():
        found = [each for each in known if fnmatchcase(each, name)] if _WILD in name else [name]
        unknown += [name] if not set(found) <= set(known) or not found else []
        spelled.update({each: by_seat for each in found if each == name or each not in repeats})
    if unknown:
        raise PlanError(f"profile {profile!r} asks for unknown experiments {unknown}; known: {sorted(known)}")
    return spelled


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


@dataclass(frozen=True, kw_only=True)
class _Place:
    """A slot in a row of the concurrent stage."""

    slot: _Slot
    group: LaneGroup
    lane: str
    start_s: float | None


def _slots(profile: Profile, runtimes: Sequence[str]) -> list[_Slot]:
    seats = [(runtime, lane) for runtime in runtimes for lane in profile.lanes_of(runtime)]
    slots: list[_Slot] = []
    for rank, experiment in enumerate(profile.repeats):
        for seat_rank, (runtime, lane) in enumerate(seats):
            count = profile.repeats_of(experiment, runtime, lane)
            slots += _series(experiment, runtime, lane, count, ranks=(rank, seat_rank))
    return sorted(slots)


def _series(experiment: str, runtime: str, lane: str, count: int, *, ranks: tuple[int, int]) -> Iterator[_Slot]:
    for repeat in range(count):
        yield _Slot(
            # A probe comes after everything else: it uses the machine for itself.
            position=2.0 if experiment == PROBE else (repeat + 0.5) / count,
            experiment_rank=ranks[0],
            seat_rank=ranks[1],
            experiment=experiment,
            runtime=runtime,
            lane=lane,
            repeat=repeat,
        )


def _row(profile: Profile, group: LaneGroup, runtimes: Sequence[str], fits: Callable[[str, str], bool]) -> list[_Place]:
    """One group's attempts, runtime by runtime; each runtime's are dealt out to its wallets in turn."""
    row: list[_Place] = []
    for seat_rank, runtime in enumerate(runtimes):
        slots: list[_Slot] = []
        for rank, experiment in enumerate(group.repeats):
            if fits(experiment, runtime):
                count = profile.repeats_beside(group, experiment, runtime)
                slots += _series(experiment, runtime, group.name, count, ranks=(rank, seat_rank))
        shift = seat_rank / len(runtimes)
        row += [
            _Place(slot=slot, group=group, lane=group.lane(nth), start_s=group.start_s(nth, shift))
            for nth, slot in enumerate(sorted(slots))
        ]
    return row


def _serial(number: int, seed: int, slot: _Slot, expected: Outcome) -> PlannedAttempt:
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
        amount_sats=_amount_sats(attempt_seed),
        request_id=derived_uuid(seed, seat_name(slot.runtime, slot.lane), slot.experiment, slot.repeat),
    )


def _concurrent(number: int, seed: int, place: _Place, expected: Outcome) -> PlannedAttempt:
    # Which wallet a repeat falls to is of no account: all runtimes share its seed.
    slot, latency = place.slot, place.group.latency
    experiment = slot.experiment if latency is None else f"{slot.experiment}{LANE_MARK}{latency}"
    attempt_seed = derived_int(seed, place.group.name, experiment, slot.repeat)
    return PlannedAttempt(
        attempt=number,
        runtime=slot.runtime,
        experiment=experiment,
        repeat=slot.repeat,
        seed=attempt_seed,
        lane=place.lane,
        expected=expected,
        amount_sats=_amount_sats(attempt_seed),
        request_id=derived_uuid(seed, slot.runtime, place.group.name, experiment, slot.repeat),
        stage=Stage.CONCURRENT,
        start_s=place.start_s,
    )


def _amount_sats(attempt_seed: int) -> int:
    return AMOUNT_SATS[derived_int(attempt_seed, "amount") % len(AMOUNT_SATS)]
