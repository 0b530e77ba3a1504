"""Margins and flips: what is said of another number is what judging with that number gives."""

from __future__ import annotations

import dataclasses
import itertools
import math
from functools import lru_cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import break_even, evidence, limits, thresholds, what_if
from bench.decision import Topology
from bench.gates import GATES, latency
from bench.judgement import Judgement, judge
from bench.limits import Plan
from bench.sensitivity import Sensitivity, levers, sensitivity
from bench.sensitivity.rows import Kind, LeverRow, Side
from bench.sensitivity.scenarios import CONFIDENCE, PLAN, SETTLING
from bench.thresholds import Thresholds
from bench.verdict import Held, Sense, Verdict, combine, counted
from spikes.record import Outcome
from tests.records.cases import CASES, HERE, everything, under_pressure
from tests.records.faults import asks, under_fault
from tests.records.varied import varied


@lru_cache(maxsize=1)  # hypothesis cannot write out a judgement, so it is no fixture of the drawn test
def decision_for_a() -> Judgement:
    numbers = thresholds.load(limits.load(HERE / "limits.toml"))
    found = judge(evidence.parse(varied("native", "node", "workerd")), numbers)
    assert found.decision.topology is Topology.A
    return found


@pytest.fixture(scope="module")
def decided() -> Judgement:
    return decision_for_a()


@pytest.fixture(scope="module")
def shown(decided: Judgement) -> Sensitivity:
    return sensitivity(decided)


def again(judgement: Judgement, lever: str, value: float) -> Judgement:
    """The same record judged by another number."""
    changed, _ = what_if.changed(judgement.thresholds, [f"{lever}={value!r}"], None)
    return judge(judgement.evidence, changed)


def one_gate(judgement: Judgement, row: LeverRow, runtime: str, value: float) -> Verdict:
    """The verdict of the gate that reads a number, judged by another one."""
    changed, _ = what_if.changed(judgement.thresholds, [f"{row.lever}={value!r}"], None)
    gate = next(g for g in GATES if row.gate == g.NAME)
    return gate.judge(judgement.evidence, changed, runtime).verdict


# --- what a criterion says of itself ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*CASES, "decided", "under_pressure"])
def test_every_criterion_is_what_its_comparisons_come_to(name: str, numbers: Thresholds) -> None:
    data = {"decided": varied, "under_pressure": under_pressure}.get(name) or CASES[name]
    judgement = judge(evidence.parse(data()), numbers)
    for verdict in judgement.verdicts:
        for c in (*verdict.criteria, *verdict.informative):
            assert c.at("no such lever", 0) is c.verdict, (verdict.gate, verdict.runtime, c.name)


def test_every_threshold_and_limit_is_compared_somewhere(decided: Judgement) -> None:
    held = {h.lever for v in decided.verdicts for c in (*v.criteria, *v.informative) for h in c.held}
    fields = {field.name for field in dataclasses.fields(Thresholds)} - {"limits"}
    # The control's flows and the others' are asked for flow_repeats_min; repeats_min is what makes a repeat.
    assert fields - held == {"confidence", *(key for key, _ in levers.NOT_ANALYSED)}


@pytest.mark.parametrize("sense", Sense)
def test_a_comparison_at_its_own_figures(sense: Sense) -> None:
    held = Held(lever="x", sense=sense, threshold=5, low=2, high=4, unit="s")
    sides = [Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE, Verdict.PASS, Verdict.PASS]
    at_most = [held.at(value) for value in (1.9, 2, 3.9, 4, 9)]
    at_least = [held.at(value) for value in (4.1, 4, 2.1, 2, 0)]
    assert (at_most if sense is Sense.AT_MOST else at_least) == sides
    nothing = dataclasses.replace(held, low=None, high=None)
    assert {nothing.at(value) for value in (0.0, 5, math.inf)} == {Verdict.INCONCLUSIVE}
    few = dataclasses.replace(counted("x", sense, 5, 3, "count"), beyond=Verdict.INCONCLUSIVE)
    assert {few.at(value) for value in (1.0, 3, 8)} == {Verdict.INCONCLUSIVE, Verdict.PASS}


CHANGEABLE = sorted(
    {field.name for field in dataclasses.fields(Thresholds)}
    - {"limits", "confidence", *(key for key, _ in levers.NOT_ANALYSED)}
)


@settings(max_examples=80, deadline=None)
@given(key=st.sampled_from(CHANGEABLE), share=st.floats(0, 3), pick=st.integers(0, 10**6))
def test_another_threshold_gives_what_the_comparisons_say(
    decided: Judgement, key: str, share: float, pick: int
) -> None:
    """At values drawn freely, and at the very figures on which a verdict turns."""
    places = [
        x for v in decided.verdicts for c in v.criteria for h in c.held if h.lever == key for x in (h.low, h.high)
    ]
    figures = [x for x in places if x is not None and math.isfinite(x) and x >= 0]
    now = getattr(decided.thresholds, key)
    value = figures[pick % len(figures)] if figures and pick % 3 else now.value * share + pick % 4 * 0.25
    value = min(value, 1.0) if now.unit == "ratio" else value
    changed, _ = what_if.changed(decided.thresholds, [f"{key}={value!r}"], None)
    gate = next(g for g in GATES if levers.gate_of(key) == g.NAME)
    for pin in decided.evidence.runtimes:
        told = combine(c.at(key, value) for c in decided.of(gate.NAME, pin.name).criteria)
        assert gate.judge(decided.evidence, changed, pin.name).verdict is told, (pin.name, key, value)


@pytest.mark.parametrize("name", [*CASES, "under_pressure"])
def test_of_small_records_too(name: str, numbers: Thresholds) -> None:
    """Also where something is missing, failed or unknown: at every figure that a criterion names, and beside it."""
    found = evidence.parse((CASES.get(name) or under_pressure)())
    for gate, pin in itertools.product(GATES, found.runtimes):
        criteria = gate.judge(found, numbers, pin.name).criteria
        held = [h for c in criteria for h in c.held if not h.lever.startswith(levers.LIMIT)]
        for lever in {h.lever for h in held}:
            figures = {x for h in held if h.lever == lever for x in (h.low, h.high) if x is not None}
            for value in sorted({0.0, *(x + d for x in figures for d in (-0.5, 0, 0.5))}):
                now = getattr(numbers, lever)
                if 0 <= value < (1 if now.unit == "ratio" else math.inf):
                    other = dataclasses.replace(numbers, **{lever: dataclasses.replace(now, value=value)})
                    there = {c.name: c.verdict for c in gate.judge(found, other, pin.name).criteria}
                    assert there == {c.name: c.at(lever, value) for c in criteria}, (pin.name, lever, value)


def test_who_never_finds_out_fails_for_as_many_asks_as_there_were(numbers: Thresholds) -> None:
    run = everything("native", "workerd")
    under_fault(run, "workerd", "ssp_stuck", Outcome.UNKNOWN, asks=asks(Outcome.UNKNOWN, Outcome.UNKNOWN))
    found = evidence.parse(run.data())
    now = numbers.unresolved_asks_min
    for enough in (1, 2, 3):
        other = dataclasses.replace(numbers, unresolved_asks_min=dataclasses.replace(now, value=enough))
        told = {v.criteria[1].at(now.key, enough) for v in (latency.judge(found, numbers, "workerd"),)}
        assert told == {latency.judge(found, other, "workerd").criteria[1].verdict}
        assert told == {Verdict.FAIL if enough <= 2 else Verdict.INCONCLUSIVE}


# --- flips ------------------------------------------------------------------------------------------------------------

JUST = {Side.BELOW: -math.inf, Side.ABOVE: math.inf}


def beyond(at: float, side: Side) -> float:
    return math.nextafter(at, JUST[side]) if side in JUST else at


def numbers_of(shown: Sensitivity) -> list[LeverRow]:
    return [row for row in shown.levers if row.lever not in (PLAN, SETTLING, CONFIDENCE)]


def test_each_flip_is_where_judging_again_flips(decided: Judgement, shown: Sensitivity) -> None:
    rows = numbers_of(shown)
    assert {row.kind for row in rows} == {Kind.TARGET, Kind.COUNT, Kind.SIZE, Kind.LIMIT}
    flips = [(row, flip, runtime) for row in rows for flip in row.flips for runtime in flip.runtimes]
    assert len(flips) > 40
    for row, flip, runtime in flips:
        assert decided.of(row.gate, runtime).verdict is flip.was
        assert one_gate(decided, row, runtime, beyond(flip.at, flip.side)) is flip.becomes, (row.lever, flip)
        if flip.side in JUST:
            assert one_gate(decided, row, runtime, flip.at) is flip.was, (row.lever, flip)


def test_each_decision_flip_is_where_deciding_again_flips(decided: Judgement, shown: Sensitivity) -> None:
    rows = [row for row in numbers_of(shown) if row.decision]
    assert len(rows) > 12
    for row in rows:
        for flip in row.decision:
            assert again(decided, row.lever, beyond(flip.at, flip.side)).decision.topology is flip.becomes
            if flip.side in JUST:
                assert again(decided, row.lever, flip.at).decision.topology is Topology.A


def test_what_no_row_names_flips_nothing(decided: Judgement, shown: Sensitivity) -> None:
    """A number without a flip changes no verdict, however large it becomes."""
    still = [row for row in numbers_of(shown) if not row.flips]
    assert {row.lever for row in still} >= {"money_events_max", "foreign_state_max"}
    for row in still:
        for value in (0, 10**9):
            if row.unit != "ratio":
                again_ = again(decided, row.lever, value)
                assert [v.verdict for v in again_.verdicts] == [v.verdict for v in decided.verdicts], row.lever


def test_known_places(shown: Sensitivity, decided: Judgement) -> None:
    rows = {row.lever: row for row in shown.levers}
    connections = rows["limit.cloudflare.connections"]
    assert [(f.runtimes, f.was, f.becomes, f.at, f.side) for f in connections.flips] == [
        (("workerd",), Verdict.PASS, Verdict.FAIL, 5, Side.BELOW)
    ]
    assert [(f.becomes, f.at, f.side) for f in connections.decision] == [(Topology.B, 5, Side.BELOW)]
    size = rows["isolated_wallets_min"]
    assert [(f.runtimes, f.becomes, f.at, f.side) for f in size.flips] == [
        (("native", "node", "workerd"), Verdict.INCONCLUSIVE, 2, Side.ABOVE)
    ]
    target = rows["paid_turn_p95_s"]
    bound = next(c for c in decided.of("latency", "workerd").criteria if c.name == "paid_turn_p95").held[0].high
    assert bound in [f.at for f in target.flips]


def test_the_plan_is_what_judging_by_it_gives(decided: Judgement, shown: Sensitivity) -> None:
    row = next(row for row in shown.levers if row.kind is Kind.PLAN)
    changed, _ = what_if.changed(decided.thresholds, [], Plan.FREE)
    free = judge(decided.evidence, changed)
    told = {(r, f.becomes) for f in row.flips for r in f.runtimes}
    pairs = zip(decided.verdicts, free.verdicts, strict=True)
    assert told == {(new.runtime, new.verdict) for old, new in pairs if old.verdict is not new.verdict}
    assert told
    assert [flip.becomes for flip in row.decision] == [free.decision.topology]
    assert shown.deciding[0] is row


def test_settling_is_the_break_even_of_the_reports(decided: Judgement, shown: Sensitivity) -> None:
    row = next(row for row in shown.levers if row.kind is Kind.PROFILE)
    even = {
        runtime: break_even.of(latency.paid_turns(decided.evidence, runtime), decided.thresholds).multiple
        for runtime in ("native", "node", "workerd")
    }
    assert {runtime: flip.at for flip in row.flips for runtime in flip.runtimes} == even
    for flip in row.flips:
        for runtime in flip.runtimes:
            for share, verdict in ((0.999, Verdict.PASS), (1.001, flip.becomes)):
                two = latency.paid_turn_at(decided.evidence, decided.thresholds, runtime, flip.at * share)
                assert combine(c.verdict for c in two) is verdict


def test_confidence_is_judged_again(decided: Judgement, shown: Sensitivity) -> None:
    row = next(row for row in shown.levers if row.lever == "confidence")
    stricter = [flip for flip in row.flips if flip.at == 0.99]
    assert {r for flip in stricter for r in flip.runtimes} == {"native", "node", "workerd"}
    assert again(decided, "confidence", 0.99).of("latency", "node").verdict is Verdict.INCONCLUSIVE


def test_a_failing_runtime_is_told_what_would_let_it_pass(numbers: Thresholds) -> None:
    run = everything("native", "node", "workerd")
    run.fact("workerd", "startup_cpu_s", 1.5)
    judgement = judge(evidence.parse(run.data()), numbers)
    assert judgement.decision.topology is Topology.B
    row = next(r for r in sensitivity(judgement).levers if r.lever == "limit.cloudflare.startup_cpu_s")
    assert [(f.was, f.becomes, f.at, f.side) for f in row.flips] == [(Verdict.FAIL, Verdict.PASS, 1.5, Side.FROM)]
    assert [(f.becomes, f.at, f.side) for f in row.decision] == [(Topology.A, 1.5, Side.FROM)]


def test_informative_runtimes_flip_nothing(numbers: Thresholds) -> None:
    pins = ("native", "node", "workerd", "native_drift")
    shown = sensitivity(judge(evidence.parse(varied("native", "native_drift", pins=pins)), numbers))
    named = {runtime for row in shown.levers for flip in row.flips for runtime in flip.runtimes}
    assert "native" in named
    assert "native_drift" not in named | {row.runtime for row in shown.margins}


def test_of_a_run_that_was_cut_off_no_number_changes_anything(numbers: Thresholds) -> None:
    shown = sensitivity(judge(evidence.parse(varied("native", "node", "workerd")[:-1]), numbers))
    assert shown.margins == ()
    assert [row.lever for row in shown.levers if row.flips or row.decision] == []
