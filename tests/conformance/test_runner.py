"""The runner with runtimes that break: what is an outcome, what is a harness error, and that the others go on."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from bench import evidence as record
from bench import limits, thresholds
from bench.judgement import judge
from bench.verdict import Verdict
from spikes import pins
from spikes.errors import RuntimeStartFailure
from spikes.plan import PROBE
from spikes.record import Attempt, Footer, HarnessError, Outcome, Role, read_lines
from spikes.runtimes import Form, native
from tests.miniatures.runs import run
from tests.miniatures.runtimes import ProgramRuntime

REPEATS = {"pay_exact": {"*": 2}, "pay_after_restart": {"*": 1}, "no_such_experiment": {"*": 1}}

pytestmark = pytest.mark.conformance


def test_a_runtime_that_does_not_start_loses_its_attempts_and_no_other_does(tmp_path: Path) -> None:
    broken = ProgramRuntime(NAME="broken", program=("-c", "raise SystemExit('no such thing')"))
    directory, tally = run([broken, native], REPEATS, tmp_path)
    assert [failure.exit_code for failure in tally.failures] == [RuntimeStartFailure.exit_code] * 5
    evidence = record.load(directory.record)
    assert {a.value.runtime for a in evidence.attempts} == {"native"}
    assert {a.value.outcome for a in evidence.of("native", "pay_exact")} == {Outcome.PAID}
    errors = [error.value for error in evidence.harness_errors]
    assert [error.attempt is None for error in errors] == [True, False, False, False, False]
    judgement = judge(evidence, thresholds.load(limits.load()))
    assert judgement.of("compatibility", "broken").verdict is Verdict.INCONCLUSIVE
    assert judgement.of("compatibility", "broken").set_aside is not None
    assert judgement.of("compatibility", "native").set_aside is None


def test_a_driver_that_dies_while_paying_is_unknown_and_gets_a_new_process(tmp_path: Path) -> None:
    program = (
        "import os, spikes.drivers.native.server as s\n"
        "async def die(self, *_): os._exit(9)\n"
        "s.Door._attempt = die\n"
        "from spikes.drivers.native.__main__ import main\n"
        "main()\n"
    )
    mortal = ProgramRuntime(NAME="mortal", program=("-c", program))
    directory, tally = run([mortal], {"pay_exact": {"*": 2}, "no_such_experiment": {"*": 1}}, tmp_path)
    assert tally.failures == []
    attempts = [a.value for a in record.load(directory.record).attempts]
    dying = [a for a in attempts if a.experiment == "pay_exact"]
    assert [(a.outcome, a.code) for a in dying] == [(Outcome.UNKNOWN, "connection_lost")] * 2
    assert sorted({a.incarnation for a in attempts}) in ([0, 1], [0, 1, 2])
    assert attempts[-1].incarnation >= 1


def test_a_driver_that_cannot_sync_fails_definitely_and_is_never_asked_to_pay(tmp_path: Path) -> None:
    program = (
        "import spikes.drivers.native.server as s\n"
        "from spikes.drivers.native.failures import WalletError\n"
        "async def refuse(self, clock): raise WalletError('connect_failed', 'no network today')\n"
        "s.Door._sync = refuse\n"
        "from spikes.drivers.native.__main__ import main\n"
        "main()\n"
    )
    directory, _ = run([ProgramRuntime(NAME="deaf", program=("-c", program))], {"pay_exact": {"*": 1}}, tmp_path)
    attempt = record.load(directory.record).attempts[0].value
    assert (attempt.outcome, attempt.code) == (Outcome.FAILED, "sync_failed")
    assert "no network today" in (attempt.reason or "")
    assert attempt.ledger is not None
    assert (attempt.ledger.debited_sats, attempt.ledger.settled_count) == (0, 0)


def test_phases_tell_cold_from_warm(tmp_path: Path) -> None:
    directory, _ = run([native], REPEATS, tmp_path)
    attempts = [a.value for a in record.load(directory.record).attempts]
    names = {
        a.attempt: [phase.name for phase in a.phases if phase.clock == "outside"]
        for a in attempts
        if a.experiment != "no_such_experiment"
    }
    assert list(names.values()) == [
        ["boot", "build", "sync", "pay"],
        ["sync", "boot", "sync", "pay", "check"],
        ["sync", "pay"],
    ]
    restarted = next(a for a in attempts if a.experiment == "pay_after_restart")
    assert (restarted.incarnation, restarted.sequence) == (1, 0)


def test_what_is_broken_is_named_in_one_line_each_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A corrupt wasm, a program that is not there, a probe that finds nothing; and a control that pays all the same."""
    spoilt = dataclasses.replace(pins.artefact("sdk-wasm-web"), name="spoilt", sha256="00" * 32)
    known = pins.pins()
    monkeypatch.setattr(pins, "pins", lambda: (*known, spoilt))
    corrupt = ProgramRuntime(NAME="corrupt", program=(), PINS=("spoilt",))
    absent = ProgramRuntime(NAME="absent", program=("-m", "spikes.drivers.nowhere"))
    silent = ProgramRuntime(NAME="silent", program=("-c", "pass"), FORM=Form.PROBE, ROLE=Role.INFORMATIVE)
    asked = {"pay_exact": {"native": 2, "corrupt": 1, "absent": 1}, PROBE: {"silent": 1}}
    directory, tally = run((native, corrupt, absent, silent), asked, tmp_path)
    lines = list(read_lines(directory.record))
    assert [a.outcome for a in lines if isinstance(a, Attempt)] == [Outcome.PAID, Outcome.PAID]
    assert isinstance(lines[-1], Footer)
    failed = [line for line in lines if isinstance(line, HarnessError)]
    errors = {line.runtime: line.message for line in failed if line.attempt is None or line.runtime == "silent"}
    assert "has sha256" in errors["corrupt"]
    assert "make setup" in errors["corrupt"]
    assert "ended with status 1" in errors["absent"]
    assert "make doctor" in errors["absent"]
    assert "ended with status 0" in errors["silent"]
    assert not any("\n" in message for message in errors.values())
    assert {failure.exit_code for failure in tally.failures} == {13, 16}
