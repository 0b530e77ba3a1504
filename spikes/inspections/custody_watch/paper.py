"""What is written about a watched seat: a record of its own attempts, judged and reported as any other.

Role: writes the record with the harness's own writer, has `python -m bench judge` write the rest, and lists the files.
Must not know: secrets, what the judge makes of it.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from spikes import limits
from spikes.cast import runtime_pin
from spikes.inspections.custody_watch.surfaces import Source, files_below
from spikes.processes import PROJECT, passed_on_environment
from spikes.record import SCHEMA_VERSION, Attempt, Footer, HarnessError, Header, Line, RecordWriter
from spikes.runtimes import Runtime

RECORD, ADR, JUNIT = "record.jsonl", "adr.md", "junit.xml"
JUDGE_TIMEOUT_S = 120
_JUDGED = (0, 3)  # decided, undecided


@dataclass(frozen=True, kw_only=True)
class Papers:
    """The files by surface; `unscanned` says why a surface has none."""

    sources: dict[str, tuple[Source, ...]]
    unscanned: dict[str, str]


def papers(
    runtime: Runtime, attempts: Sequence[Attempt], errors: Sequence[HarnessError], seed: int, folder: Path
) -> Papers:
    """Write them all."""
    folder.mkdir(parents=True)
    _write_record(runtime, attempts, errors, seed, folder / RECORD)
    argv = [sys.executable, "-m", "bench", "judge", str(folder / RECORD), "--adr", str(folder / ADR)]
    done = subprocess.run(  # noqa: S603 - our own program
        argv, capture_output=True, check=False, cwd=PROJECT, env=passed_on_environment(), timeout=JUDGE_TIMEOUT_S
    )
    written = {source.where: source for source in files_below(folder)}
    record = (written.pop(RECORD),)
    adr, junit = (tuple(written.pop(name) for name in (own,) if name in written) for own in (ADR, JUNIT))
    screen = Source(where="the judge's screen", content=done.stdout + done.stderr)
    unscanned = {name: "the judge wrote none" for name, files in (("adr", adr), ("junit", junit)) if not files}
    if done.returncode not in _JUDGED:
        unscanned = dict.fromkeys(("report", "adr", "junit"), f"`bench judge` ended with {done.returncode}")
    return Papers(
        sources={"record": record, "report": (*written.values(), screen), "adr": adr, "junit": junit},
        unscanned=unscanned,
    )


def _write_record(
    runtime: Runtime, attempts: Sequence[Attempt], errors: Sequence[HarnessError], seed: int, path: Path
) -> None:
    header = Header(
        run_id="custody",
        schema_version=SCHEMA_VERSION,
        started_at="2026-01-01T00:00:00.000Z",
        profile="custody",
        seed=seed,
        network="emulated",
        runtimes=(runtime_pin(runtime, {}),),
        planned_attempts=len(attempts),
        git_commit="unknown",
        git_dirty=True,
        host={},
        pins={},
        limits_date=limits.newest_date(),
    )
    footer = Footer(
        ended_at=header.started_at,
        attempts=len(attempts),
        facts=0,
        harness_errors=len(errors),
        elapsed_s=0.0,
        supply_ok=True,
    )
    with RecordWriter(path) as record:
        lines: tuple[Line, ...] = (header, *attempts, *errors, footer)
        for line in lines:
            record.append(line)
