"""Inspections: what is measured of a runtime in a process of its own, so that the payment runs stay unmodified.

Each module starts its own seat (told by `Settings.inspect` what is watched), takes some steps, and returns facts. Facts
name their unit; none is compared with a limit here. The registry is literal.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from spikes.errors import PlanError
from spikes.inspections import custody, host_needs, isolation, use
from spikes.record import Fact
from spikes.runtimes import Runtime
from spikes.seat import Surroundings


class Inspection(Protocol):
    """A module of this package."""

    @property
    def NAME(self) -> str: ...
    @property
    def AT_ONCE(self) -> int:
        """How many runtimes may be inspected at the same time without a figure changing."""

    async def inspect(self, runtime: Runtime, around: Surroundings) -> list[Fact]:
        """Measure one runtime that has a driver. Raises HarnessFailure if it cannot be measured."""


INSPECTIONS: tuple[Inspection, ...] = (host_needs, use, custody, isolation)
# What an inspection makes once a run, before it looks at several runtimes at the same time.
ONCE: Mapping[str, Callable[[Surroundings], Awaitable[None]]] = {custody.NAME: custody.catch_the_leaky}


def inspection_named(name: str) -> Inspection:
    """The inspection of that name. Raises PlanError."""
    for inspection in INSPECTIONS:
        if name == inspection.NAME:
            return inspection
    known = ", ".join(inspection.NAME for inspection in INSPECTIONS)
    raise PlanError(f"there is no inspection {name!r}; known: {known}")
