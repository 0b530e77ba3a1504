"""Records that hold what the cost model needs, and the use of one payment as numbers."""

from __future__ import annotations

import dataclasses
from decimal import Decimal

from bench.cost.usage import Usage
from spikes.record import Outcome, Phase
from tests.records.builder import NATIVE, NODE, WORKERD, Run

OBJECT = dataclasses.replace(WORKERD, name="durable_object")
USED = Usage(
    cpu_s=Decimal("0.050"),
    orchestration_s=Decimal("0.004"),
    turn_s=Decimal("2.5"),
    turns=10,
    memory_bytes=Decimal(20_000_000),
    memory_fact="isolate_memory_bytes",
    subrequests=Decimal(23),
)


def outside(name: str, seconds: float) -> Phase:
    return Phase(name=name, duration_s=seconds, clock="outside")


def measured(*, cpu: bool = True, turns: bool = True, blocked: bool = True) -> Run:
    """A record of two places, with as much of what the model needs as is asked for."""
    run = Run(NATIVE, NODE, OBJECT)
    for runtime in ("node", "durable_object"):
        if cpu:
            cpus = {"prepare.warm": 0.01, "send_exact.warm": 0.03, "send_swap.warm": 0.05, "first_payment.cold": 0.2}
            for name, seconds in cpus.items():
                run.fact(runtime, f"cpu_s.{name}", seconds)
        for seconds in (2.0, 3.0) if turns else ():
            run.pay(runtime, "l402_paid@lightning", phases=(outside("fetch", seconds), outside("turn", 2 * seconds)))
        for seconds in (0.002, 0.004, 0.009) if blocked else ():
            code = "quoted_amount_exceeds_cap"
            run.attempt(runtime, "l402_blocked_cap", Outcome.BLOCKED, code=code, phases=(outside("fetch", seconds),))
        run.fact(runtime, "rss_bytes", 150_000_000)
    run.fact("durable_object", "isolate_memory_bytes", 20_000_000)
    run.negative_controls()
    return run
