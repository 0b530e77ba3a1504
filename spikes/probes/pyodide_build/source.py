"""Is there a source to build from? The registry alone knows, and is asked only if the user says so.

Role: with SPARKGATE_LIVE_REGISTRY=1, have pip list the versions that come as a source distribution (no code of any
package is run by that); without it, say that nobody was asked. Must not know: what a build would need.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping

from spikes.closed_network import last_line
from spikes.probes.pyodide_build.finding import Kind, Note, Obstacle, Step

LIVE = "SPARKGATE_LIVE_REGISTRY"
DEADLINE_S = 30.0  # for each of two questions
NAME = "source_distribution"
NOT_ASKED = f"not asked: set {LIVE}=1 to let pip ask the registry"
LIST = ("index", "versions", "--pre", "--disable-pip-version-check")
SOURCES_ONLY = ("--no-binary", ":all:")
_LISTED = re.compile(r"^Available versions: (.+)$", re.MULTILINE)


class NoAnswer(Exception):
    """pip listed nothing. It says the same of a registry that has nothing and of one that it cannot reach."""


def ask_for(package: str, version: str, environment: Mapping[str, str], deadline_s: float = DEADLINE_S) -> Step:
    """Whether that version comes as a source distribution."""
    if environment.get(LIVE) != "1":
        return _unknown(
            NOT_ASKED, how="the registry is not asked in a run", lacking="a source distribution (not asked)"
        )
    how = f"pip {' '.join((*LIST, *SOURCES_ONLY, package))}, once it has listed the wheels"
    try:
        _versions(package, environment, (), deadline_s)  # only a registry that answers this can say no to the next
    except NoAnswer as silence:
        return _unknown(f"no answer: {silence}", how=how, lacking="an answer of the package registry")
    try:
        versions = _versions(package, environment, SOURCES_ONLY, deadline_s)
    except NoAnswer:
        versions = []
    if version not in versions:
        obstacle = Obstacle(kind=Kind.IMPOSSIBLE, what="the registry has no source distribution of it")
        note = Note(name=NAME, value=f"none of {package} {version}, {len(versions)} of other versions", how=how)
        return Step(notes=(note,), obstacles=(obstacle,))
    return Step(notes=(Note(name=NAME, value=f"there is one of {package} {version}", how=how),))


def _versions(package: str, environment: Mapping[str, str], kinds: tuple[str, ...], deadline_s: float) -> list[str]:
    """The versions that pip would take. Raises NoAnswer."""
    try:
        done = subprocess.run(  # noqa: S603 - pip of this interpreter
            [sys.executable, "-m", "pip", *LIST, *kinds, package],
            capture_output=True,
            text=True,
            check=False,
            timeout=deadline_s,
            env={**environment},
        )
    except subprocess.TimeoutExpired as late:
        raise NoAnswer(f"nothing within {deadline_s:g} s") from late
    listed = _LISTED.search(done.stdout)
    if listed is None:
        raise NoAnswer(last_line(done.stderr))
    return listed.group(1).split(", ")


def _unknown(value: str, *, how: str, lacking: str) -> Step:
    obstacle = Obstacle(kind=Kind.OFFLINE, what=lacking)
    return Step(notes=(Note(name=NAME, value=value, how=how),), obstacles=(obstacle,))
