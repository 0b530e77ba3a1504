"""What of a record is plotted: the samples that the gates judged, and the limits that the table shows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from bench.gates.own_cost import warm_payments
from bench.html.plots import EcdfPlot, ecdf, latency_plots, margin_bars, margin_plots
from bench.judgement import Judgement
from bench.latency_tables import latency_tables
from bench.tables import tables
from spikes.record import Phase
from tests.records.builder import CONVEX_ISOLATE, DRIFT, NATIVE, WORKERD, Run
from tests.unit.bench import drawn

Judged = Callable[[bytes], Judgement]


# A sync by the driver's clock too, as the native driver tells one: it is not the one from outside.
_PARTS = (("prepare", 0.2, "driver"), ("send", 0.3, "driver"), ("send", 0.1, "driver"), ("sync", 5.0, "driver"))


def paid(run: Run, runtime: str, pay_s: float, experiment: str = "pay_exact", **changes: object) -> None:
    outside = Phase(name="pay", duration_s=pay_s, clock="outside")
    inside = tuple(Phase(name=name, duration_s=part * pay_s, clock=clock) for name, part, clock in _PARTS)
    sync = Phase(name="sync", duration_s=2 * pay_s, clock="outside")
    run.pay(runtime, experiment, phases=(sync, outside, *inside), **changes)


@pytest.fixture
def run() -> Run:
    run = Run(NATIVE, WORKERD, CONVEX_ISOLATE, DRIFT)
    for nth in range(1, 6):
        for pin in run.pins:
            paid(run, pin.name, nth / 10)
    paid(run, "workerd", 9.0, "pay_swap")
    run.negative_controls()
    return run


def by_key(judgement: Judgement) -> dict[str, EcdfPlot]:
    return {plot.key: plot for plot in latency_plots(judgement)}


def test_payments_are_the_warm_ones_that_the_gate_judges(run: Run, judged: Judged) -> None:
    judgement = judged(run.data())
    plots = by_key(judgement)
    assert [series.name for series in plots["pay_exact"].series] == ["native", "workerd"]
    for series in plots["pay_exact"].series:
        # The first payment of each process is cold, and no sample here.
        assert list(series.samples) == [0.2, 0.3, 0.4, 0.5]
        rows = warm_payments(judgement.evidence, series.name)
        assert set(series.lines) <= set(rows["line"])
    assert [list(series.samples) for series in plots["pay_swap"].series] == [[9.0]]


def test_a_plot_has_as_many_samples_as_the_table_behind_it(run: Run, judged: Judged) -> None:
    judgement = judged(run.data())
    rows = {row.runtime: row for row in latency_tables(judgement.evidence, judgement.thresholds).rows}
    for plot in latency_plots(judgement):
        kind = plot.key.removesuffix("-aside")
        for series in plot.series:
            if kind in ("cold", "pay_exact", "pay_swap"):
                assert rows[series.name].payments[kind].n == len(series.samples)


def test_stand_ins_and_what_decides_nothing_stand_aside(run: Run, judged: Judged) -> None:
    plots = by_key(judged(run.data()))
    assert [series.name for series in plots["pay_exact-aside"].series] == ["convex_isolate", "native_drift"]
    assert plots["pay_exact-aside"].title.endswith("stand-ins and others that decide nothing")
    slots = {series.name: series.slot for plot in plots.values() for series in plot.series}
    assert slots == {"native": 0, "workerd": 1, "convex_isolate": 2, "native_drift": 3}


def test_phases_are_summed_within_a_payment_and_kept_apart_by_clock(run: Run, judged: Judged) -> None:
    plots = by_key(judged(run.data()))
    native = {key: plots[key].series[0] for key in ("sync", "prepare", "send")}
    assert {series.name for series in native.values()} == {"native"}
    assert list(native["prepare"].samples) == pytest.approx([0.04, 0.06, 0.08, 0.1])
    assert list(native["send"].samples) == pytest.approx([0.08, 0.12, 0.16, 0.2])
    assert list(native["sync"].samples) == pytest.approx([0.4, 0.6, 0.8, 1.0])


def test_turns_are_held_against_the_thresholds(run: Run, judged: Judged) -> None:
    for nth in range(3):
        turn = Phase(name="turn", duration_s=1.0 + nth, clock="outside")
        seen = Phase(name="acknowledge", duration_s=0.1 + nth, clock="outside")
        run.pay("workerd", "l402_paid@lightning", phases=(turn, seen), lane="lightning1")
    judgement = judged(run.data())
    plots, numbers = by_key(judgement), judgement.thresholds
    turns, seen_at = plots["paid_turn"], plots["acknowledgement"]
    assert list(turns.series[0].samples) == [2.0, 3.0]
    assert list(seen_at.series[0].samples) == pytest.approx([1.1, 2.1])
    assert [(t.value, t.quantile) for t in turns.targets] == [
        (numbers.paid_turn_p50_s.value, 0.5),
        (numbers.paid_turn_p95_s.value, 0.95),
    ]
    assert [t.value for t in seen_at.targets] == [numbers.acknowledgement_p95_s.value]
    assert plots["pay_exact"].targets == ()


def test_a_record_without_times_has_no_plots(judged: Judged) -> None:
    run = Run(NATIVE, WORKERD)
    run.negative_controls()
    assert latency_plots(judged(run.data())) == ()


def test_every_plot_of_a_record_is_whole_and_the_same_each_time(run: Run, judged: Judged) -> None:
    data = run.data()
    first, second = ([ecdf(plot) for plot in latency_plots(judged(data))] for _ in range(2))
    assert first == second
    for markup in first:
        assert drawn.read(markup).outside() == []


def test_bars_show_the_table_of_limits(run: Run, judged: Judged) -> None:
    run.fact("workerd", "upload_raw_bytes", 1000)
    judgement = judged(run.data())
    rows = tables(judgement).limits
    plots = margin_plots(judgement)
    assert [plot.runtime for plot in plots] == ["workerd", "convex_isolate"]
    assert sum(len(plot.rows) for plot in plots) == len(rows)
    for plot in plots:
        for bar, row in zip(plot.rows, (r for r in rows if r.runtime == plot.runtime), strict=True):
            assert bar.share == (None if row.measured is None else row.measured / row.limit)
            assert (bar.verdict, bar.decides, bar.lines) == (row.verdict, row.decides, row.lines)
        assert drawn.read(margin_bars(plot)).outside() == []
    measured = [bar for plot in plots for bar in plot.rows if bar.share is not None]
    assert measured, "a limit was measured, or nothing is shown"
    assert np.isfinite([bar.share for bar in measured if bar.share is not None]).all()
