"""Fault schedules as values: written, read back, drawn, and refused where they contradict themselves."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikes.faults.draw import GENTLE_KINDS, MOST_FAULTS, draw
from spikes.faults.schedule import (
    PAYMENT_METHODS,
    SWAP_METHODS,
    Asking,
    Blow,
    Fault,
    Kind,
    Schedule,
    ScheduleError,
    Side,
    Strike,
    canonical,
    read_schedule,
)

seeds = st.integers(min_value=0, max_value=2**63 - 1)


@given(seeds)
def test_what_is_written_is_read_back(seed: int) -> None:
    schedule = draw(seed)
    line = canonical(schedule)
    assert "\n" not in line
    assert read_schedule(line) == schedule
    assert canonical(read_schedule(line)) == line


@given(seeds)
def test_a_seed_draws_one_to_three_things_and_always_the_same(seed: int) -> None:
    schedule = draw(seed)
    assert draw(seed) == schedule
    assert 1 <= len(schedule.faults) + len(schedule.strikes) <= MOST_FAULTS
    struck = {fault.method for fault in schedule.faults} | {strike.method for strike in schedule.strikes}
    swap_calls = struck & set(SWAP_METHODS)
    assert schedule.swap or not swap_calls, "a fault waits for a call that an exact payment does not make"
    assert all(strike.blow is Blow.KILL for strike in schedule.strikes), "a seed means the same on every platform"
    if schedule.asking is Asking.TWO_PROCESSES:
        assert {fault.kind for fault in schedule.faults} <= GENTLE_KINDS


def test_seeds_mean_today_what_they_meant_when_they_were_written_down() -> None:
    """A seed in an old report still shows its counterexample."""
    lines = "\n".join(canonical(draw(seed)) for seed in range(200))
    assert hashlib.sha256(lines.encode()).hexdigest()[:16] == "54daf7d68dde1a99"


def test_what_is_drawn_covers_every_kind_method_and_way_of_asking() -> None:
    drawn = [draw(seed) for seed in range(2_000)]
    assert {fault.kind for schedule in drawn for fault in schedule.faults} == set(Kind)
    assert {fault.method for schedule in drawn for fault in schedule.faults} >= {*PAYMENT_METHODS, *SWAP_METHODS}
    assert {strike.method for schedule in drawn for strike in schedule.strikes} >= {*PAYMENT_METHODS, *SWAP_METHODS}
    assert {schedule.asking for schedule in drawn} == set(Asking)
    assert len({canonical(schedule) for schedule in drawn}) > 1_000


@pytest.mark.parametrize(
    "line",
    [
        "",
        "[]",
        '{"faults":[{"kind":"no_such_kind"}]}',
        '{"faults":[{"kind":"delay","method":"UserRequest"}]}',
        '{"faults":[{"kind":"lost_after_commit"}]}',
        '{"faults":[{"kind":"lost_after_commit","method":"UserRequest","nth":0}]}',
        '{"faults":[{"kind":"lost_after_commit","method":"UserRequest","code":"INTERNAL"}]}',
        '{"faults":[{"kind":"operator_down","operator":3}]}',
        '{"faults":[{"kind":"ssp_error","operator":1}]}',
        '{"strikes":[{"blow":"kill","method":"UserRequest","side":"before_commit","nth":0}]}',
        '{"asking":"twice","strikes":[{"blow":"kill","method":"UserRequest","side":"before_commit"}]}',
        '{"unknown":1}',
    ],
)
def test_what_contradicts_itself_is_refused(line: str) -> None:
    with pytest.raises(ScheduleError):
        read_schedule(line)


def test_what_is_as_by_default_is_not_written() -> None:
    strike = Strike(blow=Blow.KILL, method="UserRequest", side=Side.AFTER_COMMIT)
    fault = Fault(kind=Kind.STUCK)
    line = '{"faults":[{"kind":"stuck"}],"strikes":[{"blow":"kill","method":"UserRequest","side":"after_commit"}]}'
    assert canonical(Schedule(faults=(fault,), strikes=(strike,))) == line
    assert canonical(Schedule()) == "{}"
