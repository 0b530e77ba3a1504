"""Shards: which lines of a merged record were measured on the same machine.

Role: the view of one shard, for what compares the times of two runtimes, and the defects of a record that is a shard
or was merged of them. Must not know: gates, thresholds, how shards are made.

Shards that were made at the same time on one machine disturb each other's times: `crowded` names them.
Times of two machines cannot be subtracted from each other. So every shard of a run measured the control once more, as
its yardstick; those lines are set aside and count for no runtime. `beside` puts them back for that one comparison.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

from bench.evidence import Evidence, aside, by_kind
from spikes.record import Shard

UNKNOWN = "unknown"
LATER = "~"  # after every time stamp


def beside(evidence: Evidence, runtime: str) -> Evidence:
    """What was measured on this runtime's machine: its shard, with its yardstick. All of a run that was made whole."""
    shards = evidence.header.shards
    number = next((shard.number for shard in shards if runtime in shard.runtimes), None)
    return evidence if len(shards) < 2 or number is None else _views(evidence)[number]


def defects(evidence: Evidence) -> Iterator[str]:
    """Why nothing may be decided from this record as a whole or a part."""
    shards = evidence.header.shards
    numbers = sorted(shard.number for shard in shards)
    if shards and numbers != list(range(1, shards[0].of + 1)):
        these = ", ".join(map(str, numbers))
        yield f"this is shard {these} of {shards[0].of}, a part of a run: `python -m spikes merge` joins all of them"


def crowded(evidence: Evidence, runtime: str) -> tuple[int, ...]:
    """The shards that were under way on this runtime's machine while its own was; none of a run made whole.

    What does not say which machine it was may have been this one.
    """
    shards = evidence.header.shards
    mine = next((shard for shard in shards if runtime in shard.runtimes), None)
    if mine is None:
        return ()
    return tuple(other.number for other in shards if other.number != mine.number and _at_once(mine, other))


def _at_once(one: Shard, other: Shard) -> bool:
    boots = {shard.host.get("boot", UNKNOWN) for shard in (one, other)}
    apart = len(boots) == 2 and UNKNOWN not in boots
    ends = (one.ended_at or LATER, other.ended_at or LATER)
    return not apart and one.started_at < ends[1] and other.started_at < ends[0]


@lru_cache(maxsize=2)  # each runtime asks for its own
def _views(evidence: Evidence) -> Mapping[int, Evidence]:
    return {shard.number: _view(evidence, shard) for shard in evidence.header.shards}


def _view(evidence: Evidence, shard: Shard) -> Evidence:
    names = {*shard.runtimes, *evidence.controls}
    pins = tuple(pin for pin in evidence.runtimes if pin.name in names)
    attempts, facts, errors = by_kind(line for line in evidence.set_aside if aside(line) == shard.number)
    return replace(
        evidence,
        header=replace(evidence.header, runtimes=pins, shards=(shard,)),
        attempts=(*(a for a in evidence.attempts if a.value.runtime in shard.runtimes), *attempts),
        facts=(*(f for f in evidence.facts if f.value.runtime in shard.runtimes), *facts),
        harness_errors=(*(e for e in evidence.harness_errors if e.value.runtime in shard.runtimes), *errors),
        set_aside=(),
    )
