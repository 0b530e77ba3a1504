"""Attempts as a table of times: one row each, for everything that is counted or timed over many of them.

Role: from attempts to a data frame. Must not know: gates, thresholds, money - that stays in the attempts, as integers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import pandas as pd

from bench.index import Numbered
from spikes.record import Attempt

OUTSIDE = "outside"  # the clock whose readings are evidence
PHASES = ("boot", "load", "build", "sync", "prepare", "send", "confirm", "pay", "fetch", "turn", "acknowledge")
_COLUMNS = (
    *("line", "runtime", "experiment", "profile", "lane", "incarnation", "sequence"),
    *("expected", "outcome", "wall_s", "calls", "emulator_s", "settle_s"),
    *(f"{phase}_s" for phase in PHASES),
)


def attempt_table(attempts: Iterable[Numbered[Attempt]], default_profile: str) -> pd.DataFrame:
    """One row an attempt: identity, outcome, times in seconds by the outside clock (NaN: not measured).

    Columns: line runtime experiment profile lane incarnation sequence expected outcome wall_s calls emulator_s
    settle_s cold, and `<phase>_s` for each of PHASES. `cold` marks an incarnation's first attempt at a payment and
    all before it. `default_profile` is the network's latency profile for attempts that name none.
    """
    frame = pd.DataFrame(list(_rows(attempts, default_profile)), columns=list(_COLUMNS))
    paying = frame[frame["expected"] == "paid"]
    first = paying.groupby(["runtime", "lane", "incarnation"])["sequence"].min().rename("first_sequence")
    frame = frame.join(first, on=["runtime", "lane", "incarnation"])
    frame["cold"] = frame["sequence"] <= frame["first_sequence"].fillna(0)
    return frame.drop(columns="first_sequence")


def _rows(attempts: Iterable[Numbered[Attempt]], default_profile: str) -> Iterator[tuple[object, ...]]:
    for numbered in attempts:
        a = numbered.value
        experiment, _, profile = a.experiment.partition("@")
        times = dict.fromkeys(PHASES, math.nan)
        for phase in a.phases:
            if phase.clock == OUTSIDE and phase.name in times:
                before = times[phase.name]
                times[phase.name] = phase.duration_s if math.isnan(before) else before + phase.duration_s
        yield (
            *(numbered.line, a.runtime, experiment, profile or default_profile, a.lane, a.incarnation, a.sequence),
            *(a.expected.value, a.outcome.value, a.wall_s),
            *(a.calls.count, a.calls.emulator_s, a.calls.settle_s),
            *times.values(),
        )
