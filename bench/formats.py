"""How numbers, lines and verdicts look in reports. The only place where base units become readable ones.

Role: pure functions from values to text, used as template filters. Must not know: gates, decisions, files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import numpy as np

from bench import latency_tables
from bench.endings import BAD
from bench.fault_tables import FaultCell
from bench.flow_tables import FlowCell
from bench.latency_tables import Overhead
from bench.sensitivity.margins import MarginRow
from bench.sensitivity.rows import DecisionFlip, Flip, Kind, LeverRow
from bench.soak import SoakRow
from bench.tables import Reading
from bench.topology_tables import Spread
from bench.verdict import Criterion, Value, Verdict

SYMBOLS = {Verdict.PASS: "✓", Verdict.FAIL: "✗", Verdict.INCONCLUSIVE: "?"}
SHORT = {Verdict.PASS: "PASS", Verdict.FAIL: "FAIL", Verdict.INCONCLUSIVE: "INC"}
_BAD_ENDS = frozenset(ending.value for ending in BAD)
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


def margin(value: float | None) -> str:
    """What is left of a limit: 0.82889 -> "82.89 %", or "-"."""
    return "-" if value is None else f"{100 * value:.4g} %"


def reading(cell: Reading, most: int = 3) -> str:
    """A verdict as a table cell: "✓ PASS with 2 shims", "✗ FAIL: again_at_once", "? INC: a, b and 2 more"."""
    if cell.verdict is None:
        return "n/a"
    word = " ".join(filter(None, (SYMBOLS[cell.verdict], SHORT[cell.verdict], cell.remark)))
    named = ", ".join(cell.open[:most])
    more = f" and {len(cell.open) - most} more" if len(cell.open) > most else ""
    return f"{word}: {named}{more}" if named else word


def host_api(status: str | None, calls: Mapping[str, float], phases: Sequence[str]) -> str:
    """One API of one runtime: its status, then the calls of each phase in order: "present 2/0/14"."""
    counts = "/".join(f"{calls.get(phase, 0):g}" for phase in phases) if calls else ""
    return " ".join(filter(None, (f"**{status}**" if status == "missing" else status or "?", counts)))


def pair(values: Mapping[str, float | None] | Mapping[int, float | None], unit: str | None) -> str:
    """Cold and warm in one cell: "38 ms / 12 ms", or "-" if neither was measured."""
    texts = [quantity(value, unit) for value in values.values()]
    return "-" if set(texts) == {"-"} else " / ".join(texts)


def flow(cell: FlowCell | None) -> str:
    """One flow of one runtime: "✓ 20", "✗ 18 of 20" (as declared, of all attempts), "?" if it was not tried."""
    if cell is None or not cell.attempts:
        return "?"
    shown = cell.shown if isinstance(cell.shown, int) else None
    told = f"{cell.attempts}" if shown in (None, cell.attempts) else f"{shown} of {cell.attempts}"
    return f"{SYMBOLS[cell.verdict]} {told}"


def spread(times: Spread) -> str:
    """Median and p95 with their bounds: "38 ms [36, 41], p95 52 ms [.., 80]"; a bound that n does not allow is "?"."""

    def bound(value: float | None) -> str:
        return "?" if value is None else quantity(value, "s")

    low, high, top = (bound(x) for x in (times.p50_low, times.p50_high, times.p95_high))
    return f"{bound(times.p50)} [{low}, {high}], p95 {bound(times.p95)} [to {top}]"


def parts(medians: Mapping[str, float]) -> str:
    """Phases in a cell: "fetch 4 ms, send 79 ms"; those below half a millisecond are left out."""
    return ", ".join(f"{name} {quantity(value, 's')}" for name, value in medians.items() if value >= 0.0005) or "-"


def quantiles(times: latency_tables.Spread) -> str:
    """p50 and p95, each with both bounds: "95 ms [94, 97], p95 104 ms [102, 109]"; "-" if nothing was timed."""
    if not times.n:
        return "-"
    middle = _bounded(times.p50, times.p50_low, times.p50_high)
    return f"{middle}, p95 {_bounded(times.p95, times.p95_low, times.p95_high)}"


def overhead(difference: Overhead) -> str:
    """A difference with its interval, and whether it may be claimed: "+94 ms [91, 98]", "+2 ms [-1, 5] (noise)"."""
    if difference.point is None:
        return "-"
    text = _bounded(difference.point, difference.low, difference.high)
    return f"{'+' if difference.point >= 0 else ''}{text}{'' if difference.claim else ' (no claim)'}"


def ends(cell: FaultCell | None) -> str:
    """How the attempts of one schedule ended: "7 paid once, 2 returned"; what must not be is in bold."""
    if cell is None:
        return "-"
    words = {"unknown, then reconciled": "reconciled"}
    texts = [f"{n} {words.get(ending, ending)}" for ending, n in cell.counts.items()]
    bad = [f"**{text}**" if ending in _BAD_ENDS else text for ending, text in zip(cell.counts, texts, strict=True)]
    return ", ".join([*bad, *([f"{cell.idle} not struck"] if cell.idle else [])]) or "-"


def each(values: Iterable[float | None], unit: str | None) -> str:
    """Several readings in one cell: "81 ms / 212 ms"; "-" if none was taken."""
    return pair(dict(enumerate(values)), unit)


def growth(row: SoakRow) -> str:
    """A slope with its interval, signed."""
    if row.growth is None:
        return "-"
    return f"{quantity(row.growth, row.unit)} [{_bound(row.growth_low, row.unit)}, {_bound(row.growth_high, row.unit)}]"


def now(row: LeverRow) -> str:
    """A number as it is: "10.00 s", "paid plan", "as measured" for how long Lightning took."""
    return {Kind.PLAN: "paid plan", Kind.PROFILE: "as measured"}.get(row.kind) or quantity(row.value, row.unit)


def place(row: LeverRow, flip: Flip | DecisionFlip) -> str:
    """Where another verdict begins: "below 8.16 s", "on the free plan", "above 1.25 times as long"."""
    if row.kind is Kind.PLAN:
        return "on the free plan"
    figure = f"{flip.at:.3g} times as long" if row.kind is Kind.PROFILE else quantity(flip.at, row.unit)
    return f"{flip.side} {figure}"


def tightest(row: MarginRow | None) -> str:
    """The comparison with the least room: "limit_connections 33.3 %"; "-" if nothing has any."""
    if row is None or row.margin is None:
        return "-"
    return f"{row.criterion} {100 * row.margin:.3g} %" if row.margin >= 0 else f"{row.criterion}: not reached"


def _bounded(value: float | None, low: float | None, high: float | None) -> str:
    return f"{_bound(value, 's')} [{_bound(low, 's')}, {_bound(high, 's')}]"


def _bound(value: float | None, unit: str) -> str:
    return "?" if value is None else quantity(value, unit)


def indented(text: str) -> str:
    """Several lines as a block of code, which nothing in them can end."""
    return "\n".join(f"    {plain(line)}" for line in text.splitlines())


def ranges(lines: Iterable[int]) -> tuple[str, ...]:
    """Line numbers as sorted ranges: 3 4 5 9 -> "3-5", "9"."""
    return tuple(_span(first, last) for first, last in _spans(tuple(lines)))


def lines(numbers: Sequence[int], most: int = 6) -> str:
    """Line numbers for a table cell: at most `most` ranges, then how many more lines there are."""
    spans = _spans(tuple(numbers))
    shown = ", ".join(_span(first, last) for first, last in spans[:most]) or "-"
    rest = sum(last - first + 1 for first, last in spans[most:])
    return f"{shown} and {rest} more" if rest else shown


@lru_cache(maxsize=1024)  # every report names the lines of every criterion
def _spans(numbers: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """First and last of each run of neighbours, in order."""
    if not numbers:
        return ()
    ordered = np.unique(np.asarray(numbers))
    ends = np.flatnonzero(np.diff(ordered) > 1)
    firsts, lasts = ordered[np.r_[0, ends + 1]].tolist(), ordered[np.r_[ends, len(ordered) - 1]].tolist()
    return tuple(zip(firsts, lasts, strict=True))


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"


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
