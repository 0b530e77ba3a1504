"""`python -m spikes replay`: one fault schedule again, on a fresh network, byte for byte as it was.

Role: from a seed (and, if it was not drawn, the schedule's name or text) to a transcript on stdout; a counterexample is
shrunk, and the shortest schedule that still goes wrong is shown as well.
Must not know: records, gates.
"""

from __future__ import annotations

import argparse
import asyncio
import shlex

from spikes.contract import ContractBreach
from spikes.errors import PlanError, RuntimeStartFailure
from spikes.faults.catalogue import CATALOGUE
from spikes.faults.draw import draw
from spikes.faults.ending import COUNTEREXAMPLES
from spikes.faults.rehearsal import Rehearsal, rehearse, shortest
from spikes.faults.schedule import Schedule, ScheduleError, canonical, read_schedule
from spikes.faults.transcript import transcript
from spikes.processes import leash
from spikes.runtimes import Form, Runtime, runtime_named

PREFIX = "fault_"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `replay`."""
    parser.add_argument("--seed", type=int, required=True, help="the attempt's seed, as the report names it")
    parser.add_argument("--runtime", required=True, help="the runtime to try it on")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--experiment", metavar="fault_NAME", help="a named schedule; if not given, the seed draws one")
    which.add_argument("--schedule", metavar="JSON", help="a schedule as a run printed it")
    parser.add_argument("--leash", action="store_true", help="end when the parent process ends")


def main(args: argparse.Namespace) -> int:
    """Show it. Raises PlanError, HarnessFailure."""
    if args.leash:
        leash()
    runtime = runtime_named(args.runtime)
    if runtime.FORM is not Form.DRIVER:
        raise PlanError(f"{runtime.NAME} is a probe and pays nothing; choose a runtime that has a wallet")
    print(asyncio.run(replay(runtime, args.seed, schedule_of(args.seed, args.experiment, args.schedule))))
    return 0


def schedule_of(seed: int, experiment: str | None, text: str | None) -> Schedule:
    """The schedule that the options mean. Raises PlanError."""
    if text is not None:
        try:
            return read_schedule(text)
        except ScheduleError as error:
            raise PlanError(str(error)) from error
    if experiment is None or experiment == "fault_random":
        return draw(seed)
    schedule = CATALOGUE.get(experiment.removeprefix(PREFIX))
    if schedule is None:
        raise PlanError(f"there is no fault schedule {experiment!r}; `python -m spikes plan` lists the experiments")
    return schedule


async def replay(runtime: Runtime, seed: int, schedule: Schedule) -> str:
    """The transcript; of a counterexample, the shortest one's as well. Raises HarnessFailure."""
    rehearsal = await _rehearsed(runtime, seed, schedule)
    text = transcript(runtime.NAME, seed, schedule, rehearsal)
    if rehearsal.ending not in COUNTEREXAMPLES:
        return text
    least = await shortest(runtime, seed, schedule)
    if least == schedule:
        return f"{text}\n\nNothing of this schedule can be left out."
    shown = transcript(runtime.NAME, seed, least, await _rehearsed(runtime, seed, least))
    options = f"--seed {seed} --runtime {runtime.NAME} --schedule {shlex.quote(canonical(least))}"
    alone = f"See it alone:\npython -m spikes replay {options}"
    return f"{text}\n\nThe shortest schedule that still goes wrong:\n{shown}\n\n{alone}"


async def _rehearsed(runtime: Runtime, seed: int, schedule: Schedule) -> Rehearsal:
    try:
        return await rehearse(runtime, seed, schedule)
    except ContractBreach as breach:
        raise RuntimeStartFailure(f"{runtime.NAME}: {breach}; run `python -m spikes smoke --runtime NAME`") from breach
