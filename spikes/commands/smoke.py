"""`python -m spikes smoke`: the conformance kit on one runtime or all, negative control included.

Role: a quick yes or no while a driver is being written. It makes no record and decides nothing.
Must not know: gates.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from spikes.colours import Colour, painted, wants_colour
from spikes.conformance import DEADLINE_S, Result, run_kit
from spikes.errors import ConformanceFailure, HarnessFailure
from spikes.plan import FIRST_LANE, PROBE, PlannedAttempt, derived_uuid
from spikes.probe import probe
from spikes.processes import leash
from spikes.record import Outcome
from spikes.run_directory import make_run_directory
from spikes.runtimes import RUNTIMES, Form, Runtime, runtime_named
from spikes.seat import Seat
from spikes.surroundings import surroundings
from spikes.wallets import derive_wallet

SMOKE_SEED = 1
REPORTS = Path("reports")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `smoke`."""
    parser.add_argument("--runtime", help="one runtime; all of them if not given")
    parser.add_argument("--out", type=Path, default=REPORTS, help="where logs go (default: reports)")
    parser.add_argument("--json", action="store_true", help="print every check of every runtime as one JSON object")
    parser.add_argument("--leash", action="store_true", help="end when the parent process ends")


def main(args: argparse.Namespace) -> int:
    """Run the kit; a line for each check. Raises ConformanceFailure if one does not hold."""
    if args.leash:
        leash()
    runtimes = [runtime_named(args.runtime)] if args.runtime else list(RUNTIMES)
    run = make_run_directory(args.out, "smoke", SMOKE_SEED, datetime.now(UTC), latest="latest-smoke")
    results: dict[str, list[Result]] = {}
    try:
        for runtime in runtimes:
            kit = smoke if runtime.FORM is Form.DRIVER else smoke_probe
            results[runtime.NAME] = asyncio.run(kit(runtime, run.logs, run.scratch))
            if not args.json:
                _print(runtime.NAME, results[runtime.NAME])
    finally:
        run.clear_scratch()
    if args.json:
        print(json.dumps(as_data(results), indent=1))
    failed = sum(result.seen is not None for kit_results in results.values() for result in kit_results)
    if failed:
        raise ConformanceFailure(f"{failed} checks do not hold; correct the driver, its logs are in {run.logs}")
    return 0


async def smoke(runtime: Runtime, logs: Path, scratch: Path) -> list[Result]:
    """The kit on a fresh seat of this runtime, against an emulator of its own."""
    async with fresh_seat(runtime, logs, scratch) as seat:
        return await run_kit(seat)


async def smoke_probe(runtime: Runtime, logs: Path, scratch: Path) -> list[Result]:
    """What can be asked of a probe: that it comes to a finding, and that its finding is no payment."""
    planned = PlannedAttempt(
        attempt=0,
        runtime=runtime.NAME,
        experiment=PROBE,
        repeat=0,
        seed=SMOKE_SEED,
        lane=FIRST_LANE,
        expected=Outcome.UNSUPPORTED,
        amount_sats=0,
        request_id=derived_uuid(SMOKE_SEED, runtime.NAME),
    )
    try:
        attempt, facts = await probe(runtime, planned, logs, scratch)
    except HarnessFailure as failure:
        return [Result(check="comes_to_a_finding", seen=f"{failure}\n{failure.last_words}".rstrip())]
    print(f"{runtime.NAME}: {attempt.outcome}, {attempt.reason}", file=sys.stderr)
    seen = None if facts and attempt.reason else "no facts, or no reason"
    return [Result(check="comes_to_a_finding", seen=None), Result(check="gives_reason_and_facts", seen=seen)]


@asynccontextmanager
async def fresh_seat(runtime: Runtime, logs: Path, scratch: Path) -> AsyncIterator[Seat]:
    """A started seat with emulator and paywall around it."""
    async with surroundings(logs, scratch, seed=SMOKE_SEED, deadline_s=DEADLINE_S) as around:
        seat = Seat(runtime, runtime.NAME, derive_wallet(SMOKE_SEED, runtime.NAME), around)
        try:
            await seat.start()
            yield seat
        finally:
            await seat.stop()


def as_data(results: Mapping[str, Sequence[Result]]) -> dict[str, object]:
    """The checks for programs; `seen` is what stood in the place of what should."""
    return {
        "holds": all(result.seen is None for kit_results in results.values() for result in kit_results),
        "runtimes": {
            name: [{"check": result.check, "holds": result.seen is None, "seen": result.seen} for result in kit_results]
            for name, kit_results in results.items()
        },
    }


def _print(name: str, results: Sequence[Result]) -> None:
    colour = wants_colour(sys.stdout)
    for result in results:
        word, shade = ("holds", Colour.GREEN) if result.seen is None else ("DOES NOT HOLD", Colour.RED)
        print(f"{name:<14} {result.check.replace('_', ' '):<40} {painted(word, shade, wanted=colour)}", flush=True)
        if result.seen is not None:
            print(f"{'':14} {result.seen}", file=sys.stderr)
