"""What if a number were another: names, refusals, what is told, and that nothing is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import __main__ as cli
from bench import evidence, limits, thresholds, what_if
from bench.errors import WhatIfError
from bench.judgement import Judgement, judge
from bench.limits import Plan
from bench.sensitivity import levers
from bench.thresholds import Thresholds
from bench.verdict import Verdict
from spikes.record import Platform
from tests.records.cases import HERE, everything

LIMITS = ("--limits", str(HERE / "limits.toml"))


@pytest.fixture(scope="module")
def data() -> bytes:
    return everything("native", "workerd").data()


@pytest.fixture(scope="module")
def before(data: bytes, numbers: Thresholds) -> Judgement:
    return judge(evidence.parse(data), numbers)


@pytest.fixture
def run(tmp_path: Path, data: bytes) -> Path:
    (tmp_path / "record.jsonl").write_bytes(data)
    return tmp_path


def bench(*arguments: str | Path) -> int:
    return cli.main([*map(str, arguments), *LIMITS])


@pytest.mark.parametrize(
    "name",
    ["paid_turn_p95_s", "latency.paid_turn_p95_s", "paid_p95_s", "latency.paid_p95_s"],
)
def test_a_threshold_answers_to_several_names(name: str, numbers: Thresholds) -> None:
    changed, changes = what_if.changed(numbers, [f"{name}=6"], None)
    assert changed.paid_turn_p95_s.value == 6
    assert [(c.name, c.unit, c.was, c.becomes) for c in changes] == [("paid_turn_p95_s", "s", 10.0, 6.0)]
    assert changed.paid_turn_p95_s.reason == numbers.paid_turn_p95_s.reason


def test_every_threshold_and_limit_can_be_named_and_one_name_means_one_number(numbers: Thresholds) -> None:
    every = levers.names(numbers.limits)
    assert set(every.values()) == {
        *(name for name in vars(numbers) if name != "limits"),
        *(limit.key for limit in numbers.limits.all),
    }
    shipped = limits.load()
    assert {limit.key for limit in shipped.all} <= set(levers.names(shipped).values())


def test_a_limit_changes_for_the_plan_that_decides(numbers: Thresholds) -> None:
    key = "limit.cloudflare.subrequests"

    def both(of: Thresholds) -> tuple[float, float]:
        found = [of.limits.get("subrequests", Platform.CLOUDFLARE, plan) for plan in (Plan.PAID, Plan.FREE)]
        return found[0].value, found[1].value  # type: ignore[union-attr]

    paid, free = both(numbers)
    assert both(what_if.changed(numbers, [f"{key}=7"], None)[0]) == (7, free)
    changed, changes = what_if.changed(numbers, [f"{key}=7"], Plan.FREE)
    assert both(changed) == (paid, 7)
    assert [c.name for c in changes] == ["plan", key]


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("paid_turn_p95=6", "no number is called 'paid_turn_p95'; near it: .*paid_turn_p95_s"),
        ("custody.paid_turn_p95_s=6", "near it: .*latency.paid_turn_p95_s"),
        ("limit.cloudflare.conections=6", "near it: limit.cloudflare.connections"),
        ("limit.convex-isolate.memory_bytes=6", "near it: "),
        ("zzz=1", "a key of thresholds.toml, or limit.<platform>.<name>"),
        ("paid_turn_p95_s", "write NAME=VALUE"),
        ("paid_turn_p95_s=fast", "write a number in base units"),
        ("paid_turn_p95_s=-1", "0 or more"),
        ("paid_turn_p95_s=nan", "0 or more"),
        ("paid_turn_p95_s=inf", "0 or more"),
        ("success_rate=99", "write a share of 1"),
        ("confidence=1", "write a share of 1"),
        ("confidence=0", "write a share of 1"),
        ("limit.cloudflare.connections=0", "above that"),
    ],
)
def test_what_cannot_be_set_is_refused(setting: str, says: str, numbers: Thresholds) -> None:
    with pytest.raises(WhatIfError, match=says):
        what_if.changed(numbers, [setting], None)


def test_one_number_is_set_once(numbers: Thresholds) -> None:
    with pytest.raises(WhatIfError, match="paid_turn_p95_s is set twice"):
        what_if.changed(numbers, ["paid_p95_s=6", "latency.paid_turn_p95_s=7"], None)


@given(st.text(max_size=40))
def test_whatever_is_written_is_set_or_refused(text: str) -> None:
    numbers = thresholds.load(limits.load(HERE / "limits.toml"))
    try:
        _, changes = what_if.changed(numbers, [text], None)
    except WhatIfError as error:
        told = str(error)
    else:
        told = f"set {len(changes)}"
    assert told == "set 1" or ("\n" not in told and told)


def test_what_flips_is_told_by_gate_and_criterion(before: Judgement) -> None:
    changed, changes = what_if.changed(before.thresholds, ["limit.cloudflare.connections=4"], None)
    found = what_if.compare(before, judge(before.evidence, changed), changes)
    assert [(d.runtime, d.gate, d.was, d.becomes) for d in found.gates] == [
        ("workerd", "compatibility", Verdict.PASS, Verdict.FAIL)
    ]
    assert [(d.runtime, d.criterion, d.becomes) for d in found.criteria] == [
        ("workerd", "limit_connections", Verdict.FAIL)
    ]
    assert found.decision_changes


def test_the_plan_brings_its_limits_and_the_other_one_informs(numbers: Thresholds) -> None:
    run = everything("native", "workerd")
    run.fact("workerd", "cpu_per_request_s", 0.02)  # the free plan allows 0.01 s, the paid one 30 s
    by_paid = judge(evidence.parse(run.data()), numbers)
    changed, changes = what_if.changed(numbers, [], Plan.FREE)
    found = what_if.compare(by_paid, judge(by_paid.evidence, changed), changes)
    assert [(d.runtime, d.criterion) for d in found.criteria] == [("workerd", "limit_cpu_per_request")]
    aside = {c.name: c.verdict for c in found.after.of("compatibility", "workerd").informative}
    assert aside["limit_cpu_per_request_paid_plan"] is Verdict.PASS
    assert "limit_cpu_per_request_free_plan" not in aside


def test_nothing_changed_flips_nothing(before: Judgement) -> None:
    found = what_if.compare(before, judge(before.evidence, before.thresholds), ())
    assert (found.gates, found.criteria, found.decision_changes) == ((), (), False)


def test_the_command_prints_and_writes_nothing(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench("judge", run, "--set", "latency.paid_p95_s=0.1", "--plan", "free") == 3
    told = capsys.readouterr().out
    assert "plan: paid -> free" in told
    assert "paid_turn_p95_s: 10.00 s -> 100 ms" in told
    assert "was: Topology A: payments run natively in workerd." in told
    assert "native, latency: PASS -> FAIL" in told
    assert told.endswith("Nothing was written.\n")
    assert [path.name for path in run.iterdir()] == ["record.jsonl"]


def test_exit_codes_are_those_of_the_other_judgement(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench("judge", run, "--set", "paid_p95_s=11", "--require", "A") == 0
    assert "The decision stays: Topology A" in capsys.readouterr().out
    assert bench("judge", run, "--set", "limit.cloudflare.connections=1", "--require", "A") == 4
    assert bench("judge", run, "--plan", "paid") == 0
    assert bench("judge", run, "--set", "nonsense=1") == 42
    assert bench("judge", run, "--plan", "paid", "--adr", run / "adr.md") == 42
    assert "leave out --adr" in capsys.readouterr().err
    assert [path.name for path in run.iterdir()] == ["record.jsonl"]


def test_one_json_document(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench("judge", run, "--json", "--set", "limit.cloudflare.connections=1") == 3
    told = json.loads(capsys.readouterr().out)
    assert told["changes"] == [{"name": "limit.cloudflare.connections", "unit": "count", "was": 6, "becomes": 1.0}]
    assert told["decision"]["was"]["topology"] == "A"
    assert told["decision"]["becomes"]["topology"] == "undecided"
    assert [(d["runtime"], d["gate"], d["was"], d["becomes"]) for d in told["gates"]] == [
        ("workerd", "compatibility", "PASS", "FAIL")
    ]
    assert {d["criterion"] for d in told["criteria"]} == {"limit_connections"}


def test_a_rate_of_one_can_never_be_proven(before: Judgement) -> None:
    changed, _ = what_if.changed(before.thresholds, ["success_rate=1"], None)
    criteria = judge(before.evidence, changed).of("latency", "workerd").criteria
    rate = next(c for c in criteria if c.name == "success_rate")
    assert rate.verdict is Verdict.INCONCLUSIVE
    assert rate.needs is not None
    assert "no number of payments proves" in rate.needs
