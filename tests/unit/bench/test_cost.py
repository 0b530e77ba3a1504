"""The cost model: bills and capacities by hand, what must hold of every bill, and nothing made up."""

from __future__ import annotations

import dataclasses
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import cost, evidence
from bench.cost import CostTables, PlaceRow, with_assumed
from bench.cost.capacity import capacity_row, most_at_once, per_unit
from bench.cost.crossings import crossings
from bench.cost.places import PLACES, Bill, Item, Place, bill
from bench.cost.prices import Price, load
from bench.cost.usage import missing, usage
from spikes.record import Outcome
from tests.records.builder import Run
from tests.records.costs import USED, measured, outside

WORKER, DURABLE, CONVEX, CONVEX_NODE, CLOUD_RUN, CONTAINER = PLACES


def of(run: Run) -> CostTables:
    return cost.cost_tables(evidence.parse(run.data()))


def row(found: CostTables, place: Place) -> PlaceRow:
    return next(r for r in found.places if r.place == place.name)


# --- what one payment uses --------------------------------------------------------------------------------------------


def test_usage_by_hand() -> None:
    found = usage(evidence.parse(measured().data()), "durable_object", load())
    # Half of the payments swap, a tenth is cold: 0.9 (0.01 + 0.5 0.03 + 0.5 0.05) + 0.1 0.2
    assert found.cpu_s == Decimal("0.065")
    assert (found.turn_s, found.turns) == (Decimal("2.5"), 2)  # how long the request was open, not since it was due
    assert found.orchestration_s == Decimal("0.004")
    assert (found.memory_bytes, found.memory_fact) == (Decimal(20_000_000), "isolate_memory_bytes")
    assert usage(evidence.parse(measured().data()), "node", load()).memory_fact == "rss_bytes"


def test_unpaid_turns_and_the_second_lane_are_no_samples() -> None:
    run = measured()
    run.pay("durable_object", "l402_paid@lightning", lane="b", phases=(outside("fetch", 90.0),))
    run.attempt("durable_object", "l402_paid@lightning", Outcome.UNKNOWN, phases=(outside("fetch", 90.0),))
    run.pay("durable_object", "l402_paid", phases=(outside("fetch", 90.0),))
    run.pay("durable_object", "l402_paid@degraded", phases=(outside("fetch", 90.0),))
    assert usage(evidence.parse(run.data()), "durable_object", load()).turn_s == Decimal("2.5")


@pytest.mark.parametrize(
    ("lacks", "says"),
    [("cpu", "CPU of a payment"), ("turns", "paid turns on the lightning profile"), ("blocked", "blocked by the cap")],
)
def test_what_was_not_measured_is_no_zero(lacks: str, says: str) -> None:
    found = of(measured(**{lacks: False}))
    for place in (DURABLE, CLOUD_RUN, CONTAINER):
        shown = row(found, place)
        assert any(says in text for text in shown.missing)
        assert (shown.per_1000, shown.fixed, shown.per_1000_if_cpu_doubles) == (None, None, None)
        assert (shown.lines, shown.monthly, shown.payments_per_s_per_unit) == ((), {}, None)
    assert (found.known, found.crossings, found.capacity) == ((), (), ())


def test_one_missing_phase_leaves_the_cpu_unknown() -> None:
    run = measured(cpu=False)
    run.fact("durable_object", "cpu_s.prepare.warm", 0.01)
    run.fact("durable_object", "cpu_s.send_exact.warm", 0.01)
    assert usage(evidence.parse(run.data()), "durable_object", load()).cpu_s is None


def test_only_places_whose_runtime_was_in_the_run_are_told() -> None:
    assert [r.place for r in of(measured()).places] == [DURABLE.name, CLOUD_RUN.name, CONTAINER.name]


# --- bills by hand ----------------------------------------------------------------------------------------------------


def test_a_worker_by_hand() -> None:
    charge = bill(WORKER, USED, load())
    # 54 ms of CPU at 0.02 a million ms, one request at 0.30 a million
    assert charge.each == Decimal("54") * Decimal("0.00000002") + Decimal("0.0000003")
    assert charge.monthly(Decimal(100_000)) == 5  # within every allowance
    # 20 million: 10 million requests beyond, and 20e6 x 54 - 30e6 ms
    assert charge.monthly(Decimal(20_000_000)) == 5 + 3 + (Decimal(1_080_000_000 - 30_000_000) * Decimal("0.00000002"))


def test_a_durable_object_by_hand() -> None:
    charge = bill(DURABLE, USED, load())
    worker = Decimal("0.0000003") + 4 * Decimal("0.00000002")
    held = Decimal("0.128") * Decimal("2.5") * Decimal("0.0000125")
    assert charge.each == worker + Decimal("0.00000015") + held
    # 2 million payments: 1 million requests and 640,000 - 400,000 GB-s beyond; the Worker's allowances hold
    assert charge.monthly(Decimal(2_000_000)) == 5 + Decimal("0.15") + 240_000 * Decimal("0.0000125")


def test_convex_by_hand() -> None:
    hours = Decimal("2.5") / 3600
    assert bill(CONVEX, USED, load()).each == Decimal("0.000002") + Decimal("0.0625") * hours * Decimal("0.30")
    node = bill(CONVEX_NODE, USED, load())
    assert node.each == Decimal("0.000002") + Decimal("0.5") * hours * Decimal("0.30")
    assert node.monthly(Decimal(1000)) == 25


def test_cloud_run_by_hand_is_billed_in_steps() -> None:
    used = dataclasses.replace(USED, turn_s=Decimal("2.41"))  # billed as 2.5
    worker = Decimal("0.0000003") + 4 * Decimal("0.00000002")
    container = Decimal("2.5") * (Decimal("0.000024") + Decimal("0.5") * Decimal("0.0000025")) + Decimal("0.0000004")
    assert bill(CLOUD_RUN, used, load()).each == worker + container
    four = bill(CLOUD_RUN, used, with_assumed(load(), "at_once", Decimal(4)))
    assert four.each == worker + Decimal("0.0000004") + (container - Decimal("0.0000004")) / 4


def test_a_container_bills_the_cpu_that_is_used() -> None:
    beside_it = bill(DURABLE, USED, load()).each
    cpu, memory = Decimal("0.050") * Decimal("0.000020"), Decimal("2.5") * Decimal("0.0000025")
    assert bill(CONTAINER, USED, load()).each == beside_it + cpu + memory


def test_the_cpu_factor_reaches_the_bill_and_the_cores() -> None:
    twice = with_assumed(load(), "cpu_factor", Decimal(2))
    ms = Decimal("0.00000002")
    assert bill(WORKER, USED, twice).each - bill(WORKER, USED, load()).each == 54 * ms
    one, two = (capacity_row(WORKER, USED, bill(WORKER, USED, p), Decimal(100), p) for p in (load(), twice))
    assert (one.cpus, two.cpus) == (Decimal(5), Decimal(10))
    found = row(of(measured()), DURABLE)
    assert found.per_1000 is not None
    assert found.per_1000_if_cpu_doubles is not None
    assert found.per_1000_if_cpu_doubles - found.per_1000 == 1000 * 4 * ms


# --- what holds of every bill -----------------------------------------------------------------------------------------

SECONDS = st.decimals(min_value="0.001", max_value="100", places=3)
COUNTS = st.integers(0, 10**9).map(Decimal)


@given(cpu=SECONDS, turn=SECONDS, n=COUNTS, more=COUNTS, place=st.sampled_from(PLACES))
def test_bills_never_fall_and_are_straight_beyond_the_allowances(
    cpu: Decimal, turn: Decimal, n: Decimal, more: Decimal, place: Place
) -> None:
    charge = bill(place, dataclasses.replace(USED, cpu_s=cpu, turn_s=turn), load())
    assert charge.fixed <= charge.monthly(n) <= charge.monthly(n + more)
    beyond = max(charge.kinks(), default=Decimal(0)) + n
    assert abs(charge.monthly(beyond + more) - charge.monthly(beyond) - more * charge.each) < Decimal("1e-9")
    dearer = bill(place, dataclasses.replace(USED, cpu_s=cpu, turn_s=turn + 1), load())
    assert dearer.monthly(n) >= charge.monthly(n)


@given(rate=st.decimals(min_value="0.1", max_value="20000", places=1), turn=SECONDS, place=st.sampled_from(PLACES))
def test_capacity_never_falls_and_one_wallet_pays_one_at_a_time(rate: Decimal, turn: Decimal, place: Place) -> None:
    used = dataclasses.replace(USED, turn_s=turn)
    charge = bill(place, used, load())
    one, more = (capacity_row(place, used, charge, r, load()) for r in (rate, 2 * rate))
    assert rate * turn <= one.wallets < rate * turn + 1
    assert one.units is not None
    assert more.units is not None
    assert one.wallets <= more.wallets
    assert one.units <= more.units
    assert one.monthly <= more.monthly
    single = per_unit(place, used, load())
    assert single is not None
    assert one.units * single >= rate * Decimal("0.999999")


def line(fixed: int, each: str, included: int) -> Bill:
    price = Price(
        platform="p",
        resource="r",
        price=Decimal(each),
        per=Decimal(1),
        included=Decimal(included),
        source="a test",
        date="2026-11-23",
    )
    return Bill(fixed=Decimal(fixed), items=(Item(price=price, amount=Decimal(1)),))


def test_crossings_by_hand() -> None:
    assert crossings(line(10, "1", 0), line(0, "2", 0)) == (Decimal(10),)
    assert crossings(line(10, "1", 0), line(0, "1", 0)) == ()
    assert crossings(line(5, "1", 100), line(5, "2", 100)) == ()  # alike as far as 100, then apart: no crossing
    assert crossings(line(10, "3", 100), line(0, "1", 0)) == (Decimal(10), Decimal(145))
    # The same bill from 10 to 20, one dearer before and the other after: they cross where they meet.
    dearer_later = Bill(fixed=Decimal(0), items=(*line(0, "1", 0).items, *line(0, "1", 20).items))
    assert crossings(dearer_later, line(10, "1", 10)) == (Decimal(10),)
    dearer_again = Bill(fixed=Decimal(10), items=(*line(0, "1", 10).items, *line(0, "1", 20).items))
    assert crossings(dearer_again, line(0, "1", 0)) == ()


@given(fixed=st.integers(0, 50), each=st.integers(1, 9), free=st.integers(0, 99), other=st.integers(1, 9))
def test_at_a_crossing_both_cost_the_same(fixed: int, each: int, free: int, other: int) -> None:
    one, two = line(fixed, str(each), free), line(7, str(other), 13)
    found = crossings(one, two)
    assert list(found) == sorted(found)
    for n in found:
        assert abs(one.monthly(n) - two.monthly(n)) < Decimal("1e-9")
        before, after = (one.monthly(n + d) - two.monthly(n + d) for d in (Decimal("-0.001"), Decimal("0.001")))
        assert before * after < 0
    assert crossings(two, one) == found


# --- capacity by hand -------------------------------------------------------------------------------------------------


def test_capacity_by_hand() -> None:
    used = dataclasses.replace(USED, memory_bytes=Decimal(30_000_000))
    rows = [
        capacity_row(place, used, bill(place, used, load()), Decimal(100), load())
        for place in (WORKER, DURABLE, CONVEX_NODE, CLOUD_RUN)
    ]
    assert {r.wallets for r in rows} == {250}
    # 4 wallets of 30 MB in an isolate of 128 MB; one object a wallet; one action, and one instance, a payment
    assert [r.units for r in rows] == [63, 250, 250, 250]
    assert [r.memory_bytes for r in rows] == [63 * 128_000_000, 250 * 128_000_000, 125 * 1024**3, 125 * 1024**3]
    assert rows[0].monthly == bill(WORKER, used, load()).monthly(Decimal(100 * 2_592_000))
    assert [r.remark for r in rows] == [None] * 4
    more = capacity_row(CONVEX_NODE, used, bill(CONVEX_NODE, used, load()), Decimal(110), load())
    assert more.remark == "the platform runs 256 at once"


def test_cpu_binds_where_it_is_scarcer_than_wallets() -> None:
    busy = dataclasses.replace(USED, cpu_s=Decimal(1), turn_s=Decimal("1.5"))
    assert capacity_row(WORKER, busy, bill(WORKER, busy, load()), Decimal(100), load()).units == 100
    assert per_unit(WORKER, busy, load()) == 1
    assert per_unit(DURABLE, USED, load()) == Decimal("0.4")
    assert most_at_once(CLOUD_RUN, USED, load()) == 50
    assert most_at_once(CONTAINER, dataclasses.replace(USED, cpu_s=Decimal(9)), load()) == 1


def test_without_memory_the_isolates_are_not_known() -> None:
    bare = dataclasses.replace(USED, memory_bytes=None)
    found = capacity_row(WORKER, bare, bill(WORKER, bare, load()), Decimal(100), load())
    assert (found.units, found.memory_bytes) == (None, None)
    assert per_unit(WORKER, bare, load()) is None
    assert missing(bare, ("memory_bytes",)) == ("memory",)


def test_rows_that_would_make_both_equal() -> None:
    found = next(x for x in of(measured()).crossings if x.external == CLOUD_RUN.name and x.at_once == 1)
    ours, theirs = (row(of(measured()), place).per_1000 for place in (DURABLE, CLOUD_RUN))
    assert ours is not None
    assert theirs is not None
    assert found.rows_even == ((theirs - ours) / of(measured()).rows_written_per_1000).quantize(Decimal("0.1"))
    assert (found.payments, found.cheaper_at_last) == ((), DURABLE.name)
