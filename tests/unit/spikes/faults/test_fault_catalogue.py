"""The catalogue, and that every schedule in it is asked: each by its name."""

from __future__ import annotations

from spikes.emulator.admin_faults import _fault as read_by_the_emulator
from spikes.experiments import EXPECTED, fault, fits
from spikes.faults.catalogue import CATALOGUE, RUN_SCHEDULES, call_schedules
from spikes.faults.draw import draw
from spikes.faults.schedule import PAYMENT_METHODS, SWAP_METHODS, Fault, Kind, canonical
from spikes.faults.trial import fault_settings
from spikes.record import Outcome
from spikes.runtimes import Eviction, runtime_named

RUNS = {
    *("one_operator_down", "all_operators_down", "ssp_error", "ssp_stuck", "lightning_failure", "slow_settle"),
    *("zero_preimage", "wrong_preimage", "fee_raised", "expired_session"),
    *("kill_before_submit", "kill_during_submit", "kill_after_submit", "eviction", "restart", "out_of_memory"),
    *("two_processes", "same_request_twice"),
}
AT_CALLS = {
    *("error_before_commit", "lost_after_commit", "delay", "duplicate", "reset_mid_body", "expired_session"),
    *("kill_before_commit", "kill_after_commit"),
}


def test_every_kind_stands_at_every_call_of_the_path() -> None:
    wanted = {f"{kind}.{method}" for kind in AT_CALLS for method in (*PAYMENT_METHODS, *SWAP_METHODS)}
    assert set(call_schedules()) == wanted
    assert len(wanted) == 72


def test_every_run_schedule_is_there() -> None:
    assert set(RUN_SCHEDULES) == RUNS


def test_no_two_names_mean_the_same() -> None:
    assert len({canonical(schedule) for schedule in CATALOGUE.values()}) == len(CATALOGUE)


def test_the_experiments_list_the_catalogue_by_name() -> None:
    assert [experiment.NAME for experiment in fault.EXPERIMENTS] == [f"fault_{name}" for name in CATALOGUE]
    assert all(EXPECTED[e.NAME] in (Outcome.PAID, Outcome.FAILED) for e in fault.EXPERIMENTS)


def test_the_emulator_takes_every_fault_as_it_is_meant() -> None:
    schedules = (*CATALOGUE.values(), *(draw(seed) for seed in range(2_000)))
    once = Fault(kind=Kind.SSP_ERROR)  # as shrinking leaves it: the emulator's own default is "until healed"
    for fault_meant in {once, *(fault_meant for schedule in schedules for fault_meant in schedule.faults)}:
        taken = read_by_the_emulator(fault_settings(fault_meant))
        assert (taken.kind.value, taken.nth, taken.count) == (
            fault_meant.kind.value,
            fault_meant.nth,
            fault_meant.count,
        )
        assert (taken.operator, taken.delay_s or None) == (fault_meant.operator, fault_meant.delay_s)
        assert fault_meant.method in (None, taken.method)


def test_an_eviction_is_asked_only_where_the_platform_evicts() -> None:
    names = ("native", "node", "workerd", "durable_object", "convex_isolate", "convex_node")
    runtimes = [runtime_named(name) for name in names]
    asked = {r.NAME for r in runtimes if fits("fault_eviction", r)}
    assert asked == {r.NAME for r in runtimes if r.EVICTION in (Eviction.ASKED, Eviction.STOPPED)}
    assert {"durable_object", "workerd"} <= asked
    assert all(fits("fault_restart", r) and fits("fault_random", r) for r in runtimes)
