"""The four hard gates, in the plan's order: each a pure `judge(evidence, thresholds, runtime)`.

Role: the registry. Must not know: what a gate asks. Hard gates are AND: no weights, no scores.
"""

from __future__ import annotations

from typing import Protocol

from bench.evidence import Evidence
from bench.gates import compatibility, custody, determinism, latency
from bench.thresholds import Thresholds
from bench.verdict import GateVerdict


class Gate(Protocol):
    """What a gate's module offers."""

    NAME: str
    TITLE: str
    REQUIREMENT: str  # the plan's own words

    def judge(self, evidence: Evidence, thresholds: Thresholds, runtime: str) -> GateVerdict:
        """Judge one runtime. Pure: same arguments, same verdict."""


GATES: tuple[Gate, ...] = (compatibility, custody, latency, determinism)
