"""The first screen: gates x runtimes, a line of reason each, the decision, where the rest is.

Role: one judgement as text for a terminal. Must not know: files, exit codes, how anything was judged.
Plain text unless the caller says that colours are welcome; words stand beside the signs, so nothing hangs on colour.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TextIO

from bench import formats
from bench.gates import GATES
from bench.judgement import Judgement
from bench.verdict import GateVerdict, Verdict

_COLOURS = {Verdict.PASS: "32", Verdict.FAIL: "31", Verdict.INCONCLUSIVE: "33"}
_ASCII = {Verdict.PASS: "+", Verdict.FAIL: "x", Verdict.INCONCLUSIVE: "?"}
_WIDTH = 118


def wants_colour(stream: TextIO) -> bool:
    """Colours only for a terminal whose user has not set NO_COLOR (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR")


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
    pins = judgement.evidence.runtimes
    first = max(len(gate.TITLE) for gate in GATES) + 2
    heads = [f"{pin.name} ({pin.role}{'' if pin.tier == 'real' else ', ' + pin.tier})" for pin in pins]
    widths = [max(len(head), 6) + 2 for head in heads]
    yield (" " * first + "".join(head.ljust(width) for head, width in zip(heads, widths, strict=True))).rstrip()
    for gate in GATES:
        cells = []
        for pin, width in zip(pins, widths, strict=True):
            verdict = judgement.of(gate.NAME, pin.name).verdict
            sign = formats.SYMBOLS[verdict] if symbols else _ASCII[verdict]
            text = f"{sign} {formats.SHORT[verdict]}"
            cells.append(_paint(text, verdict, colour) + " " * (width - len(text)))
        yield (gate.TITLE.ljust(first) + "".join(cells)).rstrip()


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
