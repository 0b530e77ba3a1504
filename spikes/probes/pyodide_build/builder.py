"""pyodide-build itself, run for real without a network.

Role: have it fetch its cross-build environment and have it build the SDK, and tell how each ended and what it asked
the network for. Must not know: whether there is anything to build, or with what.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.metadata import distributions
from pathlib import Path

from spikes import closed_network
from spikes.closed_network import Ending, NetworkOpen
from spikes.probes.pyodide_build.finding import BrokenInput, Kind, Note, Obstacle, Step

PACKAGE = "pyodide-build"
DEADLINE_S = 30.0
VERSION_HOW = (
    "installed from its lock file; the newest for Python 3.11, which can build for Pyodide 0.25 and not for the pinned "
    "one: later releases need Python 3.13"
)


def try_to_build(folder: Path, scratch: Path, package: str, deadline_s: float = DEADLINE_S) -> Step:
    """`pyodide xbuildenv install --download` and `pyodide build`. `folder` holds pyodide-build. Raises BrokenInput."""
    version = next((d.version for d in distributions(path=[str(folder)], name=PACKAGE)), None)
    if version is None:
        raise BrokenInput(f"{PACKAGE} is not installed beside our packages; run `make setup`")
    notes = [Note(name="pyodide_build_version", value=version, how=VERSION_HOW)]
    obstacles: dict[Obstacle, None] = {}
    for name, arguments in (
        ("xbuildenv", ("xbuildenv", "install", "--download")),
        ("build", ("build", package)),
    ):
        how = f"pyodide {' '.join(arguments)}, {closed_network.HOW}"
        try:
            ending = _run(folder, scratch, arguments, deadline_s)
        except NetworkOpen as hindered:
            notes.append(Note(name=f"pyodide_build_{name}", value=f"not attempted: {hindered}", how=how))
            obstacles[Obstacle(kind=Kind.UNKNOWN, what=f"what stops pyodide-build ({hindered})")] = None
            continue
        asked = ", ".join(dict.fromkeys(ending.asked_for))
        notes.append(Note(name=f"pyodide_build_{name}", value=str(ending), how=how))
        notes.append(
            Note(name=f"pyodide_build_{name}_asked_for", value=asked or "nothing", how=f"the proxy's list: {how}")
        )
        if ending.status != 0:
            obstacles[_obstacle(ending, asked)] = None
    return Step(notes=tuple(notes), obstacles=tuple(obstacles))


def _obstacle(ending: Ending, asked: str) -> Obstacle:
    """What followed upon a refused request says nothing about what would come of an answer."""
    if asked:
        return Obstacle(kind=Kind.OFFLINE, what=f"a cross-build environment ({asked})")
    return Obstacle(kind=Kind.UNKNOWN, what=f"what stops pyodide-build ({ending})")


def _run(folder: Path, scratch: Path, arguments: Sequence[str], deadline_s: float) -> Ending:
    env = {
        "PYTHONPATH": str(folder),
        "HOME": str(scratch),
        "XDG_CACHE_HOME": str(scratch),
        # Its last line is to be the error, whole, and not the frame around a picture of it.
        "_TYPER_STANDARD_TRACEBACK": "1",
        "TERM": "dumb",
        "COLUMNS": "400",
    }
    argv = (sys.executable, "-m", "pyodide_cli", *arguments)
    return closed_network.attempt(argv, env=env, cwd=scratch, deadline_s=deadline_s)
