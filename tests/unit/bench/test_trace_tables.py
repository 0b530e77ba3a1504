"""Traces read back from a record: whole, beside their attempts, and never guessed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import evidence as record
from bench import render
from bench.judgement import judge
from bench.thresholds import Thresholds
from bench.trace_tables import Call, TraceTable, trace_table
from spikes.record import Outcome
from tests.records.builder import NATIVE, WORKERD, Run

SEND = ["operator-0", "initiate_preimage_swap_v3", 10.0, 4.0]


def told(attempt: int = 0, answered_ms: float = 100.0, calls: list[Any] | None = None) -> str:
    return json.dumps({"attempt": attempt, "answered_ms": answered_ms, "calls": [SEND] if calls is None else calls})


def table_of(*facts: tuple[str, str, float | int | str]) -> TraceTable:
    run = Run(NATIVE, WORKERD)
    run.pay("native")
    run.pay("workerd", "pay_swap")
    for runtime, name, value in facts:
        run.fact(runtime, name, value)
    return trace_table(record.parse(run.data()))


def test_a_trace_stands_beside_its_attempt() -> None:
    table = table_of(("workerd", "trace.pay_swap", told(1, 100.0, [["ssp", "RequestSwap", 2.5, 1.5, "503"], SEND])))
    (trace,) = table.traces
    assert (trace.runtime, trace.name, trace.experiment, trace.outcome) == (
        *("workerd", "pay_swap", "pay_swap"),
        Outcome.PAID,
    )
    assert trace.lines == (4, 3)  # the fact's, and the attempt's
    assert trace.answered_s == 0.1
    assert trace.calls[0] == Call(party="ssp", method="RequestSwap", start_s=0.0025, duration_s=0.0015, code="503")
    assert trace.calls[1].end_s == pytest.approx(0.014)
    assert table.of("workerd") == (trace,)
    assert table.of("native") == ()


def test_a_record_without_traces_has_an_empty_table() -> None:
    assert table_of() == TraceTable(traces=())


def test_reports_do_not_list_a_trace_among_the_facts(numbers: Thresholds) -> None:
    run = Run(NATIVE, WORKERD)
    run.pay("native")
    run.fact("native", "trace.cold", told())
    run.fact("native", "an_other_fact", 77_123)
    text = render.gates_md(judge(record.parse(run.data()), numbers))
    assert "77,123" in text
    assert "answered_ms" not in text


def test_traces_stand_in_the_order_of_the_header_and_of_their_names() -> None:
    names = ["zebra", "pay_swap", "l402_paid@lightning", "cold", "pay_exact"]
    table = table_of(*((runtime, f"trace.{name}", told()) for runtime in ("workerd", "native") for name in names))
    order = ["cold", "pay_exact", "pay_swap", "l402_paid@lightning", "zebra"]
    assert [(t.runtime, t.name) for t in table.traces] == [(r, n) for r in ("native", "workerd") for n in order]
    assert table.names == tuple(order)


def test_a_trace_of_an_attempt_that_is_not_there_or_is_another_runtimes_stands_alone() -> None:
    table = table_of(("workerd", "trace.cold", told(99)), ("workerd", "trace.pay_exact", told(0)))
    assert [(t.experiment, t.outcome, len(t.lines)) for t in table.traces] == [(None, None, 1)] * 2


def test_of_two_with_one_name_the_first_counts() -> None:
    table = table_of(("native", "trace.cold", told(0, 1.0)), ("native", "trace.cold", told(0, 2.0)))
    assert [trace.answered_s for trace in table.traces] == [0.001]


def test_calls_are_sorted_by_their_start() -> None:
    rows = [["ssp", name, start, 1.0] for name, start in (("b", 2.0), ("a", -1.0), ("c", 2.5))]
    (trace,) = table_of(("native", "trace.cold", told(calls=rows))).traces
    assert [call.method for call in trace.calls] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("rows", "in_calls_ms"),
    [
        ([], 0.0),
        ([(10, 5), (20, 5)], 10.0),
        ([(10, 10), (15, 10)], 15.0),  # side by side counts once
        ([(10, 20), (12, 3)], 20.0),  # one inside another too
        ([(-10, 15)], 5.0),  # what came before the act is no part of it
        ([(95, 20)], 5.0),  # nor what came after the answer
        ([(120, 5)], 0.0),
    ],
)
def test_time_with_a_call_under_way_counts_once(rows: list[tuple[float, float]], in_calls_ms: float) -> None:
    calls = [["ssp", "x", start, took] for start, took in rows]
    (trace,) = table_of(("native", "trace.cold", told(0, 100.0, calls))).traces
    assert trace.in_calls_s == pytest.approx(in_calls_ms / 1000)


@pytest.mark.parametrize(
    "value",
    [
        *(5, 1.5, "", "{", "[]", "null", '"x"', "[" * 100_000, "{}"),
        '{"attempt":0,"answered_ms":1}',
        '{"attempt":0,"answered_ms":"1","calls":[]}',
        '{"attempt":0,"answered_ms":NaN,"calls":[]}',
        '{"attempt":0,"answered_ms":true,"calls":[]}',
        '{"attempt":0,"answered_ms":1' + "0" * 400 + ',"calls":[]}',
        '{"attempt":0,"answered_ms":1,"calls":[[]]}',
        '{"attempt":0,"answered_ms":1,"calls":[["ssp","x",1]]}',
        '{"attempt":0,"answered_ms":1,"calls":[["ssp","x",1,-1]]}',
        '{"attempt":0,"answered_ms":1,"calls":[["ssp","x",1,Infinity]]}',
        '{"attempt":0,"answered_ms":1,"calls":[["ssp",7,1,1]]}',
        '{"attempt":0,"answered_ms":1,"calls":[["ssp","x",1,1,5]]}',
        '{"attempt":0,"answered_ms":1,"calls":[["ssp","x",1,1,null,1]]}',
        '{"attempt":0,"answered_ms":1,"calls":["abcd"]}',
    ],
)
def test_what_is_no_trace_is_counted_and_not_shown(value: float | int | str) -> None:
    table = table_of(("native", "trace.cold", value))
    assert (table.traces, table.unreadable) == ((), (4,))


_ROW = st.tuples(
    st.sampled_from(["ssp", "operator-0"]),
    st.text(max_size=8),
    st.floats(-1e6, 1e6),
    st.floats(0, 1e6),
).map(list)


@given(st.lists(_ROW, max_size=20), st.floats(0, 1e6))
def test_any_trace_is_read_back_whole(rows: list[list[Any]], answered_ms: float) -> None:
    (trace,) = table_of(("native", "trace.cold", told(0, answered_ms, rows))).traces
    by_start = sorted(rows, key=lambda row: row[2] / 1000)
    assert [[c.party, c.method, c.start_s, c.duration_s] for c in trace.calls] == [
        [party, method, start / 1000, took / 1000] for party, method, start, took in by_start
    ]
    assert 0 <= trace.in_calls_s <= trace.answered_s * (1 + 1e-9)


@given(st.text() | st.floats(0, 1e300) | st.integers(0, 2**60))
def test_no_value_breaks_the_reader(value: float | int | str) -> None:
    table = table_of(("native", "trace.cold", value))
    assert len(table.traces) + len(table.unreadable) == 1
