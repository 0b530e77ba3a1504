"""What the attempt at a build for Pyodide tells of the wheel that exists: of the sound one, and of broken ones."""

from __future__ import annotations

from importlib.metadata import Distribution, PathDistribution
from pathlib import Path

import pytest

from spikes.pins import artefact
from spikes.probes.pyodide_build import importing, library, wheel
from spikes.probes.pyodide_build.finding import BrokenInput, Kind, Step


def kinds(step: Step) -> list[Kind]:
    return [o.kind for o in step.obstacles]


def value(step: Step, name: str) -> int | str:
    return next(note.value for note in step.notes if note.name == name)


# --- the wheel -------------------------------------------------------------------------------------------------------


def distribution(folder: Path, wheel_file: str | None, record: str = "") -> Distribution:
    info = folder / "made_up-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: made-up\nVersion: 1.0\n")
    (info / "RECORD").write_text(record)
    if wheel_file is not None:
        (info / "WHEEL").write_text(wheel_file)
    return PathDistribution(info)


def pyodide_lock() -> Path:
    return artefact("pyodide-wasm").path().with_name("pyodide-lock.json")


@pytest.mark.parametrize(
    ("tag", "taken", "obstacles"),
    [
        ("cp311-cp311-manylinux_2_31_x86_64", 0, [Kind.UNLOADABLE]),
        ("cp314-cp314-emscripten_5_0_3_wasm32", 0, [Kind.UNLOADABLE]),
        ("cp314-cp314-pyemscripten_2025_0_wasm32", 0, [Kind.UNLOADABLE]),
        ("cp314-cp314-pyemscripten_2026_0_wasm32", 1, []),
        ("py3-none-any", 1, []),
    ],
)
def test_a_wheel_is_taken_by_its_platform(tag: str, taken: int, obstacles: list[Kind], tmp_path: Path) -> None:
    made_up = distribution(tmp_path, f"Wheel-Version: 1.0\nTag: {tag}\n", "made_up/a.rs,,\nmade_up/a.py,,\n")
    step = wheel.look_at(made_up, artefact("sdk-native").path(), pyodide_lock())
    assert (value(step, "wheel_tags_pyodide_takes"), kinds(step)) == (taken, obstacles)
    assert value(step, "wheel_source_files") == 1
    assert value(step, "wheel_machine") == "EM_X86_64"


@pytest.mark.parametrize("wheel_file", [None, "", "Wheel-Version: 1.0\n"])
def test_a_distribution_without_a_tag_is_broken_and_no_finding(wheel_file: str | None, tmp_path: Path) -> None:
    with pytest.raises(BrokenInput, match="make setup"):
        wheel.wheel_tags(distribution(tmp_path, wheel_file))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"info": {"arch": "wasm32"}}'])
def test_a_lock_that_does_not_tell_the_abi_is_broken(text: str, tmp_path: Path) -> None:
    (tmp_path / "pyodide-lock.json").write_text(text)
    with pytest.raises(BrokenInput, match="Pyodide's ABI"):
        wheel.pyodide_platforms(tmp_path / "pyodide-lock.json")


# --- the library -----------------------------------------------------------------------------------------------------


def number(n: int) -> bytes:
    return bytes([n & 0x7F | 0x80, n >> 7]) if n > 127 else bytes([n])


def wasm(*names: str) -> bytes:
    exports = number(len(names)) + b"".join(number(len(n)) + n.encode() + b"\0" + number(300) for n in names)
    return b"\0asm\1\0\0\0" + b"\1\1\0" + b"\7" + number(len(exports)) + exports


def test_exports_are_read_from_a_wasm_module(tmp_path: Path) -> None:
    file = tmp_path / "a.wasm"
    names = ["socket", "x" * 200, "poll"]
    file.write_bytes(wasm(*names))
    assert library.exports_of(file) == set(names)
    file.write_bytes(wasm()[:8])
    assert library.exports_of(file) == frozenset()
    file.write_bytes(wasm(*names)[:-20])
    with pytest.raises(BrokenInput, match="middle of a section"):
        library.exports_of(file)
    file.write_bytes(b"<html>not found</html>")
    with pytest.raises(BrokenInput, match="no WebAssembly module"):
        library.exports_of(file)


def test_names_are_read_from_the_javascript_library(tmp_path: Path) -> None:
    file = tmp_path / "a.mjs"
    file.write_text("var x={no:1};var wasmImports={getaddrinfo:_getaddrinfo,short,last:_last};var y={neither:2}")
    assert library.library_names(file) == {"getaddrinfo", "short", "last"}
    file.write_text("var wasmimports = {}")
    with pytest.raises(BrokenInput, match="wasmImports"):
        library.library_names(file)


@pytest.mark.parametrize("content", [b"", b"\x7fELF", b"\0asm\1\0\0\0", b"MZ" + bytes(500)])
def test_what_is_no_elf_library_is_broken(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "libsdk.so"
    file.write_bytes(content)
    for read in (wheel.machine_of, library.imports_of):
        with pytest.raises(BrokenInput, match="no ELF library"):
            read(file)


def test_a_library_cut_short_is_broken(tmp_path: Path) -> None:
    file = tmp_path / "libsdk.so"
    with artefact("sdk-native").path().open("rb") as whole:
        file.write_bytes(whole.read(1_000_000))
    with pytest.raises(BrokenInput, match="make setup"):
        library.imports_of(file)


def test_the_sdk_needs_what_pyodide_has_not() -> None:
    paths = (artefact(name).path() for name in ("sdk-native", "pyodide-wasm", "pyodide-js"))
    step = library.look_at(*paths)
    needed, absent = value(step, "symbols_needed"), value(step, "symbols_absent_in_pyodide")
    assert (needed, absent, value(step, "symbols_needed.event_loop")) == (149, 36, 5)
    epoll = next(note.how for note in step.notes if note.name == "symbols_needed.event_loop")
    assert epoll.endswith("absent in Pyodide: epoll_create1, epoll_ctl, epoll_wait, eventfd")
    assert "libc.so.6" in str(value(step, "shared_libraries_needed"))
    assert kinds(step) == [Kind.BEYOND]


# --- the import ------------------------------------------------------------------------------------------------------


def test_pyodide_is_really_asked_to_import_the_wheel() -> None:
    pyodide = artefact("pyodide-wasm").path().with_name("pyodide.mjs")
    step = importing.try_import(artefact("node").path(), pyodide, artefact("sdk-native").path())
    assert value(step, "pyodide_import") == "Error: need to see wasm magic number"
    assert value(step, "pyodide_thread") == "RuntimeError: can't start new thread"
    assert kinds(step) == [Kind.UNLOADABLE, Kind.BEYOND]


def test_a_package_that_pyodide_can_import_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "made_up").mkdir()
    (tmp_path / "made_up" / "__init__.py").write_text("")
    pyodide = artefact("pyodide-wasm").path().with_name("pyodide.mjs")
    step = importing.try_import(artefact("node").path(), pyodide, tmp_path / "made_up" / "lib.so")
    assert (value(step, "pyodide_import"), kinds(step)) == (importing.WORKS, [Kind.BEYOND])


def test_a_pyodide_that_does_not_start_is_broken_and_no_finding(tmp_path: Path) -> None:
    node, native = artefact("node").path(), artefact("sdk-native").path()
    with pytest.raises(BrokenInput, match=r"does not start \(Cannot find module"):
        importing.try_import(node, tmp_path / "nowhere.mjs", native)
    with pytest.raises(BrokenInput, match="printed no answer"):
        importing.try_import(Path("/bin/true"), tmp_path, native)
    with pytest.raises(BrokenInput, match="no end within"):
        importing.try_import(node, artefact("pyodide-wasm").path().with_name("pyodide.mjs"), native, deadline_s=0.05)
