"""Gate 1's limits: every limit of every platform can fail, alone; plans, margins and what only informs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from bench import limits
from bench.gates.limit_uses import USES, Use
from bench.judgement import Judgement
from bench.limits import Limit, Plan
from bench.thresholds import Thresholds
from bench.verdict import Criterion, GateVerdict, Verdict
from spikes.record import Calls, Outcome, Platform, RuntimePin
from tests.records.builder import CONVEX_ISOLATE, CONVEX_NODE, WORKERD, Run
from tests.records.fitting import USED, fit_for_compatibility

Judge = Callable[[bytes], Judgement]
FAIL, OPEN, PASS = Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.PASS
ROOT = Path(__file__).resolve().parents[3]
PINS = {pin.platform: pin for pin in (WORKERD, CONVEX_ISOLATE, CONVEX_NODE)}
LIMITED = [(platform, use) for platform, uses in USES.items() for use in uses]
DECIDING = [(platform, use) for platform, use in LIMITED if not use.informs]
INFORMING = [(platform, use) for platform, use in LIMITED if use.informs]
W = "workerd"


def named(case: object) -> str:
    return case.criterion if isinstance(case, Use) else str(case)


def record(pin: RuntimePin, facts: Mapping[str, float] | None = None, *, without: str | None = None) -> bytes:
    """A runtime that fits in every way, with these readings besides, and without that one."""
    run = Run(pin)
    fit_for_compatibility(run, pin.name)
    run.lines = [line for line in run.lines if without is None or getattr(line, "name", None) != without]
    for name, value in (facts or {}).items():
        run.fact(pin.name, name, value)
    run.negative_controls()
    return run.data()


def gate(judged: Judge, pin: RuntimePin, data: bytes) -> GateVerdict:
    return judged(data).of("compatibility", pin.name)


def failed(criteria: tuple[Criterion, ...]) -> set[str]:
    return {c.name for c in criteria if c.verdict is FAIL}


def limit_of(numbers: Thresholds, platform: Platform, use: Use, plan: Plan = Plan.PAID) -> Limit:
    limit = numbers.limits.get(use.limit, platform, plan)
    assert limit is not None
    return limit


@pytest.mark.parametrize(("platform", "use"), DECIDING, ids=named)
def test_one_use_over_its_limit_fails_that_criterion_alone(
    judged: Judge, numbers: Thresholds, platform: Platform, use: Use
) -> None:
    pin, limit = PINS[platform], limit_of(numbers, platform, use)
    over = gate(judged, pin, record(pin, {use.fact: limit.value * 1.001}))
    assert (over.verdict, failed(over.criteria)) == (FAIL, {use.criterion})
    at = gate(judged, pin, record(pin, {use.fact: limit.value}))
    assert at.verdict is PASS
    (criterion,) = [c for c in over.criteria if c.name == use.criterion]
    assert (criterion.measured, criterion.threshold, criterion.unit) == (limit.value * 1.001, limit.value, limit.unit)
    assert (criterion.source, criterion.date) == (limit.source, limit.date)
    assert criterion.plan == "+".join(limit.plans)
    assert criterion.margin == pytest.approx(-0.001)


@pytest.mark.parametrize(("platform", "use"), INFORMING, ids=named)
def test_what_only_informs_fails_apart_and_decides_nothing(
    judged: Judge, numbers: Thresholds, platform: Platform, use: Use
) -> None:
    pin, limit = PINS[platform], limit_of(numbers, platform, use)
    over = gate(judged, pin, record(pin, {use.fact: limit.value + 1}))
    assert (over.verdict, failed(over.criteria)) == (PASS, set())
    free = set() if Plan.FREE in limit.plans else {f"{use.criterion}_free_plan"}
    assert failed(over.informative) == {use.criterion} | free
    silent = gate(judged, pin, record(pin, without=use.fact))
    assert not [c for c in silent.informative if c.name.startswith(use.criterion) and "." not in c.name]


@pytest.mark.parametrize(("platform", "use"), DECIDING, ids=named)
def test_a_use_that_was_not_measured_is_open_and_names_its_fact(judged: Judge, platform: Platform, use: Use) -> None:
    pin = PINS[platform]
    verdict = gate(judged, pin, record(pin, without=use.fact))
    if use.criterion == "limit_subrequests":  # the emulator's count of a paid attempt stands in
        assert verdict.verdict is PASS
        return
    assert [c.name for c in verdict.criteria if c.verdict is OPEN] == [use.criterion]
    assert f"`{use.fact}`" in str(next(c.needs for c in verdict.criteria if c.verdict is OPEN))


@pytest.mark.parametrize(
    ("fact", "criterion"),
    [("code_generations", "limit_code_generation"), ("work_after_response.calls", "limit_work_after_response")],
)
def test_what_workers_forbid_fails_at_one(judged: Judge, fact: str, criterion: str) -> None:
    verdict = gate(judged, WORKERD, record(WORKERD, {fact: 1}))
    assert (verdict.verdict, failed(verdict.criteria)) == (FAIL, {criterion})
    assert next(c.margin for c in verdict.criteria if c.name == criterion) is None


def test_every_use_is_covered_by_a_shipped_limit_and_by_a_fitting_record() -> None:
    shipped = limits.load()
    for platform, use in LIMITED:
        limit = shipped.get(use.limit, platform, Plan.PAID)
        assert limit is not None, use
        assert use.fact in USED[platform], use
    assert len({(platform, use.criterion) for platform, use in LIMITED}) == len(LIMITED)


# Written down a second time on purpose: a use that points at another limit or fact would agree with itself.
MIB = 2**20
DOCUMENTED: dict[tuple[Platform, str], tuple[str, float]] = {
    (Platform.CLOUDFLARE, "limit_upload_size"): ("upload_raw_bytes", 64 * MIB),
    (Platform.CLOUDFLARE, "limit_upload_gzip"): ("upload_gzip_bytes", 10e6),
    (Platform.CLOUDFLARE, "limit_startup_cpu"): ("startup_cpu_s", 1),
    (Platform.CLOUDFLARE, "limit_cpu_per_request"): ("cpu_per_request_s", 30),
    (Platform.CLOUDFLARE, "limit_memory"): ("isolate_memory_bytes", 128e6),
    (Platform.CLOUDFLARE, "limit_subrequests"): ("subrequests_max", 10_000),
    (Platform.CLOUDFLARE, "limit_connections"): ("connections_max", 6),
    (Platform.CONVEX_ISOLATE, "limit_heap"): ("heap_bytes", 64 * MIB),
    (Platform.CONVEX_ISOLATE, "limit_array_buffers"): ("array_buffer_bytes", 64 * MIB),
    (Platform.CONVEX_ISOLATE, "limit_analysis"): ("analysis_s", 4),
    (Platform.CONVEX_ISOLATE, "limit_code_size"): ("bundle_bytes", 32 * MIB),
    (Platform.CONVEX_ISOLATE, "limit_bundle_zip"): ("bundle_zip_bytes", 45e6),
    (Platform.CONVEX_ISOLATE, "limit_action_time"): ("action_s", 600),
    (Platform.CONVEX_ISOLATE, "limit_arguments"): ("arguments_bytes", 16 * MIB),
    (Platform.CONVEX_ISOLATE, "limit_result"): ("result_bytes", 16 * MIB),
    (Platform.CONVEX_NODE, "limit_process_memory"): ("process_memory_bytes", 512 * MIB),
    (Platform.CONVEX_NODE, "limit_bundle_zip"): ("bundle_zip_bytes", 45e6),
    (Platform.CONVEX_NODE, "limit_bundle_unzipped"): ("bundle_unzipped_bytes", 230e6),
    (Platform.CONVEX_NODE, "limit_code_size"): ("bundle_bytes", 32 * MIB),
    (Platform.CONVEX_NODE, "limit_analysis"): ("analysis_s", 600),
    (Platform.CONVEX_NODE, "limit_action_time"): ("action_s", 600),
    (Platform.CONVEX_NODE, "limit_arguments"): ("arguments_bytes", 5 * MIB),
    (Platform.CONVEX_NODE, "limit_result"): ("result_bytes", 6e6),
}


def test_the_shipped_limits_are_those_of_the_documents() -> None:
    shipped = limits.load()
    found = {
        (platform, use.criterion): (use.fact, limit.value)
        for platform, use in LIMITED
        if (limit := shipped.get(use.limit, platform, Plan.PAID)) is not None
    }
    assert found == DOCUMENTED


# --- plans ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("calls", "paid", "free"), [(50, PASS, PASS), (51, PASS, FAIL), (10_001, FAIL, FAIL)])
def test_plans_are_judged_apart_and_the_free_one_decides_nothing(
    judged: Judge, calls: int, paid: Verdict, free: Verdict
) -> None:
    verdict = gate(judged, WORKERD, record(WORKERD, {"subrequests_max": calls}))
    assert {c.name: c.verdict for c in verdict.criteria}["limit_subrequests"] is paid
    assert {c.name: c.verdict for c in verdict.informative}["limit_subrequests_free_plan"] is free
    assert {c.name: c.plan for c in verdict.informative}["limit_subrequests_free_plan"] == "free"
    assert verdict.verdict is paid


def test_one_limit_of_both_plans_is_judged_once(judged: Judge) -> None:
    verdict = gate(judged, WORKERD, record(WORKERD))
    size = next(c for c in verdict.criteria if c.name == "limit_upload_size")
    assert (size.plan, size.reason) == (
        "paid+free",
        "upload, uncompressed: 17.1 % of the paid and the free plan's limit",
    )
    assert {c.name for c in verdict.informative} == {
        *("limit_upload_gzip", "limit_upload_gzip_free_plan", "limit_cpu_per_request_free_plan"),
        *("limit_subrequests_free_plan", "timers_after_response"),
    }


def test_a_timer_that_is_left_behind_is_told_and_fails_nothing(judged: Judge) -> None:
    verdict = gate(judged, WORKERD, record(WORKERD, {"work_after_response.timers": 3}))
    assert verdict.verdict is PASS
    assert {c.name: c.verdict for c in verdict.informative}["timers_after_response"] is FAIL


# --- readings ---------------------------------------------------------------------------------------------------------


def subrequests(judged: Judge, add: Callable[[Run], object]) -> Criterion:
    run = Run(WORKERD)
    add(run)
    run.negative_controls()
    verdict = judged(run.data()).of("compatibility", W)
    return next(c for c in verdict.criteria if c.name == "limit_subrequests")


def test_subrequests_are_the_larger_of_what_was_traced_and_what_the_emulator_saw(judged: Judge) -> None:
    def seen(run: Run, traced: int, calls: int) -> None:
        run.pay(W, calls=Calls(count=calls))
        run.fact(W, "subrequests_max", traced)

    assert subrequests(judged, lambda run: seen(run, 9, 12)).measured == 12
    assert subrequests(judged, lambda run: seen(run, 30, 12)).measured == 30


@pytest.mark.parametrize("experiment", ["pay_at_once", "pay_after_restart", "pay_second_isolate"])
def test_calls_of_several_requests_are_no_reading_of_one(judged: Judge, experiment: str) -> None:
    found = subrequests(judged, lambda run: run.pay(W, experiment, calls=Calls(count=20_000), incarnation=1))
    assert found.verdict is OPEN


def test_calls_of_an_attempt_that_did_not_pay_are_no_reading(judged: Judge) -> None:
    found = subrequests(judged, lambda run: run.attempt(W, "pay_exact", Outcome.FAILED, calls=Calls(count=20_000)))
    assert found.verdict is OPEN


@pytest.mark.parametrize("part", ["wasm_memory_bytes", "heap_bytes"])
def test_a_part_of_the_memory_can_refute_but_not_prove(judged: Judge, part: str) -> None:
    def memory(fact: str, value: float) -> Criterion:
        verdict = gate(judged, WORKERD, record(WORKERD, {fact: value}, without="isolate_memory_bytes"))
        return next(c for c in verdict.criteria if c.name == "limit_memory")

    small, large, rss = memory(part, 3e6), memory(part, 200e6), memory("rss_bytes", 200e6)
    assert (small.verdict, large.verdict, rss.verdict) == (OPEN, FAIL, OPEN)
    assert f"`{part}` is only a part of it" in small.reason
    assert large.margin == pytest.approx(1 - 200e6 / 134_217_728)


def test_other_routes_of_packaging_inform_and_the_route_that_pays_decides(judged: Judge) -> None:
    verdict = gate(judged, CONVEX_NODE, record(CONVEX_NODE, {"bundle_zip_bytes.external": 49_100_000}))
    assert verdict.verdict is PASS
    assert failed(verdict.informative) == {"limit_bundle_zip.external"}
    only_other = gate(judged, CONVEX_NODE, record(CONVEX_NODE, without="bundle_zip_bytes"))
    assert [c.name for c in only_other.criteria if c.verdict is OPEN] == ["limit_bundle_zip"]
