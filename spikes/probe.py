"""Probes: runtimes that cannot hold a wallet. Their program tries one thing, prints a finding, and ends.

Role: runs such a program under a deadline and turns its finding into facts and one attempt that never pays.
Must not know: what is being tried.

The finding is one JSON line on stdout:
  {"finding": {"outcome": "unsupported", "code": "...", "reason": "one line", "facts": [{"name", "value", "how"}, ...]}}
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from spikes import processes
from spikes.errors import RuntimeStartFailure
from spikes.plan import PlannedAttempt
from spikes.record import Attempt, Fact, Outcome, PaymentPath
from spikes.redaction import redact
from spikes.runtimes import Runtime
from spikes.runtimes.settings import Settings
from spikes.typed_json import build

DEADLINE_S = 300.0
READY_KEY = "finding"


async def probe(
    runtime: Runtime, planned: PlannedAttempt, logs: Path, scratch: Path, deadline_s: float = DEADLINE_S
) -> tuple[Attempt, list[Fact]]:
    """Run a probe once. Raises RuntimeStartFailure, ToolMissing if it cannot be run or finds nothing in time."""
    state = scratch / runtime.NAME
    state.mkdir(parents=True, exist_ok=True)
    settings = Settings(
        runtime=runtime.NAME, network="", token="", mnemonic=None, wallet_id=runtime.NAME, state_dir=state
    )
    started = time.perf_counter()
    async with processes.running(
        runtime.launch(settings), name=runtime.NAME, logs=logs, deadline_s=deadline_s, failure=RuntimeStartFailure
    ) as child:
        wall_s = time.perf_counter() - started
        return _read(runtime, planned, child.announcement[READY_KEY], wall_s)


def _read(runtime: Runtime, planned: PlannedAttempt, finding: Any, wall_s: float) -> tuple[Attempt, list[Fact]]:
    try:
        facts = [build(Fact, {**fact, "runtime": runtime.NAME}) for fact in finding["facts"]]
        attempt = Attempt(
            attempt=planned.attempt,
            runtime=runtime.NAME,
            experiment=planned.experiment,
            repeat=planned.repeat,
            seed=planned.seed,
            lane=planned.lane,
            incarnation=0,
            sequence=0,
            expected=planned.expected,
            outcome=Outcome(finding["outcome"]),
            code=str(finding["code"]),
            reason=redact(str(finding["reason"])),
            wall_s=wall_s,
            path=PaymentPath.NONE,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise RuntimeStartFailure(
            f"{runtime.NAME}: its finding cannot be read ({error!r}); compare it with the docstring of spikes/probe.py"
        ) from error
    if attempt.outcome not in (Outcome.UNSUPPORTED, Outcome.FAILED):
        raise RuntimeStartFailure(f"{runtime.NAME}: a probe moves no money, so its outcome cannot be {attempt.outcome}")
    return attempt, facts
