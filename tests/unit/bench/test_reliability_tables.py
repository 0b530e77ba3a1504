"""Gate 3's tables: the fault matrix, times with their bounds, what is added to the control, break-even, a long run."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from bench import break_even, formats, render
from bench.endings import Ending
from bench.errors import InconsistentRecord
from bench.fault_tables import FaultCell
from bench.judgement import Judgement
from bench.latency_tables import COLD, EXACT, SWAP, LatencyRow
from bench.schedules import RPC_SCHEDULES
from bench.soak import SoakRow
from bench.tables import tables
from bench.thresholds import Thresholds
from spikes.record import Calls, Outcome, Phase
from tests.records.builder import METHODS, NATIVE, WORKERD, Run
from tests.records.cases import under_pressure
from tests.records.faults import fit_under_faults, struck, under_fault

Judge = Callable[[bytes], Judgement]
W = "workerd"
FIRST, SECOND = sorted(METHODS)[:2]
GONE = {"settled_count": 1, "debited_sats": 1003, "invoice_amount_sats": 1000, "payment_hash": "ab" * 32}


def judged_run(judged: Judge, run: Run) -> Judgement:
    run.negative_controls()
    return judged(run.data())


# --- the fault matrix -------------------------------------------------------------------------------------------------


def test_the_matrix_has_a_row_a_schedule_and_counts_how_its_attempts_ended(judged: Judge) -> None:
    run = Run(NATIVE, WORKERD)
    run.pay(W)
    fit_under_faults(run, W)
    shown = tables(judged_run(judged, run)).faults
    assert shown.runtimes == (W,)
    cells = {(row.schedule, row.strikes): row.cells[W] for row in shown.rows}
    assert dict(cells["lost_after_commit", "each RPC"].counts) == {"unknown, then reconciled": len(METHODS)}
    assert dict(cells["lightning_failure", "the payment"].counts) == {"returned": 1}
    assert dict(cells["expired_session", "each RPC"].counts) == {"paid once": len(METHODS)}
    assert dict(cells["expired_session", "the payment"].counts) == {"paid once": 1}
    assert cells["random", "the payment"].counts["paid once"] == 30
    assert len(cells["random", "the payment"].seeds["paid once"]) == 20  # enough of what is as it should be
    total = sum(sum(row.cells[W].counts.values()) for row in shown.rows)
    assert total == sum(shown.totals[W].counts.values()) == len(RPC_SCHEDULES) * len(METHODS) + 18 + 30
    assert shown.missing == {W: ()}


def test_what_did_not_strike_is_idle_and_what_is_bad_is_named_with_all_its_seeds(judged: Judge) -> None:
    run = Run(WORKERD)
    run.pay(W)
    under_fault(run, W, f"delay.{FIRST}", faults=struck("delay", FIRST, fired=0))
    bad = [under_fault(run, W, "random", Outcome.FAILED, ledger=GONE, faults=struck("delay", FIRST)) for _ in range(25)]
    never = under_fault(run, W, "restart", Outcome.FAILED, ledger=GONE, faults=struck("restart", fired=0))
    judgement = judged_run(judged, run)
    shown = tables(judgement).faults
    cells = {row.schedule: row.cells[W] for row in shown.rows}
    assert (cells["delay"].idle, dict(cells["delay"].counts)) == (1, {})
    assert cells["random"].seeds["lost"] == tuple(a.seed for a in bad)
    assert cells["restart"].seeds["lost"] == (never.seed,)  # no fault, and the money is gone all the same
    assert [c.ending for c in shown.counterexamples] == [Ending.LOST] * 26
    assert shown.counterexamples[0].replay == f"make replay SEED={bad[0].seed} RUNTIME=workerd"
    assert f"`make replay SEED={never.seed} RUNTIME=workerd EXPERIMENT=fault_restart`" in render.gates_md(judgement)


def test_a_schedule_that_the_judge_does_not_know_is_shown_too(judged: Judge) -> None:
    run = Run(WORKERD)
    under_fault(run, W, "full_moon")
    (row,) = tables(judged_run(judged, run)).faults.rows
    assert (row.schedule, row.strikes) == ("full_moon", "unknown to this judge")


def test_cells_of_the_matrix() -> None:
    assert formats.ends(None) == "-"
    cell = FaultCell(counts={"paid once": 7, "unknown, then reconciled": 2, "double debit": 1}, seeds={}, idle=3)
    assert formats.ends(cell) == "7 paid once, 2 reconciled, **1 double debit**, 3 not struck"
    assert formats.ends(FaultCell(counts={}, seeds={}, idle=0)) == "-"


# --- times ------------------------------------------------------------------------------------------------------------


def phase(seconds: float) -> tuple[Phase, ...]:
    return (Phase(name="pay", duration_s=seconds, clock="outside"),)


def two_runtimes(*, ours: float, theirs: float, lane_b: float | None) -> Run:
    """Sixty warm payments of each path on the control and on workerd, a few milliseconds apart from each other."""
    run = Run(NATIVE, WORKERD)
    for runtime, seconds in (("native", theirs), (W, ours)):
        for number in range(121):
            wobble = 0.0001 * (number % 10)
            experiment = EXACT if number % 2 == 0 else SWAP
            calls = Calls(count=10 + number % 3, emulator_s=0.02, by_method=METHODS)
            run.pay(runtime, experiment, phases=phase(seconds + wobble), calls=calls)
    if lane_b is not None:
        for number in range(42):
            run.pay(W, EXACT if number % 2 == 0 else SWAP, lane="b", phases=phase(lane_b))
    return run


def row_of(judgement: Judgement, runtime: str = W) -> LatencyRow:
    return next(row for row in tables(judgement).latency.rows if row.runtime == runtime)


def test_times_have_bounds_and_say_when_n_is_too_small(judged: Judge) -> None:
    row = row_of(judged_run(judged, two_runtimes(ours=0.1, theirs=0.06, lane_b=None)))
    exact, swap = row.payments[EXACT], row.payments[SWAP]
    assert (exact.n, swap.n, row.payments[COLD].n) == (60, 60, 0)  # the first payment of all is cold, and has no boot
    assert exact.p50 == pytest.approx(0.1004)
    assert exact.p50 is not None
    assert exact.p50_low is not None
    assert exact.p95_high is not None
    assert exact.p50_low <= exact.p50 <= exact.p95_high
    assert exact.warnings == ()
    fewer = Run(WORKERD)
    for _ in range(41):
        fewer.pay(W, phases=phase(0.1))
    short = row_of(judged_run(judged, fewer)).payments[EXACT]
    assert (short.n, short.p95, short.p95_high, short.warnings) == (40, 0.1, None, ("n = 40: p95 needs 59",))


@pytest.mark.parametrize(
    ("ours", "lane_b", "claim"),
    [(0.1, 0.1005, True), (0.1, 0.2, False), (0.1, None, False), (0.0602, 0.0602, False), (0.02, 0.0205, True)],
)
def test_what_is_added_is_a_claim_only_beyond_the_noise(
    judged: Judge, ours: float, lane_b: float | None, claim: bool
) -> None:
    judgement = judged_run(judged, two_runtimes(ours=ours, theirs=0.06, lane_b=lane_b))
    added = row_of(judgement).overhead[EXACT]
    assert added.point == pytest.approx(ours - 0.06, abs=1e-9)
    assert added.low is not None
    assert added.high is not None
    assert added.low <= ours - 0.06 <= added.high
    assert added.claim is claim
    assert row_of(judgement, "native").overhead == {}


def test_cpu_calls_and_the_emulators_own_share(judged: Judge) -> None:
    run = two_runtimes(ours=0.1, theirs=0.06, lane_b=None)
    for name, value in (("prepare", 0.004), ("send_exact", 0.02)):
        run.fact(W, f"cpu_s.{name}.warm", value)
    use = row_of(judged_run(judged, run)).use
    assert use[EXACT].cpu_s == pytest.approx(0.024)
    assert use[SWAP].cpu_s is None  # send_swap was not measured: half a sum is no sum
    assert (use[EXACT].calls, use[EXACT].emulator_s) == (11, 0.02)
    assert use[EXACT].emulator_share == pytest.approx(0.02 / 0.10045, rel=1e-3)


# --- break-even -------------------------------------------------------------------------------------------------------


def turns(own: float, settle: float, n: int = 100, spread: float = 0.0) -> pd.DataFrame:
    drawn = settle * (1 + spread * np.linspace(-1, 1, n))
    return pd.DataFrame({"line": range(n), "seconds": own + drawn, "settle_s": drawn})


@pytest.mark.parametrize(
    ("own", "settle", "spread", "multiple", "binds"),
    [
        (0.5, 3.0, 0.0, 4.5 / 3.0, "p50"),  # 0.5 + k * 3 = 5
        (1.0, 2.0, 0.0, 2.0, "p50"),
        (0.5, 1.0, 2.5, 9.5 / 3.5, "p95"),  # the slowest settles in 3.5 s and may take 9.5 s; the median has room left
        (0.001, 0.001, 0.0, break_even.MOST, "p50"),
    ],
)
def test_break_even(
    numbers: Thresholds, *, own: float, settle: float, spread: float, multiple: float, binds: str
) -> None:
    found = break_even.of(turns(own, settle, 59, spread), numbers)
    assert found.multiple == pytest.approx(multiple, rel=1e-6)
    assert found.binds == binds
    assert found.settle_s == pytest.approx(multiple * settle, rel=1e-6)


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        (turns(0.5, 3.0, 0), "no paid turn on the lightning profile"),
        (turns(0.5, 3.0, 58), "n = 58: p95 needs 59"),
        (turns(5.1, 1.0), "p50 would miss even if Lightning settled at once"),
        (turns(10.1, 1.0), "p50 and p95 would miss even if Lightning settled at once"),
        (turns(0.5, 0.0), "the record does not say how long Lightning took to settle"),
    ],
)
def test_without_a_break_even_it_says_why(numbers: Thresholds, frame: pd.DataFrame, says: str) -> None:
    found = break_even.of(frame, numbers)
    assert (found.multiple, found.statement) == (None, says)


def test_a_turn_that_never_came_is_within_no_target_however_fast_lightning_is(numbers: Thresholds) -> None:
    frame = turns(0.5, 1.0, 59)
    frame.loc[7, "seconds"] = np.inf
    assert break_even.of(frame, numbers).statement == "p95 would miss even if Lightning settled at once"


# --- along the run ----------------------------------------------------------------------------------------------------

MB = 1024 * 1024


def soaked(judged: Judge, name: str, value: Callable[[int], float], n: int = 24) -> SoakRow:
    run = Run(WORKERD)
    run.pay(W)
    for number in range(1, n + 1):
        run.fact("harness", f"{name}.at_{number * 200}", value(number * 200))
    (row,) = tables(judged_run(judged, run)).soak
    return row


@pytest.mark.parametrize(
    ("name", "value", "flat", "says"),
    [
        ("runner_rss_bytes", lambda at: 90 * MB + (at * 7919) % MB, True, "flat"),
        ("runner_rss_bytes", lambda at: 90 * MB + at * 10, True, "flat"),  # ten kilobytes in a thousand
        ("runner_rss_bytes", lambda at: 90 * MB + at * 4096, False, "grows"),
        ("runner_rss_bytes", lambda at: 90 * MB + min(at, 1200) * 40_000, True, "flat"),  # warm-up, then nothing
        ("runner_fds", lambda at: 31 + (at // 200) % 3, True, "flat"),
        ("runner_fds", lambda at: 31 + at / 100, False, "grows"),
        ("child_processes", lambda at: 9, True, "flat"),
    ],
)
def test_a_long_run_is_flat_or_grows(
    judged: Judge, name: str, value: Callable[[int], float], flat: bool, says: str
) -> None:
    row = soaked(judged, name, value)
    assert (row.flat, row.statement, row.upto) == (flat, says, 4800)


def test_few_readings_say_nothing_and_noise_is_not_called_flat(judged: Judge) -> None:
    few = soaked(judged, "runner_rss_bytes", lambda at: 1.0, n=6)
    assert (few.flat, few.statement) == (None, "n = 5: a trend needs 8 readings at different times")
    wild = soaked(judged, "runner_rss_bytes", lambda at: 90 * MB + (at * 7919 % 97) * MB, n=12)
    assert (wild.flat, wild.statement) == (False, "not shown to be flat")


def test_readings_along_the_run_are_not_listed_as_facts(judged: Judge) -> None:
    run = Run(WORKERD)
    run.pay(W)
    run.fact("harness", "runner_rss_bytes.at_100", 5)
    run.fact("harness", "calibration", 5)
    text = render.gates_md(judged_run(judged, run))
    facts = text.split("## Facts that were measured")[1]
    assert "calibration" in facts
    assert "at_100" not in facts


def test_what_no_header_pins_may_say_facts_only_as_the_harness(judged: Judge) -> None:
    adds: tuple[Callable[[Run], object], ...] = (lambda r: r.fact("stranger", "x", 1), lambda r: r.pay("harness"))
    for add in adds:
        run = Run(WORKERD)
        run.pay(W)
        add(run)
        with pytest.raises(InconsistentRecord, match="pins no runtime"):
            judged(run.data())


# --- in the report ----------------------------------------------------------------------------------------------------


def test_cells_of_times() -> None:
    row = SoakRow(
        what="runner_fds",
        unit="count",
        n=9,
        upto=9,
        first=1.0,
        last=1.0,
        growth=0.5,
        growth_low=None,
        growth_high=1.0,
        flat=True,
        statement="",
    )
    assert formats.growth(row) == "0.5 [?, 1]"
    assert formats.each([0.5, None], "s") == "500 ms / -"
    assert formats.each([None, None], "s") == "-"


def test_the_report_of_a_run_under_pressure_has_all_sections(judged: Judge) -> None:
    text = render.gates_md(judged(under_pressure()))
    for title in ("Fault matrix", "Latency", "Paid turns on the Lightning profile", "Along the run"):
        assert f"\n## {title}\n" in text
    assert "**1 double debit**" in text
    assert "passes up to " in text
    assert "nan" not in text.split("\n## Fault matrix\n")[1].split("\n## Flows\n")[0]
