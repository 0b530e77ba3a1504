"""Gate 4, deterministic flows: "Can pass deterministic integration tests for paid/cached/blocked flows."

Role: which criteria there are; each flow is judged in flows.py, sameness in repeats.py, receipts in receipts.py.
Must not know: how a flow is driven.
"""

from __future__ import annotations

from collections.abc import Iterator

from bench.evidence import Evidence
from bench.gates import flows, probes
from bench.gates.conclude import conclude
from bench.gates.receipts import receipt_contents
from bench.gates.repeats import identical_across_runtimes, repeats_identical
from bench.thresholds import Thresholds
from bench.verdict import Criterion, GateVerdict, NotApplicable

NAME = "determinism"
TITLE = "Deterministic flows"
REQUIREMENT = "Can pass deterministic integration tests for paid/cached/blocked flows."


def judge(evidence: Evidence, thresholds: Thresholds, runtime: str) -> GateVerdict:
    """Judge gate 4 for one runtime. Pure."""
    probe = evidence.probe_of(runtime)
    if probe is not None:
        return probes.nothing_to_judge(NAME, evidence, runtime, probe)
    return conclude(NAME, evidence, runtime, _criteria(evidence, thresholds, runtime))


def _criteria(evidence: Evidence, thresholds: Thresholds, runtime: str) -> Iterator[Criterion | NotApplicable]:
    yield from flows.judge(evidence, thresholds, runtime)
    yield repeats_identical(evidence, thresholds, runtime)
    yield identical_across_runtimes(evidence, runtime)
    yield receipt_contents(evidence, thresholds, runtime)
