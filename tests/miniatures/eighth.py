"""One more runtime, as somebody would add it: this module, a line in RUNTIMES, a block in pins.toml, nothing else.

Role: the fixture of tests/unit/spikes/test_runtime_modules.py. Must not know: other runtimes.
"""

from __future__ import annotations

import sys

from spikes.pins import artefact
from spikes.processes import Launch
from spikes.record import Fact, Platform, Role, Tier
from spikes.runtimes.runtime import Eviction, Form
from spikes.runtimes.settings import Settings

NAME = "eighth"
ROLE = Role.INFORMATIVE
TIER = Tier.REAL
FORM = Form.DRIVER
PLATFORM = Platform.NONE
EVICTION = Eviction.NEVER
PINS = ("eighth-sdk",)
SDK = "breez_sdk_spark, pinned as eighth-sdk"
ENGINE = "CPython, for tests"


def launch(settings: Settings) -> Launch:
    """A driver that answers the contract."""
    return Launch(argv=(sys.executable, "-m", "spikes.drivers.native"), env=settings.environment())


def facts() -> tuple[Fact, ...]:
    """The size of what is pinned for it."""
    size = artefact("eighth-sdk").path().stat().st_size
    return (Fact(runtime=NAME, name="sdk_library_bytes", value=size, how="size of the SDK's shared library on disk"),)
