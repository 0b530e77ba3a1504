"""Plots as inline SVG: distributions of times, the calls of one payment, what is left of limits.

Role: the package's functions. Each plot is a value (data.py, or a trace of the record) and a pure function from it to
markup that stands alone: no style sheet, no script, no ids, `currentColor` for axes and text so that it follows the
page's colours, and a name and a description for those who do not see it.
Must not know: the page, templates, files.
"""

from __future__ import annotations

from bench.html.plots.data import EcdfPlot, MarginPlot, MarginRow, Series, Target
from bench.html.plots.distributions import ecdf
from bench.html.plots.latencies import latency_plots
from bench.html.plots.margins import margin_bars
from bench.html.plots.uses import margin_plots
from bench.html.plots.waterfalls import waterfall

__all__ = [
    "EcdfPlot",
    "MarginPlot",
    "MarginRow",
    "Series",
    "Target",
    "ecdf",
    "latency_plots",
    "margin_bars",
    "margin_plots",
    "waterfall",
]
