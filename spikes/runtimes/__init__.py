"""The candidates: one module each, and the literal registry of them.

Role: say what the harness needs to know of a runtime, so that adding one is one module and one line here.
Must not know: experiments, gates.
"""

from __future__ import annotations

from typing import Protocol

from spikes.errors import PlanError
from spikes.processes import Launch
from spikes.record import Fact, Role, Tier
from spikes.runtimes import native, node, workerd
from spikes.runtimes.settings import Settings


class Runtime(Protocol):
    """A module of this package, or anything shaped like one."""

    @property
    def NAME(self) -> str: ...
    @property
    def ROLE(self) -> Role: ...
    @property
    def TIER(self) -> Tier: ...
    @property
    def SDK(self) -> str: ...
    @property
    def ENGINE(self) -> str: ...
    @property
    def PINS(self) -> tuple[str, ...]: ...

    def launch(self, settings: Settings) -> Launch:
        """How to start its driver. Raises ToolMissing if something is not installed."""

    def facts(self) -> tuple[Fact, ...]:
        """What can be measured of it without running it."""


RUNTIMES: tuple[Runtime, ...] = (native, node, workerd)


def runtime_named(name: str) -> Runtime:
    """The runtime of that name. Raises PlanError."""
    for runtime in RUNTIMES:
        if name == runtime.NAME:
            return runtime
    raise PlanError(f"there is no runtime {name!r}; choose from {', '.join(runtime.NAME for runtime in RUNTIMES)}")
