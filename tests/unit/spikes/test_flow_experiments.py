"""Flows as experiments: their names, and the one answer that several askings have to agree on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from spikes.contract import Answer
from spikes.experiments import EXPECTED, experiment_named
from spikes.experiments.flow_table import FLOWS
from spikes.experiments.l402_flows import EXPERIMENTS, agreed
from spikes.record import Claim, Outcome

PAID = Answer(outcome=Outcome.PAID, code=None, reason=None, claim=Claim(flow_digest="ab" * 32), phases=(), wall_s=0.5)
REFUSED = replace(PAID, outcome=Outcome.FAILED, code="challenge_malformed", reason="no header", wall_s=0.1)


def test_each_flow_is_an_experiment_of_its_own() -> None:
    assert [experiment.flow for experiment in EXPERIMENTS] == list(FLOWS)
    for experiment in EXPERIMENTS:
        assert experiment_named(experiment.NAME) is experiment
        assert EXPECTED[experiment.NAME] is experiment.EXPECTED is experiment.flow.outcome


def test_one_answer_is_that_answer() -> None:
    assert agreed([REFUSED]) == REFUSED


def test_answers_that_agree_are_one_that_took_as_long_as_the_slowest() -> None:
    assert agreed([PAID, replace(PAID, wall_s=0.7)]) == replace(PAID, wall_s=0.7)


@pytest.mark.parametrize(
    "other",
    [
        REFUSED,  # one of several was paid, or one of two was not
        replace(PAID, code="credential_refused"),
        replace(PAID, claim=Claim(flow_digest="cd" * 32)),
        replace(PAID, claim=Claim()),
    ],
)
def test_answers_that_do_not_agree_are_unknown_whatever_their_order(other: Answer) -> None:
    for answers in ([PAID, other], [other, PAID], [PAID, PAID, other]):
        answer = agreed(answers)
        assert (answer.outcome, answer.code) == (Outcome.UNKNOWN, "answers_differ")
        assert answer.reason is not None
