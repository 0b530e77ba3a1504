"""The newest native Spark SDK under the same driver: does the verdict survive the release?

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

NAME = "native_drift"
ROLE = Role.INFORMATIVE
TIER = Tier.REAL
FORM = Form.DRIVER
PLATFORM = Platform.NONE
EVICTION = Eviction.NEVER
PINS = ("sdk-native-drift",)
SDK = f"{artefact('sdk-native-drift').package} {artefact('sdk-native-drift').version}"
ENGINE = f"CPython {platform.python_version()}"


def launch(settings: Settings) -> Launch:
    """The native driver, with the folder of the newer SDK before everything else on its path."""
    newer = str(artefact("sdk-native-drift").path().parents[1])
    return Launch(
        argv=(sys.executable, "-m", "spikes.drivers.native"), env={**settings.environment(), "PYTHONPATH": newer}
    )


def facts() -> tuple[Fact, ...]:
    """The size of the SDK's shared library."""
    size = artefact("sdk-native-drift").path().stat().st_size
    return (Fact(runtime=NAME, name="sdk_library_bytes", value=size, how="size of the SDK's shared library on disk"),)
