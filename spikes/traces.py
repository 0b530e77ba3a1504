"""Traces: a few payments of a run call by call, to be looked at and never judged.

Role: say which attempts of a plan are traced, and put the calls of one into a fact `trace.<name>`. Which they are is a
function of the plan alone, so that nobody picks a pretty one: the first payment of each runtime, and of each question
the repeat in the middle of its row. Must not know: seats, drivers, how a call is drawn.

A trace is JSON text: `{"attempt", "answered_ms", "calls": [[party, method, start_ms, duration_ms, code?], ..]}`. Times
count from the start of the attempt's act and are the emulator's: a call's bar lasts from when the emulator had read the
request to when its answer was ready, so what lies between two bars was spent in the runtime or on the way. `code` is
there if the call did not succeed. A call that was under way when the act began starts below 0.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from spikes.network import JournalEntry
from spikes.plan import FIRST_LANE, Plan, PlannedAttempt, Stage
from spikes.record import Fact, Outcome

TRACE = "trace"
COLD = "cold"
WARM = ("pay_exact", "pay_swap")
TURN = "l402_paid@lightning"
_SOUND = {"OK", "200"}
_DIGITS = 2  # of a millisecond
HOW = (
    "the emulator's journal: start and duration of each call by its clock, counted from the start of the act; "
    "the two clocks were read together just before it"
)


def traced_attempts(plan: Plan) -> Mapping[int, str]:
    """Attempt number -> the trace's name, for all attempts of the plan that are traced."""
    found: dict[int, str] = {}
    for runtime in plan.runtimes:
        mine = [planned for planned in plan.attempts if planned.runtime == runtime]
        alone = [planned for planned in mine if planned.stage is Stage.SERIAL and planned.lane == FIRST_LANE]
        first = next((planned for planned in alone if planned.expected is Outcome.PAID), None)
        if first is None:
            continue
        found[first.attempt] = COLD
        rows = {name: _of(alone, name, but=first) for name in WARM} | {TURN: _of(mine, TURN, but=first)}
        found.update({row[len(row) // 2].attempt: name for name, row in rows.items() if row})
    return found


def _of(attempts: Iterable[PlannedAttempt], experiment: str, *, but: PlannedAttempt) -> list[PlannedAttempt]:
    row = [planned for planned in attempts if planned.experiment == experiment and planned is not but]
    return sorted(row, key=lambda planned: planned.repeat)


def trace_fact(
    planned: PlannedAttempt, name: str, calls: Sequence[JournalEntry], *, started_s: float, wall_s: float
) -> Fact:
    """The trace of one attempt, whose act began at `started_s` on the emulator's clock and took `wall_s`."""
    text = json.dumps(
        {
            "attempt": planned.attempt,
            "answered_ms": _ms(wall_s),
            "calls": sorted((_row(call, started_s) for call in calls), key=lambda row: row[2]),
        },
        separators=(",", ":"),
    )
    return Fact(runtime=planned.runtime, name=f"{TRACE}.{name}", value=text, how=HOW)


def _row(call: JournalEntry, started_s: float) -> tuple[str, str, float, float] | tuple[str, str, float, float, str]:
    row = (call.party, call.method, _ms(call.started_s - started_s), _ms(call.took_s))
    return row if call.code in _SOUND else (*row, call.code)


def _ms(seconds: float) -> float:
    return round(1000 * seconds, _DIGITS)
