"""`python -m spikes flows`: every L402 flow on the chosen runtimes, through both topologies, with a yes or a no.

Role: lay out a run of flows alone, make it like any other (it leaves a record), print a table per topology. With
--live: against a seller and an executor that the environment names, never by default (spikes/live/flows.py).
Must not know: how a flow goes, gates.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from spikes import experiments
from spikes.cast import cast_of
from spikes.commands.run import recorded
from spikes.errors import FlowFailure
from spikes.experiments.flow_table import FLOWS, Step
from spikes.experiments.shop import PREFIX
from spikes.flows_report import cells, table, topology_of
from spikes.live import flows as live_flows
from spikes.plan import Plan, make_plan
from spikes.processes import leash
from spikes.profiles import Profile
from spikes.progress import progress_of
from spikes.record import Attempt, read_lines
from spikes.run_directory import RunDirectory, make_run_directory
from spikes.runtimes import RUNTIMES, Form, Runtime, runtime_named

DEFAULT_RUNTIMES = ("workerd", "durable_object", "convex_isolate", "convex_node", "node", "native")
DEFAULT_REPEATS = 2
DEFAULT_SEED = 1
DEADLINE_S = 60.0
REPORTS = Path("reports")
# A spending window of its own: it must hold nothing but the payment whose end is unknown.
_WINDOW_LANE = "*@window"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `flows`."""
    names = ",".join(DEFAULT_RUNTIMES)
    parser.add_argument("--runtimes", default=names, metavar="A,B", help=f"default: {names}")
    parser.add_argument("--repeats", type=int, default=DEFAULT_REPEATS, help=f"default: {DEFAULT_REPEATS}")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help=f"default: {DEFAULT_SEED}")
    parser.add_argument("--out", type=Path, default=REPORTS, help="where run directories are made (default: reports)")
    parser.add_argument("--leash", action="store_true", help="end when the parent process ends")
    parser.add_argument(
        "--live",
        action="store_true",
        help=f"spend real money at a real seller; needs {', '.join(live_flows.VARIABLES)} and says what is missing",
    )


def main(args: argparse.Namespace) -> int:
    """Run and print. Raises FlowFailure if a flow did not end as declared, or none could be made; PlanError."""
    if args.leash:
        leash()
    if args.live:
        return live_flows.main(live_flows.read(os.environ), args.out)
    runtimes = tuple(runtime_named(name) for name in args.runtimes.split(","))
    plan = plan_of(runtimes, args.repeats, args.seed)
    cast = cast_of(runtimes)
    run = make_run_directory(args.out, "flows", plan.seed, datetime.now(UTC), latest="latest-flows")
    progress = progress_of(plan, sys.stderr)
    try:
        tally = asyncio.run(recorded(plan, cast, run, progress))
    finally:
        run.clear_scratch()
    report(runtimes, run, args.repeats)
    if tally.failures:
        raise FlowFailure(
            f"the harness failed {len(tally.failures)} times: {tally.failures[0]}; logs are in {run.logs}"
        )
    return 0


def plan_of(runtimes: Sequence[Runtime], repeats: int, seed: int) -> Plan:
    """Every flow on every runtime. Raises PlanError, FlowFailure."""
    if repeats < 1:
        raise FlowFailure(f"{repeats} repeats make no run; give --repeats 1 or more")
    if probes := [runtime.NAME for runtime in runtimes if runtime.FORM is Form.PROBE]:
        drivers = ", ".join(runtime.NAME for runtime in RUNTIMES if runtime.FORM is Form.DRIVER)
        raise FlowFailure(f"{', '.join(probes)} cannot be asked to buy anything; choose from {drivers}")
    lanes = {flow.name: _WINDOW_LANE if Step.LOSE_ANOTHER in flow.before else "*" for flow in FLOWS}
    profile = Profile(
        name="flows",
        purpose="every L402 flow",
        attempt_deadline_s=DEADLINE_S,
        repeats={PREFIX + name: {lane: repeats} for name, lane in lanes.items()},
    )
    return make_plan(profile, seed, [runtime.NAME for runtime in runtimes], experiments.EXPECTED)


def report(runtimes: Sequence[Runtime], run: RunDirectory, repeats: int) -> None:
    """Print the tables and where the record is. Raises FlowFailure if anything is amiss, or nothing was made."""
    attempts = [line for line in read_lines(run.record) if isinstance(line, Attempt)]
    found = cells(attempts, [runtime.NAME for runtime in runtimes], FLOWS, repeats)
    print("\n".join(table({runtime.NAME: topology_of(runtime.ROLE) for runtime in runtimes}, found)))
    print(f"record: {run.record}")
    if not attempts:
        raise FlowFailure(f"nothing could be run; read the logs in {run.logs}, then run `make doctor`")
    if wrong := sum(bool(cell.wrong) for cell in found):
        raise FlowFailure(f"{wrong} of {len(found)} flows did not end as declared; see above, logs are in {run.logs}")
    print(
        f"all {len(FLOWS)} flows ended as declared on {len(runtimes)} runtimes, {repeats} times each, alike every time"
    )
