"""Shared libraries: which ones a library asks for, and which ones a running process has loaded.

Role: the host needs of a native SDK, as far as they can be seen from outside.
Must not know: runtimes, facts.
"""

from __future__ import annotations

from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile

from spikes.errors import RuntimeStartFailure, ToolMissing


def needed_libraries(library: Path) -> tuple[str, ...]:
    """The DT_NEEDED entries of a shared library, in its order. Raises ToolMissing if it is none."""
    needed = _dynamic_entries(library, "DT_NEEDED", "needed")
    if not needed:
        raise _unreadable(library, "it names no library that it needs")
    return needed


def loaded_libraries(pid: int) -> frozenset[str]:
    """File names and sonames of all libraries that a process has mapped. Raises RuntimeStartFailure if it is gone."""
    files = _mapped_files(pid)
    names = {file.name for file in files}
    for file in files:
        if ".so" in file.name and file.is_file():
            names.update(_dynamic_entries(file, "DT_SONAME", "soname"))
    return frozenset(names)


def has_mapped(pid: int, library: Path) -> bool:
    """Whether a process runs with this very file. Raises RuntimeStartFailure if the process is gone."""
    return library.resolve() in _mapped_files(pid)


def _dynamic_entries(library: Path, tag: str, attribute: str) -> tuple[str, ...]:
    try:
        with library.open("rb") as file:
            sections = [section for section in ELFFile(file).iter_sections() if isinstance(section, DynamicSection)]
            return tuple(str(getattr(entry, attribute)) for section in sections for entry in section.iter_tags(tag))
    except (OSError, ELFError, ValueError) as error:
        raise _unreadable(library, f"{type(error).__name__}: {error}") from error


def _unreadable(library: Path, why: str) -> ToolMissing:
    return ToolMissing(f"{library.name} cannot be read as a shared library ({why}); run `make setup`")


def _mapped_files(pid: int) -> frozenset[Path]:
    try:
        lines = Path(f"/proc/{pid}/maps").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise RuntimeStartFailure(
            f"the libraries of process {pid} cannot be read ({error.strerror}); this needs Linux and a running driver"
        ) from error
    fields = (line.split(maxsplit=5) for line in lines)
    return frozenset(Path(field[5]) for field in fields if len(field) == 6 and field[5].startswith("/"))
