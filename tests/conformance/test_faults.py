"""Real drivers under faults: a handful of schedules, replays byte for byte, and a counterexample found and shrunk."""

from __future__ import annotations

from pathlib import Path

import pytest

from spikes.commands.replay import replay, schedule_of
from spikes.errors import PlanError
from spikes.faults.ending import SOUND, ending_of
from spikes.faults.rehearsal import rehearse
from spikes.faults.schedule import Fault, Kind, Schedule, canonical, read_schedule
from spikes.record import Attempt, Fact, Outcome, read_lines
from spikes.runtimes import Runtime, native, node
from tests.miniatures.runs import run
from tests.miniatures.test_unreliable import unreliable

HANDFUL = (
    "fault_error_before_commit.LightningSendFeeEstimate",
    "fault_lost_after_commit.initiate_preimage_swap_v3",
    "fault_reset_mid_body.RequestLightningSend",
    "fault_duplicate.RequestSwap",
    "fault_expired_session.claim_transfer",
    "fault_kill_before_commit.initiate_preimage_swap_v3",
    "fault_kill_after_commit.RequestLightningSend",
    "fault_kill_after_commit.RequestSwap",
    "fault_one_operator_down",
    "fault_ssp_stuck",
    "fault_lightning_failure",
    "fault_zero_preimage",
    "fault_kill_before_submit",
    "fault_out_of_memory",
    "fault_restart",
    "fault_two_processes",
    "fault_same_request_twice",
)
REMEMBERED = {"remember_request": Outcome.PAID, "remember_window": Outcome.BLOCKED}
LOST_ANSWER = Fault(kind=Kind.LOST_AFTER_COMMIT, method="RequestLightningSend")
TWO_THINGS = Schedule(
    faults=(Fault(kind=Kind.EXPIRED_SESSION, method="get_signing_commitments"), LOST_ANSWER),
    swap=True,
)
LIAR = "pays_twice_on_retry"

pytestmark = pytest.mark.conformance
each_runtime = pytest.mark.parametrize("runtime", [native, node], ids=lambda runtime: str(runtime.NAME))


@each_runtime
def test_a_handful_of_schedules_ends_paid_once_or_returned(runtime: Runtime, tmp_path: Path) -> None:
    names = (*HANDFUL, *REMEMBERED)
    directory, tally = run([runtime], {name: {"*": 1} for name in names}, tmp_path, deadline_s=60.0)
    assert tally.failures == []
    attempts = {line.experiment: line for line in read_lines(directory.record) if isinstance(line, Attempt)}
    assert {name: outcome for name, outcome in REMEMBERED.items() if attempts[name].outcome is not outcome} == {}
    assert {name: ending for name in HANDFUL if (ending := _ending(attempts[name])) not in SOUND} == {}
    unstruck = {name for name in names if not all(fault.fired for fault in attempts[name].faults)}
    assert unstruck == set(), "every fault had its moment"
    assert all(attempts[name].faults for name in names)
    for attempt in attempts.values():
        assert not attempt.asks or (attempt.asks[-1].outcome, attempt.asks[-1].code) == (attempt.outcome, attempt.code)


def _ending(attempt: Attempt) -> str:
    assert attempt.ledger is not None
    assert attempt.ledger.invoice_amount_sats is not None
    amount_sats = attempt.ledger.invoice_amount_sats
    return ending_of(attempt.outcome, attempt.ledger, amount_sats + 2 + amount_sats // 1_000)


@each_runtime
@pytest.mark.parametrize("seed", [4, 11])
async def test_a_replay_is_the_same_byte_for_byte(runtime: Runtime, seed: int) -> None:
    schedule = schedule_of(seed, None, None)
    first, second = [await replay(runtime, seed, schedule) for _ in range(2)]
    assert first == second
    assert f"schedule  {canonical(schedule)}" in first.splitlines()
    assert "COUNTEREXAMPLE" not in first


async def test_who_pays_twice_is_found_shrunk_and_replayed() -> None:
    liar, shortest = unreliable(LIAR), Schedule(faults=(LOST_ANSWER,))
    text = await replay(liar, 3, TWO_THINGS)
    assert "ending    double_debit - COUNTEREXAMPLE" in text
    assert read_schedule(text.partition("--schedule ")[2].strip().strip("'")) == shortest
    first, second = [await replay(liar, 3, shortest) for _ in range(2)]
    assert first == second
    assert "ending    double_debit - COUNTEREXAMPLE" in first
    assert "Nothing of this schedule can be left out." in first
    assert (await rehearse(native, 3, TWO_THINGS)).ending in SOUND, "the driver that the liar is made of does not"


def test_a_run_tells_the_shortest_schedule(tmp_path: Path) -> None:
    directory, _ = run([unreliable(LIAR)], {"fault_reset_mid_body.RequestLightningSend": {"*": 1}}, tmp_path)
    lines = list(read_lines(directory.record))
    (attempt,) = (line for line in lines if isinstance(line, Attempt))
    facts = [line for line in lines if isinstance(line, Fact)]
    told = {fact.name: fact.value for fact in facts if fact.name.startswith("counterexample.")}
    reset = Schedule(faults=(Fault(kind=Kind.RESET_MID_BODY, method="RequestLightningSend"),))
    assert told == {f"counterexample.{attempt.seed}": canonical(reset)}


@pytest.mark.parametrize(("experiment", "text"), [("fault_no_such", None), (None, "{}x"), (None, '{"faults":[{}]}')])
def test_a_schedule_that_there_is_not_is_refused(experiment: str | None, text: str | None) -> None:
    with pytest.raises(PlanError):
        schedule_of(1, experiment, text)
