"""The architecture's rules that a program can check, on the source text alone: nothing is imported to check it.

Every rule is a function from a module to its breaches; each is first shown a module that breaks it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("spikes", "bench")
GENERATED = ("_pb2.py", "_pb2_grpc.py")
NOT_OURS = {"node_modules", "__pycache__"}

# State machines and codecs that tests and records must be able to repeat exactly.
PURE_PREFIXES = ("spikes.emulator.ledger",)
PURE_MODULES = {
    f"spikes.paywall.{name}"
    for name in (
        *("caveats", "catalogue", "challenge", "credentials", "identifier", "journal", "macaroon", "modes", "refusals"),
        *("tokens", "unpayable"),
    )
}
# fmt: off
IO_OR_CLOCK = {
    "aiohttp", "asyncio", "concurrent", "fcntl", "ftplib", "getpass", "glob", "grpc", "h11", "http", "httpcore",
    "httpx", "importlib", "io", "mmap", "multiprocessing", "os", "pathlib", "pty", "random", "secrets", "select",
    "selectors", "shutil", "signal", "smtplib", "socket", "socketserver", "sqlite3", "ssl", "subprocess", "sys",
    "tempfile", "threading", "time", "urllib",
}
# fmt: on
IO_OR_CLOCK_CALLS = {"open", "print", "input", "now", "utcnow", "today", "uuid1", "uuid4"}
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "manager"}


@dataclass(frozen=True, kw_only=True)
class Module:
    """One module of ours: its dotted name and syntax tree."""

    name: str
    tree: ast.Module
    is_package: bool = False

    @classmethod
    def read(cls, path: Path) -> Module:
        parts = path.relative_to(ROOT).with_suffix("").parts
        is_package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if is_package else parts)
        return cls(name=name, tree=ast.parse(path.read_text(encoding="utf-8"), str(path)), is_package=is_package)

    @property
    def package(self) -> list[str]:
        parts = self.name.split(".")
        return parts if self.is_package else parts[:-1]


def imports(module: Module) -> Iterator[str]:
    """Dotted names that a module imports. `from a import b` gives `a.b`, which may be a module or a name in `a`."""
    for node in ast.walk(module.tree):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=source, names=names, level=level):
                parts = module.package[: len(module.package) - level + 1] if level else []
                yield from (".".join([*parts, *([source] if source else []), alias.name]) for alias in names)
            case ast.Call(
                func=ast.Name(id="import_module" | "__import__") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                yield name
            case _:
                pass


def calls(module: Module) -> Iterator[str]:
    """Last names of what a module calls: `open(...)` gives `open`, `datetime.now()` gives `now`."""
    for node in ast.walk(module.tree):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
                yield name
            case _:
                pass


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def wrong_direction(module: Module) -> list[str]:
    """`spikes` never imports `bench`; outside its suite, `bench` imports only `spikes.record` from `spikes`."""
    if within(module.name, "spikes"):
        return [name for name in imports(module) if within(name, "bench")]
    if within(module.name, "bench") and not within(module.name, "bench.suite"):
        return [name for name in imports(module) if within(name, "spikes") and not within(name, "spikes.record")]
    return []


def impure(module: Module) -> list[str]:
    """What a module imports or calls that is I/O, a clock or chance."""
    imported = [name for name in imports(module) if name.split(".")[0] in IO_OR_CLOCK]
    return imported + [f"{name}()" for name in calls(module) if name in IO_OR_CLOCK_CALLS]


def undescribed(module: Module) -> list[str]:
    return [] if ast.get_docstring(module.tree) else [module.name]


def reached(start: Module, modules: Mapping[str, Module]) -> list[Module]:
    """A module of ours and all modules of ours that it imports, directly or not."""
    found: dict[str, Module] = {}
    waiting = [start]
    while waiting:
        module = waiting.pop()
        if module.name in found:
            continue
        found[module.name] = module
        for name in imports(module):
            waiting += [modules[known] for known in (name, name.rpartition(".")[0]) if known in modules]
    return list(found.values())


def our_files(suffixes: tuple[str, ...], folders: tuple[str, ...] = PACKAGES) -> list[Path]:
    paths = (path for folder in folders for path in sorted((ROOT / folder).rglob("*")))
    return [path for path in paths if path.suffix in suffixes and not NOT_OURS & set(path.relative_to(ROOT).parts)]


MODULES = {
    module.name: module for module in (Module.read(p) for p in our_files((".py",)) if not p.name.endswith(GENERATED))
}
PURE = [name for name in MODULES if name.startswith(PURE_PREFIXES) or name in PURE_MODULES]


def made_up(name: str, source: str, *, is_package: bool = False) -> Module:
    return Module(name=name, tree=ast.parse(source), is_package=is_package)


@pytest.mark.parametrize("name", MODULES)
def test_imports_run_the_way_the_data_runs(name: str) -> None:
    assert not wrong_direction(MODULES[name]), (
        "see the direction of imports in the architecture: record is the only door"
    )


@pytest.mark.parametrize("name", PURE)
def test_a_pure_module_reaches_no_io_and_no_clock(name: str) -> None:
    breaches = {module.name: impure(module) for module in reached(MODULES[name], MODULES)}
    assert not {name: found for name, found in breaches.items() if found}


@pytest.mark.parametrize("name", MODULES)
def test_a_module_says_its_role(name: str) -> None:
    assert not undescribed(MODULES[name]), "begin the file with a docstring: its role and what it must not know"


def test_a_file_is_named_after_its_noun() -> None:
    files = our_files((".py", ".js", ".mjs", ".ts"), (*PACKAGES, "tests"))
    assert not [str(path.relative_to(ROOT)) for path in files if path.name.split(".")[0] in VAGUE_NAMES]


def test_the_scan_sees_the_project() -> None:
    assert {"spikes", "spikes.record", "spikes.paywall.macaroon", "bench"} <= set(MODULES)
    assert set(PURE) >= PURE_MODULES | {"spikes.emulator.ledger"}


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("spikes.runner", "import bench"),
        ("spikes.runner", "def late():\n    from bench.gates import latency"),
        ("spikes.runner", "from bench import gates"),
        ("spikes.runner", "import importlib\nimportlib.import_module('bench.stats')"),
        ("bench.evidence", "from spikes import runner"),
        ("bench.evidence", "import spikes.emulator.ledger"),
        ("bench.evidence", "import spikes"),
        ("bench.gates.latency", "from spikes.recorder import x"),
        ("bench.suite_like", "from spikes import runner"),
    ],
)
def test_an_import_against_the_direction_is_found(name: str, source: str) -> None:
    assert wrong_direction(made_up(name, source))


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("spikes.runner", "from spikes.record import Header\nimport benchmark"),
        ("bench.evidence", "from spikes.record import Header\nfrom spikes import record\nimport spikes.record"),
        ("bench.suite.test_emulator", "from spikes.emulator import ledger"),
    ],
)
def test_an_import_in_the_direction_is_let_through(name: str, source: str) -> None:
    assert not wrong_direction(made_up(name, source))


def test_relative_imports_are_followed() -> None:
    assert list(imports(made_up("bench.gates.latency", "from . import custody\nfrom ..stats import x"))) == [
        "bench.gates.custody",
        "bench.stats.x",
    ]
    assert list(imports(made_up("bench.gates", "from .latency import y", is_package=True))) == ["bench.gates.latency.y"]


@pytest.mark.parametrize(
    "source",
    [
        "import socket",
        "from os import path",
        "import time as t",
        "def f():\n    import random",
        "from datetime import datetime\ndatetime.now()",
        "open('x')",
        "import uuid\nuuid.uuid4()",
    ],
)
def test_io_and_clocks_are_found_also_behind_another_module(source: str) -> None:
    culprit = made_up("spikes.emulator.culprit", source)
    ledger = made_up("spikes.emulator.ledger", "from spikes.emulator.culprit import anything")
    assert not impure(ledger)
    found = reached(ledger, {"spikes.emulator.culprit": culprit})
    assert [module.name for module in found if impure(module)] == ["spikes.emulator.culprit"]


def test_a_module_without_a_docstring_is_found() -> None:
    assert undescribed(made_up("spikes.silent", "x = 1"))
    assert not undescribed(made_up("spikes.spoken", '"""Role."""'))
