"""Shards of a plan: every attempt is evidence in exactly one, as the whole plan numbers and times it."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.gates import own_cost
from spikes.__main__ import main
from spikes.errors import PlanError
from spikes.experiments import EXPECTED, fits
from spikes.plan import PROBE, Plan, PlannedAttempt, Stage, load_profile, make_plan
from spikes.record import Role
from spikes.runtimes import RUNTIMES
from spikes.shards import partition, plan_digest, shard_named, sharded

BY_NAME = {runtime.NAME: runtime for runtime in RUNTIMES}
CONTROLS = [runtime.NAME for runtime in RUNTIMES if runtime.ROLE is Role.CONTROL]


def plan_for(runtimes: list[str], profile: str = "quick", seed: int = 3) -> Plan:
    return make_plan(load_profile(profile), seed, runtimes, EXPECTED, lambda asked, name: fits(asked, BY_NAME[name]))


WHOLE = plan_for(list(BY_NAME))


def evidence_of(part: Plan) -> list[PlannedAttempt]:
    return [planned for planned in part.attempts if not part.aside(planned.runtime)]


def yardstick_of(part: Plan) -> list[PlannedAttempt]:
    return [planned for planned in part.attempts if part.aside(planned.runtime)]


@pytest.mark.parametrize("profile", ["quick", "standard", "soak", "storm"])
@pytest.mark.parametrize("of", [1, 2, 4, len(RUNTIMES)])
def test_every_attempt_is_evidence_in_exactly_one_shard(profile: str, of: int) -> None:
    plan = plan_for(list(BY_NAME), profile)
    parts = [sharded(plan, number, of, CONTROLS) for number in range(1, of + 1)]
    mine = [planned for part in parts for planned in evidence_of(part)]
    assert sorted(mine, key=lambda planned: planned.attempt) == list(plan.attempts)
    for part in parts:
        numbers = [planned.attempt for planned in part.attempts]
        assert numbers == sorted(numbers), "the order is the plan's"


@given(
    names=st.lists(st.sampled_from(sorted(BY_NAME)), unique=True, min_size=1),
    of=st.integers(1, len(RUNTIMES)),
)
def test_a_partition_gives_each_runtime_to_one_shard_and_leaves_none_empty(names: list[str], of: int) -> None:
    plan = dataclasses.replace(
        WHOLE, runtimes=tuple(names), attempts=tuple(a for a in WHOLE.attempts if a.runtime in names)
    )
    if of > len(names):
        with pytest.raises(PlanError, match=f"1 to {len(names)} shards"):
            partition(plan, of)
        return
    parts = partition(plan, of)
    assert sorted(name for part in parts for name in part) == sorted(names)
    assert all(parts)
    assert partition(plan, of) == parts
    attempts = Counter(planned.runtime for planned in plan.attempts)
    loads = [sum(attempts[name] for name in part) for part in parts]
    # No shard is behind another by more than the largest runtime: whoever was behind would have got it.
    assert max(loads) - min(loads) <= max(attempts.values(), default=0)


def test_every_shard_without_the_control_makes_its_serial_stage_and_sets_it_aside() -> None:
    plan = plan_for(list(BY_NAME), "standard")
    serial = [a for a in plan.attempts if a.runtime == "native" and a.stage is Stage.SERIAL and a.question != PROBE]
    assert {planned.lane for planned in serial} == {"a", "b"}
    for number in range(1, 5):
        part = sharded(plan, number, 4, CONTROLS)
        assert part.shard is not None
        at_home = "native" in part.shard.own
        assert yardstick_of(part) == ([] if at_home else serial)
        assert part.aside("native") == (0 if at_home else number)
        assert "native" in part.runtimes
        assert set(part.seats()) == {planned.seat for planned in part.attempts if planned.stage is Stage.SERIAL}


def test_a_yardstick_holds_whatever_own_cost_reads_of_the_control() -> None:
    """If the gate comes to compare something else of the control, shards have to measure that too."""
    part = sharded(plan_for(list(BY_NAME), "standard"), 2, 4, CONTROLS)
    asked = {planned.experiment for planned in yardstick_of(part)}
    assert asked >= {*own_cost._WARM, *own_cost._COLD}


def test_without_a_control_in_the_plan_there_is_no_yardstick() -> None:
    plan = plan_for(["node", "workerd"])
    for number in (1, 2):
        assert yardstick_of(sharded(plan, number, 2, CONTROLS)) == []


def test_the_harness_speaks_of_itself_in_the_first_shard() -> None:
    assert [sharded(WHOLE, number, 3, CONTROLS).aside("harness") for number in (1, 2, 3)] == [0, 2, 3]
    assert WHOLE.aside("harness") == WHOLE.aside("native") == 0


def test_start_times_seeds_and_ids_do_not_depend_on_the_cut() -> None:
    by_number = {planned.attempt: planned for planned in WHOLE.attempts}
    for of in (2, 3, 5):
        for number in range(1, of + 1):
            part = sharded(WHOLE, number, of, CONTROLS)
            assert all(by_number[planned.attempt] == planned for planned in part.attempts)


def test_parts_of_one_plan_know_each_other_by_a_digest_of_all_of_it() -> None:
    known = {
        plan_digest(WHOLE),
        plan_digest(plan_for(list(BY_NAME), seed=4)),
        plan_digest(plan_for(["native", "node"])),
    }
    assert len(known) == 3
    assert plan_digest(plan_for(list(BY_NAME))) == plan_digest(WHOLE)
    assert {part.shard.plan for n in (1, 2) if (part := sharded(WHOLE, n, 2, CONTROLS)).shard} == {plan_digest(WHOLE)}


@given(number=st.integers(1, 999_999), more=st.integers(0, 9))
def test_a_shard_is_read_as_it_is_spelled(number: int, more: int) -> None:
    of = min(number + more, 999_999)
    assert shard_named(f"{number}/{of}") == (number, of)


@given(text=st.text(max_size=12))
def test_whatever_else_is_no_shard(text: str) -> None:
    number, slash, of = text.partition("/")
    sound = slash and number.isascii() and number.isdigit() and of.isascii() and of.isdigit()
    if sound and 1 <= int(number) <= int(of) <= 999_999 and len(number) <= 6 and len(of) <= 6:
        assert shard_named(text) == (int(number), int(of))
    else:
        with pytest.raises(PlanError, match="such as 2/4"):
            shard_named(text)


@pytest.mark.parametrize("text", ["0/4", "5/4", "1/0", "-1/4", "1", "1/4/4", " 1/4", "1/4\n", "²/4", "1_0/20", ""])
def test_what_is_nearly_a_shard_is_refused(text: str) -> None:
    with pytest.raises(PlanError, match="such as 2/4"):
        shard_named(text)


def test_the_plan_of_a_shard_can_be_looked_at(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--runtimes", "native,node", "--shard", "2/2", "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert plan["shard"]["own"] == ["node"]
    assert {attempt["runtime"] for attempt in plan["attempts"]} == {"native", "node"}
    assert main(["plan", "--runtimes", "native,node", "--shard", "2/3"]) == PlanError.exit_code
    assert "1 to 2 shards" in capsys.readouterr().err


def test_runtimes_that_have_nothing_to_do_still_fill_a_shard_each() -> None:
    attempts = tuple(planned for planned in WHOLE.attempts if planned.runtime == "node")
    plan = dataclasses.replace(WHOLE, runtimes=("native", "node", "workerd"), attempts=attempts)
    assert sorted(partition(plan, 3)) == [("native",), ("node",), ("workerd",)]
