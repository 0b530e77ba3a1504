"""summary.md: what failed comes first, nothing breaks out of a cell, and it never grows beyond its limit."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import evidence
from bench.gates.conclude import conclude, fails, passes, undecided
from bench.judgement import Judgement, judge
from bench.outputs import OUTPUTS
from bench.summary import LIMIT, findings, summary_md
from bench.thresholds import Thresholds
from bench.verdict import Criterion, Verdict
from tests.records.builder import DRIFT, WORKERD, Run
from tests.records.cases import HERE, everything, under_pressure

Judge = Callable[[bytes], Judgement]
LEFT_OUT = re.compile(r"^(\d+) of (\d+) rows are left out", re.M)


@pytest.fixture(scope="module")
def sound(numbers: Thresholds) -> Judgement:
    return judge(evidence.parse(everything("native", "workerd").data()), numbers)


def reference(judged: Judge) -> Judgement:
    return judged((HERE / "reference.jsonl").read_bytes())


def with_criteria(judgement: Judgement, *criteria: Criterion) -> Judgement:
    name = judgement.evidence.runtimes[0].name
    made = conclude("custody", judgement.evidence, name, criteria)
    kept = [made if (v.gate, v.runtime) == ("custody", name) else v for v in judgement.verdicts]
    return dataclasses.replace(judgement, verdicts=tuple(kept))


def rows_of(text: str, section: str) -> list[str]:
    """The rows of the first table of a section, without its head."""
    lines = text.split(f"\n## {section}\n", 1)[1].split("\n## ", 1)[0].splitlines()
    return [line for line in lines if line.startswith("|")][2:]


def test_it_says_the_decision_and_every_verdict(judged: Judge) -> None:
    judgement = judged(everything("native", "node", "workerd").data())
    text = summary_md(judgement)
    assert text.startswith("# Spark payments: Topology A\n")
    assert judgement.decision.statement in text
    assert judgement.evidence.digest in text
    for pin in judgement.evidence.runtimes:
        (row,) = (line for line in text.splitlines() if line.startswith(f"| {pin.name} | {pin.role} |"))
        told = [word for word in re.split(r"[ |]+", row) if word in {*Verdict}]
        assert told == [v.verdict.value for v in judgement.verdicts if v.runtime == pin.name]


def test_whatever_kept_a_gate_from_passing_has_a_row(judged: Judge) -> None:
    judgement = reference(judged)
    rows = rows_of(summary_md(judgement), "What failed or is open")
    assert len(rows) == len(findings(judgement)) > 0
    for finding in findings(judgement):
        assert any(f"{finding.gate}: {finding.criterion.name} |" in row and finding.runtime in row for row in rows)


def test_failures_of_what_decides_come_first(judged: Judge) -> None:
    run = Run(WORKERD, DRIFT)
    run.negative_controls()
    whole = judged(run.data())
    ends = [fails("broken", "no"), undecided("open", "no", needs="more"), passes("good", "yes")]
    verdicts = tuple(conclude("custody", whole.evidence, pin.name, ends) for pin in (DRIFT, WORKERD))
    found = [(f.runtime, f.criterion.name) for f in findings(dataclasses.replace(whole, verdicts=verdicts))]
    assert found == [(pin.name, name) for pin in (WORKERD, DRIFT) for name in ("broken", "open")]


def test_a_sound_run_says_that_nothing_is_open(judged: Judge) -> None:
    judgement = judged(everything("native", "workerd").data())
    passed = [
        dataclasses.replace(v, criteria=tuple(c for c in v.criteria if c.verdict is Verdict.PASS))
        for v in judgement.verdicts
    ]
    assert "Nothing: every criterion passed." in summary_md(dataclasses.replace(judgement, verdicts=tuple(passed)))


def test_defects_of_the_run_are_told_and_counted(judged: Judge) -> None:
    judgement = dataclasses.replace(reference(judged), defects=tuple(f"defect {n}" for n in range(60)))
    part = summary_md(judgement).split("\n## What is wrong with the run itself\n", 1)[1].split("\n## ", 1)[0]
    told = [line for line in part.splitlines() if line]
    assert told == [*(f"- defect {n}" for n in range(50)), "- and 10 more: see gates.md"]


@settings(max_examples=25)
@given(n=st.integers(0, 400), limit=st.integers(12_000, 60_000))
def test_it_is_never_larger_than_its_limit_and_counts_what_it_leaves_out(sound: Judgement, n: int, limit: int) -> None:
    made = with_criteria(sound, *(fails(f"criterion_{number}", "ü" * 100) for number in range(n)))
    text = summary_md(made, limit)
    assert (
        len(text.encode()) <= limit + len("0000 of 0000 rows are left out, since a summary may not be larger; see.") * 2
    )
    total = len(findings(made))
    shown = rows_of(text, "What failed or is open") if total else []
    found = LEFT_OUT.search(text)
    if found is None:
        assert len(shown) == total
    else:
        assert (int(found[1]), int(found[2])) == (total - len(shown), total)
        assert len(shown) < total


def test_a_hundred_thousand_failures_fit_too(judged: Judge) -> None:
    made = with_criteria(reference(judged), *(fails(f"c{n}", "a" * 1000) for n in range(100_000)))
    text = summary_md(made)
    assert LIMIT * 0.99 < len(text.encode()) < 1024 * 1024
    assert LEFT_OUT.search(text)


@given(
    words=st.text() | st.sampled_from(["|", "\r\n| x |", "\ud800", "<script>", "`", "`<b>`<b>", "\\|", "\x00\x1b[2J"])
)
def test_any_words_stay_in_their_cell(sound: Judgement, words: str) -> None:
    text = summary_md(with_criteria(sound, fails(words, words), undecided("open", words, needs=words)))
    text.encode("utf-8")
    rows = rows_of(text, "What failed or is open")
    assert len(rows) == len(findings(sound)) + 2 - _replaced(sound)
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {9}
    outside_code = "".join(re.split(r"`[^`]*`", rows[0]))
    assert "<" not in outside_code


def _replaced(judgement: Judgement) -> int:
    """Findings of the gate whose criteria were made up."""
    name = judgement.evidence.runtimes[0].name
    return sum((f.gate, f.runtime) == ("custody", name) for f in findings(judgement))


def test_times_of_a_run_stand_in_it(judged: Judge) -> None:
    judgement = judged(under_pressure())
    rows = rows_of(summary_md(judgement), "Times")
    assert rows
    assert all(row.split(" | ")[0].removeprefix("| ") in {p.name for p in judgement.evidence.runtimes} for row in rows)
    assert "ms [" in rows[0]


@pytest.mark.parametrize("name", [name for name in OUTPUTS if name != "summary.md"])
def test_it_names_every_file_beside_it(judged: Judge, name: str) -> None:
    assert f"\n- `{name}`: " in summary_md(reference(judged))


def test_the_same_record_gives_the_same_bytes(judged: Judge) -> None:
    assert summary_md(reference(judged)) == summary_md(reference(judged))
