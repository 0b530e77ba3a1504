"""`python -m spikes plan`: the plan of a run as JSON.

Must not know: what making it would take.
"""

from __future__ import annotations

import argparse
import dataclasses
import json

from spikes.commands.run import add_plan_arguments as add_arguments
from spikes.commands.run import plan_of

__all__ = ["add_arguments", "main"]


def main(args: argparse.Namespace) -> int:
    """Print it. Raises PlanError."""
    plan, _ = plan_of(args)
    print(json.dumps(dataclasses.asdict(plan), indent=1))
    return 0
