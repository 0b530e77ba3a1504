"""Gate 2, criterion by criterion."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bench.judgement import Judgement
from bench.verdict import Criterion, Verdict
from tests.records.builder import WORKERD, Run
from tests.records.fitting import fit_for_custody

Judge = Callable[[bytes], Judgement]
FAIL, OPEN, PASS = Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.PASS
W = "workerd"


def criteria(judged: Judge, run: Run) -> dict[str, Criterion]:
    run.negative_controls()
    return {c.name: c for c in judged(run.data()).of("custody", W).criteria}


@pytest.mark.parametrize(
    ("name", "value", "criterion", "verdict"),
    [
        ("plaintext_inputs", 1, "envelope", FAIL),
        ("data_key_uses", 2, "envelope", FAIL),
        ("envelope.cipher", "AES-128-CBC", "envelope", FAIL),
        ("leak_scan.heap_snapshot", "LEAK", "no_leak", FAIL),
        ("leak_scan.stdout", "UNPLANTED", "no_leak", OPEN),
        ("leak_scan.stdout", "UNSCANNED", "no_leak", OPEN),
        ("leak_control.stdout", "MISSED", "honest_scan", OPEN),
        ("key_life.kms_denied", "empty_seed", "key_life", FAIL),
        ("key_life.kms_denied", "error:", "key_life", FAIL),
        ("key_life.import", "error:secret_error", "key_life", FAIL),
        ("foreign_state", 1, "isolation", FAIL),
        ("residue_window_s", 3.0, "no_leak", PASS),
    ],
)
def test_one_bad_reading_changes_custody(
    judged: Judge, name: str, value: int | str, criterion: str, verdict: Verdict
) -> None:
    run = Run(WORKERD)
    fit_for_custody(run, W)
    run.fact(W, name, value)
    found = criteria(judged, run)
    assert found[criterion].verdict is verdict
    assert all(c.verdict is PASS for other, c in found.items() if other != criterion)


def test_one_wallet_shows_no_isolation(judged: Judge) -> None:
    run = Run(WORKERD)
    run.fact(W, "isolated_wallets", 1)
    run.fact(W, "foreign_state", 0)
    assert criteria(judged, run)["isolation"].verdict is OPEN
