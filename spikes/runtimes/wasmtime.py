"""wasmtime: the SDK's WASM without a JavaScript engine. A probe: it has no wallet and never pays.

Role: start the survey of spikes/probes/wasmtime. Must not know: other runtimes, or what the survey finds.
"""

from __future__ import annotations

import sys

from spikes.pins import artefact
from spikes.processes import Launch
from spikes.record import Fact, Platform, Role, Tier
from spikes.runtimes.runtime import Eviction, Form
from spikes.runtimes.settings import Settings

NAME = "wasmtime"
ROLE = Role.INFORMATIVE
TIER = Tier.REAL
FORM = Form.PROBE
PLATFORM = Platform.NONE
EVICTION = Eviction.NEVER
PINS = ("sdk-wasm-web", "wasmtime")
SDK = f"{artefact('sdk-wasm-web').package} {artefact('sdk-wasm-web').version}"
ENGINE = f"wasmtime {artefact('wasmtime').version}"


def launch(settings: Settings) -> Launch:
    """`python -m spikes.probes.wasmtime` on the SDK's module."""
    wasm = str(artefact("sdk-wasm-web").path())
    argv = (sys.executable, "-m", "spikes.probes.wasmtime", wasm)
    return Launch(argv=argv, env=settings.environment(), ready_key="finding")


def facts() -> tuple[Fact, ...]:
    """The size of the SDK's WASM module."""
    size = artefact("sdk-wasm-web").path().stat().st_size
    return (Fact(runtime=NAME, name="sdk_library_bytes", value=size, how="size of the SDK's WASM module on disk"),)
