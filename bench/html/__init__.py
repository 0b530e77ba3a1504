"""The report for people who were not in the room: one offline HTML file with everything that a judgement holds.

Role: the package's one function. Must not know: how a section is made.
"""

from __future__ import annotations

from bench.html.report import report_html

__all__ = ["report_html"]
