"""What is derived from a record and lies beside it: file name -> renderer.

Role: the one list of derived files; `judge` writes all of them, `verify` derives them again and compares. Each renderer
is a pure function of the judgement. Must not know: where files lie, templates, the command line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bench import badge, html, junit, render, summary
from bench.judgement import Judgement

OUTPUTS: Mapping[str, Callable[[Judgement], str]] = {
    "verdicts.json": render.verdicts_json,
    "gates.md": render.gates_md,
    "report.html": html.report_html,
    "junit.xml": junit.junit_xml,
    "summary.md": summary.summary_md,
    "badge.svg": badge.badge_svg,
}
