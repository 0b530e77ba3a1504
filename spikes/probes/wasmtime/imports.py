"""What a wasm-bindgen module asks of its host: its imports, read and sorted into the classes of imports.toml.

Role: names in, classes out; pure. An import that no pattern names is of class `other` and never lost.
Must not know: wasmtime, or how an import could be met.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path

CLASSES_FILE = Path(__file__).with_name("imports.toml")
OTHER = "other"


class Kind(StrEnum):
    """How wasm-bindgen mangles a name; the plural is the key of its patterns in imports.toml."""

    FUNCTION = "functions"  # __wbg_NAME_HASH
    WRAP = "wraps"  # __wbg_CLASS_new
    CAST = "casts"  # __wbindgen_cast_NUMBER
    INTRINSIC = "intrinsics"  # __wbindgen_NAME
    FOREIGN = "modules"  # not wasm-bindgen's; told by the module that it is imported from


_SHAPES: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (Kind.FUNCTION, re.compile(r"__wbg_(?P<name>.+)_(?P<hash>[0-9a-f]{16})", re.ASCII | re.DOTALL)),
    (Kind.WRAP, re.compile(r"__wbg_(?P<name>[a-z0-9]+)_new")),
    (Kind.CAST, re.compile(r"__wbindgen_cast_0*(?P<name>[0-9a-f]+)")),
    (Kind.INTRINSIC, re.compile(r"__wbindgen_(?P<name>[a-z0-9_]+)")),
)


@dataclass(frozen=True, kw_only=True)
class Import:
    """One import: where it is asked for, under which name, and what that name says."""

    module: str
    name: str
    kind: Kind
    subject: str  # the name without mangling
    hash: str | None = None  # tells functions of one name apart

    @property
    def keys(self) -> tuple[str, ...]:
        """What patterns are compared with, the narrowest first."""
        return (self.subject,) if self.hash is None else (f"{self.subject}_{self.hash}", self.subject)


@dataclass(frozen=True, kw_only=True)
class ImportClass:
    """One class of imports.toml."""

    name: str
    reason: str
    wasi: str  # the WASI interface that serves the same purpose; empty if there is none
    patterns: Mapping[Kind, tuple[str, ...]]

    def names(self, kind: Kind, key: str) -> bool:
        """Whether one of its patterns of that kind fits."""
        return any(fnmatchcase(key, pattern) for pattern in self.patterns[kind])


@dataclass(frozen=True, kw_only=True)
class Census:
    """How many imports of each class there are, the largest first; `other` is always there, be it 0."""

    total: int
    counts: Mapping[str, int]
    strangers: tuple[str, ...]  # the names of what is in `other`


def parse(module: str, name: str) -> Import:
    """Take a mangled name apart. What has no shape of wasm-bindgen's is FOREIGN, its module the subject."""
    for kind, shape in _SHAPES:
        if found := shape.fullmatch(name):
            parts = found.groupdict()
            return Import(module=module, name=name, kind=kind, subject=parts["name"], hash=parts.get("hash"))
    return Import(module=module, name=name, kind=Kind.FOREIGN, subject=module)


def load_classes(path: Path = CLASSES_FILE) -> tuple[ImportClass, ...]:
    """Read imports.toml. Raises ValueError or KeyError if it is not as its head says."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))["class"]
    return tuple(_class(name, entry) for name, entry in table.items())


def classify(found: Import, classes: Sequence[ImportClass]) -> str:
    """The class of an import. A pattern with the hash beats one without; else the first class that names it."""
    for key in found.keys:
        for candidate in classes:
            if candidate.names(found.kind, key):
                return candidate.name
    return OTHER


def census(imports: Iterable[Import], classes: Sequence[ImportClass]) -> Census:
    """Count a module's imports by class."""
    sorted_in = [(classify(found, classes), found.name) for found in imports]
    counts = Counter({name: 0 for name in [*(each.name for each in classes), OTHER]})
    counts.update(name for name, _ in sorted_in)
    return Census(
        total=len(sorted_in),
        counts=dict(counts.most_common()),
        strangers=tuple(name for class_name, name in sorted_in if class_name == OTHER),
    )


def _class(name: str, entry: Mapping[str, object]) -> ImportClass:
    if extra := entry.keys() - {"reason", "wasi", *Kind}:
        raise ValueError(f"class {name!r} in {CLASSES_FILE.name} has unknown keys {sorted(extra)}")
    patterns: dict[Kind, tuple[str, ...]] = {}
    for kind in Kind:
        listed = entry.get(kind.value, [])
        if not isinstance(listed, list) or not all(isinstance(pattern, str) for pattern in listed):
            raise ValueError(f"class {name!r} in {CLASSES_FILE.name}: {kind.value} is a list of patterns")
        patterns[kind] = tuple(listed)
    if name == OTHER or not entry["reason"]:
        raise ValueError(f"class {name!r} in {CLASSES_FILE.name} needs a reason, and a name other than {OTHER!r}")
    return ImportClass(name=name, reason=str(entry["reason"]), wasi=str(entry["wasi"]), patterns=patterns)
