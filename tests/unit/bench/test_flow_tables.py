"""The table of flows, and how flows are told in few rows where there is little to say of them."""

from __future__ import annotations

import json
from collections.abc import Callable

from bench import render
from bench.decision import Gap
from bench.flow_tables import flow_tables, folded, folded_gaps
from bench.judgement import Judgement
from bench.verdict import Verdict
from spikes.record import Outcome
from tests.records.builder import CONVEX_ISOLATE, NATIVE, NODE, WASMTIME, WORKERD, Run
from tests.records.flows import FLOWS, fit_for_determinism, turn

Judge = Callable[[bytes], Judgement]
W = "workerd"


def section(text: str, title: str) -> list[str]:
    return [line for line in text.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0].splitlines() if line]


def half_done(judged: Judge) -> Judgement:
    """The control and Node do little, one Worker all, one a wrong turn; a probe does nothing."""
    run = Run(NATIVE, NODE, WORKERD, CONVEX_ISOLATE, WASMTIME)
    fit_for_determinism(run, "native", repeats=1)
    fit_for_determinism(run, W)
    turn(run, W, "cached", outcome=Outcome.FAILED, code="seller_error")
    turn(run, "convex_isolate", "paid")
    run.probe("wasmtime", "no wallet")
    run.negative_controls()
    return judged(run.data())


def test_every_flow_on_every_runtime_that_was_asked_topology_a_first(judged: Judge) -> None:
    shown = flow_tables(half_done(judged))
    assert shown.topologies == {W: "A", "convex_isolate": "A", "native": "B"}
    assert list(shown.topologies) == [W, "convex_isolate", "native"]
    assert [(row.flow, row.declared) for row in shown.rows] == [
        (name, ends.value if code is None else f"{ends} ({code})") for name, ends, code in FLOWS
    ]
    cached = next(row for row in shown.rows if row.flow == "cached").cells
    assert (cached[W].verdict, cached[W].shown, cached[W].attempts) == (Verdict.FAIL, 20, 21)
    assert (cached["convex_isolate"].verdict, cached["convex_isolate"].attempts) == (Verdict.INCONCLUSIVE, 0)


def test_the_table_in_the_report(judged: Judge) -> None:
    judgement = half_done(judged)
    lines = section(render.gates_md(judgement), "Flows")
    assert "| flow | ends | workerd (A) | convex_isolate (A) | native (B) |" in lines
    assert "| cached | cached | ✗ 20 of 21 | ? | ? 1 |" in lines
    assert "| at once | paid | ✓ 20 | ? | ? 1 |" in lines
    rows = json.loads(render.verdicts_json(judgement))["tables"]["flows"]["rows"]
    assert rows[1]["cells"][W] == {"verdict": "FAIL", "shown": 20, "attempts": 21}


def test_flows_that_pass_take_one_row_and_those_that_do_not_one_each(judged: Judge) -> None:
    gate = half_done(judged).of("determinism", W)
    told = folded(gate.criteria)
    assert [c.name for c in told] == [
        *("28 flows", "flow_cached", "blocked_pays_nothing"),
        *("repeats_identical", "identical_across_runtimes", "receipt_contents"),
    ]
    assert (told[0].verdict, told[0].measured, told[0].needs) == (Verdict.PASS, 20, None)
    assert told[0].reason.startswith("as declared, in every attempt: paid, blocked_cap, ")
    assert len(told[0].lines) == 28 * 20


def test_flows_that_nobody_tried_take_one_row(judged: Judge) -> None:
    told = folded(half_done(judged).of("determinism", "convex_isolate").criteria)
    assert [c.name for c in told][:2] == ["flow_paid", "28 flows"]
    assert (told[1].verdict, told[1].needs) == (Verdict.INCONCLUSIVE, "for each: 2 attempts that end as declared")
    assert told[1].reason.startswith("not tried: cached, ")


def test_flows_that_were_tried_too_seldom_take_one_row_and_one_that_is_in_doubt_its_own(judged: Judge) -> None:
    run = Run(WORKERD)
    fit_for_determinism(run, W, repeats=3)
    turn(run, W, "cached", outcome=Outcome.UNKNOWN, code="deadline_exceeded")
    run.negative_controls()
    told = folded(judged(run.data()).of("determinism", W).criteria)
    assert [c.name for c in told][:2] == ["28 flows", "flow_cached"]
    assert told[0].reason.startswith("as declared, in 3 attempts: paid, blocked_cap, ")
    assert (told[0].verdict, told[0].measured, told[0].threshold) == (Verdict.INCONCLUSIVE, 3, 20)
    assert "ended unknown" in told[1].reason


def test_every_criterion_stands_in_the_json_though_the_report_folds_them(judged: Judge) -> None:
    verdicts = json.loads(render.verdicts_json(half_done(judged)))["verdicts"]
    (gate,) = [v for v in verdicts if (v["gate"], v["runtime"]) == ("determinism", W)]
    assert [c["name"] for c in gate["criteria"]][: len(FLOWS)] == [f"flow_{name}" for name, _, _ in FLOWS]
    assert all("needs" not in c for c in gate["criteria"] if c["verdict"] == "PASS")


def test_a_difference_is_shown_in_the_report_the_json_and_no_table_cell(judged: Judge) -> None:
    judgement = half_done(judged)
    text = render.gates_md(judgement)
    assert "repeats_identical:\n\n    --- workerd, line 91\n    +++ workerd, line 729\n" in text
    assert "    -cached\n    +failed (seller_error)\n" in text
    verdicts = json.loads(render.verdicts_json(judgement))["verdicts"]
    (gate,) = [v for v in verdicts if (v["gate"], v["runtime"]) == ("determinism", W)]
    (repeats,) = [c for c in gate["criteria"] if c["name"] == "repeats_identical"]
    assert repeats["detail"].endswith("-cached\n+failed (seller_error)")


def test_gaps_of_flows_take_one_row_a_set_of_runtimes() -> None:
    def gap(criterion: str, *runtimes: str, gate: str = "determinism") -> Gap:
        return Gap(gate=gate, criterion=criterion, needs=f"20 attempts of {criterion}", runtimes=runtimes)

    told = folded_gaps([gap("flow_a", "x", "y"), gap("flow_b", "x", "y"), gap("flow_c", "x"), gap("paid", gate="g")])
    assert [(g.criterion, g.runtimes) for g in told] == [
        ("paid", ()),
        ("flow_a and 1 further flows", ("x", "y")),
        ("flow_c", ("x",)),
    ]
    assert told[1].needs == "20 attempts of flow_a; and so on"


def test_a_run_without_turns_says_so(judged: Judge) -> None:
    run = Run(NATIVE)
    run.pay("native")
    run.negative_controls()
    text = render.gates_md(judged(run.data()))
    for title in ("Flows", "Topology A and B side by side"):
        assert section(text, title) == ["No turn went through the paywall in this run."]
