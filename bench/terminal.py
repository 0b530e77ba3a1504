"""The first screen: runtimes x gates, a line of reason each, the decision, where the rest is.

Role: one judgement as text for a terminal. Must not know: files, exit codes, how anything was judged.
Plain text unless the caller says that colours are welcome; words stand beside the signs, so nothing hangs on colour.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TextIO

from bench import formats
from bench.judgement import Judgement
from bench.tables import Reading, RuntimeRow, tables
from bench.verdict import GateVerdict, Verdict
from spikes.record import Tier

_COLOURS = {Verdict.PASS: "32", Verdict.FAIL: "31", Verdict.INCONCLUSIVE: "33"}
_ASCII = {Verdict.PASS: "+", Verdict.FAIL: "x", Verdict.INCONCLUSIVE: "?"}
_WIDTH = 118
_GATE_1 = "of gate 1:"


def wants_colour(stream: TextIO) -> bool:
    """NO_COLOR before FORCE_COLOR before a terminal that can show any (https://no-color.org, https://force-color.org)."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def can_encode_symbols(stream: TextIO) -> bool:
    """Whether the signs of the matrix exist in the stream's encoding."""
    try:
        "".join(formats.SYMBOLS.values()).encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def screen(judgement: Judgement, paths: Sequence[str], *, colour: bool = False, symbols: bool = True) -> str:
    """The whole first screen; `paths` are printed as they come."""
    parts = [
        f"sparkgate: run {judgement.evidence.header.run_id} (profile {judgement.evidence.header.profile}, "
        f"{len(judgement.evidence.attempts)} attempts, network {judgement.evidence.header.network})",
        "",
        *_matrix(judgement, colour, symbols),
        "",
        *_surfaces(judgement),
        *_reasons(judgement, colour),
        "",
        f"DECISION  {formats.plain(judgement.decision.statement)}",
        *(f"  change  {formats.plain(change)}" for change in judgement.decision.would_change),
    ]
    if judgement.decision.missing:
        parts.append(
            f"  open    {len(judgement.decision.missing)} pieces of evidence are missing: see gates.md and the ADR"
        )
    parts += ["", *paths] if paths else []
    text = "\n".join(parts) + "\n"
    return text if symbols else text.encode("ascii", "replace").decode("ascii")


def _matrix(judgement: Judgement, colour: bool, symbols: bool) -> Iterator[str]:
    """Gates by runtime, then the parts of gate 1 by runtime."""
    rows = tables(judgement).runtimes
    yield from _block("", [(row, row.gates) for row in rows], colour, symbols)
    yield ""
    yield from _block(_GATE_1, [(row, row.gate_1) for row in rows], colour, symbols)


def _surfaces(judgement: Judgement) -> Iterator[str]:
    """Gate 2's scan by surface and runtime; a surface whose status is CLEAN everywhere takes one word."""
    custody = tables(judgement).custody
    if not custody.surfaces:
        return
    first = max(len(row.surface) for row in custody.surfaces) + 2
    yield f"{'of gate 2:'.ljust(first)}leaky driver  status by runtime ({', '.join(custody.runtimes)})"
    for row in custody.surfaces:
        status = {runtime: row.status.get(runtime, "-") for runtime in custody.runtimes}
        alike = len(set(status.values())) == 1
        words = next(iter(status.values())) if alike else ", ".join(f"{r} {word}" for r, word in status.items())
        yield f"{row.surface.ljust(first)}{(row.control or '-').ljust(14)}{formats.plain(words)}"
    yield ""


def _block(
    corner: str, rows: Sequence[tuple[RuntimeRow, Mapping[str, Reading]]], colour: bool, symbols: bool
) -> Iterator[str]:
    """One table; runtimes that take no part in the decision stand below the others."""
    columns = list(rows[0][1]) if rows else []
    texts = {row.runtime: {name: _cell(readings[name], symbols) for name in columns} for row, readings in rows}
    widths = {name: max(len(name), *(len(text[name]) for text in texts.values())) for name in columns}
    first = max([len(corner), *(len(_name(row)) for row, _ in rows)]) + 2
    yield (corner.ljust(first) + "  ".join(name.ljust(width) for name, width in widths.items())).rstrip()
    for decides in (True, False):
        group = [(row, readings) for row, readings in rows if row.decides is decides]
        if group and not decides:
            yield "no part of the decision:"
        for row, readings in group:
            cells = [_padded(readings[name], texts[row.runtime][name], width, colour) for name, width in widths.items()]
            yield (_name(row).ljust(first) + "  ".join(cells)).rstrip()


def _name(row: RuntimeRow) -> str:
    return f"{row.runtime} ({row.role}{'' if row.tier is Tier.REAL else f', {row.tier}'})"


def _cell(reading: Reading, symbols: bool) -> str:
    if reading.verdict is None:
        return "n/a"
    sign = formats.SYMBOLS[reading.verdict] if symbols else _ASCII[reading.verdict]
    return " ".join(filter(None, (sign, formats.SHORT[reading.verdict], reading.remark)))


def _padded(reading: Reading, text: str, width: int, colour: bool) -> str:
    painted = text if reading.verdict is None else _paint(text, reading.verdict, colour)
    return painted + " " * (width - len(text))


def _reasons(judgement: Judgement, colour: bool) -> Iterator[str]:
    """One line a cell, but a reason that several cells share is said once."""
    groups: dict[tuple[str, str], list[GateVerdict]] = {}
    for verdict in judgement.verdicts:
        groups.setdefault((verdict.verdict.value, formats.plain(verdict.reason)), []).append(verdict)
    for (_, reason), members in groups.items():
        gates = list(dict.fromkeys(v.gate for v in members))
        names = list(dict.fromkeys(v.runtime for v in members))
        whole = len(members) == len(gates) * len(names)
        who = (
            f"{', '.join(gates)} [{', '.join(names)}]"
            if whole
            else ", ".join(f"{v.gate} [{v.runtime}]" for v in members)
        )
        word = formats.SHORT[members[0].verdict].ljust(4)
        room = _WIDTH - len(word) - len(who) - 5
        line = reason if len(reason) <= max(room, 40) else reason[: max(room, 40) - 3].rstrip() + "..."
        yield f"{_paint(word, members[0].verdict, colour)}  {who}: {line}"


def _paint(text: str, verdict: Verdict, colour: bool) -> str:
    return f"\x1b[{_COLOURS[verdict]}m{text}\x1b[0m" if colour else text
