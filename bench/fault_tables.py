"""The fault matrix: runtimes by fault schedule, how each attempt ended, with counts and seeds.

Role: read fault attempts into a table. Must not know: how it is written. Nothing is judged here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bench.endings import BAD, GOOD, Ending
from bench.evidence import Evidence
from bench.schedules import (
    RANDOM,
    RPC_SCHEDULES,
    RUN_SCHEDULES,
    Trial,
    covers,
    distinct,
    missing,
    replay,
    shrunk,
    trials,
)

_SEEDS_SHOWN = 20  # of an ending that is as it should be; of any other, all
_EACH_RPC, _WHOLE = "each RPC", "the payment"


@dataclass(frozen=True, kw_only=True)
class FaultCell:
    """One schedule on one runtime. `idle`: attempts whose fault never struck, or that the ledger did not see."""

    counts: Mapping[str, int]  # ending -> how many attempts
    seeds: Mapping[str, tuple[int, ...]]  # ending -> their seeds
    idle: int


@dataclass(frozen=True, kw_only=True)
class FaultRow:
    """One schedule; `strikes` says whether it was to strike each RPC of the path, or the payment as a whole."""

    schedule: str
    strikes: str
    cells: Mapping[str, FaultCell]  # by runtime; a runtime on which it was not tried is absent


@dataclass(frozen=True, kw_only=True)
class Counterexample:
    """An attempt that must not have ended so, and how to see it again."""

    runtime: str
    line: int
    experiment: str
    ending: Ending
    why: str
    schedule: str
    replay: str


@dataclass(frozen=True, kw_only=True)
class FaultTables:
    """The matrix. `runtimes` are those on which any fault was tried."""

    runtimes: tuple[str, ...]
    rows: tuple[FaultRow, ...]
    totals: Mapping[str, FaultCell]
    distinct: Mapping[str, int]
    missing: Mapping[str, tuple[str, ...]]
    counterexamples: tuple[Counterexample, ...]


def fault_tables(evidence: Evidence) -> FaultTables:
    """The matrix of a record; an empty one if nothing was made to go wrong."""
    found = {pin.name: trials(evidence, pin.name) for pin in evidence.runtimes}
    found = {runtime: tried for runtime, tried in found.items() if tried}
    rows = (
        *(_row(found, schedule, _EACH_RPC, per_rpc=True) for schedule in RPC_SCHEDULES),
        *(_row(found, schedule, _WHOLE, per_rpc=False) for schedule in (*RUN_SCHEDULES, RANDOM)),
        *(_row(found, schedule, "unknown to this judge", per_rpc=None) for schedule in _further(found)),
    )
    return FaultTables(
        runtimes=tuple(found),
        rows=tuple(row for row in rows if row.cells),
        totals={runtime: _cell(tried) for runtime, tried in found.items()},
        distinct={runtime: distinct(tried) for runtime, tried in found.items()},
        missing={runtime: tuple(missing(evidence, runtime)) for runtime in found},
        counterexamples=tuple(
            _counterexample(evidence, trial) for tried in found.values() for trial in tried if trial.ending in BAD
        ),
    )


def _row(found: Mapping[str, tuple[Trial, ...]], schedule: str, strikes: str, *, per_rpc: bool | None) -> FaultRow:
    """`per_rpc` tells a schedule on each RPC from one of the same name on the whole; None: either."""
    mine = {
        runtime: [t for t in tried if t.schedule == schedule and (per_rpc is None or (t.method is not None) is per_rpc)]
        for runtime, tried in found.items()
    }
    return FaultRow(
        schedule=schedule, strikes=strikes, cells={runtime: _cell(tried) for runtime, tried in mine.items() if tried}
    )


def _further(found: Mapping[str, tuple[Trial, ...]]) -> tuple[str, ...]:
    known = {*RPC_SCHEDULES, *RUN_SCHEDULES, RANDOM}
    return tuple(sorted({t.schedule for tried in found.values() for t in tried} - known))


def _cell(tried: Iterable[Trial]) -> FaultCell:
    """Bad ends count though their fault may not have struck: the money is gone all the same."""
    counts: dict[str, int] = {}
    seeds: dict[str, list[int]] = {}
    idle = 0
    for trial in tried:
        if not covers(trial) and trial.ending not in BAD:
            idle += 1
            continue
        counts[trial.ending] = counts.get(trial.ending, 0) + 1
        if trial.ending not in GOOD or len(seeds.get(trial.ending, ())) < _SEEDS_SHOWN:
            seeds.setdefault(trial.ending, []).append(trial.attempt.seed)
    order = [ending.value for ending in Ending if ending in counts]
    return FaultCell(
        counts={ending: counts[ending] for ending in order},
        seeds={ending: tuple(seeds[ending]) for ending in order},
        idle=idle,
    )


def _counterexample(evidence: Evidence, trial: Trial) -> Counterexample:
    return Counterexample(
        runtime=trial.attempt.runtime,
        line=trial.line,
        experiment=trial.attempt.experiment,
        ending=trial.ending,
        why=trial.why,
        schedule=shrunk(evidence, trial) or " + ".join(trial.faults) or "nothing that struck",
        replay=replay(trial),
    )
