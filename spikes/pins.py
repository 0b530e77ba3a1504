"""Pins: the exact files under test, where they lie, and whether they are the ones that `pins.toml` names.

Role: reads `pins.toml`, finds each artefact as its package manager installed it, and compares digests.
Must not know: what a runtime does with its artefacts.
"""

from __future__ import annotations

import hashlib
import importlib.util
import platform
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from spikes.errors import PinMismatch, ToolMissing

PINS_FILE = Path(__file__).with_name("pins.toml")
NODE_MODULES = Path(__file__).with_name("drivers") / "node_modules"
# What must not meet our own packages: `make setup` installs spikes/locks/NAME.lock into .build/NAME.
ASIDE = Path(__file__).parents[1] / ".build"
PLATFORM = f"{sys.platform}-{platform.machine()}"
ANY_PLATFORM = "any"


@dataclass(frozen=True, kw_only=True)
class Artefact:
    """One pinned file of one package."""

    name: str
    registry: str  # npm | pypi
    package: str
    version: str
    file: str  # inside the package
    platform: str
    sha256: str  # hex
    aside: str | None = None  # the folder in .build that holds it, if it is not in our own environment

    @property
    def place(self) -> str:
        """Its package, with the folder that tells two versions of one package apart."""
        return self.package if self.aside is None else f"{self.aside}/{self.package}"

    def path(self) -> Path:
        """Where it is installed. Raises ToolMissing if its package is not."""
        folder = self._folder()
        if folder is None or not (folder / self.file).is_file():
            raise ToolMissing(
                f"{self.registry} package {self.package} {self.version} is not installed; run `make setup`"
            )
        return folder / self.file

    def _folder(self) -> Path | None:
        if self.aside is not None:
            return ASIDE / self.aside / self.package
        return NODE_MODULES / self.package if self.registry == "npm" else _python_package(self.package)


@cache
def pins(path: Path = PINS_FILE) -> tuple[Artefact, ...]:
    """All pinned artefacts, of every platform."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return tuple(Artefact(**entry) for entry in table["artefact"])


def artefact(name: str) -> Artefact:
    """The artefact of that name for this platform. Raises PinMismatch if there is no pin for it."""
    for entry in pins():
        if entry.name == name and entry.platform in (ANY_PLATFORM, PLATFORM):
            return entry
    raise PinMismatch(
        f"pins.toml has no {name!r} for {PLATFORM}; add a block with the digest of the file that was installed"
    )


def verified_digests(names: Sequence[str]) -> dict[str, str]:
    """`package/file` -> `sha256:<hex>` of the installed files, computed now.

    Raises PinMismatch if one differs from its pin, ToolMissing if one is not installed.
    """
    digests: dict[str, str] = {}
    for name in names:
        entry = artefact(name)
        with entry.path().open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest != entry.sha256:
            raise PinMismatch(
                f"{entry.package}/{entry.file} has sha256 {digest}, pinned is {entry.sha256} ({entry.version}); "
                "reinstall it with `make setup`, or pin the new version in pins.toml if it was changed on purpose"
            )
        digests[f"{entry.place}/{entry.file}"] = f"sha256:{digest}"
    return digests


def pinned_versions(names: Sequence[str]) -> dict[str, str]:
    """`registry:package` -> version, for the record's header."""
    entries = [artefact(name) for name in names]
    return {f"{entry.registry}:{entry.place}": entry.version for entry in entries}


def _python_package(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)
    return None if spec is None or spec.origin is None else Path(spec.origin).parent
