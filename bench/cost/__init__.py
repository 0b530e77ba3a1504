"""Cost and capacity: a model of what payments would cost on each platform, and what many of them would need.

Role: from a record's measurements and prices.toml to tables. Must not know: how they are written. It is a model:
nothing was deployed and no bill was read; every input stands beside the figures. Nothing is judged, and no verdict
rests on it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import product

from bench.cost.capacity import RATES, CapacityRow, capacity_row, most_at_once, per_unit
from bench.cost.crossings import crossings
from bench.cost.places import PLACES, Bill, Place, bill
from bench.cost.prices import Allotted, Assumed, Price, Prices, load
from bench.cost.usage import Usage, missing, usage
from bench.evidence import Evidence

VOLUMES = tuple(Decimal(10) ** power for power in (4, 5, 6, 7, 8))  # payments a month
THOUSAND = Decimal(1000)
_CENT_THOUSANDTHS = Decimal("0.00001")


@dataclass(frozen=True, kw_only=True)
class Line:
    """One resource of a bill."""

    platform: str
    resource: str
    amount: Decimal  # of one payment
    per_1000: Decimal  # dollars, once the allowance is used up


@dataclass(frozen=True, kw_only=True)
class PlaceRow:
    """One place. What rests on something that was not measured is None, and `missing` says what that is."""

    place: str
    topology: str
    runtime: str
    tier: str
    remark: str
    missing: tuple[str, ...]
    used: Usage
    lines: tuple[Line, ...]
    fixed: Decimal | None  # dollars a month, whatever is paid
    per_1000: Decimal | None  # dollars for 1,000 payments, once all allowances are used up
    per_1000_if_cpu_doubles: Decimal | None
    monthly: Mapping[str, Decimal]  # payments a month -> dollars
    unit: str
    payments_per_s_per_unit: Decimal | None


@dataclass(frozen=True, kw_only=True)
class CrossingRow:
    """Where a place of Topology A and one of Topology B cost the same, if they do."""

    native: str
    external: str
    at_once: Decimal  # payments that one external instance works on at a time
    payments: tuple[Decimal, ...]  # a month; empty: the cheaper one stays so
    cheaper_at_last: str  # beyond the last crossing
    rows_even: Decimal | None  # rows that a payment must write in the object, for both to cost the same beyond that


@dataclass(frozen=True, kw_only=True)
class CostTables:
    """The whole model with its inputs."""

    places: tuple[PlaceRow, ...]
    crossings: tuple[CrossingRow, ...]
    capacity: tuple[CapacityRow, ...]
    prices: tuple[Price, ...]
    allotted: tuple[Allotted, ...]
    assumed: tuple[Assumed, ...]
    rows_written_per_1000: Decimal  # dollars, for each row that a payment writes: no record counts them
    date: str  # the oldest price's

    @property
    def known(self) -> tuple[PlaceRow, ...]:
        """The places of which a bill can be made up."""
        return tuple(row for row in self.places if row.per_1000 is not None)


def cost_tables(evidence: Evidence, prices: Prices | None = None) -> CostTables:
    """The model of one record; places whose runtime was not in the run are left out."""
    numbers = load() if prices is None else prices
    here = {pin.name: pin.tier.value for pin in evidence.runtimes}
    places = [place for place in PLACES if place.runtime in here]
    used = {place.name: usage(evidence, place.runtime, numbers) for place in places}
    able = [place for place in places if not missing(used[place.name], place.needs)]
    return CostTables(
        places=tuple(_place(place, here[place.runtime], used[place.name], numbers) for place in places),
        crossings=tuple(_crossings(able, used, numbers)),
        capacity=tuple(
            _rounded(capacity_row(place, used[place.name], bill(place, used[place.name], numbers), rate, numbers))
            for place, rate in product(able, RATES)
        ),
        prices=numbers.prices,
        allotted=numbers.allotted,
        assumed=numbers.assumed,
        rows_written_per_1000=THOUSAND * numbers.of("durable_objects", "rows_written").each,
        date=numbers.date,
    )


def _place(place: Place, tier: str, used: Usage, prices: Prices) -> PlaceRow:
    lacking = missing(used, place.needs)
    charge = None if lacking else bill(place, used, prices)
    doubled = (
        None if lacking else bill(place, used, with_assumed(prices, "cpu_factor", 2 * prices.assumes("cpu_factor")))
    )
    return PlaceRow(
        place=place.name,
        topology=place.topology,
        runtime=place.runtime,
        tier=tier,
        remark=place.remark,
        missing=lacking,
        used=used,
        lines=tuple(_lines(charge)) if charge is not None else (),
        fixed=None if charge is None else charge.fixed,
        per_1000=None if charge is None else _money(THOUSAND * charge.each),
        per_1000_if_cpu_doubles=None if doubled is None else _money(THOUSAND * doubled.each),
        monthly={} if charge is None else {f"{n:f}": _money(charge.monthly(n)) for n in VOLUMES},
        unit=place.unit,
        payments_per_s_per_unit=None if lacking else _short(per_unit(place, used, prices)),
    )


def _lines(charge: Bill) -> Iterator[Line]:
    for item in charge.items:
        yield Line(
            platform=item.price.platform,
            resource=item.price.resource,
            amount=_short(item.amount) or Decimal(0),
            per_1000=_money(THOUSAND * item.each),
        )


def _crossings(places: list[Place], used: Mapping[str, Usage], prices: Prices) -> Iterator[CrossingRow]:
    """Each native place beside each external one, whose instances work on one payment, or on all that their CPU can."""
    natives, externals = ([p for p in places if p.topology == topology] for topology in "AB")
    for native, external in product(natives, externals):
        most = most_at_once(external, used[external.name], prices)
        for at_once in dict.fromkeys((Decimal(1), most)):
            yield _crossing(native, external, used, with_assumed(prices, "at_once", at_once))


def _crossing(native: Place, external: Place, used: Mapping[str, Usage], numbers: Prices) -> CrossingRow:
    ours, theirs = (bill(place, used[place.name], numbers) for place in (native, external))
    rows = (theirs.each - ours.each) / numbers.of("durable_objects", "rows_written").each
    return CrossingRow(
        native=native.name,
        external=external.name,
        at_once=numbers.assumes("at_once"),
        payments=tuple(n.to_integral_value() for n in crossings(ours, theirs)),
        cheaper_at_last=_cheaper(ours, theirs, native.name, external.name),
        rows_even=rows.quantize(Decimal("0.1")) if native.unit == "objects" and rows > 0 else None,
    )


def _cheaper(ours: Bill, theirs: Bill, native: str, external: str) -> str:
    if ours.each == theirs.each:
        return "neither"
    return native if ours.each < theirs.each else external


def with_assumed(prices: Prices, name: str, value: Decimal) -> Prices:
    """The same prices under another assumption."""
    prices.assumes(name)
    again = tuple(dataclasses.replace(a, value=value) if a.name == name else a for a in prices.assumed)
    return dataclasses.replace(prices, assumed=again)


def _rounded(row: CapacityRow) -> CapacityRow:
    return dataclasses.replace(row, cpus=_short(row.cpus) or Decimal(0), monthly=_money(row.monthly))


def _money(value: Decimal) -> Decimal:
    return value.quantize(_CENT_THOUSANDTHS)


def _short(value: Decimal | None) -> Decimal | None:
    """Six digits: the measurements do not carry more."""
    return None if value is None else Decimal(f"{value:.6g}") + 0
