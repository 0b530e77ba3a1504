"""The seeded defects for real: the drivers' own buyer and wallet with one thing wrong, run by the real runner.

Each must be caught by the criterion that is named for it in tests/unit/bench/test_seeded_defects.py, and the
same program without any defect by none of them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import evidence, limits, thresholds
from bench.judgement import Judgement, judge
from bench.verdict import Criterion, Verdict
from tests.miniatures.runs import run
from tests.miniatures.runtimes import ProgramRuntime, orchestrating
from tests.unit.bench.test_seeded_defects import CAUGHT

# defect -> the experiment that shows it. Idempotency that is forgotten on "pending" takes a fault: gate 3's miniatures.
SHOWN_BY = {
    "leaks_half_the_preimage": "l402_paid",
    "hashes_the_hex_string": "l402_paid",
    "trusts_the_sellers_amount": "l402_lying_amount",
    "sends_parameters_for_authorization": "l402_paid",
    "counts_the_window_after_success": "l402_blocked_unknown_spend",
    "forgets_caps_at_restart": "remember_window",
    "pays_again_after_a_hit": "l402_expired_over_cap",
}


def judged(runtime: ProgramRuntime, experiments: tuple[str, ...], place: Path) -> Judgement:
    repeats = {name: {"*": 1} for name in (*experiments, "no_such_experiment")}
    directory, tally = run([runtime], repeats, place)
    assert tally.failures == []
    return judge(evidence.load(directory.record), thresholds.load(limits.load()))


def criterion(judgement: Judgement, gate: str, name: str, runtime: str) -> Criterion:
    return next(c for c in judgement.of(gate, runtime).criteria if c.name == name)


@pytest.mark.conformance
@pytest.mark.parametrize("defect", SHOWN_BY)
def test_a_seeded_defect_is_caught(defect: str, tmp_path: Path) -> None:
    gate, name, says = CAUGHT[defect]
    found = criterion(judged(orchestrating(defect), (SHOWN_BY[defect],), tmp_path), gate, name, defect)
    assert found.verdict is Verdict.FAIL, found.reason
    assert says in found.reason


@pytest.mark.conformance
def test_without_a_defect_none_of_them_is_caught(tmp_path: Path) -> None:
    experiments = tuple(dict.fromkeys(SHOWN_BY.values()))
    judgement = judged(orchestrating(), experiments, tmp_path)
    for gate, name, _ in CAUGHT.values():
        found = criterion(judgement, gate, name, "orchestrating")
        assert found.verdict is not Verdict.FAIL, found.reason
