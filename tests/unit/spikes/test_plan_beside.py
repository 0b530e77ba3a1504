"""The plan of the concurrent stage: lanes, open loops, patterns."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from spikes.errors import PlanError
from spikes.experiments import EXPECTED
from spikes.plan import ANY_RUNTIME, Plan, Profile, Stage, load_profile, make_plan
from spikes.profiles import LaneGroup, Repeats

THREE = ("native", "node", "workerd")


def beside(*groups: LaneGroup, repeats: Repeats | None = None, runtimes: tuple[str, ...] = THREE) -> Plan:
    asked = Profile(name="made-up", purpose="a test", attempt_deadline_s=5.0, repeats=repeats or {}, beside=groups)
    return make_plan(asked, 7, runtimes, EXPECTED)


def test_the_concurrent_stage_comes_after_the_serial_one_with_lanes_of_its_own() -> None:
    group = LaneGroup(name="fault", repeats={"pay_exact": {ANY_RUNTIME: 2}, "pay_swap": {"node": 1}})
    made = beside(group, repeats={"pay_exact": {ANY_RUNTIME: 2}})
    assert [a.attempt for a in made.attempts] == list(range(13))
    assert made.of(Stage.SERIAL) + made.of(Stage.CONCURRENT) == made.attempts
    assert made.seats() == {name: name for name in THREE}
    assert made.seats(Stage.CONCURRENT) == {f"{name}@fault": name for name in THREE}
    assert [a.experiment for a in made.of(Stage.CONCURRENT) if a.runtime == "node"] == [
        *("pay_exact", "pay_swap", "pay_exact"),
    ]
    assert len({a.request_id for a in made.attempts}) == 13
    serial, concurrent = made.of(Stage.SERIAL), made.of(Stage.CONCURRENT)
    assert not {a.seed for a in serial} & {a.seed for a in concurrent}


def test_what_cannot_be_asked_is_left_out_of_the_concurrent_stage_too() -> None:
    group = LaneGroup(name="fault", repeats={"pay_exact": {ANY_RUNTIME: 1}, "pay_swap": {ANY_RUNTIME: 1}})
    asked = Profile(name="made-up", purpose="a test", attempt_deadline_s=5.0, repeats={}, beside=(group,))
    made = make_plan(
        asked, 7, THREE, EXPECTED, lambda experiment, runtime: (experiment, runtime) != ("pay_swap", "node")
    )
    assert [(a.runtime, a.experiment) for a in made.attempts if a.runtime != "workerd"] == [
        *(("native", "pay_exact"), ("native", "pay_swap"), ("node", "pay_exact")),
    ]


def test_attempts_are_dealt_out_to_the_wallets_of_a_group_in_turn() -> None:
    group = LaneGroup(name="fault", wallets=3, repeats={"pay_exact": {ANY_RUNTIME: 4}})
    made = beside(group, runtimes=("native", "node"))
    lanes = {runtime: [a.lane for a in made.attempts if a.runtime == runtime] for runtime in ("native", "node")}
    assert lanes["native"] == lanes["node"] == ["fault1", "fault2", "fault3", "fault1"]
    assert [a.seed for a in made.attempts if a.runtime == "native"] == [
        a.seed for a in made.attempts if a.runtime == "node"
    ]


def test_an_open_loop_means_each_turn_to_start_at_a_fixed_time() -> None:
    """Two wallets, one turn of each every 8 s; three runtimes a third of an interval apart."""
    group = LaneGroup(
        name="lightning", wallets=2, every_s=8.0, latency="lightning", repeats={"l402_paid": {ANY_RUNTIME: 5}}
    )
    made = beside(group)
    starts = {runtime: [a.start_s for a in made.attempts if a.runtime == runtime] for runtime in THREE}
    assert starts["native"] == [0.0, 4.0, 8.0, 12.0, 16.0]
    assert starts["node"] == pytest.approx([4 / 3 + 4 * n for n in range(5)])
    for lane in ("lightning1", "lightning2"):
        mine = [a.start_s for a in made.attempts if a.runtime == "native" and a.lane == lane]
        assert all(
            later is not None and sooner is not None and later - sooner == 8.0 for sooner, later in pairwise(mine)
        )
    first = made.attempts[0]
    assert (first.experiment, first.question, first.latency) == ("l402_paid@lightning", "l402_paid", "lightning")
    assert beside(repeats={"pay_exact": {ANY_RUNTIME: 1}}).attempts[0].latency is None
    assert beside(repeats={"pay_exact": {ANY_RUNTIME: 1}}).attempts[0].start_s is None


def test_a_pattern_stands_for_every_experiment_that_fits_but_is_not_named() -> None:
    made = beside(
        LaneGroup(name="fault", repeats={"l402_blocked_*": {"node": 2}, "l402_blocked_cap": {ANY_RUNTIME: 1}}),
        repeats={"l402_*": {"native": 1}, "l402_paid": {"node": 3}},
    )
    flows = {name for name in EXPECTED if name.startswith("l402_")}
    serial = [(a.runtime, a.experiment) for a in made.of(Stage.SERIAL)]
    assert {experiment for runtime, experiment in serial if runtime == "native"} == flows - {"l402_paid"}
    assert [entry for entry in serial if entry[0] == "node"] == [("node", "l402_paid")] * 3
    concurrent = [(a.runtime, a.experiment) for a in made.of(Stage.CONCURRENT)]
    assert concurrent.count(("node", "l402_blocked_host")) == 2
    assert {runtime for runtime, experiment in concurrent if experiment == "l402_blocked_cap"} == set(THREE)
    named_first = beside(repeats={"l402_paid": {"node": 3}, "l402_*": {"node": 1}})
    assert [a.experiment for a in named_first.attempts].count("l402_paid") == 3
    with pytest.raises(PlanError, match="no_such_thing"):
        beside(repeats={"no_such_thing_*": {ANY_RUNTIME: 1}})


def test_repeats_may_name_several_runtimes_at_once(tmp_path: Path) -> None:
    file = tmp_path / "profiles.toml"
    file.write_text(
        '[p]\npurpose = ""\nattempt_deadline_s = 1\n[p.repeats]\npay_exact = { "native,node" = 2, workerd = 1 }\n'
        '[p.beside.slow]\nlatency = "lightning"\nwallets = 2\nevery_s = 3.5\n[p.beside.slow.repeats]\npay_swap = 4\n'
    )
    read = load_profile("p", file)
    assert read.repeats == {"pay_exact": {"native": 2, "node": 2, "workerd": 1}}
    assert read.beside == (
        LaneGroup(name="slow", repeats={"pay_swap": {ANY_RUNTIME: 4}}, wallets=2, latency="lightning", every_s=3.5),
    )


@pytest.mark.parametrize(
    ("group", "repeats"),
    [
        ("wallets = 0", "pay_swap = 1"),
        ("wallets = true", "pay_swap = 1"),
        ("every_s = 0", "pay_swap = 1"),
        ("pause_s = 3", "pay_swap = 1"),
        ("latency = 'lightning'", "pay_swap = 1"),
        ("wallets = 1", "pay_swap = -1"),
        ("wallets = 1", "pay_swap.'native@b' = 1"),
    ],
)
def test_a_group_of_lanes_that_makes_no_sense_is_refused(group: str, repeats: str, tmp_path: Path) -> None:
    file = tmp_path / "profiles.toml"
    file.write_text(
        '[p]\npurpose = ""\nattempt_deadline_s = 1\n[p.repeats]\npay_exact = 1\n'
        f"[p.beside.odd]\n{group}\n[p.beside.odd.repeats]\n{repeats}\n"
    )
    with pytest.raises(PlanError, match="cannot be read"):
        load_profile("p", file)
