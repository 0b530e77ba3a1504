"""Which host API an import of the SDK's wasm stands for, read from host_apis.json.

Role: sort imports into needs of the host - with the path at which the API lies in a JavaScript realm - and what is no
need: language core, probes (the SDK only looks whether something is there, and does without) and the SDK's own
extension points. An import that the table does not know is a need named `unclassified:<import>`: nothing is dropped.
Must not know: runtimes, whether anything is present.

A name in the table is an import's without `__wbg_` and the hash behind it; where one name stands for several things,
the hash belongs to it. `glue:` names are what the JavaScript around the wasm needs before any import is called.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

TABLE = Path(__file__).with_name("host_apis.json")
_HASH = re.compile(r"_[0-9a-f]{16}$")
_NO_NEED = ("probe", "core", "extension")


@dataclass(frozen=True, kw_only=True)
class Need:
    """A host API, and where a JavaScript realm has the part of it that an import uses; None if nobody knows."""

    api: str
    path: str | None


@dataclass(frozen=True, kw_only=True)
class HostApis:
    """The table."""

    needs: Mapping[str, Need]
    no_needs: frozenset[str]

    @classmethod
    def read(cls, path: Path = TABLE) -> Self:
        """The table from its file."""
        raw = json.loads(path.read_text(encoding="utf-8"))
        return cls(needs=dict(_needs(raw["apis"])), no_needs=frozenset(name for kind in _NO_NEED for name in raw[kind]))

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path whose presence matters."""
        return tuple(sorted({need.path for need in self.needs.values() if need.path is not None}))

    @property
    def glue(self) -> frozenset[Need]:
        """What no SDK can be loaded without."""
        return frozenset(need for name, need in self.needs.items() if name.startswith("glue:"))

    def need(self, imported: str) -> Need | None:
        """What an import, named as in the wasm, needs of the host; None if that is nothing."""
        exact = imported.removeprefix("__wbg_")
        for name in (exact, _HASH.sub("", exact)):
            if name in self.needs:
                return self.needs[name]
            if name in self.no_needs:
                return None
        return Need(api=f"unclassified:{exact}", path=None)


def _needs(apis: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, Need]]:
    for api, paths in apis.items():
        for path, names in paths.items():
            yield from ((name, Need(api=api, path=path)) for name in names)
