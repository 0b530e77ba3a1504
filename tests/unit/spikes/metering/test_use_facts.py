"""What readings come to as facts: medians, largest values, and which request they are of."""

from __future__ import annotations

from spikes.inspections.metering.request_meter import How, Use
from spikes.inspections.use_facts import reading_facts
from spikes.inspections.use_steps import Reading, Step
from spikes.record import Fact

HOW = How(cpu="by a clock", subrequests="by counting", aftermath="by waiting")


def reading(step: Step, cpu_s: float | None, calls: int, *, cold: bool = False, waiting: int | None = None) -> Reading:
    use = Use(cpu_s=cpu_s, subrequests=calls, connections=waiting, calls=())
    return Reading(step=step, cold=cold, wall_s=calls / 10, use=use)


def facts(readings: list[Reading], *, actions: bool = False) -> dict[str, Fact]:
    return {fact.name: fact for fact in reading_facts("workerd", readings, HOW, actions=actions)}


READINGS = [
    reading(Step.SYNC, 0.5, 19, cold=True, waiting=4),
    reading(Step.SYNC, 0.1, 9, waiting=3),
    reading(Step.SYNC, 0.9, 9, waiting=3),
    reading(Step.SYNC, 0.2, 8, waiting=3),
    reading(Step.SEND_SWAP, 0.3, 13, cold=True, waiting=1),
]


def test_warm_is_the_median_and_the_ceiling_is_the_largest_reading_of_all() -> None:
    found = facts(READINGS)
    assert found["cpu_s.sync.cold"].value == 0.5
    assert found["cpu_s.sync.warm"].value == 0.2
    assert found["cpu_s.sync.warm"].how.startswith("median of 3, 0.1000 to 0.9000 s; ")
    assert found["cpu_per_request_s"].value == 0.9
    assert found["cpu_per_request_s"].how.startswith("largest of 5 requests: sync, warm; ")


def test_counts_are_the_largest_of_their_kind() -> None:
    found = facts(READINGS)
    assert found["subrequests.sync.warm"].value == 9
    assert found["subrequests.sync.warm"].how.startswith("largest of 3, the least 8; ")
    assert (found["subrequests_max"].value, found["connections_max"].value) == (19, 4)


def test_what_was_not_measured_is_no_fact() -> None:
    found = facts([reading(Step.BUILD, None, 0, cold=True)])
    assert set(found) == {"subrequests.build.cold", "subrequests_max"}
    assert facts([]) == {}


def test_the_longest_action_is_a_fact_where_actions_are_bounded() -> None:
    assert "action_s" not in facts(READINGS)
    action = facts(READINGS, actions=True)["action_s"]
    assert (action.value, action.how) == (1.3, "outside clock: the longest of 1 paying requests, send_swap")


def test_every_fact_says_in_one_line_how() -> None:
    assert all(fact.how and "\n" not in fact.how for fact in facts(READINGS).values())
