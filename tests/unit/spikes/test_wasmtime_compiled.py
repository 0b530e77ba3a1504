"""Compiled code on disk: loaded if it is ours and sound, compiled anew and replaced if it is anything else."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from wasmtime import wat2wasm

from spikes.probes.wasmtime import compiled


@pytest.fixture(scope="module")
def module() -> bytes:
    return bytes(wat2wasm('(module (func (export "seven") (result i32) i32.const 7))'))


@pytest.fixture
def folder(tmp_path: Path, module: bytes) -> Path:
    """A folder that holds the compiled module."""
    assert compiled.compiled(module, tmp_path / "code").cache == "there was none"
    return tmp_path / "code"


def test_a_module_is_compiled_once_and_loaded_ever_after(folder: Path, module: bytes) -> None:
    loaded = compiled.compiled(module, folder)
    assert (loaded.from_cache, loaded.cache) == (True, "used")
    assert [entry.name for entry in loaded.module.exports] == ["seven"]
    key = compiled.cache_key(module)
    assert {path.name for path in folder.iterdir()} == {f"{key}.cwasm", f"{key}.sha256"}


@pytest.mark.parametrize("way", ["flipped", "cut", "gone", "writable", "linked", "pipe"])
def test_a_file_that_cannot_be_trusted_is_not_executed_but_replaced(folder: Path, module: bytes, way: str) -> None:
    key = compiled.cache_key(module)
    code, checksum = compiled.code_file(folder, key), compiled.checksum_file(folder, key)
    match way:
        case "flipped":
            code.write_bytes(code.read_bytes()[:-1] + bytes([code.read_bytes()[-1] ^ 1]))
        case "cut":
            code.write_bytes(code.read_bytes()[:100])
        case "gone":
            checksum.unlink()
        case "writable":
            code.chmod(0o666)
        case "linked":
            shutil.move(code, folder / "elsewhere")
            code.symlink_to(folder / "elsewhere")
        case _:
            code.unlink()
            os.mkfifo(code)
    again = compiled.compiled(module, folder)
    assert not again.from_cache
    assert again.cache not in ("used", "")
    assert compiled.compiled(module, folder).from_cache, "it was replaced"


def test_sound_code_of_another_module_does_not_fit_under_this_name(folder: Path, module: bytes) -> None:
    other = bytes(wat2wasm("(module)"))
    compiled.compiled(other, folder)
    key, foreign = compiled.cache_key(module), compiled.cache_key(other)
    shutil.copy(compiled.code_file(folder, foreign), compiled.code_file(folder, key))
    shutil.copy(compiled.checksum_file(folder, foreign), compiled.checksum_file(folder, key))
    assert compiled.compiled(module, folder).cache == "its checksum does not fit"


def test_code_that_wasmtime_refuses_is_compiled_anew(folder: Path, module: bytes) -> None:
    """As after a change of processor, with which the checksum has nothing to do."""
    key = compiled.cache_key(module)
    compiled.code_file(folder, key).write_bytes(b"not machine code")
    compiled.checksum_file(folder, key).write_text(compiled.checksum(key, b"not machine code"))
    assert compiled.compiled(module, folder).cache.startswith("wasmtime refuses it")
    assert compiled.compiled(module, folder).from_cache


def test_a_folder_that_cannot_be_made_costs_the_cache_and_nothing_else(tmp_path: Path, module: bytes) -> None:
    (tmp_path / "file").write_text("in the way")
    made = compiled.compiled(module, tmp_path / "file" / "code")
    assert not made.from_cache
    assert "it could not be written" in made.cache


def test_many_at_once_leave_whole_files(tmp_path: Path, module: bytes) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: compiled.compiled(module, tmp_path), range(32)))
    assert all([entry.name for entry in each.module.exports] == ["seven"] for each in made)
    assert compiled.compiled(module, tmp_path).from_cache
    assert not list(tmp_path.glob("*.partial"))
