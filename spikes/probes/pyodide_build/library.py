"""What the SDK's library asks of its system, and what of that a Pyodide has under the same name.

Role: count the symbols that the library leaves to others, by what they are for, and look each up in Pyodide's own
module. A name that is there may still do nothing (pthread_create is there, and starts no thread): importing.py tries.
Must not know: wheels, tools.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from spikes.probes.pyodide_build.finding import BrokenInput, Kind, Note, Obstacle, Step

PURPOSES: Mapping[str, re.Pattern[str]] = {
    "threads": re.compile(r"pthread_.*|sched_.*|__register_atfork|__cxa_thread_atexit_impl"),
    "sockets": re.compile(
        r"socket|bind|connect|recv|send|shutdown|[gs]etsockopt|getpeername|getsockname|(get|free)addrinfo|gai_strerror"
    ),
    "event_loop": re.compile(r"epoll_.*|eventfd|poll"),
    "dynamic_loading": re.compile(r"dl(open|sym|close|error|_iterate_phdr)"),
    "memory_mapping": re.compile(r"m(map64|protect|remap)|munmap"),
}
_WASM_MAGIC, _EXPORTS = b"\0asm", 7
_JS_LIBRARY = re.compile(r"var wasmImports=\{(.*?)\};", re.DOTALL)
_JS_NAME = re.compile(r"(?:^|,)(\w+)(?=[:,]|$)")


def look_at(library: Path, pyodide_wasm: Path, pyodide_js: Path) -> Step:
    """The counts. Raises BrokenInput."""
    needed, wanted = imports_of(library)
    there = exports_of(pyodide_wasm) | library_names(pyodide_js)
    absent = sorted(wanted - there)
    notes = [
        Note(name="shared_libraries_needed", value=", ".join(needed), how=f"DT_NEEDED of {library.name}"),
        Note(name="symbols_needed", value=len(wanted), how=f"undefined symbols of {library.name}"),
        Note(
            name="symbols_absent_in_pyodide",
            value=len(absent),
            how=f"of those, neither exported by {pyodide_wasm.name} nor in the library of {pyodide_js.name}",
        ),
    ]
    for purpose, pattern in PURPOSES.items():
        named = sorted(filter(pattern.fullmatch, wanted))
        lacking = sorted(filter(pattern.fullmatch, absent))
        how = f"undefined symbols for it; absent in Pyodide: {', '.join(lacking) or 'none'}"
        notes.append(Note(name=f"symbols_needed.{purpose}", value=len(named), how=how))
    missing = Obstacle(kind=Kind.BEYOND, what=f"lacks {len(absent)} of {len(wanted)} symbols")
    return Step(notes=tuple(notes), obstacles=(missing,) if absent else ())


def imports_of(library: Path) -> tuple[list[str], frozenset[str]]:
    """Shared libraries and symbols that an ELF library needs. Raises BrokenInput."""
    try:
        with library.open("rb") as file:
            elf = ELFFile(file)
            dynamic, symbols = elf.get_section_by_name(".dynamic"), elf.get_section_by_name(".dynsym")
            if not isinstance(dynamic, DynamicSection) or not isinstance(symbols, SymbolTableSection):
                raise BrokenInput(f"{library.name} is an ELF file, but no shared library; run `make setup`")
            needed = [str(getattr(tag, "needed", "")) for tag in dynamic.iter_tags("DT_NEEDED")]
            undefined = {str(s.name) for s in symbols.iter_symbols() if s["st_shndx"] == "SHN_UNDEF" and s.name}
    except (OSError, ELFError) as error:
        raise BrokenInput(f"{library.name} is no ELF library ({error!r}); run `make setup`") from error
    return needed, frozenset(undefined)


def exports_of(wasm: Path) -> frozenset[str]:
    """Names that a WebAssembly module exports. Raises BrokenInput."""
    code = wasm.read_bytes()
    if not code.startswith(_WASM_MAGIC):
        raise BrokenInput(f"{wasm.name} is no WebAssembly module; run `make setup`")
    try:
        at = len(_WASM_MAGIC) + 4
        while at < len(code):
            section = code[at]
            size, start = _number(code, at + 1)
            if section == _EXPORTS:
                return frozenset(_export_names(code, start))
            at = start + size
    except (IndexError, UnicodeDecodeError) as error:
        raise BrokenInput(f"{wasm.name} ends in the middle of a section; run `make setup`") from error
    return frozenset()


def library_names(javascript: Path) -> frozenset[str]:
    """Names that Pyodide's JavaScript gives to the modules it loads. Raises BrokenInput."""
    found = _JS_LIBRARY.search(javascript.read_text(encoding="utf-8"))
    if found is None:
        raise BrokenInput(f"{javascript.name} names no wasmImports; is it another Pyodide than the pinned one?")
    return frozenset(_JS_NAME.findall(found.group(1)))


def _export_names(code: bytes, at: int) -> list[str]:
    names = []
    count, at = _number(code, at)
    for _ in range(count):
        length, at = _number(code, at)
        names.append(code[at : at + length].decode())
        _, at = _number(code, at + length + 1)  # after the kind of export, its index
    return names


def _number(code: bytes, at: int) -> tuple[int, int]:
    """An unsigned LEB128 number, and where it ends."""
    value = shift = 0
    while True:
        byte = code[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at
