"""The forecast: how long a run will take, and how much of that is left.

Role: the parts of a plan with what each is expected to take (pace.toml), and an estimate that learns this machine's
pace from what is done. Pure: the caller tells the time. Must not know: what an attempt does, how progress is shown.

Parts follow one another. The open loop takes as long as its timetable, however fast the machine; all others take what
the table says, times the pace seen so far.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path

from spikes.plan import PROBE, Plan, PlannedAttempt, Stage

PACE_FILE = Path(__file__).with_name("pace.toml")
# Until this much work is done the table counts for more than what was seen.
_TRUST_AFTER_S = 20.0
_ANY = "*"


class Part(StrEnum):
    """The parts of a run in their order, by the name that people see."""

    SERIAL = "one at a time"
    PROBES = "probes"
    OPEN_LOOP = "turns at fixed times"
    BESIDE = "side by side"
    INSPECTIONS = "inspections"


@dataclass(frozen=True, kw_only=True)
class Pace:
    """What things take on the machine of the table, in seconds."""

    attempt_s: Mapping[str, float]  # pattern of experiments -> one attempt; the last that fits counts
    inspection_s: Mapping[str, float]  # inspection -> one runtime
    seat_s: Mapping[str, float]  # starting one seat, by the part it starts in
    at_once: Mapping[str, int]  # lanes that work side by side, runtimes that are inspected at the same time

    def of_attempt(self, experiment: str) -> float:
        """One attempt at an experiment."""
        return [taken for pattern, taken in self.attempt_s.items() if fnmatchcase(experiment, pattern)][-1]


@dataclass(frozen=True, kw_only=True)
class Expected:
    """One part: what it takes in all, of that before its first step, and the weight of each step."""

    part: Part
    seconds: float
    start_s: float
    steps: Mapping[str, float]

    @property
    def by_timetable(self) -> bool:
        """Whether it takes as long on every machine."""
        return self.part is Part.OPEN_LOOP


def load_pace(path: Path = PACE_FILE) -> Pace:
    """Read the table."""
    return Pace(**tomllib.loads(path.read_text(encoding="utf-8")))


def attempt_step(number: int) -> str:
    """The step that is an attempt."""
    return f"attempt {number}"


def inspection_step(inspection: str, runtime: str) -> str:
    """The step that is an inspection of a runtime."""
    return f"{inspection} of {runtime}"


def forecast(plan: Plan, pace: Pace) -> tuple[Expected, ...]:
    """The parts of a plan that have anything to do."""
    by_part: dict[Part, list[PlannedAttempt]] = {}
    for planned in plan.attempts:
        by_part.setdefault(_part_of(planned), []).append(planned)
    parts = [_expected(part, by_part[part], pace) for part in Part if part in by_part]
    inspections = _inspections(plan, pace)
    return tuple([*parts, inspections] if inspections.steps else parts)


def seconds(parts: Sequence[Expected]) -> float:
    """What all of it takes, on the machine of the table."""
    return sum(part.seconds for part in parts)


def _part_of(planned: PlannedAttempt) -> Part:
    if planned.experiment == PROBE:
        return Part.PROBES
    if planned.stage is Stage.SERIAL:
        return Part.SERIAL
    return Part.BESIDE if planned.start_s is None else Part.OPEN_LOOP


def _expected(part: Part, attempts: Sequence[PlannedAttempt], pace: Pace) -> Expected:
    steps = {attempt_step(planned.attempt): pace.of_attempt(planned.experiment) for planned in attempts}
    lanes: dict[str, float] = {}
    for planned in attempts:
        lanes[planned.seat] = lanes.get(planned.seat, 0.0) + steps[attempt_step(planned.attempt)]
    match part:
        case Part.SERIAL:
            start_s = pace.seat_s["serial"] * len(lanes)
            taken = start_s + sum(lanes.values())
        case Part.OPEN_LOOP:
            start_s = pace.seat_s["open_loop"] * len(lanes)
            last = max(planned.start_s or 0.0 for planned in attempts)
            taken = start_s + last + max(steps.values())
        case Part.BESIDE:
            start_s = pace.seat_s["beside"]
            each = [start_s + lane for lane in lanes.values()]
            taken = max(*each, sum(each) / pace.at_once["lanes"])
        case _:
            start_s, taken = 0.0, sum(lanes.values())
    return Expected(part=part, seconds=taken, start_s=start_s, steps=steps)


def _inspections(plan: Plan, pace: Pace) -> Expected:
    probes = {planned.runtime for planned in plan.attempts if planned.experiment == PROBE}
    steps: dict[str, float] = {}
    taken = 0.0
    for name in plan.profile.inspections:
        of_one = pace.inspection_s.get(name, pace.inspection_s[_ANY])
        runtimes = [each for each in plan.runtimes if each not in probes and plan.profile.inspects(name, each)]
        steps |= {inspection_step(name, runtime): of_one for runtime in runtimes}
        taken += of_one * math.ceil(len(runtimes) / pace.at_once.get(name, 1))
    return Expected(part=Part.INSPECTIONS, seconds=taken, start_s=0.0, steps=steps)


@dataclass(kw_only=True)
class _Seen:
    """One part so far."""

    spent_s: float = 0.0
    weight_done: float = 0.0
    weight_skipped: float = 0.0


@dataclass(kw_only=True)
class Estimate:
    """What is left of a run; every moment is in seconds after its start."""

    parts: Sequence[Expected]
    now: Part | None = None
    _seen: dict[Part, _Seen] = field(default_factory=dict)
    _open: dict[str, Part] = field(default_factory=dict)
    _last_s: float = 0.0

    def __post_init__(self) -> None:
        self._seen = {each.part: _Seen() for each in self.parts}
        self._open = {step: each.part for each in self.parts for step in each.steps}

    def done(self, step: str, at_s: float) -> bool:
        """A step is done; whether a part began with it. The time since the step before it was spent on its part."""
        part = self._open.pop(step, None)
        if part is None:
            return False
        began, self.now = part is not self.now, part
        seen = self._seen[part]
        seen.spent_s += at_s - self._last_s
        seen.weight_done += self._of(part).steps[step]
        self._last_s = at_s
        return began

    def skip(self, step: str) -> None:
        """A step will not be made; it took no time, and tells nothing of the pace."""
        part = self._open.pop(step, None)
        if part is not None:
            self._seen[part].weight_skipped += self._of(part).steps[step]

    def left_s(self, at_s: float) -> float:
        """Seconds until the end, as far as can be told."""
        pace = self._pace()
        return sum(self._left_of(part, at_s, pace) for part in self.parts)

    def _left_of(self, expected: Expected, at_s: float, pace: float) -> float:
        share = self._share_left(expected)
        if not expected.by_timetable or share == 0.0:
            start_s = 0.0 if self._seen[expected.part].weight_done or share == 0.0 else expected.start_s
            return (start_s + (expected.seconds - expected.start_s) * share) * pace
        spent = self._seen[expected.part].spent_s + (at_s - self._last_s if self.now is expected.part else 0.0)
        return max(expected.seconds - spent, 0.0)

    def _share_left(self, expected: Expected) -> float:
        """The share of a part that is still to be made; parts before the present one are over."""
        order = list(Part)
        if self.now is not None and order.index(expected.part) < order.index(self.now):
            return 0.0
        whole, seen = sum(expected.steps.values()), self._seen[expected.part]
        return max(whole - seen.weight_done - seen.weight_skipped, 0.0) / whole if whole else 0.0

    def _pace(self) -> float:
        """Seconds spent for each second expected, where the machine's speed matters."""
        spent = expected = _TRUST_AFTER_S
        for part in self._timed():
            seen = self._seen[part.part]
            if seen.weight_done:
                spent += seen.spent_s
                work = (part.seconds - part.start_s) * seen.weight_done / sum(part.steps.values())
                expected += part.start_s + work
        return spent / expected

    def _timed(self) -> Iterator[Expected]:
        return (part for part in self.parts if not part.by_timetable)

    def _of(self, part: Part) -> Expected:
        return next(each for each in self.parts if each.part is part)
