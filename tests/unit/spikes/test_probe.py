"""A probe's finding: read strictly, never a payment."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from spikes.errors import RuntimeStartFailure
from spikes.plan import PROBE, PlannedAttempt
from spikes.probe import READY_KEY, probe
from spikes.processes import Launch
from spikes.record import Attempt, Fact, Outcome, PaymentPath, Role
from spikes.runtimes import Form
from spikes.runtimes.settings import Settings
from tests.miniatures.runtimes import ProgramRuntime

SOUND = {
    "outcome": "unsupported",
    "code": "unsupported",
    "reason": "it has no hands",
    "facts": [{"name": "hands", "value": 0, "how": "counted"}],
}


@dataclass(frozen=True, kw_only=True)
class Saying(ProgramRuntime):
    """A probe whose program prints what it is told to."""

    says: str = ""
    ROLE: Role = Role.INFORMATIVE
    FORM: Form = Form.PROBE

    def launch(self, settings: Settings) -> Launch:
        code = f"print({self.says!r}, flush=True)"
        return Launch(argv=(sys.executable, "-c", code), env=settings.environment(), ready_key=READY_KEY)


def found(says: Any, tmp_path: Path) -> tuple[Attempt, list[Fact]]:
    planned = PlannedAttempt(
        attempt=4,
        runtime="mini",
        experiment=PROBE,
        repeat=0,
        seed=1,
        lane="a",
        expected=Outcome.UNSUPPORTED,
        amount_sats=0,
        request_id="",
    )
    text = says if isinstance(says, str) else json.dumps({READY_KEY: says})
    runtime = Saying(NAME="mini", program=(), says=text)
    return asyncio.run(probe(runtime, planned, tmp_path, tmp_path / "scratch", deadline_s=10))


def test_a_finding_becomes_an_attempt_and_facts(tmp_path: Path) -> None:
    attempt, facts = found(SOUND, tmp_path)
    assert (attempt.attempt, attempt.runtime, attempt.outcome) == (4, "mini", Outcome.UNSUPPORTED)
    assert (attempt.reason, attempt.path, attempt.ledger) == ("it has no hands", PaymentPath.NONE, None)
    assert facts == [Fact(runtime="mini", name="hands", value=0, how="counted")]


@pytest.mark.parametrize(
    "finding",
    [
        {},
        {**SOUND, "facts": [{"name": "hands"}]},
        {**SOUND, "facts": [{"name": "hands", "value": None, "how": "counted"}]},
        {**SOUND, "outcome": "splendid"},
        {**SOUND, "outcome": "paid"},
        "no JSON at all",
    ],
)
def test_anything_else_is_an_error_of_the_harness(finding: Any, tmp_path: Path) -> None:
    with pytest.raises(RuntimeStartFailure, match="mini"):
        found(finding, tmp_path)
