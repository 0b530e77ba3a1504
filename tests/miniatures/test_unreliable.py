"""Drivers that lose track of money under faults, run by the real runner, and the verdict that each must provoke."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from bench import evidence, limits, thresholds
from bench.gates.remembers import NO_DURABLE_STATE
from bench.judgement import Judgement, judge
from bench.verdict import Criterion, Verdict
from spikes.runtimes import Runtime, native
from tests.miniatures.runs import run
from tests.miniatures.runtimes import ProgramRuntime

LOST = "fault_lost_after_commit.RequestLightningSend"
# A payment that leaves change comes first: whoever would pay twice must have the means.
ASKED = ("pay_swap", LOST, "remember_request", "remember_window", "no_such_experiment")


@dataclass(frozen=True, kw_only=True)
class Lie:
    """What an unreliable driver does, and what the judge must make of it."""

    kind: str
    criterion: str  # of the latency gate
    because: str
    replay: bool = True


LIES = (
    Lie(kind="pays_twice_on_retry", criterion="exactly_once", because="double debit"),
    Lie(kind="forgets_on_pending", criterion="exactly_once", because="double debit"),
    Lie(kind="reports_failed_on_timeout", criterion="exactly_once", because="lost: the driver says failed"),
    Lie(kind="reports_failed_on_timeout", criterion="unknown_stays_unknown", because="the driver says failed"),
    Lie(kind="has_no_disk", criterion="remembers", because=NO_DURABLE_STATE, replay=False),
)


def unreliable(kind: str) -> ProgramRuntime:
    """One of tests/miniatures/unreliable.py."""
    return ProgramRuntime(NAME=kind, program=("-m", "tests.miniatures.unreliable", kind))


def judged(runtime: Runtime, place: Path) -> Judgement:
    directory, tally = run([runtime], {name: {"*": 1} for name in ASKED}, place)
    assert tally.failures == []
    return judge(evidence.load(directory.record), thresholds.load(limits.load()))


def criterion(judgement: Judgement, runtime: str, name: str) -> Criterion:
    return next(c for c in judgement.of("latency", runtime).criteria if c.name == name)


@pytest.mark.conformance
@pytest.mark.parametrize("kind", dict.fromkeys(lie.kind for lie in LIES))
def test_an_unreliable_driver_provokes_its_verdict(kind: str, tmp_path: Path) -> None:
    judgement = judged(unreliable(kind), tmp_path)
    (trial,) = judgement.evidence.of(kind, LOST)
    assert [fault.fired for fault in trial.value.faults] == [1]
    for lie in (lie for lie in LIES if lie.kind == kind):
        found = criterion(judgement, kind, lie.criterion)
        assert found.verdict is Verdict.FAIL, found.reason
        assert lie.because in found.reason
        again = f"`make replay SEED={trial.value.seed} RUNTIME={kind} EXPERIMENT={LOST}`"
        assert (again in found.reason) is lie.replay


@pytest.mark.conformance
def test_the_driver_that_they_are_made_of_provokes_none(tmp_path: Path) -> None:
    judgement = judged(native, tmp_path)
    for name in {lie.criterion for lie in LIES}:
        found = criterion(judgement, native.NAME, name)
        assert found.verdict is not Verdict.FAIL, found.reason
