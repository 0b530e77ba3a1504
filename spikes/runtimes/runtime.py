"""What a runtime module has to offer.

Role: the protocol that every module of this package satisfies, and its vocabulary.
Must not know: any runtime, experiments, gates.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from spikes.processes import Launch
from spikes.record import Fact, Platform, Role, Tier
from spikes.runtimes.settings import Settings


class Form(StrEnum):
    """What its program does."""

    DRIVER = "driver"  # serves the wallet-execution contract until it is stopped
    PROBE = "probe"  # tries one thing, prints a finding, ends (spikes/probe.py); it has no wallet and never pays


class Eviction(StrEnum):
    """How its platform takes an isolate away, and so how the harness does it."""

    NEVER = "never"
    ASKED = "asked"  # the driver's step `evict` resets the isolate and keeps the process
    STOPPED = "stopped"  # the process is stopped in order and started again: all memory is gone
    EVERY_CALL = "every-call"  # each request finds a fresh context


class Runtime(Protocol):
    """A module of this package, or anything shaped like one."""

    @property
    def NAME(self) -> str: ...
    @property
    def ROLE(self) -> Role: ...
    @property
    def TIER(self) -> Tier: ...
    @property
    def FORM(self) -> Form: ...
    @property
    def PLATFORM(self) -> Platform: ...
    @property
    def EVICTION(self) -> Eviction: ...
    @property
    def SDK(self) -> str: ...
    @property
    def ENGINE(self) -> str: ...
    @property
    def PINS(self) -> tuple[str, ...]: ...

    def launch(self, settings: Settings) -> Launch:
        """How to start its program. Raises ToolMissing or RuntimeStartFailure if it cannot be started here."""

    def facts(self) -> tuple[Fact, ...]:
        """What can be measured of it without running it."""
