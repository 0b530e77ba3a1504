"""The directory of one run: record, logs, and the drivers' state while it lasts.

Role: make it under a name that nothing else has, point `latest` at it, and clear away what must not stay.
Must not know: what is written there.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from spikes.errors import RunDirectoryError

LATEST = "latest"


@dataclass(frozen=True, kw_only=True)
class RunDirectory:
    """reports/<run id>/{record.jsonl, logs/, scratch/}; scratch is gone when the run has ended."""

    run_id: str
    path: Path

    @property
    def record(self) -> Path:
        return self.path / "record.jsonl"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def scratch(self) -> Path:
        return self.path / "scratch"

    def clear_scratch(self) -> None:
        """Remove the drivers' state: it holds preimages."""
        shutil.rmtree(self.scratch, ignore_errors=True)


def make_run_directory(
    reports: Path, profile: str, seed: int, now: datetime, *, latest: str | None = LATEST, suffix: str = ""
) -> RunDirectory:
    """A new directory `<UTC stamp>-<profile>-<seed><suffix>`, and the link `latest` at it, unless that is None.

    Raises RunDirectoryError.
    """
    run_id = f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{profile}-{seed}{suffix}"
    run = RunDirectory(run_id=run_id, path=(reports / run_id).resolve())
    try:
        run.path.mkdir(parents=True)
        run.logs.mkdir()
        run.scratch.mkdir(mode=0o700)
        if latest is not None:
            point(reports / latest, run_id)
    except FileExistsError as error:
        raise RunDirectoryError(f"{run.path} exists already; wait a second, or give another --seed") from error
    except OSError as error:
        raise RunDirectoryError(f"cannot make {run.path} ({error}); name a writable directory with --out") from error
    return run


def point(link: Path, run_id: str) -> None:
    """Have a link name a run: swap the link in one step, so that it never points nowhere."""
    fresh = link.with_name(f".{link.name}-{os.getpid()}")
    fresh.symlink_to(run_id, target_is_directory=True)
    fresh.replace(link)
