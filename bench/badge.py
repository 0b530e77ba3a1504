"""badge.svg: the decision in one line, as a small picture for a page that links to the run.

Role: one SVG from one judgement, without any font or address from elsewhere. Must not know: files, how anything was
judged. What is decided stands in words; the colour only repeats it. The title says which run, and that its network was
an emulated one.
"""

from __future__ import annotations

from html import escape

from bench import formats
from bench.decision import Topology
from bench.judgement import Judgement

LABEL = "spark payments"
_MESSAGES = {Topology.A: "topology A", Topology.B: "topology B", Topology.UNDECIDED: "undecided"}
# White text on each of them has a contrast of 4.5 or more.
_COLOURS = {Topology.A: "#1b7f3b", Topology.B: "#1259a8", Topology.UNDECIDED: "#8a5a00"}
_LABEL_COLOUR = "#444444"
_SIGN, _PAD, _HEIGHT = 6.2, 7.0, 20  # the width of a letter of 11 px, more or less: textLength makes the text fit it


def badge_svg(judgement: Judgement) -> str:
    """The badge of a judgement's decision."""
    header, topology = judgement.evidence.header, judgement.decision.topology
    message = _MESSAGES[topology]
    title = f"{LABEL}: {message} (run {header.run_id}, network {header.network})"
    left, right = _width(LABEL), _width(message)
    whole = left + right
    name = escape(formats.plain(title), quote=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole:g}" height="{_HEIGHT}" '
        f'viewBox="0 0 {whole:g} {_HEIGHT}" role="img" aria-label="{name}">\n'
        f"  <title>{name}</title>\n"
        f'  <clipPath id="r"><rect width="{whole:g}" height="{_HEIGHT}" rx="3"/></clipPath>\n'
        '  <g clip-path="url(#r)">\n'
        f'    <rect width="{left:g}" height="{_HEIGHT}" fill="{_LABEL_COLOUR}"/>\n'
        f'    <rect x="{left:g}" width="{right:g}" height="{_HEIGHT}" fill="{_COLOURS[topology]}"/>\n'
        "  </g>\n"
        '  <g fill="#ffffff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">\n'
        f"    {_text(LABEL, left / 2)}\n"
        f"    {_text(message, left + right / 2)}\n"
        "  </g>\n"
        "</svg>\n"
    )


def _width(text: str) -> float:
    return round(len(text) * _SIGN + 2 * _PAD, 1)


def _text(text: str, middle: float) -> str:
    return f'<text x="{middle:g}" y="14" textLength="{_width(text) - 2 * _PAD:g}">{escape(text)}</text>'
