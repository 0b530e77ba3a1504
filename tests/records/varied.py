"""A record that decides, and whose times are not all alike."""

from __future__ import annotations

import dataclasses
import random

from spikes.record import Attempt
from tests.records.cases import everything


def varied(*runtimes: str, pins: tuple[str, ...] = ("native", "node", "workerd")) -> bytes:
    """A run that decides, whose times differ from each other as real ones do."""
    run, draw = everything(*runtimes, pins=pins), random.Random(7)  # noqa: S311 - times, no secrets
    for number, line in enumerate(run.lines):
        if isinstance(line, Attempt) and line.phases:
            factor = draw.lognormvariate(0, 0.2)
            phases = tuple(dataclasses.replace(p, duration_s=p.duration_s * factor) for p in line.phases)
            run.lines[number] = dataclasses.replace(line, phases=phases)
    if "workerd" in runtimes:
        run.fact("workerd", "cpu_per_request_s", 0.02)  # more than the free plan allows
    return run.data()
