"""A run made in four shards against the same run made whole: real runtimes, the same evidence, the same verdicts."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import evidence as record
from bench import limits, thresholds
from bench.judgement import Judgement, judge
from bench.shards import beside
from spikes.merge import merge
from spikes.profiles import LaneGroup
from spikes.record import read_lines
from spikes.record.judged import judged_digest, judged_evidence
from spikes.runtimes import runtime_named
from tests.miniatures.runs import run

pytestmark = pytest.mark.conformance

RUNTIMES = ("native", "node", "workerd", "durable_object")
ONCE = {"*": 1}
REPEATS = {
    "pay_exact": {"*": 2, "native@b": 2},
    "pay_swap": ONCE,
    "pay_after_restart": ONCE,
    "l402_paid": ONCE,
    "l402_cached": ONCE,
    "l402_blocked_cap": ONCE,
    "no_such_experiment": ONCE,
}
BESIDE = (
    LaneGroup(name="lightning", repeats={"l402_paid": ONCE}, latency="lan", every_s=1.0),
    LaneGroup(name="flow", repeats={"l402_redirect": ONCE, "l402_expired_credential": ONCE}),
    LaneGroup(name="fault", repeats={"fault_lost_after_commit.RequestLightningSend": ONCE}),
)
# How many samples are enough is a matter of many repeats; what was timed on two occasions is not the same number.
TIMED = ("paid_turn", "acknowledgement", "own_cost", "cached_turn", "blocked_turn", "limit", "cpu", "memory", "start")


def judged(path: Path) -> Judgement:
    return judge(record.load(path), thresholds.load(limits.load()))


def readings(judgement: Judgement) -> dict[tuple[str, str, str], tuple[str, object]]:
    """Every criterion of every gate and runtime: its verdict, and what was measured unless that is a time."""
    return {
        (verdict.gate, verdict.runtime, c.name): (
            c.verdict.value,
            None if c.name.startswith(TIMED) else c.measured,
        )
        for verdict in judgement.verdicts
        for c in verdict.criteria
    }


@pytest.mark.timeout(400)
def test_four_shards_merged_are_the_whole_run(tmp_path: Path) -> None:
    runtimes = [runtime_named(name) for name in RUNTIMES]
    whole, tally = run(runtimes, REPEATS, tmp_path, beside=BESIDE)
    assert not tally.failures
    shards = []
    for number in range(1, 5):
        made, tally = run(runtimes, REPEATS, tmp_path, beside=BESIDE, shard=(number, 4))
        assert not tally.failures
        shards.append(made.path)
    merged = merge(shards, tmp_path / "merged")
    one, four = list(read_lines(whole.record)), list(read_lines(merged))
    assert judged_evidence(four) == judged_evidence(one)
    assert judged_digest(four) == judged_digest(one)
    before, after = judged(whole.record), judged(merged)
    assert readings(after) == readings(before)
    assert [(v.gate, v.runtime, v.verdict) for v in after.verdicts] == [
        (v.gate, v.runtime, v.verdict) for v in before.verdicts
    ]
    assert after.defects == before.defects == ()
    assert after.decision.topology is before.decision.topology
    # Every shard without the control measured it once more, on its own network, both lanes.
    for name in RUNTIMES[1:]:
        view = beside(after.evidence, name)
        yardstick = [(a.value.experiment, a.value.lane, a.value.repeat) for a in view.of("native")]
        serial = [a.value for a in after.evidence.of("native") if a.value.lane in ("a", "b")]
        assert yardstick == [(a.experiment, a.lane, a.repeat) for a in serial]
        assert all(a.value.ledger is None or a.value.ledger.supply_ok for a in view.attempts)
