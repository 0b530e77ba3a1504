"""A Convex "use node" action: an HTTP action hands the request to a Node action, which owns the wallet.

Lane "a" is Node 22 with the wasm embedded in the bundle: of the two packaging routes the one whose zip keeps well clear
of the documented 45 MB. Lanes named node<20|22|24>-<embedded|external> are the other combinations; any other lane is a
further process of lane "a"'s. The bundle is made by the real Convex CLI. It runs in a stand-in of ours, or, where the
user provides a deployment, in that.
Must not know: other runtimes.
"""

from __future__ import annotations

import json
import re
import subprocess
from typing import Any

from spikes.errors import PlanError, RuntimeStartFailure
from spikes.pins import artefact
from spikes.processes import Launch, passed_on_environment
from spikes.record import Fact, Platform, Role
from spikes.runtimes import convex_deployment
from spikes.runtimes.runtime import Eviction, Form
from spikes.runtimes.settings import Settings

NAME = "convex_node"
ROLE = Role.NATIVE
TIER = convex_deployment.tier()
FORM = Form.DRIVER
PLATFORM = Platform.CONVEX_NODE
EVICTION = Eviction.STOPPED
NODES = {"node20": "node-20", "node22": "node-22", "node24": "node"}
ROUTES = ("embedded", "external")
DEFAULT = ("node22", "embedded")
HOST = convex_deployment.NODE  # runs the V8 side and the CLI; the actions run in the lane's own Node
PINS = ("sdk-wasm-web", "sdk-js-web", "sdk-wasm-nodejs", "sdk-js-nodejs", *NODES.values(), HOST)
SDK = f"{artefact('sdk-wasm-web').package} {artefact('sdk-wasm-web').version}"
ENGINE = convex_deployment.engine(f"node {artefact(NODES[DEFAULT[0]]).version}, {DEFAULT[1]} wasm")
PROJECTS = convex_deployment.FUNCTIONS / "node"
STANDIN = PROJECTS / "standin"
PREPARE_TIMEOUT_S = 150
_MEANT = re.compile(r"node|embedded|external")


def launch(settings: Settings) -> Launch:
    """The lane's Node and route in the stand-in, or its route in the deployment that the user provides.

    Raises PlanError for a combination that there is not.
    """
    node, route = _combination(settings.runtime)
    used = convex_deployment.deployment()
    if used is not None:
        if node != DEFAULT[0]:
            raise PlanError(f"convex.json says {DEFAULT[0]}; unset {convex_deployment.URL} to run {settings.runtime}")
        return convex_deployment.deployed_launch(PROJECTS / route, settings, used)
    _prepared(route)  # bundling takes seconds: it must not count as the start of the deployment
    argv = (str(artefact(HOST).path()), str(STANDIN / "host.js"), route, str(artefact(NODES[node]).path()))
    return Launch(argv=argv, env=settings.environment())


def facts() -> tuple[Fact, ...]:
    """Sizes of what each packaging route would push, the route of lane "a" first; whether a real deployment ran it."""
    told = _prepared(*ROUTES)["facts"]
    sizes = (Fact(runtime=NAME, name=fact["name"], value=fact["value"], how=fact["how"]) for fact in told)
    return (*sizes, convex_deployment.real_deployment_fact(NAME))


def _combination(seat: str) -> tuple[str, str]:
    """Node and route of a seat's lane."""
    lane = seat.partition("@")[2]
    if not _MEANT.search(lane):
        return DEFAULT
    node, _, route = lane.partition("-")
    if node not in NODES or route not in ROUTES:
        known = ", ".join(f"{node}-{route}" for node in NODES for route in ROUTES)
        raise PlanError(f"{NAME} has no lane {lane!r}; choose one of {known}")
    return node, route


def _prepared(*routes: str) -> dict[str, Any]:
    """The routes bundled by the real Convex CLI, offline, and measured; cached. Raises RuntimeStartFailure."""
    argv = [str(artefact(HOST).path()), str(STANDIN / "prepare.js"), *routes]
    try:
        done = subprocess.run(  # noqa: S603 - the pinned binary and our own file
            argv, capture_output=True, text=True, check=False, timeout=PREPARE_TIMEOUT_S, env=passed_on_environment()
        )
        prepared: dict[str, Any] = json.loads(done.stdout)
    except subprocess.TimeoutExpired as late:
        raise RuntimeStartFailure(f"{NAME}: no bundle within {PREPARE_TIMEOUT_S} s; run `make doctor`") from late
    except ValueError as failed:
        words = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "prepare.js said nothing"
        raise RuntimeStartFailure(f"{NAME}: {words}") from failed
    return prepared
