"""Node.js with the WASM build of the Spark SDK: what Topology B would deploy beside the Worker.

Must not know: other runtimes.
"""

from __future__ import annotations

from pathlib import Path

from spikes.pins import artefact
from spikes.processes import Launch
from spikes.record import Fact, Platform, Role, Tier
from spikes.runtimes.runtime import Eviction, Form
from spikes.runtimes.settings import Settings

NAME = "node"
ROLE = Role.EXTERNAL
TIER = Tier.REAL
FORM = Form.DRIVER
PLATFORM = Platform.NONE
EVICTION = Eviction.NEVER
PINS = ("sdk-wasm-nodejs", "sdk-js-nodejs", "node")
SDK = f"{artefact('sdk-wasm-nodejs').package} {artefact('sdk-wasm-nodejs').version}"
ENGINE = f"node {artefact('node').version}"
PROGRAM = Path(__file__).parents[1] / "drivers" / "node" / "server.js"


def launch(settings: Settings) -> Launch:
    """The driver under the pinned Node."""
    return Launch(argv=(str(artefact("node").path()), str(PROGRAM)), env=settings.environment())


def facts() -> tuple[Fact, ...]:
    """The size of the SDK's WASM module."""
    size = artefact("sdk-wasm-nodejs").path().stat().st_size
    return (Fact(runtime=NAME, name="sdk_library_bytes", value=size, how="size of the SDK's WASM module on disk"),)
