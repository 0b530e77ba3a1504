"""The published schemas: of a line of a record, and of verdicts.json.

Role: what the types do not say of our two documents - versions, digests, what is never negative, line numbers as
ranges. Must not know: files, any run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from bench.decision import Topology
from bench.render import SCHEMA_VERSION as VERDICTS_VERSION
from bench.schema.shapes import Rules, Schema, Shapes
from bench.tables import LimitRow, Tables
from bench.verdict import Verdict
from spikes.record import (
    SCHEMA_VERSION,
    Ask,
    Attempt,
    Calls,
    Fact,
    FaultSeen,
    Footer,
    HarnessError,
    Header,
    Phase,
    Role,
    Tier,
)

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TEXT: Schema = {"type": "string"}
_TEXTS: Schema = {"type": "array", "items": _TEXT}
_TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
_VALUE: Schema = {"type": ["number", "string"]}
_LINES: Schema = {"type": ["string", "null"], "pattern": r"^\d+(-\d+)?(,\d+(-\d+)?)*$"}
_DIGEST: Schema = {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"}
_MEASURED: Schema = {"minimum": 0}  # says nothing of what is no number
_KINDS = (Header, Fact, Attempt, HarnessError, Footer)
_RECORD_RULES: Rules = {
    (Header, "schema_version"): {"const": SCHEMA_VERSION},
    (Header, "planned_attempts"): _MEASURED,
    (Fact, "value"): _MEASURED,
    (Phase, "duration_s"): _MEASURED,
    (Calls, "count"): _MEASURED,
    (Calls, "by_method"): {"additionalProperties": {"type": "integer"} | _MEASURED},
    **{(Calls, name): _MEASURED for name in ("emulator_s", "injected_s", "settle_s")},
    (Ask, "wall_s"): _MEASURED,
    (FaultSeen, "fired"): _MEASURED,
    **{(Attempt, name): _MEASURED for name in ("attempt", "repeat", "incarnation", "sequence", "wall_s")},
    **{(Footer, name): _MEASURED for name in ("attempts", "facts", "harness_errors", "elapsed_s")},
}
# Tables hold line numbers; verdicts.json writes them as ranges.
_VERDICTS_RULES: Rules = {(LimitRow, "lines"): _LINES}


def documents() -> Mapping[str, str]:
    """File name -> its text, for both."""
    return {
        f"record-{SCHEMA_VERSION}.schema.json": _written(record_schema()),
        f"verdicts-{VERDICTS_VERSION}.schema.json": _written(verdicts_schema()),
    }


def record_schema() -> Schema:
    """One line of record.jsonl. That the header comes first and the footer last is not in it: lines stand alone."""
    shapes = Shapes(_RECORD_RULES, sparing=True)
    lines = [shapes.of(kind) for kind in _KINDS]
    return {
        "$schema": _DIALECT,
        "$id": f"urn:sparkgate:schema:record-{SCHEMA_VERSION}",
        "title": "A line of record.jsonl",
        "description": "The journal of a run, one such object a line: a header, then facts, attempts and harness "
        "errors, then a footer. A field that is absent has its default value. Times in seconds, money in satoshis.",
        "type": "object",
        "required": ["kind"],
        "oneOf": lines,
        "$defs": shapes.definitions,
    }


def verdicts_schema() -> Schema:
    """The whole of verdicts.json."""
    shapes = Shapes(_VERDICTS_RULES, sparing=False)
    told = shapes.of(Tables)
    return {
        "$schema": _DIALECT,
        "$id": f"urn:sparkgate:schema:verdicts-{VERDICTS_VERSION}",
        "title": "verdicts.json",
        "description": "What was judged of a run. Values are in base units; line numbers are those of its record.",
        **_object(
            {
                "schema_version": {"const": VERDICTS_VERSION},
                "run_id": _TEXT,
                "record": _DIGEST | {"description": "of the bytes of record.jsonl, unpacked"},
                "truncated": {"type": "boolean", "description": "the run was cut off, and nothing is decided"},
                "decision": _decision(),
                "defects": _TEXTS | {"description": "why the run, or a runtime, may not be judged"},
                "verdicts": {"type": "array", "items": {"$ref": "#/$defs/GateVerdict"}},
                "tables": told,
            }
        ),
        "$defs": {"GateVerdict": _gate_verdict(), "Criterion": _criterion(), **shapes.definitions},
    }


def _decision() -> Schema:
    reason = {"runtime": _TEXT, "role": _enum(Role), "gate": _TEXT, "verdict": _enum(Verdict), "why": _TEXT}
    gap = {"gate": _TEXT, "criterion": _TEXT, "needs": _TEXT, "runtimes": _TEXTS}
    return _object(
        {
            "topology": _enum(Topology),
            "statement": _TEXT,
            "forced_by": {"type": "array", "items": _object(reason)},
            "would_change": _TEXTS,
            "missing": {"type": "array", "items": _object(gap)},
        }
    )


def _gate_verdict() -> Schema:
    criteria: Schema = {"type": "array", "items": {"$ref": "#/$defs/Criterion"}}
    absent = _object({"name": _TEXT, "reason": _TEXT})
    return {
        "description": "One gate, one runtime.",
        **_object(
            {
                "gate": _TEXT,
                "runtime": _TEXT,
                "verdict": _enum(Verdict),
                "remark": _TEXT_OR_NULL,
                "reason": _TEXT,
                "runtime_tier": _enum(Tier),
                "network_tier": _TEXT,
                "set_aside": _TEXT_OR_NULL,
                "criteria": criteria,
                "informative": criteria,
                "not_applicable": {"type": "array", "items": absent},
            }
        ),
    }


def _criterion() -> Schema:
    """What a criterion does not have is not written."""
    schema = _object(
        {
            "name": _TEXT,
            "verdict": _enum(Verdict),
            "reason": _TEXT,
            "measured": _VALUE,
            "threshold": _VALUE,
            "unit": _TEXT,
            "margin": {"type": "number", "maximum": 1},
            "plan": _TEXT,
            "source": _TEXT,
            "date": _TEXT,
            "remark": _TEXT,
            "needs": _TEXT,
            "detail": _TEXT,
            "lines": {**_LINES, "type": "string"},
        }
    )
    description = "One measurable part of a gate and how it ended; what it does not have is not written."
    return {"description": description, **schema, "required": ["name", "verdict", "reason"]}


def _object(properties: Mapping[str, Schema]) -> Schema:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def _enum(words: type[Role | Tier | Topology | Verdict]) -> Schema:
    return {"enum": [word.value for word in words]}


def _written(schema: Schema) -> str:
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"
