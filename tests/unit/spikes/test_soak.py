"""Samples of what the harness itself uses, and the scribe that writes them."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from spikes.errors import RuntimeStartFailure
from spikes.plan import ANY_RUNTIME, Profile, make_plan
from spikes.progress import Progress
from spikes.record import Fact, HarnessError, Outcome, RecordWriter, read_lines
from spikes.scribe import Scribe
from spikes.soak import HARNESS, Sampler

NAMES = ("runner_rss_bytes", "emulator_rss_bytes", "runner_fds", "emulator_fds", "child_processes")


def sampled(path: Path, *, attempts: int, samples: int) -> list[Fact]:
    with RecordWriter(path) as record:
        scribe = Scribe(record, Progress(attempts, io.StringIO()))
        sampler = Sampler(scribe, os.getpid(), attempts=attempts, samples=samples)
        for _ in range(attempts):
            sampler.count()
    facts = [line for line in read_lines(path) if isinstance(line, Fact)]
    assert scribe.tally.facts == len(facts)
    return facts


def test_samples_are_spread_evenly_and_name_how_many_attempts_came_before(tmp_path: Path) -> None:
    facts = sampled(tmp_path / "record.jsonl", attempts=100, samples=4)
    assert [fact.name for fact in facts] == [f"{name}.at_{made}" for made in (25, 50, 75, 100) for name in NAMES]
    assert {fact.runtime for fact in facts} == {HARNESS}
    values = {fact.name: fact.value for fact in facts}
    assert values["runner_rss_bytes.at_25"] == pytest.approx(values["emulator_rss_bytes.at_25"], rel=0.1)
    assert isinstance(values["runner_rss_bytes.at_25"], int)
    assert values["runner_rss_bytes.at_25"] > 10_000_000  # bytes, not pages


def test_an_open_file_shows(tmp_path: Path) -> None:
    before = sampled(tmp_path / "before.jsonl", attempts=1, samples=1)
    with (tmp_path / "one").open("w"), (tmp_path / "two").open("w"):
        during = sampled(tmp_path / "during.jsonl", attempts=1, samples=1)
    fds = [next(f.value for f in facts if f.name == "runner_fds.at_1") for facts in (before, during)]
    assert fds[1] == int(fds[0]) + 2
    # the test stands in for the emulator too, so both counts are of the same process
    assert next(f.value for f in during if f.name == "emulator_fds.at_1") == fds[1]


@pytest.mark.parametrize(("attempts", "samples", "taken"), [(10, 0, 0), (3, 40, 3), (99, 10, 11)])
def test_a_short_run_has_fewer_samples_and_most_have_none(
    attempts: int, samples: int, taken: int, tmp_path: Path
) -> None:
    assert len(sampled(tmp_path / "record.jsonl", attempts=attempts, samples=samples)) == taken * len(NAMES)


def test_a_fact_that_many_attempts_share_is_written_once_a_runtime(tmp_path: Path) -> None:
    path = tmp_path / "record.jsonl"
    with RecordWriter(path) as record:
        scribe = Scribe(record, Progress(1, io.StringIO()))
        for runtime, value in (("node", "x"), ("node", "x"), ("native", "x"), ("node", "y")):
            scribe.tell(Fact(runtime=runtime, name="receipt.1", value=value, how="a test"))
    written = [(line.runtime, line.value) for line in read_lines(path) if isinstance(line, Fact)]
    assert written == [("node", "x"), ("native", "x"), ("node", "y")]
    assert scribe.tally.facts == 3


def test_an_attempt_that_was_not_made_is_named_with_its_place_in_the_plan(tmp_path: Path) -> None:
    repeats = {"pay_exact": {ANY_RUNTIME: 3}}
    profile = Profile(name="made-up", purpose="a test", attempt_deadline_s=1.0, repeats=repeats)
    planned = make_plan(profile, 1, ["node"], {"pay_exact": Outcome.PAID}).attempts[2]
    path = tmp_path / "record.jsonl"
    with RecordWriter(path) as record:
        scribe = Scribe(record, Progress(1, io.StringIO()))
        scribe.note(RuntimeStartFailure("not made: it is not running"), "node", planned)
    (line,) = read_lines(path)
    assert isinstance(line, HarnessError)
    assert (line.runtime, line.experiment, line.attempt, line.code) == ("node", "pay_exact", 2, "runtime_start_failure")
    assert len(scribe.tally.failures) == 1
