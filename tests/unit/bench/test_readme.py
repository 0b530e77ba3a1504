"""Today's answer in the README: what it says, where it goes, and that a change of it is found."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench import __main__ as cli
from bench import limits, readme, thresholds
from bench.errors import NoPlaceForAnswer, NothingToVerify
from bench.evidence import load
from bench.judgement import Judgement, judge
from tests.records.cases import HERE, everything

ROOT = Path(__file__).resolve().parents[3]
PAGE = f"# A page\n\n{readme.BEGIN}\nold words\n{readme.END}\n\nmore\n"
LINKS = (("the decision", "adr/0002-x.md"), ("the report", "reports/one/report.html"))
LIMITS = ("--limits", str(HERE / "limits.toml"))


@pytest.fixture
def run(tmp_path: Path) -> Path:
    place = tmp_path / "reports" / "one"
    place.mkdir(parents=True)
    (place / "record.jsonl").write_bytes(everything("native", "workerd").data())
    (tmp_path / "README.md").write_text(PAGE)
    return place


def judged(run: Path) -> Judgement:
    return judge(load(run / "record.jsonl"), thresholds.load(limits.load(HERE / "limits.toml")))


def bench(*arguments: str | Path) -> int:
    return cli.main([*map(str, arguments), *LIMITS])


def test_the_answer_tells_decision_matrix_and_run(run: Path) -> None:
    judgement = judged(run)
    text = readme.answer_md(judgement, LINKS)
    assert text.startswith(f"**{judgement.decision.statement}**")
    assert "| `workerd` | native | ✓ PASS | ✓ PASS | ✓ PASS | ✓ PASS |" in text
    assert judgement.evidence.digest in text
    assert judgement.evidence.header.run_id in text
    assert "[the report](reports/one/report.html)" in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len({row.count("|") for row in rows}) == 1


def test_what_takes_no_part_in_the_decision_is_left_out() -> None:
    judgement = judge(load(HERE / "reference.jsonl"), thresholds.load(limits.load(HERE / "limits.toml")))
    informative = {pin.name for pin in judgement.evidence.header.runtimes if pin.role.value == "informative"}
    shown = set(re.findall(r"^\| `(\w+)`", readme.answer_md(judgement, LINKS), re.M))
    assert informative
    assert shown == {pin.name for pin in judgement.evidence.header.runtimes} - informative


def test_only_what_stands_between_the_marks_is_changed() -> None:
    page = readme.spliced(PAGE, "new words\n")
    assert page == PAGE.replace("old words", "new words")
    assert readme.answer_of(page) == "new words\n"
    assert readme.spliced(page, readme.answer_of(page)) == page


@pytest.mark.parametrize(
    "page",
    [
        "",
        "no marks",
        readme.BEGIN,
        f"{readme.END} {readme.BEGIN}",
        PAGE + PAGE,
        f"{readme.BEGIN}{readme.BEGIN}{readme.END}",
    ],
)
def test_a_page_without_one_place_is_refused(page: str) -> None:
    with pytest.raises(NoPlaceForAnswer, match=re.escape(readme.BEGIN)):
        readme.spliced(page, "new words")


def test_the_command_writes_the_answer_and_check_finds_a_change(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "README.md"
    asked = (run, "--readme", page, "--adr", tmp_path / "adr" / "0002-x.md")
    assert bench("readme", *asked, "--check") == 5
    assert page.read_text() == PAGE
    assert bench("readme", *asked) == 0
    assert "Topology A" in page.read_text()
    assert "](reports/one/gates.md)" in page.read_text()
    assert "](adr/0002-x.md)" in page.read_text()
    assert bench("readme", *asked, "--check") == 0
    page.write_text(page.read_text().replace("✓ PASS", "✗ FAIL", 1))
    assert bench("readme", *asked, "--check") == 5
    assert "python -m bench readme" in capsys.readouterr().err


def test_without_a_run_and_without_a_decision_record_it_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "adr").mkdir()
    assert bench("readme", "--adr", tmp_path / "adr" / "0002-x.md") == NothingToVerify.exit_code
    assert "make pack" in capsys.readouterr().err


def test_our_own_readme_has_the_place() -> None:
    assert readme.answer_of((ROOT / "README.md").read_text(encoding="utf-8")).strip()
