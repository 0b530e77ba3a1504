"""Turns of an open loop: every time counts from when the turn was meant to start."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikes.load.turns import POLL_S, Turn, turn, until
from tests.unit.spikes.load.hand_clock import HandClock


class Service:
    """Answers after `takes_s`, and tells a state from `heard_s` after its beginning on."""

    def __init__(self, clock: HandClock, takes_s: float, heard_s: float | None) -> None:
        self._clock = clock
        self._takes_s = takes_s
        self._heard_s = heard_s
        self._began: float | None = None
        self.polls = 0

    async def ask(self) -> str:
        self._began = self._clock.now()
        await self._clock.sleep(self._takes_s)
        return "paid"

    async def state(self) -> str | None:
        self.polls += 1
        if self._began is None or self._heard_s is None:
            return None
        return "in_flight" if self._clock.now() >= self._began + self._heard_s else None


def made(clock: HandClock, service: Service, intended: float, begins: float) -> Turn[str]:
    async def work() -> Turn[str]:
        await clock.sleep(begins)
        await until(intended, clock)
        return await turn(service.ask(), service.state, intended, clock)

    return clock.run(work())


def test_a_turn_that_starts_when_it_is_meant_to() -> None:
    clock = HandClock()
    got = made(clock, Service(clock, takes_s=3.0, heard_s=0.5), intended=10.0, begins=0.0)
    assert got.result == "paid"
    assert got.turn_s == pytest.approx(3.0)
    assert 0.5 <= got.acknowledged_s <= 0.5 + POLL_S + 1e-9


def test_a_turn_that_starts_late_is_counted_from_when_it_was_meant_to() -> None:
    clock = HandClock()
    got = made(clock, Service(clock, takes_s=3.0, heard_s=0.5), intended=10.0, begins=12.0)
    assert got.turn_s == pytest.approx(5.0)
    assert 2.5 <= got.acknowledged_s <= 2.5 + POLL_S + 1e-9


@pytest.mark.parametrize("heard_s", [None, 4.0])
def test_the_answer_is_a_state_too(heard_s: float | None) -> None:
    """A driver that tells of no state, or later than it answers, has acknowledged with its answer."""
    clock = HandClock()
    got = made(clock, Service(clock, takes_s=3.0, heard_s=heard_s), intended=1.0, begins=0.0)
    assert got.acknowledged_s == got.turn_s == pytest.approx(3.0)


def test_nobody_polls_after_the_first_state_or_after_a_failure() -> None:
    clock = HandClock()
    service = Service(clock, takes_s=3.0, heard_s=0.1)
    made(clock, service, intended=0.0, begins=0.0)
    assert service.polls <= 0.1 / POLL_S + 2

    async def breaks() -> str:
        await clock.sleep(1.0)
        raise ConnectionError("gone")

    watched = Service(clock, takes_s=0.0, heard_s=None)

    async def work() -> None:
        with pytest.raises(ConnectionError):
            await turn(breaks(), watched.state, clock.now(), clock)
        polled = watched.polls
        await clock.sleep(1.0)
        assert watched.polls == polled

    clock.run(work())


def test_a_moment_that_has_passed_is_not_waited_for() -> None:
    clock = HandClock()

    async def work() -> float:
        await clock.sleep(5.0)
        await until(2.0, clock)
        return clock.now()

    assert clock.run(work()) == 5.0


@given(st.lists(st.integers(0, 20_000), min_size=1, max_size=25), st.integers(1, 8_000))
def test_a_slow_answer_is_felt_by_everyone_behind_it(service_ms: list[int], every_ms: int) -> None:
    """A queue with fixed arrivals (Lindley): the end of a turn is its service after whichever is later, its intended
    start or the end before it; what is reported is the time from the intended start."""
    clock = HandClock()
    services = [Service(clock, takes_s=ms / 1000, heard_s=None) for ms in service_ms]

    async def work() -> list[float]:
        found: list[float] = []
        for number, service in enumerate(services):
            intended = number * every_ms / 1000
            await until(intended, clock)
            found.append((await turn(service.ask(), service.state, intended, clock)).turn_s)
        return found

    ended, wanted = 0.0, []
    for number, ms in enumerate(service_ms):
        intended = number * every_ms / 1000
        ended = max(ended, intended) + ms / 1000
        wanted.append(ended - intended)
    assert clock.run(work()) == pytest.approx(wanted, abs=1e-6)
