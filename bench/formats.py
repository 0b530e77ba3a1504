"""How numbers, lines and verdicts look in reports. The only place where base units become readable ones.

Role: pure functions from values to text, used as template filters. Must not know: gates, decisions, files.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bench.verdict import Criterion, Value, Verdict

SYMBOLS = {Verdict.PASS: "✓", Verdict.FAIL: "✗", Verdict.INCONCLUSIVE: "?"}
SHORT = {Verdict.PASS: "PASS", Verdict.FAIL: "FAIL", Verdict.INCONCLUSIVE: "INC"}
_BYTE_STEPS = (("GiB", 1024**3), ("MiB", 1024**2), ("KiB", 1024))


def quantity(value: Value, unit: str | None) -> str:
    """A value in a base unit as people write it: 0.15 s -> "150 ms", 67108864 bytes -> "64.0 MiB"; None -> "-"."""
    if value is None or isinstance(value, str):
        return value or "-"
    match unit:
        case "s":
            text = f"{value:.2f} s" if abs(value) >= 1 else f"{1000 * value:.3g} ms"
        case "bytes":
            name, size = next(((n, s) for n, s in _BYTE_STEPS if abs(value) >= s), ("B", 1))
            text = f"{value:.0f} B" if size == 1 else f"{value / size:.1f} {name}"
        case "ratio":
            text = f"{100 * value:.4g} %"
        case "sat":
            text = f"{value:,.0f} sat"
        case "count" | None:
            text = f"{value:,.10g}"
        case _:
            text = f"{value:g} {unit}"
    return text


def measured(criterion: Criterion) -> str:
    """What was measured, or "-"."""
    return quantity(criterion.measured, criterion.unit)


def threshold(criterion: Criterion) -> str:
    """What it was compared with, or "-"."""
    return quantity(criterion.threshold, criterion.unit)


def symbol(verdict: Verdict) -> str:
    """One sign a verdict."""
    return SYMBOLS[verdict]


def short(verdict: Verdict) -> str:
    """One short word a verdict."""
    return SHORT[verdict]


def ranges(lines: Iterable[int]) -> tuple[str, ...]:
    """Line numbers as sorted ranges: 3 4 5 9 -> "3-5", "9"."""
    spans: list[list[int]] = []
    for line in sorted(set(lines)):
        if spans and line == spans[-1][1] + 1:
            spans[-1][1] = line
        else:
            spans.append([line, line])
    return tuple(str(first) if first == last else f"{first}-{last}" for first, last in spans)


def lines(numbers: Sequence[int], most: int = 6) -> str:
    """Line numbers for a table cell: at most `most` ranges, then how many more lines there are."""
    spans = ranges(numbers)
    if len(spans) <= most:
        return ", ".join(spans) or "-"
    shown = spans[:most]
    rest = len(set(numbers)) - sum(_width(span) for span in shown)
    return f"{', '.join(shown)} and {rest} more"


def plain(text: str) -> str:
    """One printable line: a driver's reason may hold anything, and must not move the cursor or start a new line."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def cell(text: str) -> str:
    """Text that cannot break out of a Markdown table cell or line."""
    return plain(text).replace("|", "\\|")


def fact(value: float | int | str, name: str) -> str:
    """A fact's value; its name carries the unit as a suffix (`_s`, `_bytes`, `_sats`)."""
    suffixes = {"_s": "s", "_bytes": "bytes", "_sats": "sat"}
    return quantity(value, next((unit for suffix, unit in suffixes.items() if name.endswith(suffix)), None))


def _width(span: str) -> int:
    first, _, last = span.partition("-")
    return int(last or first) - int(first) + 1
