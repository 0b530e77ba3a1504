"""Where a payment may run, and what each place bills for one: amounts times prices.

Role: the table of places, and bills from it. Must not know: records' facts by name, how figures are written. A bill is
a sum over resources of max(0, amount x payments - included) x price: so it is linear once every allowance is used up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from bench.cost.prices import Price, Prices
from bench.cost.usage import Usage
from spikes.record import Platform

MONTH = "month"
HOUR_S = Decimal(3600)
Amounts = Mapping[tuple[str, str], Decimal]  # (platform, resource) -> of one payment


@dataclass(frozen=True, kw_only=True)
class Place:
    """One way to run payments. `needs` are the fields of Usage without which nothing can be said."""

    name: str
    topology: str
    runtime: str  # whose measurements stand for it
    needs: tuple[str, ...]
    subscriptions: tuple[str, ...]  # platforms whose monthly charge it takes
    amounts: Callable[[Usage, Prices], Amounts]
    unit: str  # what there must be more of for more payments
    remark: str


@dataclass(frozen=True, kw_only=True)
class Item:
    """One line of a bill, for one payment."""

    price: Price
    amount: Decimal

    @property
    def each(self) -> Decimal:
        """Dollars a payment, once the allowance is used up."""
        return self.amount * self.price.each


@dataclass(frozen=True, kw_only=True)
class Bill:
    """All lines, and what is charged each month whatever is paid."""

    fixed: Decimal
    items: tuple[Item, ...]

    @property
    def each(self) -> Decimal:
        """Dollars a payment beyond all allowances and without the fixed charge."""
        return sum((item.each for item in self.items), Decimal(0))

    def monthly(self, payments: Decimal) -> Decimal:
        """Dollars for so many payments in a month."""
        beyond = (max(Decimal(0), i.amount * payments - i.price.included) * i.price.each for i in self.items)
        return self.fixed + sum(beyond, Decimal(0))

    def kinks(self) -> tuple[Decimal, ...]:
        """Payments a month at which an allowance is used up."""
        return tuple(sorted({i.price.included / i.amount for i in self.items if i.amount and i.price.included}))


def bill(place: Place, used: Usage, prices: Prices) -> Bill:
    """The bill of one payment; only of a usage that has all that the place needs."""
    amounts = place.amounts(used, prices)
    return Bill(
        fixed=sum((prices.of(platform, MONTH).price for platform in place.subscriptions), Decimal(0)),
        items=tuple(Item(price=prices.of(*resource), amount=amount) for resource, amount in amounts.items()),
    )


def wallet_cpu(used: Usage, prices: Prices) -> Decimal:
    """CPU of the wallet's part of a payment, on the platform."""
    return _known(used.cpu_s) * prices.assumes("cpu_factor")


def _worker(cpu_s: Decimal) -> dict[tuple[str, str], Decimal]:
    return {("workers", "requests"): Decimal(1), ("workers", "cpu_ms"): 1000 * cpu_s}


def _orchestrating(used: Usage, prices: Prices) -> dict[tuple[str, str], Decimal]:
    """The Worker that only orchestrates: its CPU is at most the time that a blocked turn takes."""
    return _worker(_known(used.orchestration_s) * prices.assumes("cpu_factor"))


def _in_the_worker(used: Usage, prices: Prices) -> Amounts:
    orchestration = _known(used.orchestration_s) * prices.assumes("cpu_factor")
    return _worker(orchestration + wallet_cpu(used, prices))


def _in_an_object(used: Usage, prices: Prices) -> Amounts:
    return {
        **_orchestrating(used, prices),
        ("durable_objects", "requests"): prices.assumes("requests"),
        ("durable_objects", "gb_s"): prices.allots("durable_objects", "gb") * _known(used.turn_s),
    }


def _in_convex(runtime: str) -> Callable[[Usage, Prices], Amounts]:
    def amounts(used: Usage, prices: Prices) -> Amounts:
        hours = _known(used.turn_s) / HOUR_S
        return {
            ("convex", "function_calls"): prices.assumes("requests"),
            ("convex", "gb_h"): prices.allots(runtime, "gb") * hours,
        }

    return amounts


def _on_cloud_run(used: Usage, prices: Prices) -> Amounts:
    step = prices.allots("cloud_run", "billed_s")
    billed = (_known(used.turn_s) / step).to_integral_value(ROUND_CEILING) * step / prices.assumes("at_once")
    return {
        **_orchestrating(used, prices),
        ("cloud_run", "requests"): prices.assumes("requests"),
        ("cloud_run", "vcpu_s"): prices.allots("cloud_run", "vcpu") * billed,
        ("cloud_run", "gib_s"): prices.allots("cloud_run", "gib") * billed,
    }


def _in_a_container(used: Usage, prices: Prices) -> Amounts:
    awake = _known(used.turn_s) / prices.assumes("at_once")
    return {
        **_in_an_object(used, prices),
        ("containers", "vcpu_s"): wallet_cpu(used, prices),
        ("containers", "gib_s"): prices.allots("containers", "gib") * awake,
    }


_CPU, _TURN, _BLOCKED = "cpu_s", "turn_s", "orchestration_s"
PLACES: tuple[Place, ...] = (
    Place(
        name="Worker",
        topology="A",
        runtime="workerd",
        needs=(_CPU, _TURN, _BLOCKED),
        subscriptions=("workers",),
        amounts=_in_the_worker,
        unit="isolates",
        remark="waiting costs nothing; what must outlive the isolate has no place there",
    ),
    Place(
        name="Worker and Durable Object",
        topology="A",
        runtime="durable_object",
        needs=(_CPU, _TURN, _BLOCKED),
        subscriptions=("workers",),
        amounts=_in_an_object,
        unit="objects",
        remark="rows written are not counted by any record",
    ),
    Place(
        name="Convex, default runtime",
        topology="A",
        runtime=Platform.CONVEX_ISOLATE.value.replace("-", "_"),
        needs=(_CPU, _TURN),
        subscriptions=("convex",),
        amounts=_in_convex("convex_isolate"),
        unit="actions at once",
        remark="measured in a stand-in; calls that an action makes itself are not counted",
    ),
    Place(
        name="Convex, Node",
        topology="A",
        runtime=Platform.CONVEX_NODE.value.replace("-", "_"),
        needs=(_CPU, _TURN),
        subscriptions=("convex",),
        amounts=_in_convex("convex_node"),
        unit="actions at once",
        remark="measured in a stand-in; calls that an action makes itself are not counted",
    ),
    Place(
        name="Worker and Cloud Run",
        topology="B",
        runtime="node",
        needs=(_CPU, _TURN, _BLOCKED),
        subscriptions=("workers",),
        amounts=_on_cloud_run,
        unit="instances",
        remark="measured in a Node process here, not on Cloud Run",
    ),
    Place(
        name="Worker and Cloudflare Container",
        topology="B",
        runtime="node",
        needs=(_CPU, _TURN, _BLOCKED),
        subscriptions=("workers",),
        amounts=_in_a_container,
        unit="instances",
        remark="not measured there; without the time that a container stays awake after a payment",
    ),
)


def _known(value: Decimal | None) -> Decimal:
    if value is None:
        raise ValueError("an amount was asked of a usage that lacks it; see Place.needs")
    return value
