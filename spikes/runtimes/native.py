"""The control: CPython with the native Spark SDK. If it fails, the harness or the emulator is broken.

Must not know: other runtimes.
"""

from __future__ import annotations

import platform
import sys

from spikes.pins import artefact
from spikes.processes import Launch
from spikes.record import Fact, Platform, Role, Tier
from spikes.runtimes.runtime import Eviction, Form
from spikes.runtimes.settings import Settings

NAME = "native"
ROLE = Role.CONTROL
TIER = Tier.REAL
FORM = Form.DRIVER
PLATFORM = Platform.NONE
EVICTION = Eviction.NEVER
PINS = ("sdk-native",)
SDK = f"{artefact('sdk-native').package} {artefact('sdk-native').version}"
ENGINE = f"CPython {platform.python_version()}"


def launch(settings: Settings) -> Launch:
    """`python -m spikes.drivers.native` in this interpreter's environment."""
    return Launch(argv=(sys.executable, "-m", "spikes.drivers.native"), env=settings.environment())


def facts() -> tuple[Fact, ...]:
    """The size of the SDK's shared library."""
    size = artefact("sdk-native").path().stat().st_size
    return (Fact(runtime=NAME, name="sdk_library_bytes", value=size, how="size of the SDK's shared library on disk"),)
