"""Python in Pyodide, driving the JavaScript SDK over the FFI, under Node: what stands in for a Python Worker.

A Python Worker itself cannot be started here: workerd fetches its Pyodide from the internet and takes no other. That
attempt is made for every run, with the network closed, and recorded as it ends: the fact `python_worker_attempt`.
Must not know: other runtimes.
"""

from __future__ import annotations

import re
import tempfile
import zlib
from pathlib import Path

from spikes import closed_network
from spikes.pins import artefact
from spikes.processes import Launch
from spikes.record import Fact, Platform, Role, Tier
from spikes.runtimes.runtime import Eviction, Form
from spikes.runtimes.settings import Settings

NAME = "pyodide"
ROLE = Role.NATIVE
TIER = Tier.STAND_IN
FORM = Form.DRIVER
PLATFORM = Platform.CLOUDFLARE
EVICTION = Eviction.STOPPED
PYODIDE = ("pyodide-wasm", "pyodide-js", "pyodide-stdlib")
PINS = ("sdk-wasm-web", "sdk-js-web", *PYODIDE, "node", "workerd")
SDK = f"{artefact('sdk-wasm-web').package} {artefact('sdk-wasm-web').version}"
ENGINE = f"pyodide {artefact('pyodide-wasm').version} in node {artefact('node').version}"
DRIVERS = Path(__file__).parents[1] / "drivers"
PROGRAM = DRIVERS / "pyodide" / "server.js"
WORKER = DRIVERS / "pyodide" / "worker.py"
COMPOSITION = DRIVERS / "l402" / "compose.js"
PYTHON_WORKER = DRIVERS / "pyodide" / "python_worker.capnp"
ATTEMPT_S = 5.0
_IMPORT = re.compile(r"^(?:import|export) (?:[^'\"]* from )?'(\.[^']+)'", re.MULTILINE)


def launch(settings: Settings) -> Launch:
    """The driver under the pinned Node."""
    return Launch(argv=(str(artefact("node").path()), str(PROGRAM)), env=settings.environment())


def facts() -> tuple[Fact, ...]:
    """How the attempt at a Python Worker ends, and the sizes of what runs."""
    everything = b"".join(path.read_bytes() for path in (WORKER, *_modules(COMPOSITION), *_sdk()))
    of = "worker.py, what compose.js imports, errors.json and the SDK's web build; Pyodide is the platform's"
    pyodide_bytes = sum(artefact(name).path().stat().st_size for name in PYODIDE)
    return (
        _python_worker_attempt(),
        Fact(runtime=NAME, name="pyodide_bytes", value=pyodide_bytes, how=f"size on disk of {len(PYODIDE)} files"),
        Fact(runtime=NAME, name="upload_raw_bytes", value=len(everything), how=f"sum of {of}"),
        Fact(
            runtime=NAME,
            name="upload_gzip_bytes",
            value=len(zlib.compress(everything, 6)),
            how=f"{of}, concatenated, zlib level 6",
        ),
    )


def _python_worker_attempt() -> Fact:
    """A Python Worker in the pinned workerd. It looks names up itself: a proxy alone would not close it in."""
    how = f"workerd serve {PYTHON_WORKER.name}, with the compatibility flag python_workers, {closed_network.HOW}"
    argv = (str(artefact("workerd").path()), "serve", str(PYTHON_WORKER))
    with tempfile.TemporaryDirectory() as scratch:
        try:
            ended = str(closed_network.attempt(argv, env={}, cwd=Path(scratch), deadline_s=ATTEMPT_S))
        except closed_network.NetworkOpen as hindered:
            ended = f"not attempted: {hindered}"
    return Fact(runtime=NAME, name="python_worker_attempt", value=ended, how=how)


def _modules(start: Path) -> list[Path]:
    """A JavaScript module, all that it imports, and errors.json, which the host hands to it."""
    found = {start: None, DRIVERS / "wallet" / "errors.json": None}
    waiting = [start]
    while waiting:
        module = waiting.pop()
        for name in _IMPORT.findall(module.read_text(encoding="utf-8")):
            path = (module.parent / name).resolve()
            if path not in found:
                found[path] = None
                waiting.append(path)
    return list(found)


def _sdk() -> tuple[Path, ...]:
    return artefact("sdk-js-web").path(), artefact("sdk-wasm-web").path()
