"""Seeds of the fault matrix, each written once: most runtimes were put through the same schedules with the same seeds.

Role: turn the matrix's cells into rows of seed, and how it ended on each runtime. Must not know: how they are written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bench.fault_tables import FaultRow, FaultTables


@dataclass(frozen=True, kw_only=True)
class SeedRow:
    """One seed of one schedule: which runtimes ended how under it."""

    seed: int
    ends: Mapping[str, tuple[str, ...]]  # ending -> runtimes


@dataclass(frozen=True, kw_only=True)
class ScheduleSeeds:
    """All seeds that the matrix names for one schedule."""

    schedule: str
    strikes: str
    runtimes: int  # on which it was tried
    rows: tuple[SeedRow, ...]


def seeds(faults: FaultTables) -> tuple[ScheduleSeeds, ...]:
    """Schedules in the order of the matrix, seeds in the order in which they were first drawn."""
    return tuple(
        ScheduleSeeds(schedule=row.schedule, strikes=row.strikes, runtimes=len(row.cells), rows=_rows(row))
        for row in faults.rows
    )


def _rows(row: FaultRow) -> tuple[SeedRow, ...]:
    found: dict[int, dict[str, list[str]]] = {}
    for runtime, cell in row.cells.items():
        for ending, drawn in cell.seeds.items():
            for seed in drawn:
                found.setdefault(seed, {}).setdefault(ending, []).append(runtime)
    return tuple(
        SeedRow(seed=seed, ends={ending: tuple(runtimes) for ending, runtimes in by.items()})
        for seed, by in found.items()
    )
