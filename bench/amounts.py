"""How decimal amounts look in reports: dollars, shares of a payment, counts.

Role: pure functions from decimals to text, used as template filters beside bench.formats. Must not know: prices.
"""

from __future__ import annotations

from decimal import Decimal

from bench.cost import CrossingRow
from bench.formats import quantity

UNKNOWN = "not measured"


def dollars(value: Decimal | None) -> str:
    """Money: "$1,883.67", "$0.00728"; "not measured" if it is not known."""
    if value is None:
        return UNKNOWN
    return f"${value:,.2f}" if value >= 1 or not value else f"${figure(value)}"


def figure(value: Decimal | None) -> str:
    """Three digits, never as a power of ten: "0.0698", "41,900"."""
    if value is None:
        return UNKNOWN
    return f"{Decimal(f'{value:.3g}'):,f}"


def whole(value: Decimal | None) -> str:
    """A count: "41,874"."""
    return UNKNOWN if value is None else f"{value:,.0f}"


def measure(value: Decimal | None, unit: str) -> str:
    """A decimal in a base unit, as bench.formats writes it."""
    return UNKNOWN if value is None else quantity(float(value), unit)


def crossing(row: CrossingRow) -> str:
    """Where two places cost the same: "at 3,254,039 payments a month"; "never" if one is always the cheaper."""
    return f"at {' and '.join(whole(n) for n in row.payments)} payments a month" if row.payments else "never"
