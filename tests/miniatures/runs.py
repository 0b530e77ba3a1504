"""Small runs by the real runner against the real emulator."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from spikes.cast import cast_of
from spikes.commands.run import recorded
from spikes.experiments import EXPECTED
from spikes.plan import Profile, make_plan
from spikes.profiles import LaneGroup
from spikes.progress import progress_of
from spikes.record import Role
from spikes.run_directory import RunDirectory, make_run_directory
from spikes.runner import Tally
from spikes.runtimes import Runtime
from spikes.shards import sharded, suffix


def run(
    runtimes: Sequence[Runtime],
    repeats: Mapping[str, Mapping[str, int]],
    reports: Path,
    *,
    deadline_s: float = 30.0,
    beside: tuple[LaneGroup, ...] = (),
    shard: tuple[int, int] | None = None,
) -> tuple[RunDirectory, Tally]:
    """Execute a made-up profile, or a shard of it; the run's directory with its record, and what was counted."""
    profile = Profile(name="miniature", purpose="a test", attempt_deadline_s=deadline_s, repeats=repeats, beside=beside)
    plan = make_plan(profile, 11, [runtime.NAME for runtime in runtimes], EXPECTED)
    if shard is not None:
        plan = sharded(plan, *shard, [runtime.NAME for runtime in runtimes if runtime.ROLE is Role.CONTROL])
        runtimes = [runtime for runtime in runtimes if runtime.NAME in plan.runtimes]
    part = "" if shard is None else suffix(*shard)
    directory = make_run_directory(reports, profile.name, plan.seed, datetime.now(UTC), suffix=part)
    progress = progress_of(plan, io.StringIO())
    return directory, asyncio.run(recorded(plan, cast_of(runtimes), directory, progress))
