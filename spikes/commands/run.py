"""`python -m spikes run`: from the command line to a finished run directory.

Role: verify the pins, lay out the plan, make the directory, write the header, run, and turn signals and failures into
exit codes.
Must not know: what happens inside a run.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from spikes import experiments, limits
from spikes.cast import Cast, cast_of
from spikes.errors import Interrupted
from spikes.host import git_state, host
from spikes.pins import pinned_versions
from spikes.plan import Plan, load_profile, make_plan
from spikes.processes import leash
from spikes.progress import Progress
from spikes.record import SCHEMA_VERSION, Header, RecordWriter
from spikes.run_directory import RunDirectory, make_run_directory
from spikes.runner import Runner, Tally, now
from spikes.runtimes import RUNTIMES, Runtime, runtime_named

DEFAULT_SEED = 1
REPORTS = Path("reports")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `run`."""
    add_plan_arguments(parser)
    parser.add_argument("--out", type=Path, default=REPORTS, help="where run directories are made (default: reports)")
    parser.add_argument("--leash", action="store_true", help="end when the parent process ends")


def add_plan_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that make a plan."""
    names = ",".join(runtime.NAME for runtime in RUNTIMES)
    parser.add_argument("--profile", default="quick", help="how much to ask, from profiles.toml (default: quick)")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help=f"default: {DEFAULT_SEED}")
    parser.add_argument("--payments", type=int, metavar="N", help="make a soak as long as N payments over all runtimes")
    parser.add_argument("--runtimes", default=names, metavar="A,B", help=f"default: {names}")


def plan_of(args: argparse.Namespace) -> tuple[Plan, tuple[Runtime, ...]]:
    """The plan that the options ask for, and its runtimes. Raises PlanError."""
    runtimes = tuple(runtime_named(name) for name in args.runtimes.split(","))
    by_name = {runtime.NAME: runtime for runtime in runtimes}
    profile = load_profile(args.profile)
    if args.payments is not None:
        profile = profile.with_payments(args.payments, list(by_name))
    plan = make_plan(
        profile,
        args.seed,
        list(by_name),
        experiments.EXPECTED,
        lambda experiment, runtime: experiments.fits(experiment, by_name[runtime]),
    )
    return plan, runtimes


def main(args: argparse.Namespace) -> int:
    """Run; prints the run directory as the last line of stdout. Raises HarnessFailure."""
    if args.leash:
        leash()
    plan, runtimes = plan_of(args)
    cast = cast_of(runtimes)
    run = make_run_directory(args.out, plan.profile.name, plan.seed, datetime.now(UTC))
    progress = Progress(len(plan.attempts), sys.stderr, terminal=sys.stderr.isatty())
    progress.say(f"run {run.run_id}: {len(plan.attempts)} attempts on {', '.join(plan.runtimes)}")
    try:
        tally = asyncio.run(recorded(plan, cast, run, progress))
    finally:
        run.clear_scratch()
        print(run.path, flush=True)
    return tally.failures[0].exit_code if tally.failures else 0


async def recorded(plan: Plan, cast: Cast, run: RunDirectory, progress: Progress) -> Tally:
    """Write the header, then run. SIGINT and SIGTERM end it in order, without a footer: raises Interrupted."""
    asked_to_stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked_to_stop.set)
    with RecordWriter(run.record) as record:
        record.append(header(plan, cast, run.run_id))
        work = asyncio.ensure_future(Runner(plan, cast, run, record, progress).execute())
        stop = asyncio.ensure_future(asked_to_stop.wait())
        await asyncio.wait({work, stop}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if not work.done():
            work.cancel()
            with suppress(asyncio.CancelledError):
                await work
            raise Interrupted("the run was asked to stop and did; its record has no footer, so run it again")
        return work.result()


def header(plan: Plan, cast: Cast, run_id: str) -> Header:
    """The record's first line."""
    commit, dirty = git_state()
    return Header(
        run_id=run_id,
        schema_version=SCHEMA_VERSION,
        started_at=now(),
        profile=plan.profile.name,
        seed=plan.seed,
        network="emulated",
        runtimes=cast.pins,
        planned_attempts=len(plan.attempts),
        git_commit=commit,
        git_dirty=dirty,
        host=host(),
        pins=pinned_versions([name for runtime in cast.runtimes for name in runtime.PINS]),
        limits_date=limits.newest_date(),
    )
