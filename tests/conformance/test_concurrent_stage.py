"""The concurrent stage with real runtimes: lanes work beside one another, and what breaks one leaves others alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import evidence as record
from spikes.errors import EmulatorFailure, RuntimeStartFailure
from spikes.plan import ANY_RUNTIME
from spikes.profiles import LaneGroup
from spikes.record import Attempt, Fact, HarnessError, Outcome, Role, read_lines
from spikes.runtimes import native, node
from tests.miniatures.runs import run
from tests.miniatures.runtimes import ProgramRuntime

ONE = {"pay_exact": {"native": 1}}
PAYING = LaneGroup(name="beside", wallets=2, repeats={"pay_exact": {ANY_RUNTIME: 4}, "pay_swap": {ANY_RUNTIME: 2}})

pytestmark = pytest.mark.conformance


def attempts_of(path: Path) -> list[Attempt]:
    return [line for line in read_lines(path) if isinstance(line, Attempt)]


def test_all_lanes_pay_at_the_same_time_each_in_its_order(tmp_path: Path) -> None:
    directory, tally = run([native, node], ONE, tmp_path, beside=(PAYING,))
    assert tally.failures == []
    evidence = record.load(directory.record)
    assert evidence.footer is not None
    assert evidence.footer.supply_ok
    made = attempts_of(directory.record)
    assert len(made) == 1 + 2 * 6
    assert made[0].lane == "a"  # the serial stage is over before the other begins
    assert {a.outcome for a in made} == {Outcome.PAID}
    seats = {(a.runtime, a.lane) for a in made[1:]}
    assert seats == {(runtime, lane) for runtime in ("native", "node") for lane in ("beside1", "beside2")}
    for seat in seats:
        mine = [a for a in made if (a.runtime, a.lane) == seat]
        assert [a.attempt for a in mine] == sorted(a.attempt for a in mine)
        assert [a.sequence for a in mine] == [0, 1, 2]
    # beside one another, not lane by lane: the plan's order, which is lane by lane, is not the record's
    assert [a.attempt for a in made] != sorted(a.attempt for a in made)
    boots = [line for line in read_lines(directory.record) if isinstance(line, Fact) and line.name == "boot_s"]
    assert {fact.runtime for fact in boots} == {"native"}  # boots of the concurrent stage measure nothing
    for a in made:  # what each wallet's calls were is told apart although the journal is one
        assert a.calls.by_method["RequestLightningSend"] == 1
        assert a.ledger is not None
        assert a.ledger.invoice_amount_sats is not None
        assert a.ledger.debited_sats > a.ledger.invoice_amount_sats


def test_what_shares_a_request_sequence_tells_it_once(tmp_path: Path) -> None:
    directory, _ = run([native, node], ONE, tmp_path, beside=(PAYING,))
    lines = list(read_lines(directory.record))
    told = [(f.runtime, f.name) for f in lines if isinstance(f, Fact) and f.name.startswith("request_sequence.")]
    assert len(told) == len(set(told))
    named = {(a.runtime, f"request_sequence.{a.requests}") for a in lines if isinstance(a, Attempt) and a.requests}
    assert named == set(told)


def test_a_runtime_that_dies_in_it_loses_its_own_attempts_only(tmp_path: Path) -> None:
    """It starts once, pays, is killed by its second payment, and does not come up again."""
    mark = tmp_path / "was here"
    program = (
        "import os, pathlib, sys, spikes.drivers.native.server as s\n"
        f"mark = pathlib.Path({str(mark)!r})\n"
        "if mark.exists(): sys.exit('not twice')\n"
        "pay, paid = s.Door._attempt, []\n"
        "async def die(self, *args):\n"
        "    if paid: mark.write_text(''); os._exit(9)\n"
        "    paid.append(1)\n"
        "    return await pay(self, *args)\n"
        "s.Door._attempt = die\n"
        "from spikes.drivers.native.__main__ import main\n"
        "main()\n"
    )
    mortal = ProgramRuntime(NAME="mortal", program=("-c", program), ROLE=Role.INFORMATIVE)
    group = LaneGroup(name="beside", repeats={"pay_exact": {ANY_RUNTIME: 5}})
    directory, tally = run([native, mortal], ONE, tmp_path, beside=(group,))
    made = attempts_of(directory.record)
    assert [a.outcome for a in made if a.runtime == "native"] == [Outcome.PAID] * 6
    assert [(a.outcome, a.code) for a in made if a.runtime == "mortal"] == [
        (Outcome.PAID, None),
        (Outcome.UNKNOWN, "connection_lost"),
    ]
    lost = [line for line in read_lines(directory.record) if isinstance(line, HarnessError)]
    assert {error.runtime for error in lost} == {"mortal"}
    assert len([error for error in lost if error.attempt is not None]) == 3
    assert {type(failure) for failure in tally.failures} == {RuntimeStartFailure}


def test_a_runtime_that_does_not_start_in_it_leaves_the_others_alone(tmp_path: Path) -> None:
    broken = ProgramRuntime(NAME="broken", program=("-c", "raise SystemExit('no such thing')"))
    group = LaneGroup(name="beside", repeats={"pay_exact": {ANY_RUNTIME: 2}})
    directory, tally = run([native, broken], ONE, tmp_path, beside=(group,))
    assert [a.outcome for a in attempts_of(directory.record)] == [Outcome.PAID] * 3
    assert len(tally.failures) == 3  # it did not start; two attempts were not made
    assert record.load(directory.record).footer is not None


def test_a_dead_emulator_ends_all_lanes_as_one_harness_failure(tmp_path: Path) -> None:
    """One driver kills it in the middle of everybody's payments."""
    program = (
        "import os, psutil, signal, spikes.drivers.native.server as s\n"
        "async def strike(self, *_):\n"
        "    run = psutil.Process(os.getppid())\n"
        "    for child in run.children():\n"
        "        if 'emulator' in child.cmdline(): child.send_signal(signal.SIGKILL)\n"
        "s.Door._attempt = strike\n"
        "from spikes.drivers.native.__main__ import main\n"
        "main()\n"
    )
    striker = ProgramRuntime(NAME="striker", program=("-c", program))
    group = LaneGroup(name="beside", repeats={"pay_exact": {"native": 200, "striker": 1}})
    with pytest.raises(EmulatorFailure):
        run([native, striker], ONE, tmp_path, beside=(group,))
    path = next(tmp_path.glob("*-miniature-*/record.jsonl"))
    lines = list(read_lines(path))
    assert isinstance(lines[-1], HarnessError)
    assert lines[-1].code == EmulatorFailure.code
    assert record.load(path).truncated


def outside(attempt: Attempt) -> dict[str, float]:
    return {phase.name: phase.duration_s for phase in attempt.phases if phase.clock == "outside"}


def test_turns_of_an_open_loop_count_from_when_they_were_meant_to_start(tmp_path: Path) -> None:
    """Meant to start ten times a second, which no wallet can keep up with: every turn waits for those before it."""
    group = LaneGroup(name="rushed", latency="lan", every_s=0.1, repeats={"pay_swap": {ANY_RUNTIME: 6}})
    directory, tally = run([native, node], ONE, tmp_path, beside=(group,))
    assert tally.failures == []
    turns = [a for a in attempts_of(directory.record) if a.experiment == "pay_swap@lan"]
    assert len(turns) == 12
    for a in turns:
        phases = outside(a)
        assert a.outcome is Outcome.PAID
        assert 0 < phases["acknowledge"] <= phases["turn"]
        assert phases["turn"] >= a.wall_s
        assert a.calls.injected_s > 0
    for runtime in ("native", "node"):
        late = [outside(a)["turn"] - a.wall_s for a in turns if a.runtime == runtime]
        assert late[-1] > late[0]  # the wait of those before is not forgotten
        assert late[-1] > 0.1
    untimed = next(a for a in attempts_of(directory.record) if a.lane == "a")
    assert not {"turn", "acknowledge"} & set(outside(untimed))
    assert untimed.calls.injected_s == 0


def test_a_latency_profile_draws_the_same_for_every_runtime(tmp_path: Path) -> None:
    group = LaneGroup(name="lightning", latency="lightning", every_s=20.0, repeats={"pay_exact": {ANY_RUNTIME: 1}})
    directory, _ = run([native, node], ONE, tmp_path, beside=(group,))
    first, second = (a for a in attempts_of(directory.record) if a.experiment == "pay_exact@lightning")
    assert first.calls.settle_s == second.calls.settle_s > 0
    for a in (first, second):
        phases = outside(a)
        assert a.outcome is Outcome.PAID
        assert phases["turn"] > a.calls.settle_s
        # a state shows long before the payment is settled: it was polled for meanwhile
        assert phases["acknowledge"] < a.calls.settle_s
        assert a.calls.injected_s == pytest.approx(0.05 * a.calls.count)  # every call of the act, and no other
