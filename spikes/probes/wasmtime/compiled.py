"""The SDK's module as machine code: compiled once, kept in our own folder, loaded from there ever after.

Role: compiling costs many CPU seconds, loading well under one. What is loaded is executed as it lies there, so a file
counts only if nobody else could have written it and if its checksum, which is bound to its name, fits. Anything else is
compiled anew and replaced.
Must not know: imports, hosts, calls.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from wasmtime import Config, Engine, Module, WasmtimeError

from spikes.pins import PLATFORM
from spikes.probes.wasmtime.failure import ProbeFailure, one_line

WASMTIME = version("wasmtime")
# What the name of a compiled file must tell apart, beside the module and wasmtime: how `engine()` compiles.
CONFIGURATION = "fuel, epochs, cranelift speed"
MAGIC = b"\0asm"
_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH


class Untrusted(Exception):
    """A compiled file that must not be executed; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Compiled:
    """The module, ready to be instantiated, and what it took to get it."""

    engine: Engine
    module: Module
    from_cache: bool
    cache: str  # "used", or why it was not
    wall_s: float
    cpu_s: float  # of all threads of this process
    size_bytes: int


def engine() -> Engine:
    """An engine that counts fuel and can be interrupted."""
    config = Config()
    config.consume_fuel = True
    config.epoch_interruption = True
    config.strategy = "cranelift"
    config.cranelift_opt_level = "speed"
    return Engine(config)


def read_wasm(path: Path) -> bytes:
    """The module's bytes. Raises ProbeFailure if the file is not there or is no WebAssembly."""
    try:
        wasm = path.read_bytes()
    except OSError as error:
        raise ProbeFailure(f"cannot read {path.name} ({error.strerror}); run `make setup`") from error
    if not wasm.startswith(MAGIC):
        raise ProbeFailure(f"{path.name} does not begin as WebAssembly does; reinstall the SDK with `make setup`")
    return wasm


def compiled(wasm: bytes, folder: Path) -> Compiled:
    """The module, from `folder` if what lies there can be trusted. Raises ProbeFailure if it cannot be compiled."""
    with_engine, key = engine(), cache_key(wasm)
    try:
        return _loaded(with_engine, folder, key)
    except Untrusted as reason:
        return _made(with_engine, wasm, folder, key, str(reason))


def cache_key(wasm: bytes) -> str:
    """The name under which this module, compiled by this wasmtime in this way, is kept."""
    parts = (hashlib.sha256(wasm).hexdigest(), WASMTIME, CONFIGURATION, PLATFORM)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def code_file(folder: Path, key: str) -> Path:
    """Where the machine code of that name lies."""
    return folder / f"{key}.cwasm"


def checksum_file(folder: Path, key: str) -> Path:
    """Where the checksum beside it lies."""
    return folder / f"{key}.sha256"


def checksum(key: str, code: bytes) -> str:
    """Bound to the name: a sound file under another name does not fit."""
    return hashlib.sha256(key.encode() + code).hexdigest()


def _loaded(with_engine: Engine, folder: Path, key: str) -> Compiled:
    code = _read_own(code_file(folder, key))
    if _read_own(checksum_file(folder, key)).decode("ascii", "replace").strip() != checksum(key, code):
        raise Untrusted("its checksum does not fit")
    wall, cpu = time.perf_counter(), time.process_time()
    try:
        module = Module.deserialize(with_engine, code)
    except WasmtimeError as error:
        raise Untrusted(f"wasmtime refuses it: {one_line(error)}") from error
    return Compiled(
        engine=with_engine,
        module=module,
        from_cache=True,
        cache="used",
        wall_s=time.perf_counter() - wall,
        cpu_s=time.process_time() - cpu,
        size_bytes=len(code),
    )


def _made(with_engine: Engine, wasm: bytes, folder: Path, key: str, reason: str) -> Compiled:
    wall, cpu = time.perf_counter(), time.process_time()
    try:
        module = Module(with_engine, wasm)
    except WasmtimeError as error:
        raise ProbeFailure(
            f"wasmtime {WASMTIME} cannot compile the module ({one_line(error)}); reinstall the SDK with `make setup`"
        ) from error
    wall_s, cpu_s = time.perf_counter() - wall, time.process_time() - cpu
    code = bytes(module.serialize())
    try:
        _store(folder, key, code)
    except OSError as error:  # the next probe compiles again, this one is none the worse
        reason = f"{reason}; it could not be written ({error.strerror})"
    return Compiled(
        engine=with_engine,
        module=module,
        from_cache=False,
        cache=reason,
        wall_s=wall_s,
        cpu_s=cpu_s,
        size_bytes=len(code),
    )


def _read_own(path: Path) -> bytes:
    """A file that we wrote and nobody else could. Raises Untrusted. Looks at what it has opened, not at the name."""
    try:
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)  # a pipe must not keep us waiting
    except FileNotFoundError:
        raise Untrusted("there was none") from None
    except OSError as error:
        raise Untrusted(f"it cannot be opened ({error.strerror})") from error
    found = os.fstat(number)
    if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & _OTHERS_MAY_WRITE:
        os.close(number)
        raise Untrusted("somebody else could have written it")
    with os.fdopen(number, "rb") as file:
        return file.read()


def _store(folder: Path, key: str, code: bytes) -> None:
    """Each file appears whole or not at all; the checksum comes last, and without it the code does not count."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for target, content in (
        (code_file(folder, key), code),
        (checksum_file(folder, key), checksum(key, code).encode() + b"\n"),
    ):
        with tempfile.NamedTemporaryFile(dir=folder, suffix=".partial", delete=False) as partial:
            try:
                partial.write(content)
                partial.close()
                os.replace(partial.name, target)
            except BaseException:
                os.unlink(partial.name)
                raise
