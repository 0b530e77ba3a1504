"""Where Convex functions run: in a deployment that the user provides, or in a stand-in of ours.

Role: find the deployment, make the bundle, and put the launch of either together, for every Convex runtime alike.
Must not know: which functions they are.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from spikes.errors import RuntimeStartFailure
from spikes.pins import artefact
from spikes.processes import Launch, passed_on_environment
from spikes.record import Fact, Tier
from spikes.runtimes.settings import Settings

FUNCTIONS = Path(__file__).parents[1] / "drivers" / "convex"
URL, ADMIN_KEY = "CONVEX_SELF_HOSTED_URL", "CONVEX_SELF_HOSTED_ADMIN_KEY"
NODE = "node-26"  # the stand-in's engine, and what the Convex CLI runs under
BUNDLE_TIMEOUT_S = 180


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A deployment of the user's."""

    url: str
    admin_key: str = field(repr=False)


def deployment(env: Mapping[str, str] | None = None) -> Deployment | None:
    """The user's deployment, None if the variables that name it are not both set."""
    variables = os.environ if env is None else env
    url, admin_key = variables.get(URL), variables.get(ADMIN_KEY)
    return Deployment(url=url, admin_key=admin_key) if url and admin_key else None


def tier() -> Tier:
    """How real the evidence is in this environment."""
    return Tier.STAND_IN if deployment() is None else Tier.REAL


def engine(stand_in: str) -> str:
    """What runs the functions in this environment."""
    return f"stand-in for Convex: {stand_in}" if deployment() is None else "Convex deployment of the user"


def real_deployment_fact(runtime: str) -> Fact:
    """Whether a real deployment was used, and why not."""
    missing = [name for name in (URL, ADMIN_KEY) if not os.environ.get(name)]
    value = f"skipped: {' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set" if missing else "used"
    return Fact(runtime=runtime, name="real_deployment", value=value, how="environment of the run")


def deployed_launch(project: Path, settings: Settings, used: Deployment) -> Launch:
    """The program that deploys the project with the Convex CLI and forwards the contract to its HTTP actions."""
    program = str(FUNCTIONS / "deployed.js")
    env = {**settings.environment(), URL: used.url, ADMIN_KEY: used.admin_key}
    return Launch(argv=(str(artefact(NODE).path()), program, str(project)), env=env)


def bundle(project: Path, name: str) -> Path:
    """The folder of the bundle that the Convex CLI makes of a project; made once for the same sources.

    Raises ToolMissing without Node, RuntimeStartFailure if there is no bundle, or one that is too large.
    """
    argv = [str(artefact(NODE).path()), str(FUNCTIONS / "bundle.js"), str(project), name]
    try:
        done = subprocess.run(  # noqa: S603 - the pinned binary and our own file
            argv, capture_output=True, text=True, check=False, timeout=BUNDLE_TIMEOUT_S, env=passed_on_environment()
        )
    except (OSError, subprocess.TimeoutExpired) as failed:
        raise RuntimeStartFailure(f"{name}: bundle.js did not run ({failed!r}); run `make doctor`") from failed
    if done.returncode != 0:
        words = done.stderr.strip().splitlines() or ["bundle.js said nothing; run `make doctor`"]
        raise RuntimeStartFailure(f"{name}: {words[-1]}")
    return Path(json.loads(done.stdout)["directory"])


def bundle_facts(runtime: str, directory: Path) -> tuple[Fact, ...]:
    """The size of what a push would send."""
    told = json.loads((directory / "bundle.json").read_text(encoding="utf-8"))
    raw = f"JavaScript modules and source maps that the Convex CLI would push, {len(told['modules'])} modules"
    return (
        Fact(runtime=runtime, name="bundle_bytes", value=int(told["bundleBytes"]), how=raw),
        Fact(runtime=runtime, name="bundle_zip_bytes", value=int(told["bundleZipBytes"]), how=f"{raw}, as a ZIP file"),
    )
