"""Each gate on its three committed records, and the records against the program that writes them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bench.gates import GATES
from bench.judgement import Judgement
from bench.verdict import Verdict
from tests.records.cases import CASES, HERE
from tests.records.flows import FLOWS

Judge = Callable[[bytes], Judgement]


@pytest.mark.parametrize("verdict", Verdict)
@pytest.mark.parametrize("gate", [gate.NAME for gate in GATES])
def test_every_gate_has_a_record_for_every_verdict(judged: Judge, gate: str, verdict: Verdict) -> None:
    judgement = judged((HERE / gate / f"{verdict.lower()}.jsonl").read_bytes())
    assert judgement.of(gate, "workerd").verdict is verdict
    assert judgement.defects == ()


@pytest.mark.parametrize("name", CASES)
def test_committed_records_are_what_the_builder_writes(name: str) -> None:
    assert (HERE / name).read_bytes() == CASES[name](), "run `python -m tests.records.cases` and read the diff"


def test_no_record_lies_about_that_the_table_forgot() -> None:
    assert {str(path.relative_to(HERE)) for path in HERE.rglob("*.jsonl")} == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_what_is_open_says_what_it_needs_and_what_is_judged_says_where(judged: Judge, name: str) -> None:
    for verdict in judged((HERE / name).read_bytes()).verdicts:
        for criterion in (*verdict.criteria, *verdict.informative):
            assert criterion.reason
            if criterion.verdict is Verdict.INCONCLUSIVE:
                assert criterion.needs
            else:
                assert criterion.lines


def test_every_criterion_of_the_gates_is_there(judged: Judge) -> None:
    judgement = judged((HERE / "reference.jsonl").read_bytes())
    names = {v.gate: {c.name for c in v.criteria} for v in judgement.verdicts if v.runtime == "workerd"}
    assert names == {
        "compatibility": {
            *("witnesses_agree", "pays_exact", "pays_swap", "again_same_isolate", "again_at_once", "again_rebuilt"),
            *("again_second_isolate", "again_after_eviction", "again_after_restart", "balances_exact", "host_needs"),
            *("limit_upload_size", "limit_startup_cpu", "limit_cpu_per_request", "limit_memory", "limit_subrequests"),
            *("limit_connections", "limit_code_generation", "limit_work_after_response"),
        },
        "custody": {"envelope", "no_leak", "honest_scan", "key_life", "isolation"},
        "latency": {
            *("exactly_once", "unknown_stays_unknown", "remembers", "success_rate", "paid_turn_p50", "paid_turn_p95"),
            *("acknowledgement", "own_cost_warm", "own_cost_cold", "cached_turn_p95", "blocked_turn_p95"),
        },
        "determinism": {
            *(f"flow_{name}" for name, _, _ in FLOWS),
            *("blocked_pays_nothing", "repeats_identical", "identical_across_runtimes", "receipt_contents"),
        },
    }


def test_limits_of_workers_ask_nothing_of_other_runtimes(judged: Judge) -> None:
    judgement = judged((HERE / "reference.jsonl").read_bytes())
    node = judgement.of("compatibility", "node")
    assert not [c for c in (*node.criteria, *node.informative) if c.name.startswith("limit_")]
    assert "limit_upload_size" in {entry.name for entry in node.not_applicable}


def test_convex_is_judged_by_limits_of_its_own(judged: Judge) -> None:
    judgement = judged((HERE / "compatibility" / "convex.jsonl").read_bytes())
    for runtime, own in (("convex_isolate", "limit_heap"), ("convex_node", "limit_process_memory")):
        verdict = judgement.of("compatibility", runtime)
        assert verdict.verdict is Verdict.PASS
        assert own in {c.name for c in verdict.criteria}
        assert "limit_upload_size" in {entry.name for entry in verdict.not_applicable}
