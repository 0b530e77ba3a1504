"""`make adr-verify`: what was derived from the committed record is what the record gives, and any drift is found."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import __main__ as cli
from bench import adr, adr_page, adr_series, packing, runs, thresholds, verification
from bench.errors import AdrNotProposed
from bench.judgement import Judgement
from tests.records.cases import HERE, everything

ROOT = Path(__file__).resolve().parents[3]
LIMITS = HERE / "limits.toml"
RUN = "20261122T120000Z-quick-7"
ADR = Path("adr") / adr_series.NAME


def verify(*options: str, limits: Path = LIMITS) -> int:
    return cli.main(["verify", "--limits", str(limits), *options])


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with one committed run, made as `make pack` makes it."""
    root = tmp_path_factory.mktemp("published")
    record = root / "reports" / RUN / "record.jsonl"
    record.parent.mkdir(parents=True)
    record.write_bytes(everything("native", "workerd").data())
    (root / "README.md").write_text("# x\n\n<!-- answer -->\n<!-- /answer -->\n\nMore.\n", encoding="utf-8")
    limits = ["--limits", str(LIMITS)]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        for command in (["pack", RUN], ["adr", RUN], ["readme"]):
            assert cli.main([*command, *limits]) == 0
    return root


@pytest.fixture
def project(published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, to be changed."""
    root = tmp_path / "project"
    shutil.copytree(published, root)
    monkeypatch.chdir(root)
    return root


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@dataclass(frozen=True, kw_only=True)
class Source:
    """A copy of a committed decision, the current directory while a test lasts."""

    adr: Path
    record: Path
    options: tuple[str, ...]

    def verify(self, *more: str) -> int:
        return cli.main(["verify", *self.options, *more])


def _of_this_repository() -> tuple[adr_series.Numbered, ...]:
    current = adr_series.current(adr_series.series_of(ROOT / ADR))
    return () if current is None else (current,)


@pytest.fixture(params=["miniature", *("committed" for _ in _of_this_repository())])
def source(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Source:
    """A small decision made for the test and, once there is one, the decision that this repository is committed to."""
    if request.param == "miniature":
        request.getfixturevalue("project")
        record = runs.find_record(RUN)
        return Source(adr=ADR, record=record, options=("--limits", str(LIMITS)))
    (current,) = _of_this_repository()
    run = verification.record_of(current).parent
    for part in (ROOT / "adr", run):
        shutil.copytree(part, tmp_path / part.relative_to(ROOT), ignore=shutil.ignore_patterns("logs", "scratch"))
    shutil.copy(ROOT / "README.md", tmp_path)
    monkeypatch.chdir(tmp_path)
    return Source(adr=current.path.relative_to(ROOT), record=runs.find_record(run.relative_to(ROOT)), options=())


def test_what_nobody_touched_is_verified(source: Source, capsys: pytest.CaptureFixture[str]) -> None:
    assert source.verify() == 0
    told = capsys.readouterr().out
    assert told.startswith("verified: reports/")
    assert str(source.adr) in told
    assert "README.md" in told


def test_one_digit_of_the_record_is_found(source: Source, capsys: pytest.CaptureFixture[str]) -> None:
    """The last digit of a duration in the middle of the record is another; no verdict changes."""
    data = runs.raw(source.record)
    found = list(re.finditer(rb'"wall_s":\d+\.\d*?(\d)[,}]', data))
    place = found[len(found) // 2].start(1)
    digit = b"1" if data[place : place + 1] != b"1" else b"2"
    changed = data[:place] + digit + data[place + 1 :]
    source.record.write_bytes(packing.pack(changed) if source.record.name == runs.PACKED else changed)
    assert source.verify() == 5
    told = capsys.readouterr().err
    assert f"bench: {source.adr} is not what the record gives" in told
    assert f"bench: {source.record.with_name('verdicts.json')} is not what the record gives" in told


def test_one_threshold_is_found(source: Source, capsys: pytest.CaptureFixture[str]) -> None:
    changed = Path("thresholds.toml")
    shutil.copy(thresholds.DEFAULT_PATH, changed)
    edit(changed, "[paid_turn_p95_s]\nvalue = 10.0", "[paid_turn_p95_s]\nvalue = 9.5")
    assert source.verify("--thresholds", str(changed)) == 5
    assert f"bench: {source.adr} is not what the record gives" in capsys.readouterr().err


def test_one_line_of_the_adr_is_found(source: Source, capsys: pytest.CaptureFixture[str]) -> None:
    number = source.adr.read_text(encoding="utf-8").split("\n").index("## Decision Outcome") + 1
    edit(source.adr, "## Decision Outcome", "## Decision outcome")
    assert source.verify() == 5
    told = capsys.readouterr().err
    assert f"{source.adr} is not what the record gives: line {number} says '## Decision outcome'" in told


def test_one_digit_of_the_packed_file_is_found(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = project / "reports" / RUN / "record.jsonl.zst"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert verify() == 31
    assert "the packed record is damaged" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["verdicts.json", "gates.md", "junit.xml"])
def test_an_edited_report_is_found(project: Path, name: str) -> None:
    edit(project / "reports" / RUN / name, "PASS" if name != "junit.xml" else "<testsuite ", "X")
    assert verify() == 5


def test_the_readmes_answer_is_verified_and_the_rest_of_it_is_free(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(project / "README.md", "More.", "Much more.")
    assert verify() == 0
    edit(project / "README.md", "Topology A", "Topology B")
    assert verify() == 5
    assert "README.md is not what the record gives: line 4 says '**Topology B" in capsys.readouterr().err


def test_what_a_person_writes_is_no_drift(project: Path) -> None:
    edit(project / ADR, "status: proposed", "status: accepted")
    edit(project / ADR, "decision-makers: ", 'decision-makers:\n  - "Ada"\n  - ')
    edit(project / ADR, 'date: "2026-11-22"', "date: 2026-12-01")
    edit(project / ADR, f"{adr_page.NOTES}\n", f"{adr_page.NOTES}\nConfirmed on mainnet, see the minutes.\n")
    assert verify() == 0


def test_before_anything_is_committed_it_says_so(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / ADR).unlink()
    assert verify() == 37
    assert "no run is committed" in capsys.readouterr().err


def test_an_adr_whose_record_is_not_there_is_named(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(project / "reports")
    assert verify() == 37
    assert f"{ADR} rests on run {RUN}, and there is no record of it" in capsys.readouterr().err


def test_an_adr_that_lost_its_origin_is_named(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(project / ADR, "<!-- generated from run", "<!-- made from run")
    assert verify() == 37
    assert "does not say from which run it was generated" in capsys.readouterr().err


def test_a_run_that_is_not_packed_is_verified_but_told(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    packed = project / "reports" / RUN / "record.jsonl.zst"
    packed.with_suffix("").write_bytes(runs.raw(packed))
    packed.unlink()
    assert verify() == 0
    assert f"python -m bench pack {RUN}" in capsys.readouterr().err


def test_two_records_in_force_contradict_each_other(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(project / ADR, "status: proposed", "status: accepted")
    second = project / "adr" / adr_series.NAME.replace("0002", "0003")
    shutil.copy(project / ADR, second)
    edit(project / "README.md", adr_series.NAME, second.name)
    assert verify() == 5
    told = capsys.readouterr().err
    assert f'it is accepted beside adr/{second.name}; set its status to "superseded by [ADR-0003]' in told
    edit(project / ADR, "status: accepted", f'status: "superseded by [ADR-0003]({second.name})"')
    assert verify() == 0


def test_a_superseded_record_may_lose_its_run(project: Path) -> None:
    first = project / "adr" / adr_series.NAME.replace("0002", "0001")
    shutil.copy(project / ADR, first)
    edit(first, "status: proposed", 'status: "superseded by ADR-0002"')
    edit(first, f"<!-- generated from run {RUN}", "<!-- generated from run 20250101T000000Z-gone-1")
    assert verify() == 0


def test_json_says_the_same(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(project / ADR, "## Decision Outcome", "## Outcome")
    capsys.readouterr()
    assert verify("--json") == 5
    told = json.loads(capsys.readouterr().out)
    assert told["run"] == RUN
    assert told["different"] == [str(ADR)]
    assert f"reports/{RUN}/verdicts.json" in told["verified"]


def test_verify_one_run_and_its_adr(project: Path) -> None:
    assert verify(RUN, "--adr") == 0
    edit(project / ADR, "## Decision Outcome", "## Outcome")
    assert verify(RUN) == 0
    assert verify(RUN, "--adr") == 5
    assert verify(RUN, "--adr", "adr/0009-none.md") == 37


def test_nothing_that_is_committed_names_a_place_on_this_machine(published: Path) -> None:
    for path in published.rglob("*"):
        if path.is_file():
            assert str(published).encode() not in packing.unpack(path.read_bytes()), path


def test_any_line_of_the_generated_part_is_held(published: Path, judged: Callable[[bytes], Judgement]) -> None:
    """Not only the lines that the tests above change."""
    record = published / "reports" / RUN / "record.jsonl.zst"
    judgement = judged(runs.raw(record))
    text = (published / ADR).read_text(encoding="utf-8")
    lines = text.split("\n")
    first, last = lines.index("---", 1) + 1, lines.index(adr_page.NOTES)

    @settings(max_examples=30)
    @given(st.integers(first, last))
    def changed(number: int) -> None:
        told = "\n".join([*lines[:number], lines[number] + ".", *lines[number + 1 :]])
        try:
            page = adr_page.read(told)
        except AdrNotProposed:
            assert number == last
            return
        checked = verification.compare_texts(published / ADR, told, adr.adr_md(judgement, page))
        assert checked.difference is not None
        assert checked.difference.startswith(f"line {number + 1} says")

    changed()


def test_until_a_decision_is_committed_verify_says_that_there_is_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A new clone of this repository without one; with one, the tests above are about it."""
    shutil.copy(ROOT / "README.md", tmp_path)
    (tmp_path / "adr").mkdir()
    shutil.copy(ROOT / "adr" / "0001-record-decisions.md", tmp_path / "adr")
    monkeypatch.chdir(tmp_path)
    assert cli.main(["verify"]) == 37
    assert "no run is committed: adr holds no generated ADR" in capsys.readouterr().err


def test_the_first_difference_is_shown_where_it_is() -> None:
    long = "x" * 300
    told = verification.first_difference(f"a\n{long}1{long}", f"a\n{long}2{long}")
    assert told.startswith("line 2 says ...'xxx")
    assert "x1x" in told
    assert "x2x" in told
    assert len(told) < 400
    assert verification.first_difference("a", "a\nb") == "line 2 is missing, the record gives 'b'"
    assert verification.first_difference("a\nb", "a", above=4) == "line 6 says 'b', the record gives no such line"
