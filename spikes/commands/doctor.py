"""`python -m spikes doctor`: what a run needs, what of it is there, how to get the rest, and what a run takes.

Role: show the check-up (checkup.py), for people or as JSON. Runs on a bare Python 3.11 or newer, before any set-up.
Must not know: how anything is looked at.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Iterator, Sequence

from spikes.checkup import COSTS, Finding, State, examine
from spikes.colours import Colour, painted, wants_colour
from spikes.errors import ToolMissing

_COLOURS = {
    State.OK: Colour.GREEN,
    State.LATER: Colour.YELLOW,
    State.ABSENT: Colour.FAINT,
    State.MISSING: Colour.RED,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `doctor`."""
    parser.add_argument("--json", action="store_true", help="print the findings as one JSON object")


def main(args: argparse.Namespace) -> int:
    """Print every finding; 0 if nothing hinders set-up and run, else the exit code of a missing tool."""
    findings = examine()
    missing = [finding for finding in findings if finding.state is State.MISSING]
    if args.json:
        print(json.dumps(as_data(findings), indent=1))
    else:
        print("\n".join(lines(findings, colour=wants_colour(sys.stdout))))
    return ToolMissing.exit_code if missing else 0


def as_data(findings: Sequence[Finding]) -> dict[str, object]:
    """The findings for programs. `fit`: nothing is in the way; `ready`: nothing needs to be set up either."""
    states = {finding.state for finding in findings}
    return {
        "fit": State.MISSING not in states,
        "ready": not states & {State.MISSING, State.LATER},
        "findings": [dataclasses.asdict(finding) for finding in findings],
        "takes": [dataclasses.asdict(cost) for cost in COSTS],
    }


def lines(findings: Sequence[Finding], *, colour: bool = False) -> Iterator[str]:
    """The findings for people: by section, the remedy under what is amiss, the verdict last."""
    wide = max(len(finding.what) for finding in findings) + 2
    for section in dict.fromkeys(finding.section for finding in findings):
        yield section
        for finding in (each for each in findings if each.section == section):
            word = painted(finding.state.ljust(10), _COLOURS[finding.state], wanted=colour)
            yield f"  {word}{finding.what.ljust(wide)}{finding.seen}"
            if finding.remedy is not None:
                yield f"  {'':10}-> {finding.remedy}"
        yield ""
    yield "What it takes"
    for cost in COSTS:
        yield f"  {cost.command:<28}about {cost.minutes:g} min, up to {cost.disk_mib} MiB; {cost.note}"
    yield ""
    yield _last_line(findings, colour)


def _last_line(findings: Sequence[Finding], colour: bool) -> str:
    count = sum(finding.state is State.MISSING for finding in findings)
    if count:
        things = "thing is" if count == 1 else "things are"
        return painted(f"{count} {things} missing: see the arrows above.", Colour.RED, wanted=colour)
    if any(finding.state is State.LATER for finding in findings):
        text = "This machine is fit. `make setup`, or any other command, installs what is not here yet."
        return painted(text, Colour.YELLOW, wanted=colour)
    text = "Ready: `make spike PROFILE=quick` is the short run, `make spike` the whole one."
    return painted(text, Colour.GREEN, wanted=colour)
