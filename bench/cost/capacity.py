"""How much of a place so many payments a second need: wallets, CPU, isolates, objects, instances, memory.

Role: Little's law over what one payment takes. Must not know: prices of resources, facts.
One wallet pays one payment at a time - its leaves are one purse - so there must be at least as many wallets as payments
that are under way at the same time.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from bench.cost.places import Bill, Place, wallet_cpu
from bench.cost.prices import Prices
from bench.cost.usage import Usage

RATES = (Decimal(1), Decimal(100), Decimal(10_000))
MONTH_S = Decimal(30 * 24 * 3600)


@dataclass(frozen=True, kw_only=True)
class Unit:
    """One isolate, object, instance or deployment, and how many payments it can have under way."""

    wallets: Decimal | None  # None: not known, since its memory was not measured
    cpus: Decimal | None  # None: not bounded by what is known
    memory_bytes: Decimal | None
    most: Decimal | None = None  # how many payments under way the platform allows in all


@dataclass(frozen=True, kw_only=True)
class CapacityRow:
    """One rate at one place."""

    place: str
    payments_per_s: Decimal
    wallets: Decimal  # payments under way, and so wallets at least
    cpus: Decimal  # CPU seconds a second
    units: Decimal | None
    unit: str
    memory_bytes: Decimal | None
    monthly: Decimal  # dollars, at that rate all month
    remark: str | None


def capacity_row(place: Place, used: Usage, charge: Bill, rate: Decimal, prices: Prices) -> CapacityRow:
    """What that rate takes; only of a usage that has all that the place needs."""
    turn, cpu = used.turn_s or Decimal(0), wallet_cpu(used, prices)
    under_way, cpus, each = _up(rate * turn), rate * cpu, unit_of(place, used, prices)
    units = _units(under_way, cpus, each)
    over = each.most is not None and under_way > each.most
    return CapacityRow(
        place=place.name,
        payments_per_s=rate,
        wallets=under_way,
        cpus=cpus,
        units=units,
        unit=place.unit,
        memory_bytes=None if units is None or each.memory_bytes is None else units * each.memory_bytes,
        monthly=charge.monthly(rate * MONTH_S),
        remark=f"the platform runs {each.most} at once" if over else None,
    )


def per_unit(place: Place, used: Usage, prices: Prices) -> Decimal | None:
    """Payments a second of one unit: as many as its wallets, and its CPU, let through."""
    each = unit_of(place, used, prices)
    if each.wallets is None or not used.turn_s:
        return None
    by_wallets = each.wallets / used.turn_s
    cpu = wallet_cpu(used, prices)
    return by_wallets if each.cpus is None or not cpu else min(by_wallets, each.cpus / cpu)


def unit_of(place: Place, used: Usage, prices: Prices) -> Unit:
    """The unit of a place. Memory of a wallet is taken to be all that was measured with it: an upper bound."""
    gib = Decimal(1024**3)
    match place.unit:
        case "isolates":
            size = prices.allots("workers", "isolate_bytes")
            room = None if not used.memory_bytes else (size / used.memory_bytes).to_integral_value(ROUND_FLOOR)
            return Unit(wallets=room or None, cpus=Decimal(1), memory_bytes=size)
        case "objects":
            size = prices.allots("workers", "isolate_bytes")
            return Unit(wallets=Decimal(1), cpus=Decimal(1), memory_bytes=size)
        case "actions at once":
            size = prices.allots(place.runtime, "gb") * gib
            most = prices.allots(place.runtime, "at_once")
            return Unit(wallets=Decimal(1), cpus=Decimal(1), memory_bytes=size, most=most)
        case _:
            platform = "cloud_run" if "Cloud Run" in place.name else "containers"
            return Unit(
                wallets=prices.assumes("at_once"),
                cpus=prices.allots(platform, "vcpu"),
                memory_bytes=prices.allots(platform, "gib") * gib,
            )


def most_at_once(place: Place, used: Usage, prices: Prices) -> Decimal:
    """Payments that the CPU of one unit lets through together, at least one. Its memory may allow fewer."""
    cpus, cpu = unit_of(place, used, prices).cpus, wallet_cpu(used, prices)
    if cpus is None or not cpu or not used.turn_s:
        return Decimal(1)
    return max(Decimal(1), (cpus * used.turn_s / cpu).to_integral_value(ROUND_FLOOR))


def _units(under_way: Decimal, cpus: Decimal, each: Unit) -> Decimal | None:
    if each.wallets is None:
        return None
    by_wallets = _up(under_way / each.wallets)
    return by_wallets if each.cpus is None else max(by_wallets, _up(cpus / each.cpus))


def _up(value: Decimal) -> Decimal:
    return value.to_integral_value(ROUND_CEILING)
