"""Rendering: a judgement and its tables as verdicts.json and gates.md, and Markdown templates for other reports.

Role: turn one judgement into texts; nothing is judged, nothing is read from the world. Must not know: the clock (every
date comes from the record, so the same record gives the same bytes), files, terminals.
"""

from __future__ import annotations

import dataclasses
from functools import lru_cache
from pathlib import Path

import jinja2

from bench import amounts, formats, json_text
from bench.decision import Gap, Reason
from bench.evidence import HARNESS
from bench.flow_tables import folded, folded_gaps
from bench.gates import GATES
from bench.judgement import Judgement
from bench.soak import AT
from bench.tables import PHASES, TABLED, Tables, tables
from bench.verdict import Criterion, GateVerdict, NotApplicable
from spikes.record import Fact, Role

SCHEMA_VERSION = 3


def verdicts_json(judgement: Judgement) -> str:
    """The judgement for programs: stable key order, base units, line numbers as ranges, nothing that is not there."""
    evidence, decision = judgement.evidence, judgement.decision
    document = {
        "schema_version": SCHEMA_VERSION,
        "run_id": evidence.header.run_id,
        "record": evidence.digest,
        "truncated": evidence.truncated,
        "decision": {
            "topology": decision.topology.value,
            "statement": decision.statement,
            "forced_by": [_reason(reason) for reason in decision.forced_by],
            "would_change": list(decision.would_change),
            "missing": [_gap(gap) for gap in decision.missing],
        },
        "defects": list(judgement.defects),
        "verdicts": [_verdict(verdict) for verdict in judgement.verdicts],
        "tables": _tables(tables(judgement)),
    }
    return json_text.written(document)


def gates_md(judgement: Judgement) -> str:
    """Every gate, runtime and criterion with its numbers, for people."""
    return rendered("gates.md.j2", judgement)


def rendered(template: str, judgement: Judgement, **more: object) -> str:
    """A Markdown template filled with a judgement, and with what else it asks for."""
    header = judgement.evidence.header
    text = (
        environment()
        .get_template(template)
        .render(
            judgement=judgement,
            decision=judgement.decision,
            evidence=judgement.evidence,
            header=header,
            runtimes=header.runtimes,
            natives=[pin for pin in header.runtimes if pin.role is Role.NATIVE],
            externals=[pin for pin in header.runtimes if pin.role is Role.EXTERNAL],
            gates=GATES,
            date=header.started_at[:10],
            limits=judgement.thresholds.limits,
            tables=tables(judgement),
            phases=PHASES,
            facts=[f for f in judgement.evidence.facts if _is_listed(f.value)],
            **more,
        )
    )
    return text.rstrip("\n") + "\n"


def _is_listed(fact: Fact) -> bool:
    """Whether a fact stands in the list of facts: not if a table shows it, or if it is one of many along the run."""
    return fact.name.partition(".")[0] not in TABLED and not (fact.runtime == HARNESS and AT in fact.name)


@lru_cache(maxsize=1)  # a template is compiled once, not once a report
def environment() -> jinja2.Environment:
    """Where the Markdown templates come from, with the filters that they use."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=False,  # noqa: S701 - Markdown, not HTML; table cells go through the `cell` filter
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {
        "quantity": formats.quantity,
        "measured": formats.measured,
        "threshold": formats.threshold,
        "symbol": formats.symbol,
        "short": formats.short,
        "lines": formats.lines,
        "cell": formats.cell,
        "fact": formats.fact,
        "margin": formats.margin,
        "reading": formats.reading,
        "host_api": formats.host_api,
        "pair": formats.pair,
        "flow": formats.flow,
        "spread": formats.spread,
        "parts": formats.parts,
        "indented": formats.indented,
        "quantiles": formats.quantiles,
        "overhead": formats.overhead,
        "ends": formats.ends,
        "each": formats.each,
        "growth": formats.growth,
        "now": formats.now,
        "place": formats.place,
        "tightest": formats.tightest,
        "dollars": amounts.dollars,
        "figure": amounts.figure,
        "whole": amounts.whole,
        "measure": amounts.measure,
        "crossing": amounts.crossing,
        "folded": folded,
        "folded_gaps": folded_gaps,
    }
    return made


def _verdict(verdict: GateVerdict) -> dict[str, object]:
    return {
        "gate": verdict.gate,
        "runtime": verdict.runtime,
        "verdict": verdict.verdict.value,
        "remark": verdict.remark,
        "reason": verdict.reason,
        "runtime_tier": verdict.runtime_tier,
        "network_tier": verdict.network_tier,
        "set_aside": verdict.set_aside,
        "criteria": [_criterion(criterion) for criterion in verdict.criteria],
        "informative": [_criterion(criterion) for criterion in verdict.informative],
        "not_applicable": [_not_applicable(entry) for entry in verdict.not_applicable],
    }


def _tables(shown: Tables) -> dict[str, object]:
    document = dataclasses.asdict(shown)
    for row in document["limits"]:
        row["lines"] = _lines(row["lines"])
    return document


def _criterion(criterion: Criterion) -> dict[str, object]:
    """A criterion; what it does not have is not written."""
    told: dict[str, object | None] = {
        "name": criterion.name,
        "verdict": criterion.verdict.value,
        "reason": criterion.reason,
        "measured": criterion.measured,
        "threshold": criterion.threshold,
        "unit": criterion.unit,
        "margin": criterion.margin,
        "plan": criterion.plan,
        "source": criterion.source,
        "date": criterion.date,
        "remark": criterion.remark,
        "needs": criterion.needs,
        "detail": criterion.detail,
        "lines": _lines(criterion.lines),
    }
    return {key: value for key, value in told.items() if value is not None}


def _lines(lines: tuple[int, ...]) -> str | None:
    """Line numbers as ranges in one text: "3-5,9"."""
    return ",".join(formats.ranges(lines)) or None


def _not_applicable(entry: NotApplicable) -> dict[str, object]:
    return {"name": entry.name, "reason": entry.reason}


def _reason(reason: Reason) -> dict[str, object]:
    return {
        "runtime": reason.runtime,
        "role": reason.role.value,
        "gate": reason.gate,
        "verdict": reason.verdict.value,
        "why": reason.why,
    }


def _gap(gap: Gap) -> dict[str, object]:
    return {"gate": gap.gate, "criterion": gap.criterion, "needs": gap.needs, "runtimes": list(gap.runtimes)}
