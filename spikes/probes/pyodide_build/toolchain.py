"""The compilers that a build for Pyodide needs: Emscripten's, and Rust with Emscripten as its target.

Role: look whether they are installed. A tool that is not here is lacking, not impossible. Must not know: what is built.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from spikes import closed_network
from spikes.closed_network import NetworkOpen
from spikes.probes.pyodide_build.finding import Kind, Note, Obstacle, Step

TARGET = "wasm32-unknown-emscripten"
DEADLINE_S = 20.0
INSTALLED, NOT_INSTALLED = "installed", "not installed"


def look_for(scratch: Path, path: str | None = None, deadline_s: float = DEADLINE_S) -> Step:
    """emcc, rustc and its target. `path` is where to look, if not in PATH."""
    emcc, rustc = (shutil.which(name, path=path) for name in ("emcc", "rustc"))
    obstacles = [] if emcc else [Obstacle(kind=Kind.OFFLINE, what="emcc")]
    try:
        target = "no rustc to ask" if rustc is None else _target(rustc, scratch, deadline_s)
    except NetworkOpen as hindered:
        target = f"not looked at: {hindered}"
        obstacles.append(Obstacle(kind=Kind.UNKNOWN, what=f"what rustc can build for ({hindered})"))
    else:
        if target != INSTALLED:
            obstacles.append(Obstacle(kind=Kind.OFFLINE, what="Rust for Emscripten"))
    notes = (
        Note(name="emcc", value=INSTALLED if emcc else NOT_INSTALLED, how="looked up in PATH"),
        Note(name="rustc", value=INSTALLED if rustc else NOT_INSTALLED, how="looked up in PATH"),
        Note(name="rust_target", value=target, how=f"rustc --print target-libdir --target {TARGET}: is it there?"),
    )
    return Step(notes=notes, obstacles=tuple(obstacles))


def _target(rustc: str, scratch: Path, deadline_s: float) -> str:
    """rustc may be rustup's, which fetches what it misses: so it is asked without a network. Raises NetworkOpen."""
    told = scratch / "target-libdir"
    script = f'"{rustc}" --print target-libdir --target {TARGET} > "{told}"'
    env = {"HOME": str(Path.home())}
    ending = closed_network.attempt(("sh", "-c", script), env=env, cwd=scratch, deadline_s=deadline_s)
    if ending.status != 0:
        return f"rustc did not tell: {ending}"
    return INSTALLED if Path(told.read_text(encoding="utf-8").strip()).is_dir() else NOT_INSTALLED
