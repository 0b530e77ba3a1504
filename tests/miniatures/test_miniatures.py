"""The track record: every miniature liar, run by the real runner, and the verdict that it must provoke."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from bench import evidence as record
from bench import limits, thresholds
from bench.judgement import judge
from bench.verdict import Verdict
from spikes.record import Outcome
from tests.miniatures.runs import run
from tests.miniatures.runtimes import miniature


@dataclass(frozen=True, kw_only=True)
class Lie:
    """What a liar says, and what the judge must make of it."""

    kind: str
    outcome: Outcome  # as recorded
    criterion: str  # of the compatibility gate
    verdict: Verdict
    because: str
    deadline_s: float = 30.0


LIES = (
    Lie(
        kind="claims_a_payment_it_did_not_make",
        outcome=Outcome.PAID,
        criterion="witnesses_agree",
        verdict=Verdict.FAIL,
        because="the driver says paid, the ledger shows no settled payment",
    ),
    Lie(
        kind="returns_a_wrong_preimage",
        outcome=Outcome.PAID,
        criterion="witnesses_agree",
        verdict=Verdict.FAIL,
        because="sha256 of the preimage is not the payment hash",
    ),
    Lie(
        kind="hangs",
        outcome=Outcome.UNKNOWN,
        criterion="pays_exact",
        verdict=Verdict.INCONCLUSIVE,
        because="no attempt ended in a payment that both witnesses saw",
        deadline_s=3.0,
    ),
)


@pytest.mark.conformance
@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.kind)
def test_a_liar_provokes_its_verdict(lie: Lie, tmp_path: Path) -> None:
    repeats = {"pay_exact": {"*": 2}, "no_such_experiment": {"*": 1}}
    directory, tally = run([miniature(lie.kind)], repeats, tmp_path, deadline_s=lie.deadline_s)
    assert (tally.attempts, tally.failures) == (3, [])
    evidence = record.load(directory.record)
    paying = [attempt.value for attempt in evidence.of(lie.kind, "pay_exact")]
    assert [attempt.outcome for attempt in paying] == [lie.outcome] * 2
    gate = judge(evidence, thresholds.load(limits.load())).of("compatibility", lie.kind)
    criterion = next(c for c in gate.criteria if c.name == lie.criterion)
    assert criterion.verdict is lie.verdict
    assert lie.because in criterion.reason
    assert gate.verdict is lie.verdict


@pytest.mark.conformance
def test_a_runtime_that_hangs_gets_a_new_process_for_its_next_attempt(tmp_path: Path) -> None:
    directory, _ = run([miniature("hangs")], {"pay_exact": {"*": 2}}, tmp_path, deadline_s=3.0)
    attempts = [attempt.value for attempt in record.load(directory.record).attempts]
    assert [(a.incarnation, a.sequence, a.code) for a in attempts] == [
        (0, 0, "deadline_exceeded"),
        (1, 0, "deadline_exceeded"),
    ]
    assert all(a.ledger is not None and a.ledger.debited_sats == 0 for a in attempts)
