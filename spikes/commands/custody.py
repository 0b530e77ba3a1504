"""`python -m spikes custody`: the custody inspection alone, on one runtime or all that have a driver.

Role: a quick yes or no on leaks, and the table of surfaces, key life and residue. It makes no record and decides
nothing. Must not know: how anything is planted or found.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from spikes.errors import ConformanceFailure, HarnessFailure, RuntimeStartFailure, ToolMissing
from spikes.inspections import custody
from spikes.processes import leash
from spikes.record import Fact
from spikes.run_directory import RunDirectory, make_run_directory
from spikes.runtimes import RUNTIMES, Form, Runtime, runtime_named
from spikes.surroundings import surroundings

SEED = 1
REPORTS = Path("reports")
DEADLINE_S = 60.0
CONTROL = "leaky control"
_BAD = {"leak_scan": "LEAK", "leak_control": "MISSED"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `custody`."""
    parser.add_argument("--runtime", help="one runtime; all that have a driver if not given")
    parser.add_argument("--out", type=Path, default=REPORTS, help="where logs go (default: reports)")
    parser.add_argument("--leash", action="store_true", help="end when the parent process ends")


def main(args: argparse.Namespace) -> int:
    """Inspect and print. Raises ConformanceFailure for a leak, or a control that was missed; PlanError."""
    if args.leash:
        leash()
    runtimes = [runtime_named(args.runtime)] if args.runtime else [r for r in RUNTIMES if r.FORM is Form.DRIVER]
    if any(runtime.FORM is Form.PROBE for runtime in runtimes):
        raise ConformanceFailure(f"{args.runtime} is a probe and keeps no wallet; name a runtime that has a driver")
    run = make_run_directory(args.out, "custody", SEED, datetime.now(UTC), latest="latest-custody")
    try:
        facts, failures = asyncio.run(inspected(runtimes, run))
    finally:
        run.clear_scratch()
    print("\n".join(table(facts)))
    problems = [*found_wrong(facts), *(str(failure) for failure in failures)]
    if problems:
        raise ConformanceFailure("\n".join((f"custody does not hold; logs are in {run.logs}", *problems)))
    return 0


async def inspected(runtimes: Sequence[Runtime], run: RunDirectory) -> tuple[list[Fact], list[HarnessFailure]]:
    """The facts of all runtimes, one after the other on one network, and what could not be inspected."""
    facts: list[Fact] = []
    failures: list[HarnessFailure] = []
    async with surroundings(run.logs, run.scratch, seed=SEED, deadline_s=DEADLINE_S) as around:
        for runtime in runtimes:
            print(f"{runtime.NAME}: custody", file=sys.stderr, flush=True)
            try:
                facts += await custody.inspect(runtime, around)
            except (RuntimeStartFailure, ToolMissing) as failure:
                failures.append(failure)
    return facts, failures


def found_wrong(facts: Iterable[Fact]) -> Iterator[str]:
    """A line for each leak, and for each leak on purpose that was not caught."""
    for fact in facts:
        family, _, surface = fact.name.partition(".")
        if fact.value == _BAD.get(family):
            yield f"{fact.runtime}: {surface} {fact.value}: {fact.how}"


def table(facts: Sequence[Fact]) -> Iterator[str]:
    """Surfaces, then key life, then residue: a column for each runtime."""
    runtimes = list(dict.fromkeys(fact.runtime for fact in facts))
    control = {f.name.partition(".")[2]: str(f.value) for f in facts if f.name.startswith("leak_control.")}
    for title, prefix, last in (
        ("surface", "leak_scan.", control),
        ("with the mnemonic in the environment", "legacy_env.leak_scan.", None),
        ("key life", "key_life.", None),
        ("residue: 64 KiB blocks of memory", "residue.", None),
    ):
        chosen = [fact for fact in facts if fact.name.startswith(prefix)]
        if chosen:
            yield from _part(title, prefix, chosen, runtimes, last)


def _part(
    title: str, prefix: str, facts: Iterable[Fact], runtimes: Sequence[str], last: Mapping[str, str] | None
) -> Iterator[str]:
    values = {(fact.name.removeprefix(prefix), fact.runtime): _shown(fact.value) for fact in facts}
    names = list(dict.fromkeys(name for name, _ in values))
    columns = [*runtimes, *([CONTROL] if last is not None else [])]
    rows = [[title, *columns]]
    for name in names:
        row = [name, *(values.get((name, runtime), "-") for runtime in runtimes)]
        rows.append([*row, last.get(name, "-")] if last is not None else row)
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    yield ""
    yield from ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)


def _shown(value: float | str) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value).removeprefix("error:secret_error/")
