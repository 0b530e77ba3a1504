"""The tables of a judgement, as data and as they stand in gates.md and verdicts.json."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable

import pytest

from bench import adr, formats, render, terminal
from bench.judgement import Judgement
from bench.tables import PHASES, Reading, tables
from bench.verdict import Verdict
from tests.records.builder import CONVEX_NODE, NATIVE, WORKERD, Run
from tests.records.cases import HERE, everything
from tests.records.fitting import fit_for_compatibility

Judge = Callable[[bytes], Judgement]
FAIL, OPEN, PASS = Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.PASS
W = "workerd"


@pytest.fixture(scope="module")
def reference(request: pytest.FixtureRequest) -> Judgement:
    judged: Judge = request.getfixturevalue("judged")
    return judged((HERE / "reference.jsonl").read_bytes())


def section(text: str, title: str) -> list[str]:
    """The lines of one section of a report, without blank ones."""
    return [line for line in text.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0].splitlines() if line]


def test_every_runtime_has_a_row_with_role_and_tier(reference: Judgement) -> None:
    rows = tables(reference).runtimes
    assert [row.runtime for row in rows] == [pin.name for pin in reference.evidence.runtimes]
    assert [(row.role, row.tier) for row in rows if row.runtime == "convex_isolate"] == [("native", "stand-in")]
    assert [row.runtime for row in rows if not row.decides] == ["native_drift", "wasmtime"]
    glance = section(render.gates_md(reference), "Gate 1 at a glance")
    assert [line.split(" | ")[0] for line in glance[2:]] == [f"| {row.runtime}" for row in rows]


def test_gate_1_at_a_glance(reference: Judgement) -> None:
    parts = {row.runtime: row.gate_1 for row in tables(reference).runtimes}
    assert {name: reading.verdict for name, reading in parts[W].items()} == {
        **{"pays": PASS, "again": PASS, "host_needs": PASS, "limits": OPEN}
    }
    assert parts[W]["host_needs"].remark == "with 1 shim"
    assert parts["convex_isolate"]["host_needs"].verdict is FAIL
    assert parts["wasmtime"]["pays"].open == ("pays_exact", "pays_swap")
    assert parts["native"]["limits"].verdict is None
    assert sum(len(parts[W][part].open) for part in parts[W]) == 3


def test_the_limits_table_is_the_verdicts_of_the_criteria_with_margins(reference: Judgement) -> None:
    rows = {(row.runtime, row.criterion, row.plan): row for row in tables(reference).limits}
    size = rows[W, "limit_upload_size", "paid+free"]
    assert (size.measured, size.limit, size.unit, size.verdict) == (11_482_924, 67_108_864, "bytes", PASS)
    assert size.margin == pytest.approx(1 - 11_482_924 / 67_108_864)
    assert (size.source, size.date, size.decides) == ("test", "2026-11-22", True)
    assert rows[W, "limit_cpu_per_request", "paid"].verdict is PASS
    assert rows[W, "limit_cpu_per_request", "free"].verdict is FAIL
    assert not rows[W, "limit_cpu_per_request", "free"].decides
    assert rows[W, "limit_memory", "paid+free"].margin is None
    assert rows[W, "limit_startup_cpu", "paid+free"].older == ("until 2025-10-10: 0.4 s",)
    assert ("convex_isolate", "limit_upload_size", "paid+free") not in rows
    assert rows["convex_isolate", "limit_heap", "paid+free"].measured == 29_000_000
    assert not [key for key in rows if key[0] in ("native", "node", "wasmtime")]


def test_a_limit_over_which_a_runtime_is_reads_so_in_the_report(judged: Judge) -> None:
    run = Run(CONVEX_NODE)
    fit_for_compatibility(run, "convex_node")
    run.fact("convex_node", "bundle_zip_bytes", 90_000_000)
    run.negative_controls()
    text = section(render.gates_md(judged(run.data())), "Platform limits")
    (row,) = [line for line in text if line.startswith("| convex_node | bundle zip |")]
    assert row == (
        "| convex_node | bundle zip | 85.8 MiB | 42.9 MiB | -100 % | paid and free | yes | ✗ FAIL | [1] | 2026-11-22 |"
    )
    assert "- [1] test" in text
    (route,) = [line for line in text if line.startswith("| convex_node | bundle zip.external |")]
    assert "| no | ✓ PASS |" in route


def test_the_host_needs_table_has_every_api_in_every_ledger(reference: Judgement) -> None:
    needs = tables(reference).host_needs
    assert needs.runtimes == (W, "convex_isolate")
    assert needs.phases == ("build", "send_exact")
    rows = {row.api: row for row in needs.apis}
    assert dict(rows["fetch"].status) == {W: "present", "convex_isolate": "present"}
    assert rows["fetch"].calls[W] == {"build": 1, "send_exact": 11}
    assert dict(rows["queueMicrotask"].status) == {"convex_isolate": "missing"}
    text = section(render.gates_md(reference), "Host needs")
    assert "| fetch | present 1/11 | present 1/11 |" in text
    assert "| queueMicrotask | - | **missing** 3/13 |" in text
    assert "| FinalizationRegistry | shimmed 3/13 | - |" in text
    assert "calls by phase: build / send exact." in text[0]


def test_cpu_and_subrequests_by_phase_cold_and_warm(reference: Judgement) -> None:
    shown = tables(reference)
    cpu = {row.runtime: row for row in shown.cpu_s}
    calls = {row.runtime: row for row in shown.subrequests}
    assert tuple(cpu[W].phases) == PHASES
    assert cpu[W].phases["sync"] == {"cold": 0.004, "warm": 0.002}
    assert cpu[W].others == {"startup_cpu_s": 0.13, "cpu_per_request_s": 0.012}
    assert calls[W].phases["send_swap"] == {"cold": 12, "warm": 6}
    assert cpu["wasmtime"].phases["sync"] == {"cold": None, "warm": None}
    text = section(render.gates_md(reference), "CPU and subrequests by phase")
    assert "| workerd | native | real | 130 ms | 12 ms | 2 ms / 1 ms | 4 ms / 2 ms |" in " ".join(text)
    assert "| workerd | native | real | 12 | 3 | 2 / 1 | 4 / 2 | 6 / 3 | 8 / 4 | 10 / 5 | 12 / 6 |" in text
    assert "| wasmtime | informative | real | - | - | - | - | - | - | - | - |" in text


def test_the_json_holds_the_same_tables_as_the_report(reference: Judgement) -> None:
    document = json.loads(render.verdicts_json(reference))["tables"]
    shown = tables(reference)
    assert set(document) == {
        *("runtimes", "limits", "host_needs", "cpu_s", "subrequests", "custody", "flows", "topologies"),
        *("latency", "faults", "soak", "sensitivity", "cost"),
    }
    assert [row["runtime"] for row in document["runtimes"]] == [row.runtime for row in shown.runtimes]
    margins = [row.margin for row in shown.limits]
    assert [row["margin"] for row in document["limits"]] == [m and pytest.approx(m, rel=1e-11) for m in margins]
    assert document["limits"][0]["lines"] == ",".join(formats.ranges(shown.limits[0].lines))
    assert [row["api"] for row in document["host_needs"]["apis"]] == [row.api for row in shown.host_needs.apis]
    assert document["cpu_s"][2]["phases"]["sync"] == {"cold": 0.004, "warm": 0.002}


def test_criteria_in_the_json_carry_plan_source_date_and_margin(reference: Judgement) -> None:
    verdicts = json.loads(render.verdicts_json(reference))["verdicts"]
    (gate,) = [v for v in verdicts if (v["gate"], v["runtime"]) == ("compatibility", W)]
    (size,) = [c for c in gate["criteria"] if c["name"] == "limit_upload_size"]
    assert (size["plan"], size["source"], size["date"]) == ("paid+free", "test", "2026-11-22")
    assert size["margin"] == pytest.approx(0.829, abs=0.001)
    (pays,) = [c for c in gate["criteria"] if c["name"] == "pays_exact"]
    assert set(pays) == {"name", "verdict", "reason", "lines"}


def test_facts_with_a_table_of_their_own_are_not_listed_again(reference: Judgement) -> None:
    facts = section(render.gates_md(reference), "Facts that were measured")
    assert any("| workerd | upload_raw_bytes |" in line for line in facts)
    assert any("| workerd | host_apis_touched |" in line for line in facts)
    assert not [line for line in facts if "host_api." in line or "cpu_s." in line or "subrequests.sync" in line]


def test_a_run_without_any_of_it_says_so(judged: Judge) -> None:
    run = Run(NATIVE)
    run.pay("native")
    run.negative_controls()
    text = render.gates_md(judged(run.data()))
    assert section(text, "Platform limits") == ["No runtime of this run has a platform with limits."]
    assert section(text, "Host needs") == ["No ledger of host APIs was taken in this run."]
    assert section(text, "CPU and subrequests by phase") == ["Neither was measured in this run."]


@pytest.mark.parametrize("text", [render.gates_md, adr.adr_md])
def test_informative_rows_stand_apart_from_those_that_decide(
    reference: Judgement, text: Callable[[Judgement], str]
) -> None:
    before, after = text(reference).split("Judged as the others are, and no part of the decision:", 1)
    apart = [line for line in after.splitlines() if line.startswith("|")][2:4]
    assert [line.split(" | ")[:2] for line in apart] == [
        ["| native_drift", "informative"],
        ["| wasmtime", "informative"],
    ]
    assert "| native_drift |" not in before
    assert "| workerd | native |" in before


def test_without_informative_runtimes_nothing_stands_apart(judged: Judge) -> None:
    judgement = judged(everything("native").data())
    assert "no part of the decision" not in render.gates_md(judgement) + adr.adr_md(judgement)
    assert "no part of the decision" not in terminal.screen(judgement, [])


def test_the_screen_of_ten_runtimes_keeps_its_width(judged: Judge) -> None:
    further = [dataclasses.replace(CONVEX_NODE, name=f"a_runtime_name_{number}") for number in range(8)]
    run = Run(NATIVE, WORKERD, *further)
    for pin in run.pins:
        fit_for_compatibility(run, pin.name)
    run.negative_controls()
    screen = terminal.screen(judged(run.data()), [])
    matrix = screen.split("\n\n")[1:3]
    assert [len(block.splitlines()) for block in matrix] == [11, 11]
    assert max(map(len, "\n".join(matrix).splitlines())) <= 118


def test_readings_as_cells() -> None:
    assert formats.reading(Reading(verdict=None)) == "n/a"
    assert formats.reading(Reading(verdict=PASS, remark="with 2 shims")) == "✓ PASS with 2 shims"
    assert formats.reading(Reading(verdict=FAIL, open=("a",))) == "✗ FAIL: a"
    assert formats.reading(Reading(verdict=OPEN, open=("a", "b", "c", "d"))) == "? INC: a, b, c and 1 more"
    assert (formats.margin(None), formats.margin(-0.5), formats.margin(0.99961)) == ("-", "-50 %", "99.96 %")
    assert formats.pair({"cold": None, "warm": 0.25}, "s") == "- / 250 ms"
    assert formats.host_api(None, {}, ("build",)) == "?"
