"""Runtimes that were only probed: gate 1 fails for the probe's reason, the others say that nothing was paid."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bench.gates import GATES
from bench.judgement import Judgement
from bench.verdict import Verdict
from spikes.record import Outcome
from tests.records.builder import NATIVE, WASMTIME, WORKERD, Run
from tests.records.cases import HERE
from tests.records.fitting import host_apis

Judge = Callable[[bytes], Judgement]
FAIL, OPEN, PASS = Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.PASS
WHY = "312 imports of a JavaScript host are missing; WASI meets none of them"


@pytest.fixture
def judgement(judged: Judge) -> Judgement:
    return judged((HERE / "compatibility" / "probe.jsonl").read_bytes())


def test_a_probe_fails_gate_1_with_its_own_reason(judgement: Judgement) -> None:
    verdict = judgement.of("compatibility", "wasmtime")
    assert verdict.verdict is FAIL
    found = {c.name: c for c in verdict.criteria}
    assert set(found) == {"pays_exact", "pays_swap"}
    assert {(c.verdict, c.reason, c.lines) for c in found.values()} == {
        (FAIL, f"cannot pay, unsupported: {WHY}", found["pays_exact"].lines)
    }
    apart = {entry.name for entry in verdict.not_applicable}
    assert {"witnesses_agree", "again_at_once", "again_after_restart", "balances_exact", "host_needs"} <= apart


def test_about_the_other_gates_a_probe_says_nothing_and_that_is_no_pass(judgement: Judgement) -> None:
    for gate in GATES[1:]:
        verdict = judgement.of(gate.NAME, "wasmtime")
        assert verdict.verdict is OPEN
        assert [c.name for c in verdict.criteria] == ["paid_at_all"]
        assert verdict.reason == f"paid_at_all: did not pay, so there is nothing to judge: {WHY} (1 of 1 open)"


def test_a_probe_has_no_driver_that_could_be_asked_for_the_negative_control(judgement: Judgement) -> None:
    assert judgement.defects == ()
    assert judgement.of("compatibility", "native").verdict is PASS


def test_what_a_probe_measured_is_judged(judged: Judge) -> None:
    run = Run(WASMTIME)
    run.probe("wasmtime", WHY)
    host_apis(run, "wasmtime", missing=("Promise",), shimmed=())
    verdict = judged(run.data()).of("compatibility", "wasmtime")
    found = {c.name: c for c in verdict.criteria}
    assert found["host_needs"].verdict is FAIL
    assert "Promise" in found["host_needs"].reason


def test_limits_that_a_probe_did_not_measure_are_not_open(judged: Judge) -> None:
    run = Run(WORKERD)
    run.probe("workerd", WHY, outcome=Outcome.FAILED)
    run.fact("workerd", "upload_raw_bytes", 100_000_000)
    verdict = judged(run.data()).of("compatibility", "workerd")
    assert {c.name for c in verdict.criteria} == {"pays_exact", "pays_swap", "limit_upload_size"}
    assert {c.verdict for c in verdict.criteria} == {FAIL}
    assert verdict.informative == ()
    assert "limit_memory" in {entry.name for entry in verdict.not_applicable}


def test_a_runtime_with_one_more_attempt_than_its_probe_has_a_driver(judged: Judge) -> None:
    run = Run(NATIVE)
    run.attempt("native", "probe", Outcome.UNSUPPORTED)
    run.pay("native")
    judgement = judged(run.data())
    assert "negative control (no_such_experiment) was not run" in judgement.of("compatibility", "native").reason


def test_a_harness_error_about_a_probe_sets_it_aside(judged: Judge) -> None:
    run = Run(WASMTIME)
    run.probe("wasmtime", WHY)
    run.harness_error("wasmtime")
    assert {v.verdict for v in judged(run.data()).verdicts} == {OPEN}
