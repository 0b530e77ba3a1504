"""The scribe marks what a shard makes only to compare with, and leaves every other line as it is."""

from __future__ import annotations

import io
from pathlib import Path

from spikes.errors import RuntimeStartFailure
from spikes.experiments import EXPECTED
from spikes.plan import load_profile, make_plan
from spikes.progress import progress_of
from spikes.record import Attempt, Fact, HarnessError, RecordWriter, read_lines
from spikes.scribe import Scribe
from spikes.shards import sharded
from tests.records.builder import NATIVE, NODE, Run

WHOLE = make_plan(load_profile("quick"), 1, ["native", "node"], EXPECTED)
SECOND = sharded(WHOLE, 2, 2, ["native"])


def test_lines_about_the_yardstick_are_set_aside_and_all_others_are_evidence(tmp_path: Path) -> None:
    run = Run(NATIVE, NODE)
    with RecordWriter(tmp_path / "record.jsonl") as record:
        scribe = Scribe(record, progress_of(SECOND, io.StringIO()), SECOND.aside)
        for runtime in ("native", "node"):
            scribe.write(run.pay(runtime))
            scribe.tell(Fact(runtime=runtime, name="boot_s", value=0.5, how="by a test"))
            scribe.tell(Fact(runtime=runtime, name="boot_s", value=0.5, how="by a test"))
            scribe.note(RuntimeStartFailure("it did not start"), runtime)
        scribe.write(Fact(runtime="harness", name="runner_fds.at_2", value=3, how="by a test"))
        scribe.note(RuntimeStartFailure("nothing did"))
    kinds = (Attempt, Fact, HarnessError)
    lines = [line for line in read_lines(record.path) if isinstance(line, Attempt | Fact | HarnessError)]
    found = [(type(line), line.runtime, line.aside) for line in lines]
    assert found == [
        *((kind, "native", 2) for kind in kinds),
        *((kind, "node", 0) for kind in kinds),
        (Fact, "harness", 2),
        (HarnessError, None, 0),
    ]
    assert (scribe.tally.attempts, scribe.tally.facts, len(scribe.tally.failures)) == (2, 3, 3)


def test_a_run_made_whole_sets_nothing_aside(tmp_path: Path) -> None:
    with RecordWriter(tmp_path / "record.jsonl") as record:
        scribe = Scribe(record, progress_of(WHOLE, io.StringIO()), WHOLE.aside)
        scribe.write(Run(NATIVE).pay("native"))
    assert '"aside"' not in record.path.read_text(encoding="utf-8")
