"""The HTML report: one judgement as one file that needs nothing else, not even a network.

Role: gather what the templates show, and make the file small and safe. Must not know: the clock, files other than its
own templates. The same judgement gives the same bytes. No script but the one below may run: the file's own policy names
its digest, so that a script smuggled in by a driver's words would not start even if it were not escaped.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from functools import lru_cache

from bench.evidence import Evidence, Numbered
from bench.flow_tables import folded_gaps
from bench.gates.platform_limits import FREE_PLAN
from bench.html.anchors import anchors
from bench.html.environment import TEMPLATES, environment
from bench.html.example import example
from bench.html.pinned import digests, numbers
from bench.html.plots import latency_plots, margin_plots
from bench.html.reasons import reasons
from bench.html.receipts import receipts
from bench.html.seeds import seeds
from bench.html.wallets import wallets
from bench.judgement import Judgement
from bench.tables import PHASES, tables
from bench.trace_tables import Trace, trace_table

# In the order in which they are read; each is a template of the same name.
SECTIONS = (
    ("decision", "Decision"),
    ("matrix", "Gates and runtimes"),
    ("reasons", "Reasons"),
    ("wallets", "Wallet and payment states"),
    ("topologies", "Topology A and B side by side"),
    ("latency", "Latency"),
    ("waterfall", "Calls of one payment"),
    ("faults", "Fault matrix"),
    ("flows", "Flows and receipts"),
    ("host-needs", "Host needs"),
    ("limits", "Platform limits"),
    ("custody", "Custody surfaces"),
    ("sensitivity", "Sensitivity"),
    ("cost", "Cost and capacity"),
    ("missing", "Evidence that is missing"),
    ("environment", "Environment"),
    ("check", "How to check a number"),
)
DRAWN_OF_ALL = "pay_swap"  # the trace with the most calls that every payment path has
_SPACE = re.compile(r"\s*\n\s*")
# What HTML lets one leave out, a sixth of a file that is mostly tables: end tags that the next tag implies, and quotes
# around plain words. Text of a record holds neither "<" nor a quote: it is escaped.
_IMPLIED = re.compile(r"</(?:td|th|tr|thead|tbody|li|dt|dd)>")
_QUOTED = re.compile(r"( [a-z-]+=)\"([A-Za-z0-9_.#-]+)\"(?=[^<>]*>)")


def report_html(judgement: Judgement) -> str:
    """The whole report."""
    evidence, shown = judgement.evidence, tables(judgement)
    ids, traces = anchors(judgement), trace_table(evidence)
    style, script = _asset("style.css"), _asset("script.js")
    text = (
        environment()
        .get_template("report.html.j2")
        .render(
            sections=SECTIONS,
            judgement=judgement,
            decision=judgement.decision,
            evidence=evidence,
            header=evidence.header,
            thresholds=judgement.thresholds,
            tables=shown,
            phases=PHASES,
            ids=ids,
            gates=reasons(judgement, shown.sensitivity.margins, ids),
            gaps=folded_gaps(judgement.decision.missing),
            wallets=wallets(evidence),
            receipts=receipts(evidence),
            seeds=seeds(shown.faults),
            facts=_fact_lines(evidence),
            digests=digests(evidence.header),
            latency_plots=latency_plots(judgement),
            margin_plots=margin_plots(judgement),
            traces=traces,
            waterfalls=tuple(trace for trace in traces.traces if _is_drawn(judgement, trace)),
            free=FREE_PLAN,
            numbers=numbers(judgement.thresholds),
            example=example(judgement, ids),
            style=style,
            script=script,
            script_digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        )
    )
    return _small(text)


def _is_drawn(judgement: Judgement, trace: Trace) -> bool:
    """Every trace of what the decision rests on; of the others one warm payment."""
    return trace.name == DRAWN_OF_ALL or any(reason.runtime == trace.runtime for reason in judgement.decision.forced_by)


def _small(text: str) -> str:
    """The same document in fewer bytes."""
    return _QUOTED.sub(r"\1\2", _IMPLIED.sub("", _SPACE.sub("\n", text))).strip() + "\n"


@lru_cache(maxsize=2)
def _asset(name: str) -> str:
    """Our own style or script, in the very form in which it stands in the file."""
    return _SPACE.sub("\n", (TEMPLATES / name).read_text(encoding="utf-8")).strip()


def _fact_lines(evidence: Evidence) -> Mapping[tuple[str, str], int]:
    """Where the reading stands that a table shows: of several, the largest."""
    largest: dict[tuple[str, str], Numbered[float]] = {}
    for fact in evidence.facts:
        key, value = (fact.value.runtime, fact.value.name), fact.value.value
        if not isinstance(value, str) and (key not in largest or value > largest[key].value):
            largest[key] = Numbered(line=fact.line, value=value)
    return {key: found.line for key, found in largest.items()}
