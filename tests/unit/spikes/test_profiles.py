"""What the profiles ask for, and what a profile may not say."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from spikes.errors import PlanError
from spikes.experiments import EXPECTED, fits
from spikes.plan import PROBE, Profile, load_profile, make_plan
from spikes.record import Role, Tier
from spikes.runtimes import RUNTIMES, Form, runtime_named

THREE = ("native", "node", "workerd")
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
        assert sum(asked[runtime, e] for e in ("pay_exact", "pay_swap", "l402_paid", "l402_paid@lightning")) >= 299
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
