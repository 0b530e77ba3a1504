"""Shards: one plan, cut into parts that different machines can make, each part a plan of its own.

Role: which runtimes fall to which shard, what each shard makes, and the digest by which parts of one plan know each
other. Pure. Must not know: processes, records, gates.

A shard makes whole runtimes: seats, numbers, amounts, seeds, request ids and start times are those of the whole plan,
and every attempt of the plan is evidence in exactly one shard.

Times on two machines cannot be subtracted from each other, and a gate subtracts the control's payments from each
runtime's. So every shard makes the control's serial stage too (the stage whose timings are compared), interleaved as in
the whole run, its A/A lane included: the yardstick of that machine. Its lines are set aside: times of a shard's
runtimes are compared with them, and they count nowhere else, neither for the control nor against it. What a yardstick
costs is that stage once a shard, on one runtime.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections import Counter
from collections.abc import Collection

from spikes.errors import PlanError
from spikes.plan import PROBE, Plan, PlannedAttempt, PlanShard, Stage

_SPELLED = re.compile(r"([0-9]{1,6})/([0-9]{1,6})", re.ASCII)


def shard_named(text: str) -> tuple[int, int]:
    """(i, n) of "i/n", 1 <= i <= n. Raises PlanError."""
    spelled = _SPELLED.fullmatch(text)
    number, of = (int(spelled[1]), int(spelled[2])) if spelled else (0, 0)
    if not 1 <= number <= of:
        raise PlanError(f"a shard is named i/n with 1 <= i <= n, such as 2/4, not {text!r}")
    return number, of


def suffix(number: int, of: int) -> str:
    """What the id of a shard's run has after that of the run."""
    return f"-shard-{number}of{of}"


def sharded(plan: Plan, number: int, of: int, controls: Collection[str]) -> Plan:
    """Shard `number` of `of`: its runtimes' attempts and, where no control is among them, its yardstick's.

    Raises PlanError if there are more shards than runtimes.
    """
    own = partition(plan, of)[number - 1]
    beside = [] if set(own) & set(controls) else [name for name in plan.runtimes if name in controls]
    attempts = tuple(a for a in plan.attempts if a.runtime in own or (a.runtime in beside and _compared(a)))
    runtimes = tuple(name for name in plan.runtimes if name in own or name in beside)
    shard = PlanShard(number=number, of=of, plan=plan_digest(plan), among=plan.runtimes, own=own)
    return dataclasses.replace(plan, runtimes=runtimes, attempts=attempts, shard=shard)


def partition(plan: Plan, of: int) -> tuple[tuple[str, ...], ...]:
    """The runtimes of each shard: the one with the most attempts left goes to the shard that has the fewest.

    Raises PlanError if there are more shards than runtimes.
    """
    if not 1 <= of <= len(plan.runtimes):
        raise PlanError(
            f"{of} shards of {len(plan.runtimes)} runtimes: a shard makes whole runtimes; "
            f"ask for 1 to {len(plan.runtimes)} shards, or name more --runtimes"
        )
    attempts = Counter(planned.runtime for planned in plan.attempts)
    loads = [0] * of
    parts: list[set[str]] = [set() for _ in range(of)]
    for name in sorted(plan.runtimes, key=lambda each: (-attempts[each], plan.runtimes.index(each))):
        # An empty shard comes first: a runtime may have nothing to do, a shard must not.
        lightest = min(range(of), key=lambda nth: (bool(parts[nth]), loads[nth], nth))
        parts[lightest].add(name)
        loads[lightest] += attempts[name]
    return tuple(tuple(name for name in plan.runtimes if name in part) for part in parts)


def plan_digest(plan: Plan) -> str:
    """ "sha256:<hex>" over everything that a plan asks for."""
    text = json.dumps(dataclasses.asdict(plan), sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _compared(planned: PlannedAttempt) -> bool:
    """Whether the times of this attempt of the control are what others are compared with."""
    return planned.stage is Stage.SERIAL and planned.question != PROBE
