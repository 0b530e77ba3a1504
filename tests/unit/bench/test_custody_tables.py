"""Gate 2's tables: the worst reading shows, and nothing that was not scanned looks clean."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bench import evidence as record
from bench.custody_tables import custody_tables
from bench.gates.custody import SURFACES
from bench.judgement import Judgement
from bench.render import gates_md
from bench.terminal import screen
from tests.records.builder import NATIVE, WORKERD, Run

FACTS: tuple[tuple[str, str, str | int], ...] = (
    ("native", "leak_scan.stdout", "CLEAN"),
    ("native", "leak_scan.stdout", "LEAK"),
    ("workerd", "leak_scan.stdout", "UNPLANTED"),
    ("workerd", "leak_scan.stdout", "CLEAN"),
    ("native", "leak_control.stdout", "CAUGHT"),
    ("workerd", "leak_control.stdout", "MISSED"),
    ("native", "legacy_env.leak_scan.stdout", "a word that nobody knows"),
    ("native", "legacy_env.leak_scan.stdout", "LEAK"),
    ("native", "residue.process_memory", 3),
)


@pytest.fixture
def scanned() -> bytes:
    run = Run(NATIVE, WORKERD)
    for fact in FACTS:
        run.fact(*fact)
    return run.data()


def test_the_worst_reading_is_shown(scanned: bytes) -> None:
    shown = custody_tables(record.parse(scanned))
    assert [row.surface for row in shown.surfaces] == list(SURFACES)
    stdout, *others = shown.surfaces
    assert stdout.status == {"native": "LEAK", "workerd": "UNPLANTED"}
    assert (stdout.control, stdout.legacy) == ("MISSED", {"native": "a word that nobody knows"})
    assert all((row.status, row.legacy, row.control) == ({}, {}, None) for row in others)
    assert [(row.runtime, row.readings) for row in shown.residue] == [("native", {"process_memory": 3})]


def test_the_screen_and_the_report_show_them(scanned: bytes, judged: Callable[[bytes], Judgement]) -> None:
    judgement = judged(scanned)
    lines = screen(judgement, []).splitlines()
    assert "stdout              MISSED        native LEAK, workerd UNPLANTED" in lines
    assert "stderr              -             -" in lines
    report = gates_md(judgement)
    assert "| stdout | LEAK | UNPLANTED | a word that nobody knows | MISSED |\n| stderr | - | - | - | - |" in report
    assert "| native | 3 |" in report


def test_a_record_without_a_scan_shows_none(judged: Callable[[bytes], Judgement]) -> None:
    judgement = judged(Run(NATIVE, WORKERD).data())
    assert "of gate 2:" not in screen(judgement, [])
    assert "No surface was scanned in this run." in gates_md(judgement)
