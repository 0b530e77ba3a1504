"""Records that the report is tested with, and a judgement whose criteria are chosen."""

from __future__ import annotations

import dataclasses
import json

from bench.judgement import Judgement
from bench.verdict import Criterion
from tests.records.builder import NATIVE, WORKERD, Run
from tests.records.cases import everything


def bare() -> Run:
    run = Run(NATIVE, WORKERD)
    run.negative_controls()
    return run


def traced() -> Run:
    """Two runtimes that pay, with the calls of some payments, and a fact that only looks like a trace."""
    run = everything("native", "workerd")
    calls = [["ssp", "LightningSendFeeEstimate", 0.5, 4.25], ["operator-0", "start_transfer", 5, 1.5, "UNAVAILABLE"]]
    for runtime in ("native", "workerd"):
        for name in ("cold", "pay_swap"):
            told = {"attempt": -1, "answered_ms": 12.5, "calls": calls}
            run.fact(runtime, f"trace.{name}", json.dumps(told))
    run.fact("workerd", "trace.pay_exact", "no trace")
    return run


def with_criteria(whole: Judgement, *criteria: Criterion) -> Judgement:
    """The same judgement, in which one gate of one runtime has these criteria alone."""
    verdicts = tuple(
        dataclasses.replace(v, criteria=criteria) if (v.gate, v.runtime) == ("custody", "workerd") else v
        for v in whole.verdicts
    )
    return dataclasses.replace(whole, verdicts=verdicts)
