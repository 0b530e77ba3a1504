"""The cast of a run: its runtimes as they are installed now, and those that are not fit to run.

Role: compare what is installed with pins.toml, once, before anything starts. One runtime that is not as pinned keeps
no other from running.
Must not know: plans, experiments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from spikes.errors import HarnessFailure, PinMismatch, ToolMissing
from spikes.pins import verified_digests
from spikes.record import RuntimePin
from spikes.runtimes import Runtime


@dataclass(frozen=True, kw_only=True)
class Cast:
    """Who takes part. An unfit runtime is in the record with the reason, and starts nothing."""

    runtimes: tuple[Runtime, ...]
    pins: tuple[RuntimePin, ...]
    unfit: Mapping[str, HarnessFailure] = field(default_factory=dict)  # by runtime


def cast_of(runtimes: Sequence[Runtime]) -> Cast:
    """These runtimes as they are installed now. Raises PinMismatch or ToolMissing if none is fit."""
    pins: list[RuntimePin] = []
    unfit: dict[str, HarnessFailure] = {}
    for runtime in runtimes:
        digests: Mapping[str, str] = {}
        try:
            digests = verified_digests(runtime.PINS)
        except (PinMismatch, ToolMissing) as failure:
            unfit[runtime.NAME] = failure
        pins.append(runtime_pin(runtime, digests))
    if len(unfit) == len(runtimes):
        raise next(iter(unfit.values()))
    return Cast(runtimes=tuple(runtimes), pins=tuple(pins), unfit=unfit)


def runtime_pin(runtime: Runtime, digests: Mapping[str, str]) -> RuntimePin:
    """How the header names a runtime."""
    return RuntimePin(
        name=runtime.NAME,
        role=runtime.ROLE,
        tier=runtime.TIER,
        sdk=runtime.SDK,
        engine=runtime.ENGINE,
        platform=runtime.PLATFORM,
        digests=digests,
    )
