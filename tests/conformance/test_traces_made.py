"""A real run's traces: the calls that the attempt's own line counts, inside the time that its own line tells."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from bench import evidence as record
from bench.trace_tables import trace_table
from spikes.plan import ANY_RUNTIME
from spikes.profiles import LaneGroup
from spikes.record import Outcome
from spikes.runtimes import native, node
from tests.miniatures.runs import run

REPEATS = {"pay_exact": {"*": 3}, "pay_swap": {"*": 3}}
TURNS = LaneGroup(name="lightning", latency="lightning", every_s=8.0, repeats={"l402_paid": {ANY_RUNTIME: 1}})
# How far the two clocks may be misread: half of one request to the emulator, on a machine that is busy.
MISREAD_S = 0.25

pytestmark = pytest.mark.conformance


def test_a_trace_tells_the_calls_of_its_attempt_by_name_and_in_their_time(tmp_path: Path) -> None:
    directory, tally = run([native, node], REPEATS, tmp_path, beside=(TURNS,))
    assert tally.failures == []
    evidence = record.load(directory.record)
    by_line = {numbered.line: numbered.value for numbered in evidence.attempts}
    table = trace_table(evidence)
    assert table.unreadable == ()
    names = ["cold", "pay_exact", "pay_swap", "l402_paid@lightning"]
    assert [(t.runtime, t.name) for t in table.traces] == [(r, name) for r in ("native", "node") for name in names]
    for trace in table.traces:
        attempt = by_line[trace.lines[1]]
        assert attempt.outcome is Outcome.PAID
        assert Counter(call.method for call in trace.calls) == attempt.calls.by_method
        assert trace.answered_s == pytest.approx(attempt.wall_s, abs=1e-5)
        assert sum(call.duration_s for call in trace.calls) >= attempt.calls.injected_s
        (sent,) = (call for call in trace.calls if call.method == "RequestLightningSend")
        assert -MISREAD_S <= sent.start_s <= sent.end_s <= trace.answered_s + MISREAD_S
        assert 0 < trace.in_calls_s <= trace.answered_s
