"""A run made in shards is judged exactly as the same run made whole; times of two machines are never subtracted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bench import limits, render, thresholds
from bench.evidence import Evidence, parse
from bench.gates.own_cost import cold_payments, warm_payments
from bench.judgement import Judgement, judge
from bench.latency_tables import latency_tables
from bench.shards import beside, crowded
from bench.verdict import Verdict
from spikes.merge import in_order, merge
from spikes.record import Attempt, Fact, Footer, HarnessError, Header, Line, Phase, encode_line
from tests.records.builder import Run
from tests.records.cases import everything, reference
from tests.records.splitting import lines_of, split, write

NUMBERS = thresholds.load(limits.load())
DECIDING = ("native", "node", "workerd")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> list[Line]:
    """Three runtimes that pass everything, with an A/A lane of the control."""
    return lines_of(everything(*DECIDING).data(), tmp_path_factory.mktemp("whole"))


def evidence(lines: Sequence[Line]) -> Evidence:
    return parse("".join(encode_line(line) + "\n" for line in lines).encode())


def judged(lines: Sequence[Line]) -> Judgement:
    return judge(evidence(lines), NUMBERS)


def in_shards(lines: Sequence[Line], cut: Sequence[Sequence[str]], folder: Path) -> Evidence:
    paths = [write(part, folder / f"{nth}.jsonl") for nth, part in enumerate(split(lines, cut))]
    return parse(merge(paths, folder / "merged").read_bytes())


@pytest.mark.parametrize(
    "cut", [[("native",), ("node",), ("workerd",)], [("node", "native"), ("workerd",)], [DECIDING]]
)
def test_shards_of_one_run_are_judged_as_the_run(run: list[Line], cut: list[tuple[str, ...]], tmp_path: Path) -> None:
    whole, merged = judged(in_order(run)), judge(in_shards(run, cut, tmp_path), NUMBERS)
    assert merged.verdicts == whole.verdicts
    assert merged.decision == whole.decision
    assert merged.defects == whole.defects == ()
    assert whole.decision.topology.value == "A"
    shown = [latency_tables(each.evidence, NUMBERS) for each in (whole, merged)]
    assert shown[0] == shown[1]


def test_the_order_of_a_merged_record_changes_line_numbers_and_nothing_else(run: list[Line]) -> None:
    before, after = judged(run), judged(in_order(run))
    assert [(v.gate, v.runtime, v.verdict) for v in before.verdicts] == [
        (v.gate, v.runtime, v.verdict) for v in after.verdicts
    ]
    readings = [
        [(c.name, c.verdict, c.measured, len(c.lines)) for v in each.verdicts for c in v.criteria]
        for each in (before, after)
    ]
    assert readings[0] == readings[1]
    assert before.decision.statement == after.decision.statement


def test_a_run_with_open_questions_is_judged_alike_too(tmp_path: Path) -> None:
    lines = lines_of(reference(), tmp_path)
    header = lines[0]
    assert isinstance(header, Header)
    names = [pin.name for pin in header.runtimes]
    merged = judge(in_shards(lines, [names[:1], names[1:3], names[3:4], names[4:]], tmp_path), NUMBERS)
    assert merged.verdicts == judged(in_order(lines)).verdicts


def slower(lines: Sequence[Line], runtimes: Sequence[str], by_s: float, aside: int = 0) -> list[Line]:
    """The same lines from a machine on which each payment takes so much longer."""

    def slow(line: Line) -> Line:
        if not isinstance(line, Attempt) or line.runtime not in runtimes or line.aside != aside:
            return line
        phases = tuple(
            replace(phase, duration_s=phase.duration_s + by_s) if phase.name == "pay" else phase
            for phase in line.phases
        )
        return replace(line, phases=phases)

    return [slow(line) for line in lines]


def own_cost(judgement: Judgement, runtime: str) -> list[tuple[str, Verdict, object]]:
    criteria = judgement.of("latency", runtime).criteria
    return [(c.name, c.verdict, c.measured) for c in criteria if c.name.startswith("own_cost")]


def overheads(judgement: Judgement, runtime: str) -> dict[str, float]:
    row = next(row for row in latency_tables(judgement.evidence, NUMBERS).rows if row.runtime == runtime)
    return {kind: found.point for kind, found in row.overhead.items() if found.point is not None}


def test_own_cost_is_compared_with_the_control_of_the_same_machine(run: list[Line], tmp_path: Path) -> None:
    """A machine that is 3 s slower for all costs a runtime nothing; one that is slower for the runtime alone does."""
    parts = split(run, [("native", "node"), ("workerd",)])
    alike = slower(slower(parts[1], ["workerd"], 3.0), ["native"], 3.0, aside=2)
    alone = slower(parts[1], ["workerd"], 3.0)
    results = {}
    for name, second in (("as it was", parts[1]), ("alike", alike), ("alone", alone)):
        folder = tmp_path / name
        folder.mkdir()
        paths = [write(part, folder / f"{nth}.jsonl") for nth, part in enumerate((parts[0], second))]
        results[name] = judge(parse(merge(paths, folder / "merged").read_bytes()), NUMBERS)
    assert [c[:2] for c in own_cost(results["alike"], "workerd")] == [
        ("own_cost_warm", Verdict.PASS),
        ("own_cost_cold", Verdict.PASS),
    ]
    assert [c[1] for c in own_cost(results["alone"], "workerd")] == [Verdict.FAIL, Verdict.FAIL]
    before, after = own_cost(results["as it was"], "workerd"), own_cost(results["alike"], "workerd")
    assert [c[2] for c in after] == [pytest.approx(c[2]) for c in before]
    assert own_cost(results["alike"], "node") == own_cost(results["as it was"], "node")
    # The table of differences says the same as the gate.
    shown = {name: overheads(judgement, "workerd") for name, judgement in results.items()}
    assert len(shown["alike"]) == 3
    assert shown["alike"] == pytest.approx(shown["as it was"])
    assert shown["alone"] == pytest.approx({kind: took + 3.0 for kind, took in shown["as it was"].items()})


def test_without_a_yardstick_a_shard_says_nothing_of_own_cost(run: list[Line], tmp_path: Path) -> None:
    parts = split(run, [("native", "node"), ("workerd",)])
    bare = [line for line in parts[1] if not getattr(line, "aside", 0)]
    footer, header = bare[-1], bare[0]
    assert isinstance(footer, Footer)
    assert isinstance(header, Header)
    attempts, facts = (sum(isinstance(line, kind) for line in bare) for kind in (Attempt, Fact))
    bare[0], bare[-1] = (
        replace(header, planned_attempts=attempts),
        replace(footer, attempts=attempts, facts=facts),
    )
    paths = [write(part, tmp_path / f"{nth}.jsonl") for nth, part in enumerate((parts[0], bare))]
    judgement = judge(parse(merge(paths, tmp_path / "merged").read_bytes()), NUMBERS)
    assert {c[1] for c in own_cost(judgement, "workerd")} == {Verdict.INCONCLUSIVE}
    assert {c[1] for c in own_cost(judgement, "node")} == {Verdict.PASS}
    reasons = [c.reason for c in judgement.of("latency", "workerd").criteria if c.name.startswith("own_cost")]
    assert all("on the machine that measured this runtime" in reason for reason in reasons)


def test_a_yardstick_counts_for_nobody(run: list[Line], tmp_path: Path) -> None:
    """What the control does as a yardstick is no payment of the control, however it ends."""
    parts = split(run, [("native",), ("node", "workerd")])
    spoiled = [
        replace(line, ledger=replace(line.ledger, settled_count=2, supply_ok=False))
        if isinstance(line, Attempt) and line.aside and line.ledger is not None
        else line
        for line in parts[1]
    ]
    assert spoiled != parts[1]
    paths = [write(part, tmp_path / f"{nth}.jsonl") for nth, part in enumerate((parts[0], spoiled))]
    merged = parse(merge(paths, tmp_path / "merged").read_bytes())
    assert judge(merged, NUMBERS).verdicts == judged(in_order(run)).verdicts
    assert len(merged.of("native")) == len(evidence(run).of("native"))
    assert len(beside(merged, "node").of("native")) > 0
    assert beside(merged, "native").set_aside == ()


OTHER = {"boot": "another", "cpu": "2 cores"}


def when(part: list[Line], started: str, ended: str, host: dict[str, str]) -> list[Line]:
    """The shard as made between these times on this machine."""
    header, footer = part[0], part[-1]
    assert isinstance(header, Header)
    assert isinstance(footer, Footer)
    shard = replace(header.shards[0], started_at=started, host=host)
    changed = replace(header, started_at=started, host=host, shards=(shard,))
    return [changed, *part[1:-1], replace(footer, ended_at=ended)]


@pytest.mark.parametrize(
    ("host", "started", "crowd"),
    [
        ({"boot": "this"}, "2026-11-22T12:00:30.000Z", (1,)),
        ({"boot": "this"}, "2026-11-22T12:01:40.000Z", ()),  # one after the other
        ({"boot": "unknown"}, "2026-11-22T12:00:30.000Z", (1,)),
        ({}, "2026-11-22T12:00:30.000Z", (1,)),
        (OTHER, "2026-11-22T12:00:30.000Z", ()),
    ],
)
def test_a_shard_that_had_not_its_machine_to_itself_fails_no_target(
    run: list[Line], host: dict[str, str], started: str, crowd: tuple[int, ...], tmp_path: Path
) -> None:
    parts = split(run, [("native", "node"), ("workerd",)])
    one = when(parts[0], "2026-11-22T12:00:00.000Z", "2026-11-22T12:01:40.000Z", {"boot": "this"})
    two = when(slower(parts[1], ["workerd"], 3.0), started, "2026-11-22T12:03:00.000Z", host)
    paths = [write(part, tmp_path / f"{nth}.jsonl") for nth, part in enumerate((one, two))]
    merged = parse(merge(paths, tmp_path / "merged").read_bytes())
    assert crowded(merged, "workerd") == crowd
    assert crowded(merged, "node") == ((2,) if crowd else ())
    judgement = judge(merged, NUMBERS)
    found = {c[1] for c in own_cost(judgement, "workerd")}
    assert found == {Verdict.INCONCLUSIVE if crowd else Verdict.FAIL}
    if crowd:
        reasons = [c.reason for c in judgement.of("latency", "workerd").criteria if c.name.startswith("own_cost")]
        assert all("shard 1 ran at the same time on this machine" in reason for reason in reasons)
    assert {c[1] for c in own_cost(judgement, "node")} == {Verdict.PASS}, "what is within its target stays so"


def test_a_view_holds_one_machine(run: list[Line], tmp_path: Path) -> None:
    merged = in_shards(run, [("native",), ("node",), ("workerd",)], tmp_path)
    view = beside(merged, "node")
    assert {a.value.runtime for a in view.attempts} == {"native", "node"}
    assert {a.value.aside for a in view.of("native")} == {2}
    assert beside(merged, "node") is view
    for read in (warm_payments, cold_payments):
        assert sorted(read(view, "native")["seconds"]) == sorted(read(merged, "native")["seconds"])
    whole = evidence(run)
    assert beside(whole, "node") is whole


def test_the_report_says_who_measured_what(run: list[Line], tmp_path: Path) -> None:
    merged = judge(in_shards(run, [("native", "node"), ("workerd",)], tmp_path), NUMBERS)
    text = render.gates_md(merged)
    assert "Made in 2 shards; " in text
    assert "- shard 1: native, node; 2 cores" in text
    assert "- shard 2: workerd; 2 cores" in text
    assert f"{len(merged.evidence.set_aside)} lines of their yardsticks" in text
    assert "shard" not in render.gates_md(judged(run))


def test_one_shard_alone_decides_nothing(run: list[Line]) -> None:
    part = split(run, [("native", "node"), ("workerd",)])[0]
    judgement = judged(part)
    assert any("this is shard 1 of 2" in defect for defect in judgement.defects)
    assert {verdict.verdict for verdict in judgement.verdicts} == {Verdict.INCONCLUSIVE}
    assert "python -m spikes merge" in render.gates_md(judgement)


def test_a_missing_yardstick_attempt_is_missed(run: list[Line], tmp_path: Path) -> None:
    """An attempt that the plan of a shard asked for and nobody made is a defect, set aside or not."""
    parts = split(run, [("native",), ("node", "workerd")])
    lost = next(line for line in parts[1] if isinstance(line, Attempt) and line.aside)
    part = [line for line in parts[1] if line is not lost]
    footer = part[-1]
    assert isinstance(footer, Footer)
    part[-1] = replace(footer, attempts=footer.attempts - 1)
    paths = [write(each, tmp_path / f"{nth}.jsonl") for nth, each in enumerate((parts[0], part))]
    defects = judge(parse(merge(paths, tmp_path / "merged").read_bytes()), NUMBERS).defects
    assert any("1 of " in defect and "planned attempts are missing" in defect for defect in defects)


def test_a_harness_error_of_a_yardstick_is_no_defect_of_the_control(tmp_path: Path) -> None:
    run = Run(*everything(*DECIDING).pins)
    run.pay("node")
    run.negative_controls()
    parts = split(lines_of(run.data(), tmp_path), [("native",), ("node", "workerd")])
    broken = HarnessError(runtime="native", experiment=None, code="runtime_start_failure", message="no", aside=2)
    footer = parts[1][-1]
    assert isinstance(footer, Footer)
    parts[1] = [*parts[1][:-1], broken, replace(footer, harness_errors=1)]
    paths = [write(each, tmp_path / f"{nth}.jsonl") for nth, each in enumerate(parts)]
    judgement = judge(parse(merge(paths, tmp_path / "merged").read_bytes()), NUMBERS)
    assert not [defect for defect in judgement.defects if "harness error" in defect]


def test_phases_are_built_by_the_builder() -> None:
    """The payments that the comparison above slows down do carry the phase it slows."""
    attempt = Run(*everything("native").pins[:1]).pay("native")
    assert Phase(name="pay", duration_s=0.2, clock="outside") in attempt.phases
