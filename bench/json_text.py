"""JSON as reports write it: a row of a table a line, so that a changed figure is one changed line.

Role: one writer. Must not know: what it writes. Whatever holds nothing but plain values stands on one line; keys keep
their order; numbers that JSON has no form for are refused. A fraction keeps twelve digits: the last bits of a statistic
are those of one processor's mathematics, and a report that is derived again on another must be the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal

DIGITS = 12  # of a fraction, so that other machines write the same


def written(document: object) -> str:
    """The document as text. Decimal numbers are text too, and never a power of ten: money must not become a float."""
    text = _written(document, 0) + "\n"
    # A driver's words may hold half a surrogate pair, which UTF-8 cannot: as \ud800 it is the same JSON.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _written(value: object, depth: int) -> str:
    if isinstance(value, Mapping) and _is_deep(value.values()):
        rows = [f"{_plain(str(key))}: {_written(held, depth + 1)}" for key, held in value.items()]
        return _block("{", rows, "}", depth)
    if isinstance(value, list | tuple) and _is_deep(value):
        return _block("[", [_written(held, depth + 1) for held in value], "]", depth)
    return _plain(value)


def _is_deep(values: Iterable[object]) -> bool:
    """Whether something inside holds something itself."""
    return any(isinstance(value, Mapping | list | tuple) and value for value in values)


def _block(opening: str, rows: list[str], closing: str, depth: int) -> str:
    pad = " " * (depth + 1)
    return f"{opening}\n" + ",\n".join(pad + row for row in rows) + f"\n{' ' * depth}{closing}"


def _plain(value: object) -> str:
    return json.dumps(_portable(value), ensure_ascii=False, allow_nan=False, default=_decimal)


def _portable(value: object) -> object:
    match value:
        case float():
            return float(f"{value:.{DIGITS}g}")
        case list() | tuple():
            return [_portable(held) for held in value]
        case Mapping():
            return {key: _portable(held) for key, held in value.items()}
        case _:
            return value


def _decimal(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    raise TypeError(f"{type(value).__name__} has no form in JSON")
