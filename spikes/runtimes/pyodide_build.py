"""No runtime yet: can the native Spark SDK be built for Pyodide, so that a Python Worker would hold it?

A probe. It tries for real, step by step, with the network closed, and tells what stops it.
Must not know: other runtimes.
"""

from __future__ import annotations

import os
import sys

from spikes.pins import artefact
from spikes.probes.pyodide_build.source import LIVE
from spikes.processes import Launch
from spikes.record import Fact, Platform, Role, Tier
from spikes.runtimes.runtime import Eviction, Form
from spikes.runtimes.settings import Settings

NAME = "pyodide_build"
ROLE = Role.INFORMATIVE
TIER = Tier.REAL
FORM = Form.PROBE
PLATFORM = Platform.CLOUDFLARE
EVICTION = Eviction.NEVER
PINS = ("sdk-native", "pyodide-wasm", "pyodide-js", "pyodide-build", "node")
SDK = f"{artefact('sdk-native').package} {artefact('sdk-native').version}"
READY_KEY = "finding"
ENGINE = f"pyodide-build {artefact('pyodide-build').version}, for pyodide {artefact('pyodide-wasm').version}"


def launch(settings: Settings) -> Launch:
    """`python -m spikes.probes.pyodide_build` with a folder of its own."""
    return Launch(
        argv=(sys.executable, "-m", "spikes.probes.pyodide_build", str(settings.state_dir)),
        env={**settings.environment(), **_of_pip()},
        ready_key=READY_KEY,
    )


def _of_pip() -> dict[str, str]:
    """Where the user lets the registry be asked: that, and what tells pip which registry."""
    if os.environ.get(LIVE) != "1":
        return {}
    return {name: value for name, value in os.environ.items() if name in (LIVE, "HOME") or name.startswith("PIP_")}


def facts() -> tuple[Fact, ...]:
    """None: what is known of it is its finding."""
    return ()
