"""The plan is a pure function of seed, profile and runtimes, and spreads every series over the run."""

from __future__ import annotations

import uuid
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from spikes.errors import PlanError
from spikes.experiments import EXPECTED, fits
from spikes.plan import ANY_RUNTIME, PROBE, Plan, Profile, Stage, load_profile, make_plan, seat_name
from spikes.profiles import LaneGroup, Repeats
from spikes.record import Role, Tier
from spikes.runtimes import RUNTIMES, Eviction, Form, runtime_named

THREE = ("native", "node", "workerd")


def profile(**repeats: dict[str, int]) -> Profile:
    return Profile(name="made-up", purpose="a test", attempt_deadline_s=5.0, repeats=repeats)


def plan(seed: int = 7, runtimes: tuple[str, ...] = THREE, **repeats: dict[str, int]) -> Plan:
    return make_plan(profile(**repeats), seed, runtimes, EXPECTED)


def test_the_same_seed_gives_the_same_plan_and_another_seed_another() -> None:
    quick = load_profile("quick")
    assert make_plan(quick, 3, THREE, EXPECTED) == make_plan(quick, 3, THREE, EXPECTED)
    other = make_plan(quick, 4, THREE, EXPECTED)
    assert [a.request_id for a in other.attempts] != [
        a.request_id for a in make_plan(quick, 3, THREE, EXPECTED).attempts
    ]


def test_runtimes_take_turns() -> None:
    attempts = plan(pay_exact={ANY_RUNTIME: 4}).attempts
    assert [a.runtime for a in attempts] == list(THREE) * 4
    assert [a.attempt for a in attempts] == list(range(12))


def test_a_short_series_is_spread_over_the_whole_run() -> None:
    attempts = plan(pay_exact={"native": 90, "workerd": 9}).attempts
    places = [a.attempt for a in attempts if a.runtime == "workerd"]
    assert all(8 <= later - earlier <= 14 for earlier, later in pairwise(places))


def test_a_repeat_asks_the_same_amount_of_every_runtime_under_ids_of_their_own() -> None:
    attempts = plan(pay_exact={ANY_RUNTIME: 20}, pay_swap={ANY_RUNTIME: 20}).attempts
    by_question: dict[tuple[str, int], set[tuple[int, int]]] = {}
    for a in attempts:
        by_question.setdefault((a.experiment, a.repeat), set()).add((a.seed, a.amount_sats))
    assert all(len(asked) == 1 for asked in by_question.values())
    assert len({seed for asked in by_question.values() for seed, _ in asked}) == 40
    ids = [a.request_id for a in attempts] + [a.second_request_id() for a in attempts]
    assert len(set(ids)) == len(ids) == 240
    assert all(str(uuid.UUID(text)) == text and uuid.UUID(text).version == 4 for text in ids)


def test_what_one_runtime_is_asked_does_not_depend_on_the_others() -> None:
    alone = plan(runtimes=("node",), pay_exact={ANY_RUNTIME: 5}).attempts
    among = [a for a in plan(pay_exact={ANY_RUNTIME: 5}).attempts if a.runtime == "node"]
    assert [(a.request_id, a.seed, a.amount_sats) for a in alone] == [
        (a.request_id, a.seed, a.amount_sats) for a in among
    ]


def test_a_second_lane_is_a_seat_of_its_own_with_questions_of_its_own() -> None:
    made = plan(pay_exact={ANY_RUNTIME: 4, "native@b": 2})
    assert made.seats() == {"native": "native", "native@b": "native", "node": "node", "workerd": "workerd"}
    lane_b = [a for a in made.attempts if a.lane == "b"]
    assert [a.runtime for a in lane_b] == ["native", "native"]
    assert not {a.seed for a in lane_b} & {a.seed for a in made.attempts if a.lane == "a"}
    assert seat_name("native", "b") == "native@b"


def test_expectations_come_from_the_experiments() -> None:
    made = plan(l402_cached={ANY_RUNTIME: 1}, no_such_experiment={ANY_RUNTIME: 1}).attempts
    assert {(a.experiment, a.expected.value) for a in made} == {
        ("l402_cached", "cached"),
        ("no_such_experiment", "unsupported"),
    }


DECIDING = tuple(
    r.NAME for r in RUNTIMES if r.TIER is Tier.REAL and r.FORM is Form.DRIVER and r.ROLE is not Role.INFORMATIVE
)
DRIVERS = tuple(runtime.NAME for runtime in RUNTIMES if runtime.FORM is Form.DRIVER)


def counted(name: str) -> Counter[tuple[str, str]]:
    """(runtime, experiment) -> attempts of a profile, over all its lanes."""
    by_name = {runtime.NAME: runtime for runtime in RUNTIMES}
    asked = make_plan(load_profile(name), 1, list(by_name), EXPECTED, lambda e, r: fits(e, by_name[r]))
    return Counter((a.runtime, a.experiment) for a in asked.attempts)


@pytest.mark.parametrize(("name", "runtimes"), [("quick", DECIDING), ("standard", DRIVERS)])
def test_every_question_but_faults_is_asked(name: str, runtimes: tuple[str, ...]) -> None:
    asked = counted(name)
    for runtime in map(runtime_named, runtimes):
        questions = {e for e in EXPECTED if fits(e, runtime) and not e.startswith("fault_")}
        assert {e for e in questions if not asked[runtime.NAME, e]} == set()
    assert asked["wasmtime", PROBE] == asked["pyodide_build", PROBE] == 1


def test_standard_has_enough_for_every_bound() -> None:
    asked, standard = counted("standard"), load_profile("standard")
    lightning = next(group for group in standard.beside if group.name == "lightning")
    for runtime in DECIDING:
        assert sum(asked[runtime, e] for e in ("pay_exact", "pay_swap", "l402_paid")) >= 299
        # 59 for a p95, and the first of each wallet is a cold one
        assert asked[runtime, "l402_paid@lightning"] >= 59 + lightning.wallets
        assert asked[runtime, "l402_blocked_cap"] + asked[runtime, "l402_blocked_host"] >= 60
        assert asked[runtime, "l402_cached"] >= 60
    # of each experiment 20 are needed after the first payment of a process
    assert all(standard.repeats_of(e, "native", "b") >= 21 for e in ("pay_exact", "pay_swap"))


def test_standard_runs_every_fault_schedule_and_repeats_every_flow_where_something_is_decided() -> None:
    asked = counted("standard")
    schedules = {e for e in EXPECTED if e.startswith(("fault_", "remember_"))}
    flows = {e for e in EXPECTED if e.startswith("l402_")}
    assert len(schedules) >= 60
    assert len(flows) >= 29
    for runtime in DECIDING:
        possible = {e for e in schedules if fits(e, runtime_named(runtime))}
        assert len(possible) >= 60
        assert {e for e in possible if not asked[runtime, e]} == set()
        assert {e for e in flows if asked[runtime, e] < 20} == set()
    for runtime in set(DRIVERS) - set(DECIDING):
        assert len({e for e in schedules if asked[runtime, e]}) >= 10
        assert {e for e in flows if asked[runtime, e] < 2} == set()


def test_quick_asks_a_handful_of_fault_schedules_and_a_few_turns_on_the_lightning_profile() -> None:
    asked = counted("quick")
    for runtime in DECIDING:
        assert sum(asked[runtime, e] for e in EXPECTED if e.startswith("fault_")) >= 5
        assert {e for e in EXPECTED if e.startswith("l402_") and asked[runtime, e] < 2} == set()
        assert asked[runtime, "l402_paid@lightning"] >= 2


def test_inspections_are_made_on_every_driver_or_on_those_named(tmp_path: Path) -> None:
    standard, quick = load_profile("standard"), load_profile("quick")
    assert all(standard.inspects(name, runtime) for name in ("use", "custody") for runtime in DRIVERS)
    assert [runtime for runtime in DRIVERS if quick.inspects("use", runtime)] == list(DECIDING)
    assert "custody" not in quick.inspections
    file = tmp_path / "profiles.toml"
    file.write_text(
        '[p]\npurpose = ""\nattempt_deadline_s = 1\ninspections = { use = [1] }\n[p.repeats]\npay_exact = 1\n'
    )
    with pytest.raises(PlanError, match="cannot be read"):
        load_profile("p", file)


def test_storm_comes_to_two_thousand_random_schedules() -> None:
    asked = counted("storm")
    assert sum(asked[runtime, "fault_random"] for runtime in DECIDING) >= 2_000


def test_a_soak_is_as_long_as_it_is_told_to_be() -> None:
    soak = load_profile("soak")
    for payments, runtimes in ((5_000, ("native", "node")), (40, THREE), (7, ("native", "pyodide"))):
        longer = soak.with_payments(payments, runtimes)
        made = sum(longer.repeats_of(e, runtime, "a") for e in ("pay_exact", "pay_swap") for runtime in runtimes)
        assert payments <= made <= payments + 2 * len(runtimes)
        assert longer.repeats["l402_paid"] == soak.repeats["l402_paid"]
    for profile, count in ((soak, 0), (soak, -3), (load_profile("quick"), 100)):
        with pytest.raises(PlanError, match="--profile soak"):
            profile.with_payments(count, THREE)


@pytest.mark.parametrize(
    ("seed", "runtimes", "repeats", "says"),
    [
        (-1, THREE, {"pay_exact": {ANY_RUNTIME: 1}}, "seed"),
        (1, (), {"pay_exact": {ANY_RUNTIME: 1}}, "runtime"),
        (1, ("node", "node"), {"pay_exact": {ANY_RUNTIME: 1}}, "once"),
        (1, THREE, {"pay_twice": {ANY_RUNTIME: 1}}, "pay_twice"),
        (1, THREE, {"pay_exact": {"other": 1}}, "asks nothing"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(
    seed: int, runtimes: tuple[str, ...], repeats: dict[str, dict[str, int]], says: str
) -> None:
    with pytest.raises(PlanError, match=says):
        make_plan(profile(**repeats), seed, runtimes, EXPECTED)


@pytest.mark.parametrize(
    "text",
    [
        "[odd]\npurpose = 'x'\nattempt_deadline_s = 1\n[odd.repeats]\npay_exact = -1\n",
        "[odd]\npurpose = 'x'\nattempt_deadline_s = 1\n[odd.repeats]\npay_exact = true\n",
        "[odd]\npurpose = 'x'\nattempt_deadline_s = 0\n[odd.repeats]\npay_exact = 1\n",
        "[odd]\npurpose = 'x'\n[odd.repeats]\npay_exact = 1\n",
    ],
)
def test_a_profile_that_makes_no_sense_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "profiles.toml"
    path.write_text(text)
    with pytest.raises(PlanError, match="odd"):
        load_profile("odd", path)


def test_an_unknown_profile_is_refused_with_the_known_ones() -> None:
    with pytest.raises(PlanError, match="quick, soak, standard, storm"):
        load_profile("thorough")


def test_a_lane_of_all_runtimes_is_a_seat_of_each() -> None:
    made = plan(pay_swap={"*@one": 2, "node@one": 1, "workerd@b": 1})
    assert made.seats() == {
        "native@one": "native",
        "node@one": "node",
        "workerd@b": "workerd",
        "workerd@one": "workerd",
    }
    assert [a.runtime for a in made.attempts if a.lane == "one"].count("native") == 2
    assert [a.runtime for a in made.attempts if a.lane == "one"].count("node") == 1


def test_what_cannot_be_asked_is_left_out_and_probes_come_last() -> None:
    asked = profile(pay_exact={ANY_RUNTIME: 3}, probe={ANY_RUNTIME: 1})
    made = make_plan(
        asked,
        7,
        ("wasmtime", *THREE),
        EXPECTED,
        lambda experiment, runtime: (experiment == PROBE) == (runtime[0] == "w"),
    )
    assert [(a.runtime, a.experiment) for a in made.attempts] == [
        *[("native", "pay_exact"), ("node", "pay_exact")] * 3,
        ("wasmtime", PROBE),
        ("workerd", PROBE),
    ]
    with pytest.raises(PlanError, match="asks nothing"):
        make_plan(asked, 7, THREE, EXPECTED, lambda experiment, runtime: False)


def test_only_what_is_evicted_is_asked_about_evictions_and_only_a_probe_is_probed() -> None:
    for runtime in RUNTIMES:
        assert fits("pay_after_eviction", runtime) is (
            runtime.FORM is Form.DRIVER and runtime.EVICTION is not Eviction.NEVER
        )
        assert fits("pay_exact", runtime) is (runtime.FORM is Form.DRIVER)
        assert fits(PROBE, runtime) is (runtime.FORM is Form.PROBE)


def test_a_share_is_a_part_of_what_all_are_asked_and_of_nothing_that_is_named(tmp_path: Path) -> None:
    asked = {"pay_exact": {"*": 7, "*@one": 2, "node@b": 4}, "pay_swap": {"node": 5}}
    part = Profile(name="made-up", purpose="a test", attempt_deadline_s=5.0, repeats=asked, share={"node": 0.2})
    assert [part.repeats_of("pay_exact", runtime, "a") for runtime in ("native", "node")] == [7, 2]
    assert part.repeats_of("pay_exact", "node", "one") == 1
    assert part.repeats_of("pay_exact", "node", "b") == 4
    assert part.repeats_of("pay_swap", "node", "a") == 5
    for wrong in ("0", "1.5", "-0.2"):
        file = tmp_path / "profiles.toml"
        file.write_text(
            f'[p]\npurpose = ""\nattempt_deadline_s = 1\n[p.share]\nnode = {wrong}\n[p.repeats]\npay_exact = 1\n'
        )
        with pytest.raises(PlanError, match="cannot be read"):
            load_profile("p", file)


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
    assert plan(pay_exact={ANY_RUNTIME: 1}).attempts[0].latency is None
    assert plan(pay_exact={ANY_RUNTIME: 1}).attempts[0].start_s is None


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
