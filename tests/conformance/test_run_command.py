"""`python -m spikes run` as a process: a full run, its record and logs, and every way it can end before its time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from bench import evidence as record
from bench import limits, thresholds
from bench.judgement import judge
from bench.verdict import Verdict
from spikes.errors import EmulatorFailure, Interrupted
from spikes.processes import PROJECT
from spikes.wallets import derive_wallet

DEADLINE_S = 60.0
SEED = 21

pytestmark = pytest.mark.conformance


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for a condition; fails after DEADLINE_S."""
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, f"waited {DEADLINE_S:g} s for {what}"
        time.sleep(0.02)


class RunningCommand:
    """A run under way, with what it has written so far and the processes it owns."""

    def __init__(self, out: Path, *options: str, runtimes: str = "native,node,workerd") -> None:
        command = (sys.executable, "-m", "spikes", "run", "--profile", "soak", "--seed", str(SEED))
        self.out = out
        self.seen: list[psutil.Process] = []
        self.process = subprocess.Popen(
            [*command, "--runtimes", runtimes, "--out", str(out), *options],
            cwd=PROJECT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def lines(self) -> list[dict[str, Any]]:
        found = list(self.out.glob("*-soak-*/record.jsonl"))
        text = found[0].read_text() if found else ""
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]

    def attempts(self) -> int:
        return sum(line["kind"] == "attempt" for line in self.lines())

    def children(self) -> list[psutil.Process]:
        self.seen = psutil.Process(self.process.pid).children(recursive=True)
        return self.seen

    def end(self) -> None:
        """End it, and what a failing test may have left of it."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for child in self.seen:
            with suppress(psutil.NoSuchProcess):
                child.kill()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., RunningCommand]]:
    commands: list[RunningCommand] = []

    def begin(*options: str, runtimes: str = "native,node,workerd") -> RunningCommand:
        commands.append(RunningCommand(tmp_path, *options, runtimes=runtimes))
        return commands[-1]

    yield begin
    for command in commands:
        command.end()


def gone(children: list[psutil.Process]) -> bool:
    return not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children)


def assert_truncated(command: RunningCommand) -> None:
    assert command.lines()[-1]["kind"] != "footer"
    path = next(command.out.glob("*-soak-*/record.jsonl"))
    judgement = judge(record.load(path), thresholds.load(limits.load()))
    assert judgement.evidence.truncated
    assert {verdict.verdict for verdict in judgement.verdicts} == {Verdict.INCONCLUSIVE}
    assert judgement.decision.topology.value == "undecided"


def test_a_run_ends_with_a_whole_record_and_leaves_no_secret_behind(tmp_path: Path) -> None:
    command = (
        sys.executable,
        "-m",
        "spikes",
        "run",
        "--seed",
        str(SEED),
        "--runtimes",
        "native",
        "--out",
        str(tmp_path),
    )
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=170, check=False)
    assert done.returncode == 0, done.stderr
    assert "about 0:00 left: native         use, inspected" in done.stderr
    path = Path(done.stdout.splitlines()[-1])
    assert path == (tmp_path / "latest").resolve()
    evidence = record.load(path / "record.jsonl")
    assert evidence.footer is not None
    assert evidence.footer.supply_ok
    assert evidence.footer.attempts == evidence.header.planned_attempts == len(evidence.attempts)
    # Under faults either definite end is sound, and which one it is may hang on a moment.
    planned = [a.value for a in evidence.attempts if not a.value.experiment.startswith("fault_")]
    assert [(a.experiment, a.outcome) for a in planned if a.outcome is not a.expected] == []
    assert {f.value.name for f in evidence.facts} >= {"boot_s", "rss_bytes"}
    gate = judge(evidence, thresholds.load(limits.load())).of("compatibility", "native")
    shown = {criterion.name for criterion in gate.criteria if criterion.verdict is Verdict.PASS}
    assert shown >= {"witnesses_agree", "pays_exact", "pays_swap", "again_same_isolate", "again_after_restart"}
    wallet = derive_wallet(SEED, "native")
    files = [file for file in path.rglob("*") if file.is_file()]
    assert len(files) > 5
    for file in files:
        text = file.read_text(encoding="utf-8", errors="replace")
        assert wallet.mnemonic not in text
        assert wallet.token not in text


@pytest.mark.parametrize("attempts", [0, 7])
def test_killing_a_run_leaves_no_process_and_a_record_that_decides_nothing(
    start: Callable[..., RunningCommand], attempts: int
) -> None:
    command = start()
    until(lambda: len(command.children()) >= (2 if attempts == 0 else 5), "its children")
    until(lambda: command.attempts() >= attempts, f"{attempts} attempts")
    children = command.children()
    command.process.send_signal(signal.SIGKILL)
    command.process.wait()
    until(lambda: gone(children), "the children to be gone")
    assert_truncated(command)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_run_that_is_asked_to_stop_does_so_in_order(
    start: Callable[..., RunningCommand], number: signal.Signals
) -> None:
    command = start()
    until(lambda: command.attempts() >= 4, "4 attempts")
    children = command.children()
    command.process.send_signal(number)
    assert command.process.wait(timeout=DEADLINE_S) == Interrupted.exit_code
    assert gone(children)
    assert_truncated(command)
    assert not list(command.out.glob("*/scratch"))


def test_a_run_on_a_leash_ends_with_its_parent(start: Callable[..., RunningCommand], tmp_path: Path) -> None:
    argv = (sys.executable, "-m", "spikes", "run", "--profile", "soak", "--runtimes", "native", "--leash")
    program = f"import subprocess; subprocess.run({[*argv, '--out', str(tmp_path)]!r})"
    parent = subprocess.Popen([sys.executable, "-c", program], cwd=PROJECT, stderr=subprocess.DEVNULL)
    try:
        until(lambda: len(psutil.Process(parent.pid).children(recursive=True)) >= 3, "the run and its children")
        family = psutil.Process(parent.pid).children(recursive=True)
    finally:
        parent.kill()
        parent.wait()
    try:
        until(lambda: gone(family), "the run to follow its parent")
    finally:
        for left in family:
            with suppress(psutil.NoSuchProcess):
                left.kill()


def test_a_dead_emulator_ends_the_run_as_a_harness_failure(start: Callable[..., RunningCommand]) -> None:
    command = start(runtimes="native")
    until(lambda: command.attempts() >= 3, "3 attempts")
    emulator = next(child for child in command.children() if "emulator" in child.cmdline())
    os.kill(emulator.pid, signal.SIGKILL)
    assert command.process.wait(timeout=DEADLINE_S) == EmulatorFailure.exit_code
    assert command.lines()[-1]["kind"] == "harness_error"
    assert command.lines()[-1]["code"] == EmulatorFailure.code
    assert_truncated(command)
