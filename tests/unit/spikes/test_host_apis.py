"""Host needs: how imports and libraries become facts."""

from __future__ import annotations

import ctypes
import io
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from elftools.elf.elffile import ELFFile

from spikes.errors import RuntimeStartFailure, ToolMissing
from spikes.inspections.host_apis import HostApis, Need
from spikes.inspections.host_needs import AS_CALLED, read_ledger, sdk_library, state_facts
from spikes.inspections.shared_libraries import has_mapped, loaded_libraries, needed_libraries
from spikes.pins import artefact
from spikes.runtimes import native, node, workerd

APIS = HostApis.read()
ABORT = "__wbg_new_51ff470dc2f61e27"
GLUE = {"TextDecoder", "TextEncoder", "WebAssembly"}


def answer(counts: dict[str, dict[str, int]], **changes: Any) -> dict[str, Any]:
    """What a driver answers when asked for its ledger."""
    empty = {"missing": [], "shims": [], "codeGenerations": 0, "timersLeft": 0, "fetchesLeft": 0}
    return {"counts": counts, **empty, **changes}


@pytest.mark.parametrize(
    ("imported", "need"),
    [
        ("__wbg_fetch_217f3dd51c581eee", Need(api="fetch", path="globalThis.fetch")),
        ("__wbg_fetch_0000000000000000", Need(api="fetch", path="globalThis.fetch")),
        (ABORT, Need(api="AbortController", path="globalThis.AbortController")),
        ("glue:TextDecoder", Need(api="TextDecoder", path="globalThis.TextDecoder")),
        ("__wbg_queueMicrotask_40ac6ffc2848ba77", Need(api="queueMicrotask", path="globalThis.queueMicrotask")),
        ("__wbg_queueMicrotask_74d092439f6494c1", None),
        ("__wbg_then_5ef9b762bc91555c", None),
        ("__wbindgen_cast_0000000000000018", None),
        ("__wbg_getCachedItem_b89cba4db943ef67", None),
        ("__wbg_new_0000000000000000", Need(api="unclassified:new_0000000000000000", path=None)),
        ("something else", Need(api="unclassified:something else", path=None)),
    ],
)
def test_an_import_has_its_place(imported: str, need: Need | None) -> None:
    assert APIS.need(imported) == need


def test_an_import_with_its_hash_in_the_table_goes_before_its_bare_name() -> None:
    headers = Need(api="Headers", path="globalThis.Headers")
    apis = HostApis(needs={"new_0123456789abcdef": headers}, no_needs=frozenset({"new"}))
    assert apis.need("__wbg_new_0123456789abcdef") == headers
    assert apis.need("__wbg_new_fedcba9876543210") is None


def test_calls_are_summed_by_phase_and_api() -> None:
    ledger = read_ledger(
        answer(
            {
                "sync": {ABORT: 3, "__wbg_abort_87eb7f23cf4b73d1": 2, "__wbg_then_5ef9b762bc91555c": 50},
                "claim": {ABORT: 1},
            }
        ),
        APIS,
    )
    assert ledger.calls == {("sync", "AbortController"): 5, ("claim", "AbortController"): 1}
    assert ledger.states == dict.fromkeys(sorted({"AbortController", *GLUE}), "present")


def test_what_the_glue_needs_is_touched_even_if_nothing_was_called() -> None:
    assert read_ledger(answer({}, missing=["globalThis.WebAssembly.Instance"]), APIS).states == {
        "TextDecoder": "present",
        "TextEncoder": "present",
        "WebAssembly": "missing",
    }


def test_missing_counts_only_where_it_was_touched() -> None:
    missing = ["globalThis.AbortController.prototype.abort", "globalThis.WebSocket"]
    untouched = read_ledger(answer({"sync": {ABORT: 1}}, missing=missing), APIS)
    assert untouched.states["AbortController"] == "present"
    assert "WebSocket" not in untouched.states
    touched = read_ledger(answer({"sync": {ABORT: 1, "__wbg_abort_43913e33ecb83d0d": 1}}, missing=missing), APIS)
    assert touched.states["AbortController"] == "missing"


def test_an_import_that_nobody_knows_is_touched_and_missing() -> None:
    ledger = read_ledger(answer({"sync": {"__wbg_teleport_0123456789abcdef": 1}}), APIS)
    assert ledger.states["unclassified:teleport_0123456789abcdef"] == "missing"


def test_a_shim_is_a_need_that_the_host_meets_itself_unless_it_is_missing_all_the_same() -> None:
    shims = ["Uint8Array.fromBase64", "AbortController"]
    ledger = read_ledger(answer({"sync": {ABORT: 1}}, shims=shims), APIS)
    assert [api for api, state in ledger.states.items() if state == "shimmed"] == sorted(shims)
    gone = read_ledger(answer({"sync": {ABORT: 1}}, shims=shims, missing=["globalThis.AbortController"]), APIS)
    assert gone.states["AbortController"] == "missing"


def test_the_facts_name_every_need_and_count_them() -> None:
    facts = state_facts("x", {"a": "present", "b": "missing", "c": "shimmed", "d": "missing"}, AS_CALLED)
    assert {fact.name: fact.value for fact in facts} == {
        "host_api.a": "present",
        "host_api.b": "missing",
        "host_api.c": "shimmed",
        "host_api.d": "missing",
        "host_apis_touched": 4,
        "host_apis_missing": 2,
        "host_apis_shimmed": 1,
    }


# --- native ---------------------------------------------------------------------------------------------------------


def test_a_runtime_whose_sdk_is_a_shared_library_is_known_by_its_pins() -> None:
    assert sdk_library(native) == artefact("sdk-native").path()
    assert sdk_library(node) is None
    assert sdk_library(workerd) is None


def test_a_library_says_what_it_needs() -> None:
    assert "libc.so.6" in needed_libraries(artefact("sdk-native").path())


@pytest.mark.parametrize(
    "broken",
    [
        lambda whole: b"",
        lambda whole: b"not a library",
        lambda whole: whole[:40],
        lambda whole: whole[:4096],
        lambda whole: whole[:4] + bytes(60) + whole[64:],
        lambda whole: whole[:40] + bytes(8) + whole[48:],  # no section headers, so nothing that it needs
        lambda whole: _dynamic_section_moved_to(whole, b"\xff" * 8),  # beyond any file
    ],
)
def test_what_is_no_library_is_one_clear_line(broken: Callable[[bytes], bytes], tmp_path: Path) -> None:
    library = tmp_path / "library.so"
    library.write_bytes(broken(_small_library().read_bytes()))
    with pytest.raises(ToolMissing, match=r"^library\.so cannot be read as a shared library \(.*\); run `make setup`$"):
        needed_libraries(library)


def test_a_library_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(ToolMissing, match=r"^gone\.so cannot be read as a shared library"):
        needed_libraries(tmp_path / "gone.so")


def test_the_libraries_of_a_process_are_known_by_file_name_and_by_soname(tmp_path: Path) -> None:
    renamed = tmp_path / "renamed.so"
    shutil.copy(_small_library(), renamed)
    script = f"import ctypes, sys; ctypes.CDLL({str(renamed)!r}); print('ready', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        loaded = loaded_libraries(child.pid)
        assert has_mapped(child.pid, renamed)
        assert not has_mapped(child.pid, artefact("sdk-native").path())
        assert child.stdin is not None
        child.stdin.close()
    assert {"libc.so.6", "renamed.so", "libgcc_s.so.1"} <= loaded


def test_a_process_that_is_gone_is_one_clear_line() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        child.wait()
    with pytest.raises(RuntimeStartFailure, match=r"this needs Linux and a running driver$"):
        loaded_libraries(child.pid)


def _small_library() -> Path:
    """Where this machine has libgcc, which Python itself does not load."""
    ctypes.CDLL("libgcc_s.so.1")
    maps = Path(f"/proc/{os.getpid()}/maps").read_text(encoding="utf-8").splitlines()
    return Path(next(line.split()[-1] for line in maps if line.endswith("libgcc_s.so.1")))


def _dynamic_section_moved_to(whole: bytes, offset: bytes) -> bytes:
    elf = ELFFile(io.BytesIO(whole))
    header = elf["e_shoff"] + elf.get_section_index(".dynamic") * elf["e_shentsize"]
    return whole[: header + 24] + offset + whole[header + 32 :]
