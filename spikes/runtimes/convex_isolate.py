"""A Convex action in the default V8 runtime: an HTTP action with the SDK's web build in its bundle.

The bundle is made by the real Convex CLI. It runs in a stand-in of ours under Node, or, where the user provides a
deployment, in that.
Must not know: other runtimes.
"""

from __future__ import annotations

from spikes.pins import artefact
from spikes.processes import Launch
from spikes.record import Fact, Platform, Role
from spikes.runtimes import convex_deployment
from spikes.runtimes.convex_deployment import FUNCTIONS, NODE
from spikes.runtimes.runtime import Eviction, Form
from spikes.runtimes.settings import Settings

NAME = "convex_isolate"
ROLE = Role.NATIVE
TIER = convex_deployment.tier()
FORM = Form.DRIVER
PLATFORM = Platform.CONVEX_ISOLATE
EVICTION = Eviction.EVERY_CALL
PINS = ("sdk-wasm-web", "sdk-js-web", NODE)
SDK = f"{artefact('sdk-wasm-web').package} {artefact('sdk-wasm-web').version}"
ENGINE = convex_deployment.engine(f"V8 of node {artefact(NODE).version}, vm contexts")
PROJECT = FUNCTIONS / "isolate"


def launch(settings: Settings) -> Launch:
    """The stand-in with the bundle, or the deployment that the user provides."""
    used = convex_deployment.deployment()
    if used is not None:
        return convex_deployment.deployed_launch(PROJECT, settings, used)
    program = str(PROJECT / "standin" / "main.js")
    bundle = str(convex_deployment.bundle(PROJECT, NAME))
    return Launch(argv=(str(artefact(NODE).path()), program, bundle), env=settings.environment())


def facts() -> tuple[Fact, ...]:
    """The size of the bundle, and whether a real deployment ran it."""
    sizes = convex_deployment.bundle_facts(NAME, convex_deployment.bundle(PROJECT, NAME))
    return (*sizes, convex_deployment.real_deployment_fact(NAME))
