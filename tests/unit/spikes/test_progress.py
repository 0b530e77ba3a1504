"""What is shown while a run goes on."""

from __future__ import annotations

import dataclasses
import io

from spikes.progress import Progress, eta
from spikes.record import Attempt, FaultSeen, Outcome, PaymentPath


def attempt(outcome: Outcome) -> Attempt:
    return Attempt(
        attempt=0,
        runtime="node",
        experiment="pay_exact",
        repeat=0,
        seed=1,
        lane="a",
        incarnation=0,
        sequence=0,
        expected=Outcome.PAID,
        outcome=outcome,
        code=None,
        reason=None,
        wall_s=0.5,
        path=PaymentPath.EXACT,
    )


def test_the_estimate_extends_what_was() -> None:
    assert eta(1, 4, 60.0) == "about 3:00 left"
    assert eta(4, 4, 60.0) == "about 0:00 left"


def test_without_a_terminal_lines_are_plain_and_few() -> None:
    out = io.StringIO()
    progress = Progress(100, out, terminal=False)
    for _ in range(99):
        progress.count(attempt(Outcome.PAID))
    assert out.getvalue().count("\n") <= 1
    progress.count(attempt(Outcome.PAID))
    assert "[ 100/100] node" in out.getvalue()
    assert "\r" not in out.getvalue()


def test_an_outcome_that_was_not_planned_is_always_shown() -> None:
    out = io.StringIO()
    progress = Progress(100, out, terminal=False)
    progress.count(attempt(Outcome.PAID))
    progress.count(attempt(Outcome.UNKNOWN))
    assert "unknown, planned paid" in out.getvalue()


def test_under_a_fault_nothing_is_said_of_what_was_planned() -> None:
    out = io.StringIO()
    progress = Progress(100, out, terminal=False)
    seen = (FaultSeen(kind="delay", method=None, fired=1),)
    progress.count(dataclasses.replace(attempt(Outcome.FAILED), faults=seen))
    assert "failed" in out.getvalue()
    assert "planned" not in out.getvalue()


def test_on_a_terminal_one_line_renews_itself_and_is_wiped_at_the_end() -> None:
    out = io.StringIO()
    progress = Progress(3, out, terminal=True)
    progress.count(attempt(Outcome.PAID))
    progress.count(attempt(Outcome.PAID))
    assert "\n" not in out.getvalue()
    progress.end()
    assert out.getvalue().endswith(" \r")
