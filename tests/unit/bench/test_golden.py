"""What is rendered from one fixed record, to the byte. `--regenerate-golden` writes them again: read the diff."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bench import adr, junit, render
from bench.judgement import Judgement
from tests.records.cases import HERE, everything, under_pressure

GOLDEN = Path(__file__).resolve().parents[2] / "golden"
Judge = Callable[[bytes], Judgement]


def compare(request: pytest.FixtureRequest, name: str, text: str) -> None:
    path = GOLDEN / name
    if request.config.getoption("--regenerate-golden"):
        GOLDEN.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, "if this is meant: make golden, then read the diff"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("gates.md", render.gates_md),
        ("adr.md", adr.adr_md),
        ("verdicts.json", render.verdicts_json),
        ("junit.xml", junit.junit_xml),
    ],
)
def test_undecided(request: pytest.FixtureRequest, judged: Judge, name: str, text: Callable[[Judgement], str]) -> None:
    judgement = judged((HERE / "reference.jsonl").read_bytes())
    compare(request, f"undecided.{name}", text(judgement))


def test_decided(request: pytest.FixtureRequest, judged: Judge) -> None:
    run = everything("native", "node", "workerd")
    compare(request, "topology-a.adr.md", adr.adr_md(judged(run.data())))
    run.fact("workerd", "leak_scan.runtime_logs", "LEAK")
    compare(request, "topology-b.adr.md", adr.adr_md(judged(run.data())))


def test_under_pressure(request: pytest.FixtureRequest, judged: Judge) -> None:
    """Gate 3's part of the report, from a record that has everything of it."""
    text = render.gates_md(judged(under_pressure()))
    part = text.split("\n## Fault matrix\n", 1)[1].split("\n## Flows\n", 1)[0]
    compare(request, "reliability.md", f"## Fault matrix\n{part}")
