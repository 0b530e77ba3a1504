"""The machine and the source tree a run was made on, for the record's header.

Role: facts that a reader needs to weigh timings and to check out the same code again.
Must not know: names or addresses of the machine; none are recorded.
"""

from __future__ import annotations

import os
import platform
import shutil
import statistics
import subprocess
from pathlib import Path

from spikes import calibration
from spikes.record import fingerprint

PROJECT = Path(__file__).resolve().parents[1]
UNKNOWN = "unknown"
CALIBRATIONS = 5
# The kernel's random number for the time since it started: of two records it tells whether one machine made both.
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def host() -> dict[str, str]:
    """The machine, and how long a fixed piece of work takes here.

    That, `calibration_s`, is what makes the times of two machines, or of one on two days, comparable.
    """
    taken = (calibration.cpu_s() for _ in range(CALIBRATIONS))
    return {**machine(), "calibration_s": f"{statistics.median(taken):.4f}"}


def machine() -> dict[str, str]:
    """CPU model, usable cores, memory, kernel, Python, load average.

    `boot` is a fingerprint that two runs share if one machine made them without a restart between.
    """
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "cpu": _proc_value(Path("/proc/cpuinfo"), "model name") or platform.processor() or UNKNOWN,
        "cores": str(usable),
        "memory": _proc_value(Path("/proc/meminfo"), "MemTotal") or UNKNOWN,
        "kernel": f"{platform.system()} {platform.release()}",
        "machine": platform.machine(),
        "python": platform.python_version(),
        "boot": fingerprint(BOOT_ID.read_text(encoding="utf-8").strip()) if BOOT_ID.exists() else UNKNOWN,
        "load_1m": f"{os.getloadavg()[0]:.2f}",
    }


def git_state() -> tuple[str, bool]:
    """(commit, dirty). Without git or outside a repository: ("unknown", True), since nothing vouches for the tree."""
    commit = _git("rev-parse", "HEAD")
    if commit is None:
        return UNKNOWN, True
    return commit, _git("status", "--porcelain") != ""


def _git(*arguments: str) -> str | None:
    program = shutil.which("git")
    if program is None:
        return None
    done = subprocess.run(  # noqa: S603 - fixed arguments
        [program, *arguments], cwd=PROJECT, capture_output=True, text=True, check=False, timeout=20
    )
    return done.stdout.strip() if done.returncode == 0 else None


def _proc_value(path: Path, key: str) -> str | None:
    if not path.exists():
        return None
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == key:
            return value.strip()
    return None
