"""`python -m spikes plan`: what a run would ask, and how long it would take; with --json the whole plan.

Must not know: what making it would take.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections import Counter
from collections.abc import Iterator

from spikes.commands.run import add_plan_arguments, plan_of
from spikes.forecast import forecast, load_pace, seconds
from spikes.plan import Plan
from spikes.progress import minutes

_FAULTS = "fault_"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that make a plan, and how to show it."""
    add_plan_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print every attempt, as one JSON object")


def main(args: argparse.Namespace) -> int:
    """Print it. Raises PlanError."""
    plan, _ = plan_of(args)
    print(json.dumps(dataclasses.asdict(plan), indent=1) if args.json else "\n".join(lines(plan)))
    return 0


def lines(plan: Plan) -> Iterator[str]:
    """The parts with what they take on two cores, and how often each runtime is asked what."""
    parts = forecast(plan, load_pace())
    yield f"profile {plan.profile.name}, seed {plan.seed}: {plan.profile.purpose}"
    yield f"{len(plan.attempts)} attempts, about {minutes(seconds(parts))} (minutes:seconds) on two cores"
    yield ""
    for part in parts:
        yield f"  {part.part:<22}{len(part.steps):>6} steps  about {minutes(part.seconds):>6}"
    yield ""
    yield from _table(plan)
    if plan.profile.inspections:
        yield ""
        yield f"inspections: {', '.join(plan.profile.inspections)}"


def _table(plan: Plan) -> Iterator[str]:
    """Attempts by experiment and runtime; what is asked alike of all, or a fault, shares a row with its like."""
    counts: dict[str, Counter[str]] = {}
    for planned in plan.attempts:
        counts.setdefault(_named(planned.experiment), Counter())[planned.runtime] += 1
    rows: dict[tuple[str, tuple[int, ...]], list[str]] = {}
    for experiment, by_runtime in counts.items():
        each = tuple(by_runtime[runtime] for runtime in plan.runtimes)
        rows.setdefault((experiment.partition("_")[0], each), []).append(experiment)
    labels = {key: names[0] + (f" and {len(names) - 1} more" if names[1:] else "") for key, names in rows.items()}
    first = max(map(len, labels.values())) + 2
    yield "experiment".ljust(first) + "  ".join(plan.runtimes)
    for key, label in labels.items():
        cells = (str(count or "-").rjust(len(runtime)) for count, runtime in zip(key[1], plan.runtimes, strict=True))
        yield label.ljust(first) + "  ".join(cells)


def _named(experiment: str) -> str:
    return f"{_FAULTS}*" if experiment.startswith(_FAULTS) else experiment
