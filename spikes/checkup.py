"""The check-up: what of a run's needs this machine has, what is set up, and how to get the rest.

Role: look at everything that can be looked at without starting a run, before anything is installed too: standard
library only. Must not know: how a run goes, how findings are shown.

Values of variables are never told, only that they are set.
"""

from __future__ import annotations

import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from spikes import pins
from spikes.errors import HarnessFailure
from spikes.host import PROJECT, machine

# The interpreters that `make setup` tries, in its order, and what it asks of each (see the Makefile).
INTERPRETERS = ("python3.11", "python3.12", "python3.13", "python3")
FIT = "import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))"
# The newest C library that a pinned file asks for: the native SDK's.
GLIBC = (2, 34)
PROGRAMS = {"make": "make", "git": "git", "cmp": "diffutils", "awk": "gawk or mawk"}
MEMORY_MIB = 3_000  # measured: 2,200 at most, all processes of a quick run together, where lanes work side by side
_MIB = 2**20


class State(StrEnum):
    """What a finding means for a run."""

    OK = "ok"
    LATER = "to set up"  # `make setup` installs it
    ABSENT = "without"  # optional: a run goes without it, and says so
    MISSING = "MISSING"  # neither a run nor the set-up can go on without it


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing looked at; `remedy` says how to get it where it is not as it should be."""

    section: str
    what: str
    state: State
    seen: str
    remedy: str | None = None


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What a command takes, measured on two shared cores."""

    command: str
    minutes: float
    disk_mib: int
    note: str


# Measured in November 2026; `make spike` says the time left while it runs.
COSTS = (
    Cost(command="make setup", minutes=1.5, disk_mib=2_600, note="once; needs the package registries"),
    Cost(command="make spike PROFILE=quick", minutes=2.5, disk_mib=60, note="no network"),
    Cost(command="make spike", minutes=15, disk_mib=500, note="no network"),
    Cost(command="make test", minutes=18, disk_mib=1_000, note="no network"),
)


def examine(project: Path = PROJECT, environment: Mapping[str, str] = os.environ) -> list[Finding]:
    """Look at machine, set-up and options."""
    set_up = list(_set_up(project))
    return [
        *_machine(project, environment, set_up=all(finding.state is State.OK for finding in set_up)),
        *set_up,
        *_options(environment),
    ]


def _machine(project: Path, environment: Mapping[str, str], *, set_up: bool) -> Iterator[Finding]:
    facts = machine()
    yield _system()
    yield _c_library()
    yield _python(project, environment)
    for program, package in PROGRAMS.items():
        yield _program(program, package)
    yield _memory(facts["cores"], facts["memory"])
    yield _loopback()
    yield _writable("project folder", project)
    yield _writable("temporary folder", Path(tempfile.gettempdir()))
    yield _disk(project, set_up=set_up)


def _finding(what: str, seen: str, remedy: str | None, state: State = State.MISSING) -> Finding:
    """One of the machine's: as it should be if nothing is to be done about it."""
    return Finding(section="Machine", what=what, seen=seen, remedy=remedy, state=State.OK if remedy is None else state)


def _system() -> Finding:
    entries = pins.pins()
    names = {entry.name for entry in entries}
    pinned = {entry.name for entry in entries if entry.platform in (pins.ANY_PLATFORM, pins.PLATFORM)}
    platforms = ", ".join(sorted({entry.platform for entry in entries} - {pins.ANY_PLATFORM}))
    remedy = None if pinned == names else f"use one of {platforms} (a container will do); the SDKs are pinned for these"
    return _finding("system", f"{platform.system()} on {platform.machine()}", remedy)


def _c_library() -> Finding:
    name, version = platform.libc_ver()
    numbers = tuple(int(part) for part in version.split(".") if part.isdigit())
    wanted = ".".join(map(str, GLIBC))
    fit = name == "glibc" and numbers >= GLIBC
    remedy = (
        None if fit else f"use a system with glibc {wanted} or newer, such as Debian 12; the native SDK asks for it"
    )
    return _finding("C library", f"{name or 'not glibc'} {version}".rstrip(), remedy)


def _python(project: Path, environment: Mapping[str, str]) -> Finding:
    """The interpreter of .venv, or the one that the set-up would take."""
    for candidate in (str(project / ".venv" / "bin" / "python"), environment.get("PYTHON", ""), *INTERPRETERS):
        program = shutil.which(candidate) if candidate else None
        if program is not None and (version := _fit_version(program)) is not None:
            return _finding("Python", f"{version} with its venv module", None)
    return _finding(
        "Python",
        f"{platform.python_version()} answers, but nothing from 3.11 to 3.13 with its venv module",
        "install one (Debian and Ubuntu: apt-get install python3.11 python3.11-venv), or name it: "
        "make setup PYTHON=<path>",
    )


def _fit_version(program: str) -> str | None:
    """The interpreter's version; None if the set-up would not take it."""
    try:
        done = subprocess.run(  # noqa: S603 - interpreters that the set-up would run too
            [program, "-c", f"import platform; print(platform.python_version()); {FIT}"],
            capture_output=True,
            text=True,
            check=False,
            timeout=20,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _program(program: str, package: str) -> Finding:
    there = shutil.which(program) is not None
    remedy = None if there else f"install {package} (Debian and Ubuntu: apt-get install {package.split(maxsplit=1)[0]})"
    return _finding(program, "installed" if there else "not found", remedy)


def _memory(cores: str, memory: str) -> Finding:
    number, _, unit = memory.partition(" ")
    known = unit == "kB" and number.isdigit()
    mib = int(number) // 1024 if known else 0
    remedy = "use a machine with 3 GB of memory or more: some thirty processes work at the same time"
    seen = f"{cores} cores, {mib} MiB of memory" if known else f"{cores} cores, memory not told"
    return _finding("cores and memory", seen, None if mib >= MEMORY_MIB or not known else remedy)


def _loopback() -> Finding:
    try:
        with socket.create_server(("127.0.0.1", 0)):
            pass
    except OSError as error:
        return _finding(
            "loopback network", f"no port on 127.0.0.1 ({error.strerror})", "allow programs to listen on 127.0.0.1"
        )
    return _finding("loopback network", "ports can be opened; nothing else is contacted", None)


def _writable(what: str, path: Path) -> Finding:
    fit = os.access(path, os.W_OK)
    return _finding(what, "writable" if fit else "not writable", None if fit else f"make the {what} writable")


def _disk(project: Path, *, set_up: bool) -> Finding:
    free = shutil.disk_usage(project).free // _MIB
    setup_mib, run_mib = COSTS[0].disk_mib, max(cost.disk_mib for cost in COSTS[1:])
    need = run_mib if set_up else setup_mib + run_mib
    what = "a run" if set_up else "set-up and a run"
    remedy = None if free >= need else f"free {need - free} MiB here: {what} take up to {need} MiB"
    return _finding("disk space", f"{free} MiB free, {need} MiB needed", remedy)


def _set_up(project: Path) -> Iterator[Finding]:
    """Each part's stamp is a copy of the lock file that was installed; then the files under test themselves."""
    spikes = project / "spikes"
    parts = {"Python packages": (spikes / "requirements.lock", project / ".venv" / "installed.lock")}
    for lock in sorted((spikes / "locks").glob("*.lock")):
        parts[f".build/{lock.stem}"] = (lock, project / ".build" / lock.stem / "installed.lock")
    drivers = spikes / "drivers"
    stamp = drivers / "node_modules" / ".installed-lock.json"
    parts["JavaScript packages"] = (drivers / "package-lock.json", stamp)
    findings = [_part(what, lock, stamp) for what, (lock, stamp) in parts.items()]
    yield from findings
    if all(finding.state is State.OK for finding in findings) and Path(sys.prefix) == project / ".venv":
        yield from _artefacts()


def _part(what: str, lock: Path, stamp: Path) -> Finding:
    if not stamp.is_file():
        return _part_finding(what, State.LATER, "not installed", "run `make setup`")
    if stamp.read_bytes() != lock.read_bytes():
        return _part_finding(what, State.LATER, f"not as {lock.name} has it", "run `make setup`")
    return _part_finding(what, State.OK, "as locked")


def _artefacts() -> Iterator[Finding]:
    """Whether the files under test are the pinned ones, byte for byte; those that are stand in one line."""
    names = list(dict.fromkeys(entry.name for entry in pins.pins()))
    right = 0
    for name in names:
        try:
            pins.verified_digests([name])
        except HarnessFailure as failure:
            yield _part_finding(name, State.MISSING, failure.code, str(failure))
        else:
            right += 1
    if right:
        yield _part_finding("files under test", State.OK, f"{right} of {len(names)}, digests as pinned")


def _part_finding(what: str, state: State, seen: str, remedy: str | None = None) -> Finding:
    return Finding(section="Set-up", what=what, state=state, seen=seen, remedy=remedy)


def _options(environment: Mapping[str, str]) -> Iterator[Finding]:
    browser = shutil.which(environment.get("CHROMIUM", "chromium"))
    yield _option(
        "Chromium",
        "installed" if browser else None,
        "the browser tests of the HTML report are skipped (Debian: apt-get install chromium, or set CHROMIUM)",
    )
    yield _option(
        "Convex deployment",
        _all_set(environment, ("CONVEX_SELF_HOSTED_URL", "CONVEX_SELF_HOSTED_ADMIN_KEY")),
        "Convex runs as a stand-in (set CONVEX_SELF_HOSTED_URL and CONVEX_SELF_HOSTED_ADMIN_KEY)",
    )
    live = sorted(name for name in environment if name.startswith("SPARKGATE_LIVE_"))
    yield _option(
        "live payments",
        f"{', '.join(live)} set" if live else None,
        "no variable SPARKGATE_LIVE_* is set, so nothing here can spend real money (docs/runbooks)",
    )


def _all_set(environment: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return "variables set" if all(environment.get(name) for name in names) else None


def _option(what: str, seen: str | None, without: str) -> Finding:
    if seen is None:
        return Finding(section="Optional", what=what, state=State.ABSENT, seen=without)
    return Finding(section="Optional", what=what, state=State.OK, seen=seen)
