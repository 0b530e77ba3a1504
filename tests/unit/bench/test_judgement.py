"""The whole judge: decisions from records, defects of a run, gates that crash, prefixes of a record."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench import adr, evidence, gates, render
from bench.decision import Topology
from bench.errors import BenchError
from bench.evidence import Evidence
from bench.judgement import Judgement, judge
from bench.thresholds import Thresholds
from bench.validity import CUT_OFF
from bench.verdict import GateVerdict, Verdict
from spikes.record import Outcome, Phase, Tier
from tests.records.builder import DRIFT, NATIVE, WORKERD, Run
from tests.records.cases import everything, reference
from tests.records.fitting import fit_for_compatibility, reference_payments

Judge = Callable[[bytes], Judgement]
WHOLE = reference()
SLOW = (Phase(name="pay", duration_s=9.0, clock="outside"),)


@pytest.fixture(scope="module")
def topology_a() -> bytes:
    return everything("native", "workerd").data()


def test_topology_a_from_a_record(judged: Judge, topology_a: bytes) -> None:
    judgement = judged(topology_a)
    assert judgement.decision.topology is Topology.A
    assert judgement.decision.statement == "Topology A: payments run natively in workerd."
    assert 'Chosen option: "Topology A in workerd"' in adr.adr_md(judgement)


def test_topology_b_from_a_record(judged: Judge) -> None:
    run = everything("native", "node", "workerd")
    run.fact("workerd", "host_apis_missing", 1)
    judgement = judged(run.data())
    assert judgement.decision.topology is Topology.B
    assert 'Chosen option: "Topology B with node"' in adr.adr_md(judgement)


def test_a_cut_off_run_decides_nothing_though_all_gates_had_passed(judged: Judge, topology_a: bytes) -> None:
    judgement = judged(topology_a[:-1])
    assert judgement.decision.topology is Topology.UNDECIDED
    assert judgement.defects == (CUT_OFF,)
    assert {v.verdict for v in judgement.verdicts} == {Verdict.INCONCLUSIVE}
    assert {v.reason for v in judgement.verdicts} == {CUT_OFF}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, len(WHOLE) - 1))
def test_no_prefix_of_a_record_decides_or_crashes(numbers: Thresholds, cut: int) -> None:
    header_end = WHOLE.index(b"\n") + 1
    if cut < header_end:
        with pytest.raises(BenchError):
            evidence.parse(WHOLE[:cut])
        return
    judgement = judge(evidence.parse(WHOLE[:cut]), numbers)
    assert judgement.decision.topology is Topology.UNDECIDED
    assert {v.verdict for v in judgement.verdicts} == {Verdict.INCONCLUSIVE}
    assert adr.adr_md(judgement)
    assert render.gates_md(judgement)
    assert render.verdicts_json(judgement)


def test_prefixes_of_a_deciding_record_decide_nothing(numbers: Thresholds, topology_a: bytes) -> None:
    for cut in (len(topology_a) - 1, len(topology_a) - 200, len(topology_a) // 2, topology_a.index(b"\n") + 1):
        judgement = judge(evidence.parse(topology_a[:cut]), numbers)
        assert judgement.decision.topology is Topology.UNDECIDED


def test_a_harness_error_takes_out_the_runtime_that_it_hit(judged: Judge) -> None:
    run = everything("native", "workerd")
    run.harness_error("workerd")
    judgement = judged(run.data())
    assert judgement.decision.topology is Topology.UNDECIDED
    assert judgement.of("custody", "workerd").verdict is Verdict.INCONCLUSIVE
    assert judgement.of("custody", "native").verdict is Verdict.PASS
    assert "harness error" in judgement.of("custody", "workerd").reason


def test_a_harness_error_elsewhere_leaves_the_decision_alone(judged: Judge) -> None:
    run = everything("native", "workerd")
    run.harness_error("node")
    assert judged(run.data()).decision.topology is Topology.A


def test_a_harness_error_of_nobody_takes_out_the_run(judged: Judge) -> None:
    run = everything("native", "workerd")
    run.harness_error(None)
    judgement = judged(run.data())
    assert {v.verdict for v in judgement.verdicts} == {Verdict.INCONCLUSIVE}


@pytest.mark.parametrize("change", ["wrong", "absent"])
def test_without_its_negative_control_a_runtime_decides_nothing(judged: Judge, change: str) -> None:
    run = Run(NATIVE, WORKERD)
    fit_for_compatibility(run, "workerd")
    run.attempt("native", "no_such_experiment", Outcome.UNSUPPORTED)
    if change == "wrong":
        run.attempt("workerd", "no_such_experiment", Outcome.FAILED)
    judgement = judged(run.data())
    assert judgement.of("compatibility", "workerd").verdict is Verdict.INCONCLUSIVE
    assert "negative control" in judgement.of("compatibility", "workerd").reason


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"attempts": 1}, "the footer counts 1 attempts"),
        ({"facts": 99}, "the footer counts 99 facts"),
        ({"supply_ok": False}, "the sum of all sats changed"),
    ],
)
def test_a_footer_that_does_not_fit_decides_nothing(judged: Judge, changes: dict[str, int], says: str) -> None:
    run = everything("native", "workerd")
    judgement = judged(run.data(footer=run.footer(**changes)))
    assert judgement.decision.topology is Topology.UNDECIDED
    assert says in judgement.decision.statement


def test_missing_planned_attempts_decide_nothing(judged: Judge) -> None:
    run = everything("native", "workerd")
    planned = run.header().planned_attempts
    data = run.data().replace(f'"planned_attempts":{planned}'.encode(), f'"planned_attempts":{planned + 2}'.encode(), 1)
    assert f"2 of {planned + 2} planned attempts are missing" in judged(data).decision.statement


def test_only_a_harness_error_about_an_attempt_explains_its_absence(judged: Judge) -> None:
    run = everything("native", "workerd")
    run.harness_error("node")
    planned = run.header().planned_attempts
    data = run.data().replace(f'"planned_attempts":{planned}'.encode(), f'"planned_attempts":{planned + 1}'.encode(), 1)
    assert "planned attempts are missing" in judged(data).decision.statement
    about_one = data.replace(b'"kind":"harness_error"', b'"attempt":7,"kind":"harness_error"', 1)
    assert about_one != data
    assert judged(about_one).decision.topology is Topology.A


def test_a_stand_in_can_fail_but_not_pass(judged: Judge) -> None:
    run = everything("native", "workerd")
    run.pins = tuple(dataclasses.replace(p, tier=Tier.STAND_IN) if p.name == "workerd" else p for p in run.pins)
    judgement = judged(run.data())
    assert judgement.of("custody", "workerd").verdict is Verdict.PASS
    assert judgement.decision.topology is Topology.UNDECIDED


@pytest.mark.parametrize("fit", [True, False])
def test_an_informative_runtime_in_the_record_leaves_the_decision_alone(judged: Judge, fit: bool) -> None:
    alone = everything("native", "workerd")
    run = everything("native", "workerd", pins=("native", "node", "workerd", "native_drift", "wasmtime"))
    alone.lines = [line for line in run.lines if getattr(line, "runtime", None) not in ("native_drift", "wasmtime")]
    if fit:
        fit_for_compatibility(run, "native_drift")
    else:
        run.pay("native_drift", ledger={"settled_count": 2})
    run.probe("wasmtime", "no host")
    for _ in range(25):  # an A/A pair that is far apart: a noise floor for nobody else
        run.pay("native_drift", phases=SLOW)
        run.pay("native_drift", lane="b")
    assert judged(run.data()).decision == judged(alone.data()).decision
    assert judged(run.data()).decision.topology is Topology.A


def test_the_lanes_of_an_informative_runtime_are_no_noise_floor_for_others(judged: Judge) -> None:
    def warm(lanes_of: str) -> Verdict:
        run = Run(NATIVE, WORKERD, DRIFT)
        reference_payments(run, "native")
        for _ in range(60):
            run.pay("workerd")
        for _ in range(25):
            run.pay(lanes_of)
            run.pay(lanes_of, lane="b")
        run.negative_controls()
        criteria = judged(run.data()).of("latency", "workerd").criteria
        return next(c.verdict for c in criteria if c.name == "own_cost_warm")

    assert warm("native") is Verdict.PASS
    assert warm("native_drift") is Verdict.INCONCLUSIVE


class Crashing:
    NAME = "custody"
    TITLE = "Crashing"
    REQUIREMENT = "none"

    def judge(self, evidence: Evidence, thresholds: Thresholds, runtime: str) -> GateVerdict:
        raise ZeroDivisionError("division by zero")


def test_a_gate_that_crashes_is_inconclusive_and_named(numbers: Thresholds) -> None:
    registry = [Crashing(), *(gate for gate in gates.GATES if gate.NAME != "custody")]
    judgement = judge(evidence.parse(everything("native", "workerd").data()), numbers, registry)
    crashed = judgement.of("custody", "workerd")
    assert crashed.verdict is Verdict.INCONCLUSIVE
    assert "ZeroDivisionError: division by zero" in crashed.reason
    assert judgement.of("latency", "workerd").verdict is Verdict.PASS
    assert judgement.decision.topology is Topology.UNDECIDED
