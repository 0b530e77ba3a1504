"""`python -m spikes live`: pay real invoices on hosted regtest or on mainnet, after everything was said that must be.

Role: from the command line and the environment to a live run's record. Refuses first, starts later.
Must not know: how a payment goes, gates.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from spikes import limits
from spikes.cast import Cast, cast_of
from spikes.errors import Interrupted, LiveFailure
from spikes.host import git_state, host
from spikes.live import deployed
from spikes.live.invoices import read_invoices
from spikes.live.networks import network_named, networks
from spikes.live.permission import VARIABLES, read_permission, refuse_automation
from spikes.live.run import SEED, LiveRun, Order
from spikes.live.seats import DEFAULT, live_runtimes
from spikes.live.spending import DEFAULT_FILE, SpendingAccount
from spikes.pins import pinned_versions
from spikes.processes import leash
from spikes.progress import Progress, style_of
from spikes.record import SCHEMA_VERSION, Header, RecordWriter
from spikes.run_directory import RunDirectory, make_run_directory
from spikes.runner import now
from spikes.scribe import Scribe, Tally

REPORTS = Path("reports")
PROFILE, LATEST = "live", "latest-live"
MOST_PAYMENTS = 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `live`."""
    known, runtimes = ", ".join(network.name for network in networks()), ",".join(runtime.NAME for runtime in DEFAULT)
    parser.description = f"{parser.description}. Needs {', '.join(VARIABLES)}, and says what is missing."
    parser.add_argument("--network", required=True, help=f"which network: {known}")
    parser.add_argument("--invoices", required=True, type=Path, metavar="FILE", help="what to pay: one BOLT11 a line")
    parser.add_argument("--runtimes", default=runtimes, metavar="A,B", help=f"default: {runtimes}")
    parser.add_argument("--payments", type=int, default=1, metavar="N", help="payments of each runtime (default: 1)")
    parser.add_argument(
        "--deployed",
        metavar="RUNTIME",
        help=f"this runtime is not started here but deployed: {deployed.URL} and {deployed.TOKEN} say where it is",
    )
    parser.add_argument("--out", type=Path, default=REPORTS, help="where run directories are made (default: reports)")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done and what it may cost, and stop")
    parser.add_argument("--leash", action="store_true", help="end when the parent process ends")


def main(args: argparse.Namespace) -> int:
    """Pay, and print the run directory as the last line of stdout. Raises HarnessFailure."""
    if args.leash:
        leash()
    refuse_automation(os.environ)
    order = order_of(args)
    if args.dry_run:
        with SpendingAccount(
            DEFAULT_FILE, network=order.network.name, cap_sats=order.permission.spend_cap_sats
        ) as account:
            print("\n".join(intent(order, account)))
        return 0
    return make(order, args.out, DEFAULT_FILE)


def order_of(args: argparse.Namespace) -> Order:
    """What is asked for, if it is allowed. Raises LiveFailure, PlanError."""
    if not 1 <= args.payments <= MOST_PAYMENTS:
        raise LiveFailure(f"nothing was sent: give --payments a number from 1 to {MOST_PAYMENTS}")
    network = network_named(args.network)
    permission = read_permission(os.environ, network, datetime.now(UTC).date())
    order = Order(
        network=network,
        permission=permission,
        runtimes=live_runtimes(args.runtimes.split(",")),
        invoices=read_invoices(args.invoices, network, permission.amount_limit_sats, time.time()),
        payments=args.payments,
        deployment=None if args.deployed is None else deployed.read_deployment(os.environ, args.deployed),
    )
    if order.deployment is not None and args.deployed not in args.runtimes.split(","):
        raise LiveFailure(f"nothing was sent: {args.deployed} is deployed and not among --runtimes; name it there too")
    order.plan()  # refuses an order that does not add up
    return order


def intent(order: Order, account: SpendingAccount) -> list[str]:
    """What would be done, for people; nothing of it is done."""
    hosts = ", ".join([*order.network.doors, *order.network.also])
    return [
        f"network       {order.network.tier}: {hosts}",
        f"wallet        {order.permission.wallet_id}",
        f"runtimes      {', '.join(runtime.NAME for runtime in order.runtimes)}, {order.payments} payments each",
        f"invoices      {len(order.invoices)}, {order.amount_sats} sats in all, fees come on top",
        f"cost ceiling  {account.left_sats} sats: the cap of {order.permission.spend_cap_sats}, "
        f"less {account.spent_sats} that earlier runs spent or may have spent",
        "nothing was sent",
    ]


def make(order: Order, out: Path, account_file: Path) -> int:
    """Make the run. Raises HarnessFailure."""
    cast = cast_of(order.runtimes)
    if cast.unfit:
        name, failure = next(iter(cast.unfit.items()))
        raise LiveFailure(f"nothing was sent: {name} is not as pinned: {failure}") from failure
    with SpendingAccount(account_file, network=order.network.name, cap_sats=order.permission.spend_cap_sats) as account:
        run = make_run_directory(out, f"{PROFILE}-{order.network.name}", SEED, datetime.now(UTC), latest=LATEST)
        try:
            tally = asyncio.run(recorded(order, cast, run, account))
        finally:
            run.clear_scratch()
            print(run.path, flush=True)
    return tally.failures[0].exit_code if tally.failures else 0


async def recorded(order: Order, cast: Cast, run: RunDirectory, account: SpendingAccount) -> Tally:
    """Write the header, then run. SIGINT and SIGTERM stop every driver and leave no footer: raises Interrupted."""
    asked_to_stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked_to_stop.set)
    with RecordWriter(run.record) as record:
        planned = order.plan()
        record.append(header(order, cast, run.run_id, len(planned)))
        progress = Progress(len(planned), sys.stderr, style_of(sys.stderr))
        work = asyncio.ensure_future(
            LiveRun(order, planned, run=run, scribe=Scribe(record, progress), account=account).execute()
        )
        stop = asyncio.ensure_future(asked_to_stop.wait())
        await asyncio.wait({work, stop}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        progress.end()
        if not work.done():
            work.cancel()
            with suppress(asyncio.CancelledError):
                await work
            raise Interrupted(
                "the live run was stopped. A payment that was under way may still end: look at the wallet; "
                "the account counts it as spent"
            )
        return work.result()


def header(order: Order, cast: Cast, run_id: str, planned: int) -> Header:
    """The record's first line."""
    commit, dirty = git_state()
    return Header(
        run_id=run_id,
        schema_version=SCHEMA_VERSION,
        started_at=now(),
        profile=PROFILE,
        seed=SEED,
        network=order.network.tier,
        runtimes=tuple(pin if order.deployment is None else order.deployment.pin(pin) for pin in cast.pins),
        planned_attempts=planned,
        git_commit=commit,
        git_dirty=dirty,
        host=host(),
        pins=pinned_versions([name for runtime in cast.runtimes for name in runtime.PINS]),
        limits_date=limits.newest_date(),
    )
