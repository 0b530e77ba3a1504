"""Runtimes that only tests know, shaped like the modules of `spikes.runtimes`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from spikes.pins import artefact
from spikes.processes import Launch
from spikes.record import Fact, Platform, Role, Tier
from spikes.runtimes import Eviction, Form
from spikes.runtimes.settings import Settings


@dataclass(frozen=True, kw_only=True)
class ProgramRuntime:
    """A runtime whose driver is a program, by default Python's; `env` is added to what every driver is told."""

    NAME: str
    program: tuple[str, ...]
    executable: str = sys.executable
    env: Mapping[str, str] = field(default_factory=dict)
    ROLE: Role = Role.NATIVE
    TIER: Tier = Tier.STAND_IN
    FORM: Form = Form.DRIVER
    PLATFORM: Platform = Platform.NONE
    EVICTION: Eviction = Eviction.NEVER
    SDK: str = "breez_sdk_spark 0.19.2"
    ENGINE: str = "CPython, for tests"
    PINS: tuple[str, ...] = ()

    def launch(self, settings: Settings) -> Launch:
        return Launch(argv=(self.executable, *self.program), env={**settings.environment(), **self.env})

    def facts(self) -> tuple[Fact, ...]:
        return ()


def miniature(kind: str) -> ProgramRuntime:
    """One of tests/miniatures/liar.py."""
    return ProgramRuntime(NAME=kind, program=("-m", "tests.miniatures.liar", kind))


def late_worker() -> ProgramRuntime:
    """tests/miniatures/late: a Worker that uses known amounts and goes on after its answer."""
    config = Path(__file__).with_name("late") / "config.capnp"
    program = ("serve", str(config), "--control-fd=1")
    return ProgramRuntime(NAME="late", program=program, executable=str(artefact("workerd").path()))


def orchestrating(defect: str | None = None) -> ProgramRuntime:
    """Buyer and wallet in one Node process, with one of tests/miniatures/defects switched in, or none."""
    place = Path(__file__).with_name("defects")
    switch = () if defect is None else ("--import", f"{(place / 'switch.mjs').as_uri()}?{defect}")
    program = (*switch, str(place / "server.mjs"))
    return ProgramRuntime(NAME=defect or "orchestrating", program=program, executable=str(artefact("node").path()))
