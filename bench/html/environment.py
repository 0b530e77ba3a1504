"""How the HTML report is put together: its own template environment, in which everything is escaped.

Role: filters, and what keeps any text of a record text: autoescape for markup, `plain` for what does not print. Must
not know: sections, judgements. The Markdown reports have an environment of their own, without escaping.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import jinja2
from markupsafe import Markup, escape

from bench import amounts, formats
from bench.endings import BAD
from bench.fault_tables import FaultCell
from bench.flow_tables import FlowCell
from bench.html import plots
from bench.tables import Reading
from bench.verdict import Verdict

TEMPLATES = Path(__file__).resolve().parent.parent / "templates" / "html"
WORDS = {"unknown, then reconciled": "reconciled"}
_CLASSES = {Verdict.PASS: "ok", Verdict.FAIL: "bad", Verdict.INCONCLUSIVE: "open"}  # short: there are hundreds
_BAD_ENDS = frozenset(ending.value for ending in BAD)


@lru_cache(maxsize=1)
def environment() -> jinja2.Environment:
    """The environment of the HTML report."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        finalize=printable,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "verdict": verdict,
        "quietly": quietly,
        "reading": reading,
        "flow": flow,
        "ends": ends,
        "shown_lines": shown_lines,
        "words": words,
        "preformatted": preformatted,
        "quantity": formats.quantity,
        "measured": formats.measured,
        "threshold": formats.threshold,
        "margin": formats.margin,
        "pair": formats.pair,
        "each": formats.each,
        "spread": formats.spread,
        "parts": formats.parts,
        "quantiles": formats.quantiles,
        "overhead": formats.overhead,
        "growth": formats.growth,
        "dollars": amounts.dollars,
        "figure": amounts.figure,
        "whole": amounts.whole,
        "measure": amounts.measure,
        "crossing": amounts.crossing,
        "now": formats.now,
        "place": formats.place,
        "tightest": formats.tightest,
        "ecdf": plots.ecdf,
        "margin_bars": plots.margin_bars,
        "waterfall": plots.waterfall,
        "named_lines": named_lines,
    }
    return made


def printable(value: object) -> object:
    """What a template writes: markup as it is; anything else as printable text, which autoescape then escapes."""
    return value if isinstance(value, Markup) else formats.plain(str(value))


def verdict(value: Verdict, remark: str | None = None) -> Markup:
    """A verdict by symbol, word and colour: never by colour alone."""
    told = f"{formats.symbol(value)} {value.value}"
    text = Markup('<b class="{}">{}</b>').format(_CLASSES[value], told)
    return text + (Markup(" {}").format(formats.plain(remark)) if remark else Markup())


def reading(cell: Reading, most: int = 3) -> Markup:
    """A verdict with what keeps it open."""
    if cell.verdict is None:
        return Markup("not asked")
    named = ", ".join(words(name) for name in cell.open[:most])
    more = f" and {len(cell.open) - most} more" if len(cell.open) > most else ""
    told = verdict(cell.verdict, cell.remark)
    return told + (Markup(": {}{}").format(formats.plain(named), more) if named else Markup())


def flow(cell: FlowCell | None) -> Markup:
    """One flow of one runtime: a symbol, and how many attempts ended as declared."""
    if cell is None or not cell.attempts:
        return Markup('<b class="open">? none</b>')
    return _marked(cell.verdict, formats.flow(cell))


def ends(cell: FaultCell | None) -> Markup:
    """How the attempts of one schedule ended; what must not be stands out by sign and word."""
    if cell is None:
        return Markup("-")
    texts = [
        Markup('<b class="bad">✗ {} {}</b>').format(n, ending)
        if ending in _BAD_ENDS
        else escape(f"{n} {WORDS.get(ending, ending)}")
        for ending, n in cell.counts.items()
    ]
    texts += [escape(f"{cell.idle} not struck")] if cell.idle else []
    return Markup(", ").join(texts) if texts else Markup("-")


def shown_lines(numbers: tuple[int, ...], most: int = 3) -> str:
    """Record lines of a row: "98, 106, 122 and 1072 more"."""
    return formats.lines(numbers, most)


def named_lines(series: plots.Series) -> str:
    """A plotted series and the record lines that its samples are read from."""
    return f"{series.name} {formats.lines(series.lines, 2)}"


def quietly(value: Verdict, remark: str | None = None) -> Markup:
    """A verdict in a long table: what passes is not marked, so that the rest is seen."""
    return (
        verdict(value, remark)
        if value is not Verdict.PASS
        else _marked(value, f"{formats.symbol(value)} {value.value} {remark or ''}".rstrip())
    )


def _marked(value: Verdict, told: str) -> Markup:
    text = escape(formats.plain(told))
    return text if value is Verdict.PASS else Markup('<b class="{}">{}</b>').format(_CLASSES[value], text)


def words(name: str) -> str:
    """A name in code as words: "limit_upload_size" -> "limit upload size"."""
    return name.replace("_", " ")


def preformatted(text: str) -> Markup:
    """Several lines for a <pre>: written as character references, so that taking out white space leaves them alone."""
    return Markup("&#10;").join(escape(formats.plain(line)) for line in text.splitlines())
