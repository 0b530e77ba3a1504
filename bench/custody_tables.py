"""Gate 2 side by side: what a scan found on each surface of each runtime, and what stays in memory.

Role: read the facts of the custody inspection into tables. Must not know: how any of them is written, what a surface is
beyond its name. Nothing is judged here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bench.evidence import Evidence
from bench.gates.custody import SURFACES

SCAN, CONTROL, LEGACY, RESIDUE = "leak_scan", "leak_control", "legacy_env.leak_scan", "residue"
# The worst first: of several readings of one surface the worst is shown.
_WORST = ("LEAK", "MISSED", "UNSCANNED", "UNPLANTED", "CLEAN", "CAUGHT")


@dataclass(frozen=True, kw_only=True)
class SurfaceRow:
    """One surface: by runtime, its status with an envelope, and with the mnemonic in the environment as before."""

    surface: str
    status: Mapping[str, str]
    legacy: Mapping[str, str]
    control: str | None  # whether the leaky driver was caught there; the worst of all runtimes


@dataclass(frozen=True, kw_only=True)
class ResidueRow:
    """What was still found in one runtime after its wallet was dropped: fact without its prefix -> reading."""

    runtime: str
    readings: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class CustodyTables:
    """Everything of gate 2 that reports show as a table. `runtimes` are those that were scanned."""

    runtimes: tuple[str, ...]
    surfaces: tuple[SurfaceRow, ...]
    residue: tuple[ResidueRow, ...]
    residue_columns: tuple[str, ...]


def custody_tables(evidence: Evidence) -> CustodyTables:
    """The tables of a record; empty ones if nothing was scanned."""
    scanned = tuple(pin.name for pin in evidence.runtimes if evidence.facts_of(pin.name, SCAN))
    residue = [ResidueRow(runtime=pin.name, readings=_residue(evidence, pin.name)) for pin in evidence.runtimes]
    columns = dict.fromkeys(name for row in residue for name in row.readings)
    return CustodyTables(
        runtimes=scanned,
        surfaces=tuple(_surface(evidence, scanned, surface) for surface in SURFACES) if scanned else (),
        residue=tuple(row for row in residue if row.readings),
        residue_columns=tuple(columns),
    )


def _surface(evidence: Evidence, runtimes: tuple[str, ...], surface: str) -> SurfaceRow:
    def readings(prefix: str) -> dict[str, str]:
        found = {runtime: _worst(evidence, runtime, f"{prefix}.{surface}") for runtime in runtimes}
        return {runtime: status for runtime, status in found.items() if status is not None}

    controls = readings(CONTROL).values()
    return SurfaceRow(
        surface=surface,
        status=readings(SCAN),
        legacy=readings(LEGACY),
        control=min(controls, key=_rank, default=None),
    )


def _worst(evidence: Evidence, runtime: str, name: str) -> str | None:
    return min((str(f.value.value) for f in evidence.facts_of(runtime, name)), key=_rank, default=None)


def _rank(status: str) -> int:
    """An unknown word is worse than all."""
    return _WORST.index(status) if status in _WORST else -1


def _residue(evidence: Evidence, runtime: str) -> dict[str, float]:
    return {
        fact.value.name.removeprefix(f"{RESIDUE}."): fact.value.value
        for fact in evidence.facts_of(runtime, RESIDUE)
        if not isinstance(fact.value.value, str)
    }
