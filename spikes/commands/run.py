"""`python -m spikes run`: from the command line to a finished run directory.

Role: verify the pins, lay out the plan or a shard of it, make the directory, write the header, run, and turn signals
and failures into exit codes.
Must not know: what happens inside a run.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from spikes import experiments, limits
from spikes.cast import Cast, cast_of
from spikes.errors import Interrupted, PlanError
from spikes.host import git_state, host
from spikes.merge import RECORD
from spikes.pins import pinned_versions
from spikes.plan import Plan, PlanShard, load_profile, make_plan
from spikes.processes import leash
from spikes.progress import Progress, progress_of
from spikes.record import SCHEMA_VERSION, Header, RecordWriter, Role, Shard, read_lines
from spikes.record.judged import judged_digest
from spikes.run_directory import LATEST, RunDirectory, make_run_directory
from spikes.runner import Runner, Tally, now
from spikes.runtimes import RUNTIMES, Runtime, runtime_named
from spikes.shards import partition, shard_named, sharded, suffix
from spikes.spread import spread

DEFAULT_SEED = 1
REPORTS = Path("reports")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `run`."""
    add_plan_arguments(parser)
    parser.add_argument("--out", type=Path, default=REPORTS, help="where run directories are made (default: reports)")
    parser.add_argument("--leash", action="store_true", help="end when the parent process ends")
    parser.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="have the shards made by workers of this dask.distributed scheduler; `local`: by one on this machine",
    )
    parser.add_argument("--shards", type=int, metavar="N", help="how many, with --cluster (default: one a runtime)")


def add_plan_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that make a plan."""
    names = ",".join(runtime.NAME for runtime in RUNTIMES)
    parser.add_argument("--profile", default="quick", help="how much to ask, from profiles.toml (default: quick)")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help=f"default: {DEFAULT_SEED}")
    parser.add_argument("--payments", type=int, metavar="N", help="make a soak as long as N payments over all runtimes")
    parser.add_argument("--runtimes", default=names, metavar="A,B", help=f"default: {names}")
    parser.add_argument(
        "--shard",
        metavar="I/N",
        help="only part I of N: whole runtimes; `python -m spikes merge` puts the parts together",
    )


def plan_of(args: argparse.Namespace) -> tuple[Plan, tuple[Runtime, ...]]:
    """The plan that the options ask for, or the shard of it, and its runtimes. Raises PlanError."""
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
    if args.shard is not None:
        controls = [runtime.NAME for runtime in runtimes if runtime.ROLE is Role.CONTROL]
        plan = sharded(plan, *shard_named(args.shard), controls)
    return plan, tuple(by_name[name] for name in plan.runtimes)


def main(args: argparse.Namespace) -> int:
    """Run; prints the run directory as the last line of stdout. Raises HarnessFailure."""
    if args.leash:
        leash()
    if args.cluster is not None or args.shards is not None:
        return spread_out(args)
    plan, runtimes = plan_of(args)
    cast = cast_of(runtimes)
    part = "" if plan.shard is None else suffix(plan.shard.number, plan.shard.of)
    # `latest` is a run that can be judged.
    latest = LATEST if plan.shard is None else None
    run = make_run_directory(args.out, plan.profile.name, plan.seed, datetime.now(UTC), latest=latest, suffix=part)
    progress = progress_of(plan, sys.stderr)
    progress.begin(f"run {run.run_id}: {len(plan.attempts)} attempts on {', '.join(plan.runtimes)}")
    try:
        tally = asyncio.run(recorded(plan, cast, run, progress))
    finally:
        run.clear_scratch()
        print(run.path, flush=True)
    print(f"judged evidence {judged_digest(read_lines(run.record))}", file=sys.stderr)
    return tally.failures[0].exit_code if tally.failures else 0


def spread_out(args: argparse.Namespace) -> int:
    """Have a cluster make the run; prints the merged run's directory as the last line of stdout."""
    if args.cluster is None or args.shard is not None:
        raise PlanError("--shards goes with --cluster, and --shard with neither; name one of both ways")
    plan, _ = plan_of(args)
    of = len(plan.runtimes) if args.shards is None else args.shards
    partition(plan, of)  # what cannot be cut so is said before any cluster is asked
    options = ["--profile", args.profile, "--seed", str(args.seed), "--runtimes", args.runtimes]
    options += [] if args.payments is None else ["--payments", str(args.payments)]
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # either way the shards under way are told to stop
    try:
        path, codes = spread(args.cluster, of, options, args.out, lambda text: print(text, file=sys.stderr, flush=True))
    except KeyboardInterrupt as asked:
        raise Interrupted("the run was asked to stop and its shards were told to; run it again") from asked
    print(f"judged evidence {judged_digest(read_lines(path / RECORD))}", file=sys.stderr)
    print(path, flush=True)
    return next((code for code in codes if code), 0)


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
    machine, started_at = host(), now()
    return Header(
        run_id=run_id,
        schema_version=SCHEMA_VERSION,
        started_at=started_at,
        profile=plan.profile.name,
        seed=plan.seed,
        network="emulated",
        runtimes=cast.pins,
        planned_attempts=len(plan.attempts),
        git_commit=commit,
        git_dirty=dirty,
        host=machine,
        pins=pinned_versions([name for runtime in cast.runtimes for name in runtime.PINS]),
        limits_date=limits.newest_date(),
        shards=() if plan.shard is None else (shard(plan.shard, run_id, machine, started_at),),
    )


def shard(part: PlanShard, run_id: str, machine: Mapping[str, str], started_at: str) -> Shard:
    """How the header of a shard's record names it."""
    return Shard(
        number=part.number,
        of=part.of,
        run_id=run_id,
        plan=part.plan,
        among=part.among,
        runtimes=part.own,
        host=machine,
        started_at=started_at,
    )
