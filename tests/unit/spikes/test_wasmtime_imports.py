"""The wasmtime probe's reading of imports: names taken apart, every one of them in a class, none lost."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikes.errors import PinMismatch, ToolMissing
from spikes.pins import artefact, verified_digests
from spikes.probes.wasmtime.imports import OTHER, Kind, census, classify, load_classes, parse

GLUE = "./breez_sdk_spark_wasm_bg.js"
CLASSES = load_classes()
HASHES = st.text("0123456789abcdef", min_size=16, max_size=16)
NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,40}", fullmatch=True)
NO_PATTERNS: dict[Kind, tuple[str, ...]] = dict.fromkeys(Kind, ())


@pytest.fixture(scope="module")
def glue() -> str:
    """The SDK's own JavaScript, which provides every import: a witness that knows nothing of our classes."""
    try:
        verified_digests(["sdk-js-web"])
    except (ToolMissing, PinMismatch) as missing:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(missing))
    return artefact("sdk-js-web").path().read_text(encoding="utf-8")


@given(NAMES, HASHES)
def test_a_function_keeps_its_name_and_its_hash(name: str, digits: str) -> None:
    found = parse(GLUE, f"__wbg_{name}_{digits}")
    assert (found.kind, found.subject, found.hash) == (Kind.FUNCTION, name, digits)
    assert found.keys == (f"{name}_{digits}", name)


@given(st.integers(0, 2**64 - 1))
def test_a_cast_keeps_its_number(number: int) -> None:
    found = parse(GLUE, f"__wbindgen_cast_{number:016x}")
    assert (found.kind, int(found.subject, 16)) == (Kind.CAST, number)


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_name_at_all_is_parsed_and_counted_once(module: str, name: str) -> None:
    found = parse(module, name)
    assert (found.module, found.name) == (module, name)
    counted = census([found], CLASSES)
    assert sum(counted.counts.values()) == counted.total == 1
    assert (counted.counts[OTHER] == 1) == (counted.strangers == (name,))


@given(st.lists(NAMES, max_size=30))
def test_what_nobody_has_classed_is_counted_as_other_and_named(names: list[str]) -> None:
    strangers = [parse(GLUE, f"__wbg_brandNew{name}_0123456789abcdef") for name in names]
    counted = census([*strangers, parse(GLUE, "__wbg_setTimeout_0123456789abcdef")], CLASSES)
    assert counted.strangers == tuple(found.name for found in strangers)
    assert (counted.counts[OTHER], counted.counts["timers"]) == (len(names), 1)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("__wbg_now_4f457f10f864aec5", "clocks"),
        ("__wbg_now_ee1e8589b4c39f9a", "app_callbacks"),  # the hash tells TokenStore.now from Date.now
        ("__wbg_getSession_95998cc236a30653", "app_callbacks"),
        ("__wbg_getRandomValues_ef12552bf5acd2fe", "randomness"),
        ("__wbg_breezsdk_new", "class_wraps"),
        ("__wbg_new_2fad8ca02fd00684", "objects"),
        ("__wbg_new_0000000000000000", OTHER),  # a constructor of who knows what
        ("__wbindgen_cast_000000000000000a", "closures"),
        ("__wbindgen_cast_0000000000000010", "values"),
        ("__wbindgen_cast_0000000000000099", OTHER),
        ("__wbindgen_init_externref_table", "glue"),
        ("fd_write", OTHER),  # WASI is told by the module, not by the name
    ],
)
def test_a_name_has_its_class(name: str, expected: str) -> None:
    assert classify(parse(GLUE, name), CLASSES) == expected


def test_an_import_of_wasi_is_of_class_wasi() -> None:
    assert classify(parse("wasi_snapshot_preview1", "fd_write"), CLASSES) == "wasi"


def test_every_import_of_the_sdk_has_a_class_and_every_class_an_import(glue: str) -> None:
    names = glue_imports(glue)
    counted = census([parse(GLUE, name) for name in names], CLASSES)
    assert counted.strangers == ()
    assert {name for name, count in counted.counts.items() if not count} == {"wasi", OTHER}


def test_every_pattern_names_an_import(glue: str) -> None:
    imports = [parse(GLUE, name) for name in glue_imports(glue)]
    for each in (each for each in CLASSES if each.name != "wasi"):
        for kind, patterns in each.patterns.items():
            ours = [found for found in imports if found.kind is kind and classify(found, CLASSES) == each.name]
            for pattern in patterns:
                alone = {kind: (pattern,)}
                one = type(each)(name=each.name, reason=each.reason, wasi=each.wasi, patterns={**NO_PATTERNS, **alone})
                assert any(classify(found, [one]) == each.name for found in ours), f"{each.name}: {pattern} is idle"


def test_the_casts_called_closures_are_closures(glue: str) -> None:
    """The numbers say nothing by themselves; the SDK's JavaScript says what each is."""
    for block in re.findall(r"__wbindgen_cast_[0-9a-f]+: function.*?\n        },", glue, re.DOTALL):
        found = parse(GLUE, block.partition(":")[0])
        assert (classify(found, CLASSES) == "closures") == ("Cast intrinsic for `Closure(" in block)


def test_a_class_without_a_reason_or_with_a_strange_key_is_refused(tmp_path: Path) -> None:
    for text in (
        '[class.a]\nwasi = ""\nreason = ""',
        '[class.other]\nwasi = ""\nreason = "x"',
        '[class.a]\nwasi = ""\nreason = "x"\nfunction = ["y"]',
        '[class.a]\nwasi = ""\nreason = "x"\nfunctions = "y"',
    ):
        (tmp_path / "imports.toml").write_text(text)
        with pytest.raises(ValueError, match="class"):
            load_classes(tmp_path / "imports.toml")


def glue_imports(glue: str) -> list[str]:
    """The names of the object that the SDK's JavaScript hands to WebAssembly.Instance."""
    return re.findall(r"^        (__wb\w+): function\(", glue, re.MULTILINE)
