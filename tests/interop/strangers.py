"""Programs of other people that the interoperability tests run: where they are, and how they are called.

Each gets one JSON document on stdin and answers with one on stdout. None of them needs a network but loopback.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

import pytest

from spikes.errors import ToolMissing
from spikes.pins import artefact
from spikes.processes import PROJECT

HERE = Path(__file__).parent
ASIDE = PROJECT / ".build" / "interop"
NODE_MODULES = PROJECT / "spikes" / "drivers" / "node_modules"
DEADLINE_S = 90


def require(*places: Path) -> None:
    """Skip, or in CI fail, if a package is not installed."""
    for place in places:
        if not place.exists():
            missing = f"{place.name} is not installed; run `make setup`"
            if os.environ.get("CI"):
                raise ToolMissing(missing)
            pytest.skip(missing)


async def run_python(script: str, asked: Any) -> Any:
    """A script of this folder, with the packages of .build/interop before any others."""
    require(ASIDE / "l402_requests")
    return await _run([sys.executable, str(HERE / script)], {**asked, "packages": str(ASIDE)})


async def run_node(script: str, asked: Any, *packages: str) -> Any:
    """A script of this folder, under the pinned Node."""
    require(*(NODE_MODULES / package for package in packages))
    try:
        node = artefact("node").path()
    except ToolMissing as missing:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(missing))
    return await _run([str(node), str(HERE / script)], asked)


async def _run(argv: list[str], asked: Any) -> Any:
    environment = {"PATH": os.environ.get("PATH", ""), "HOME": os.devnull}
    process = await asyncio.create_subprocess_exec(*argv, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=environment)
    try:
        out, err = await asyncio.wait_for(process.communicate(json.dumps(asked).encode()), DEADLINE_S)
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0, err.decode()
    return json.loads(out)
