"""What a host that offers WASI and nothing else makes of the module.

Role: ask a linker with all of WASI preview 1 for each import, then instantiate and hear the refusal.
Must not know: what the imports are for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from wasmtime import Linker, Module, Store, WasiConfig, WasmtimeError

from spikes.probes.wasmtime.compiled import Compiled
from spikes.probes.wasmtime.failure import ProbeFailure, one_line

_UNKNOWN_IMPORT = re.compile(r"unknown import: `(?P<module>.+?)::(?P<name>[^`]+)`")


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """How far a WASI host gets."""

    met: int  # imports that it has
    first_missing: str
    words: str  # wasmtime's, in one line


def refusal(compiled: Compiled) -> Refusal:
    """Try it. Raises ProbeFailure if the module is content with WASI: then it is not what this probe is for."""
    linker, store = Linker(compiled.engine), Store(compiled.engine)
    linker.define_wasi()
    store.set_wasi(WasiConfig())  # no files, no arguments, no environment
    store.set_epoch_deadline(1)
    met = _met(linker, store, compiled.module)
    try:
        linker.instantiate(store, compiled.module)
    except WasmtimeError as error:
        words = one_line(error)
        if named := _UNKNOWN_IMPORT.search(words):
            return Refusal(met=met, first_missing=named["name"], words=words)
        raise ProbeFailure(f"a WASI host refuses the module, but not for an import: {words}; read wasi.py") from error
    raise ProbeFailure("a WASI host instantiates the module: it is not the SDK that this probe is for; see pins.toml")


def _met(linker: Linker, store: Store, module: Module) -> int:
    found = 0
    for entry in module.imports:
        try:
            linker.get(store, entry.module, entry.name or "")
        except WasmtimeError:
            continue
        found += 1
    return found
