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
from spikes.progress import Progress
from spikes.run_directory import RunDirectory, make_run_directory
from spikes.runner import Tally
from spikes.runtimes import Runtime


def run(
    runtimes: Sequence[Runtime],
    repeats: Mapping[str, Mapping[str, int]],
    reports: Path,
    *,
    deadline_s: float = 30.0,
    beside: tuple[LaneGroup, ...] = (),
) -> tuple[RunDirectory, Tally]:
    """Execute a made-up profile; the run's directory with its record, and what was counted."""
    profile = Profile(name="miniature", purpose="a test", attempt_deadline_s=deadline_s, repeats=repeats, beside=beside)
    plan = make_plan(profile, 11, [runtime.NAME for runtime in runtimes], EXPECTED)
    directory = make_run_directory(reports, profile.name, plan.seed, datetime.now(UTC))
    progress = Progress(len(plan.attempts), io.StringIO(), terminal=False)
    return directory, asyncio.run(recorded(plan, cast_of(runtimes), directory, progress))
