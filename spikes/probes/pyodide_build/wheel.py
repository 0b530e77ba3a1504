"""The wheel that exists: for what machine it is, and whether Pyodide would take it.

Role: read the installed distribution's own metadata and the head of its library, and compare with Pyodide's lock file.
Must not know: registries, what else a build would need.
"""

from __future__ import annotations

import json
from importlib.metadata import Distribution
from pathlib import Path
from typing import Any

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

from spikes.probes.pyodide_build.finding import BrokenInput, Kind, Note, Obstacle, Step

# What a build from source would have to start from.
SOURCES = (".rs", ".c", ".cc", ".cpp", ".pyx", ".udl", "Cargo.toml", "Cargo.lock")


def look_at(distribution: Distribution, library: Path, pyodide_lock: Path) -> Step:
    """Tag, machine and size of the wheel. Raises BrokenInput."""
    tags = wheel_tags(distribution)
    platforms = pyodide_platforms(pyodide_lock)
    taken = [tag for tag in tags if tag.rpartition("-")[2] in (*platforms, "any")]
    files = [str(file) for file in distribution.files or ()]
    sources = sum(file.endswith(SOURCES) for file in files)
    machine, size = machine_of(library), library.stat().st_size
    tag = ", ".join(tags)
    unloadable = Obstacle(kind=Kind.UNLOADABLE, what=f"{machine}, {size} bytes")
    return Step(
        notes=(
            Note(name="wheel_tag", value=tag, how="Tag in the WHEEL file of the installed distribution"),
            Note(name="wheel_machine", value=machine, how=f"e_machine in the ELF header of {library.name}"),
            Note(name="library_bytes", value=size, how=f"size of {library.name}"),
            Note(name="pyodide_platforms", value=", ".join(platforms), how="abi_version and arch in pyodide-lock.json"),
            Note(name="wheel_tags_pyodide_takes", value=len(taken), how="tags whose platform is one of those, or any"),
            Note(
                name="wheel_source_files", value=sources, how=f"of {len(files)} files in RECORD: {', '.join(SOURCES)}"
            ),
        ),
        obstacles=() if taken else (unloadable,),
    )


def wheel_tags(distribution: Distribution) -> list[str]:
    """The tags of the wheel that a distribution was installed from. Raises BrokenInput."""
    lines = (distribution.read_text("WHEEL") or "").splitlines()
    tags = [line.partition(":")[2].strip() for line in lines if line.startswith("Tag:")]
    if not tags:
        raise BrokenInput("the installed SDK has no WHEEL file with a Tag; install it anew with `make setup`")
    return tags


def pyodide_platforms(lock: Path) -> list[str]:
    """The platform tags of wheels that this Pyodide loads: PEP 783's name, and the one used before it."""
    try:
        info: dict[str, Any] = json.loads(lock.read_text(encoding="utf-8"))["info"]
        abi, arch = str(info["abi_version"]), str(info["arch"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BrokenInput(f"{lock.name} does not tell Pyodide's ABI ({error!r}); run `make setup`") from error
    return [f"{name}_{abi}_{arch}" for name in ("pyemscripten", "pyodide")]


def machine_of(library: Path) -> str:
    """What processor a shared library is for. Raises BrokenInput."""
    try:
        with library.open("rb") as file:
            return str(ELFFile(file)["e_machine"])
    except (OSError, ELFError) as error:
        raise BrokenInput(f"{library.name} is no ELF library ({error!r}); run `make setup`") from error
