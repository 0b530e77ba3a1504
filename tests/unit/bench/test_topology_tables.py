"""The two topologies side by side: latency of a turn and its parts, calls, failures, and secrets in reach."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bench import evidence, formats, render
from bench.judgement import Judgement
from bench.thresholds import Thresholds
from bench.topology_tables import SHOWN, TopologyTables, _entries, spread, topology_tables
from spikes.record import Ask, Calls, Outcome, Phase
from tests.records.builder import NATIVE, NODE, WORKERD, Run
from tests.records.fitting import fit_for_custody
from tests.records.flows import spell_out, turn

Judge = Callable[[bytes], Judgement]
W = "workerd"


def phases(*told: tuple[str, float, str]) -> tuple[Phase, ...]:
    return tuple(Phase(name=name, duration_s=seconds, clock=clock) for name, seconds, clock in told)


IN_A = phases(("fetch", 0.1, "outside"), ("fetch", 0.01, "driver"), ("send", 0.07, "driver"), ("fetch", 0.01, "driver"))
IN_B = phases(("fetch", 0.2, "outside"), ("fetch", 0.01, "driver"), ("pay", 0.17, "driver"))


def two_topologies() -> Run:
    run = Run(NATIVE, NODE, WORKERD)
    for runtime in (W, "node"):
        turn(run, runtime, "paid", phases=phases(("fetch", 5.0, "outside")))  # cold
    for number in range(10):
        for runtime, inside in ((W, IN_A), ("node", IN_B)):
            times = tuple(Phase(name=p.name, duration_s=p.duration_s + number / 1000, clock=p.clock) for p in inside)
            turn(run, runtime, "paid", phases=times, calls=Calls(count=10 + number, by_method={}))
    turn(run, W, "paid", outcome=Outcome.UNKNOWN, code="payment_pending", phases=phases(("fetch", 45.0, "outside")))
    spell_out(run, W)
    return run


def tabled(numbers: Thresholds, run: Run) -> TopologyTables:
    run.negative_controls()
    return topology_tables(evidence.parse(run.data()), numbers)


def test_the_same_turn_in_both_topologies(numbers: Thresholds) -> None:
    a, b = tabled(numbers, two_topologies()).turns
    assert (a.flow, a.topology, a.runtime, b.topology, b.runtime) == ("paid", "A", W, "B", "node")
    assert a.turn.n == 10
    assert [a.turn.p50, b.turn.p50] == pytest.approx([0.104, 0.204])
    assert a.parts == {"fetch": pytest.approx(0.029), "send": pytest.approx(0.0745)}  # 0.01 twice, and n ms each
    assert b.parts == {"fetch": pytest.approx(0.0145), "pay": pytest.approx(0.1745)}
    assert (a.network_calls, a.seller_requests, a.executor_calls, b.executor_calls) == (14.5, 1, 0, 1)


def test_where_every_turn_was_cold_they_are_shown(numbers: Thresholds) -> None:
    run = Run(WORKERD)
    turn(run, W, "paid", phases=IN_A)
    (row,) = tabled(numbers, run).turns
    assert (row.turn.n, row.turn.p50, row.seller_requests) == (1, 0.1, None)


def test_bounds_stand_around_the_median_and_are_open_where_n_is_too_small() -> None:
    few, many = spread([0.1, 0.2, 0.3], 0.95), spread([n / 100 for n in range(1, 101)], 0.95)
    assert (few.p50, few.p50_low, few.p50_high, few.p95_high) == (0.2, None, None, None)
    assert many.p50_low is not None
    assert many.p50_high is not None
    assert many.p50_low < 0.5 < many.p50_high
    assert many.p50 == 0.5
    assert many.p95_high is not None
    assert formats.spread(few) == "200 ms [?, ?], p95 300 ms [to ?]"
    assert formats.spread(many).startswith("500 ms [4")
    assert spread([], 0.95).p50 is None


def test_costs_are_read_from_facts(numbers: Thresholds) -> None:
    run = two_topologies()
    run.fact(W, "cpu_s.send_exact.warm", 0.03)
    run.fact(W, "subrequests_max", 33)
    costs = {row.runtime: row for row in tabled(numbers, run).costs}
    assert list(costs) == [W, "node"]
    assert (costs[W].cpu_s["cpu_s.send_exact.warm"], costs[W].subrequests_max) == (0.03, 33)
    assert (costs["node"].cpu_s["cpu_s.send_exact.warm"], costs["node"].subrequests_max) == (None, None)


def test_how_turns_under_faults_went_first_and_last(numbers: Thresholds) -> None:
    run = two_topologies()
    pending = Ask(outcome=Outcome.UNKNOWN, code="payment_pending", wall_s=1.0)
    paid = Ask(outcome=Outcome.PAID, code=None, wall_s=1.0)
    for runtime, schedule in ((W, "lost_after_commit.UserRequest"), (W, "ssp_stuck"), ("node", "ssp_stuck")):
        run.pay(runtime, f"fault_{schedule}", asks=(pending, paid))
    run.attempt("node", "fault_lightning_failure", Outcome.FAILED, code="payment_failed")
    first, second = tabled(numbers, run).failures
    assert (first.first, first.last, dict(first.counts)) == ("unknown (payment_pending)", "paid", {"A": 2, "B": 1})
    assert first.schedules == ("lost_after_commit", "ssp_stuck")
    assert (second.first, second.last, dict(second.counts)) == (*["failed (payment_failed)"] * 2, {"B": 1})


@pytest.mark.parametrize(
    ("facts", "checked"),
    [
        ({}, "facts agree on 1 of 1 runtimes"),
        ({"plaintext_persisted": 1}, "CONTRADICTED, workerd: plaintext_persisted at most 0 does not hold"),
        ({"leak_scan.runtime_logs": "LEAK"}, "CONTRADICTED, workerd: leak_scan.runtime_logs is CLEAN does not hold"),
        ({"leak_scan.runtime_logs": 1}, "CONTRADICTED, workerd: leak_scan.runtime_logs is CLEAN does not hold"),
        (None, "not measured"),
    ],
)
def test_what_facts_say_of_a_secret(numbers: Thresholds, facts: dict[str, Any] | None, checked: str) -> None:
    run = two_topologies()
    if facts is not None:
        fit_for_custody(run, W)
        for name, value in facts.items():
            run.fact(W, name, value)
    rows = {(row.part, row.secret.partition(",")[0]): row for row in tabled(numbers, run).reaches}
    assert rows["A worker", "mnemonic"].checked == checked
    assert rows["B runtime", "mnemonic"].checked == "not measured"
    assert rows["B worker", "mnemonic"].checked == "argued"


def test_the_control_is_no_executor_that_could_vouch_for_topology_b(numbers: Thresholds) -> None:
    run = two_topologies()
    fit_for_custody(run, "native")
    rows = {(row.part, row.secret.partition(",")[0]): row for row in tabled(numbers, run).reaches}
    assert rows["B runtime", "mnemonic"].checked == "not measured"


def test_the_file_of_secrets_says_all_it_must() -> None:
    parts, reaches = {"A worker", "B worker", "B runtime"}, {"no", "in passing", "memory", "storage", "setting"}
    seen = [(entry["secret"], entry["part"]) for entry in _entries()]
    assert len(set(seen)) == len(seen)
    for entry in _entries():
        assert set(entry) == {"secret", "part", "reach", "reason", "checks"}
        assert (entry["part"] in parts, entry["reach"] in reaches, bool(entry["reason"])) == (True, True, True)
        checks = entry["checks"]
        assert isinstance(checks, list)
        assert not checks or entry["part"] != "B worker"  # gate 2 measures the part that pays
        assert all(" at most " in check or " is " in check for check in checks)


def test_the_report_shows_them(judged: Judge) -> None:
    run = two_topologies()
    run.pay(W, "fault_restart")
    run.negative_controls()
    text = render.gates_md(judged(run.data())).split("\n## Topology A and B side by side\n", 1)[1]
    assert (
        "| paid | A | workerd | real | 10 | 104 ms [101 ms, 108 ms], p95 109 ms [to ?] | fetch 29 ms, send 74.5 ms |"
        in text
    )
    assert "| paid | paid | 1 | - | restart |" in text
    assert "| token at the KMS | B worker | no | only the paying runtime has one" in text
    assert set(SHOWN) >= {"paid", "cached", "blocked_cap"}
