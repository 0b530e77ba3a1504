"""Which ADR a run may write: in place while it is proposed, under the next number once a person has ruled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from bench import __main__ as cli
from bench import adr_series
from bench.commands import adr
from bench.commands.adr import Written
from bench.judgement import Judgement
from tests.records.cases import HERE, everything

LIMITS = ("--limits", str(HERE / "limits.toml"))
FIRST, SECOND = "0002-payment-execution-topology.md", "0003-payment-execution-topology.md"
Write = Callable[[str], Written]


@pytest.fixture(scope="module")
def decided(request: pytest.FixtureRequest) -> Mapping[str, Judgement]:
    """Runs that end in A, in B, and in nothing."""
    judged: Callable[[bytes], Judgement] = request.getfixturevalue("judged")
    run = everything("native", "node", "workerd")
    topology_a = judged(run.data())
    run.fact("workerd", "leak_scan.runtime_logs", "LEAK")
    return {"A": topology_a, "B": judged(run.data()), "nothing": judged((HERE / "reference.jsonl").read_bytes())}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    directory = tmp_path / "adr"
    directory.mkdir()
    (directory / "0001-record-decisions.md").write_text("---\nstatus: accepted\n---\n# x\n")
    return directory


@pytest.fixture
def write(place: Path, decided: Mapping[str, Judgement]) -> Write:
    """What `python -m bench adr RUN` does with the ADR of such a run, always asked for under its first number."""
    record = place.parent / "reports" / "one" / "record.jsonl"
    return lambda run: adr.write(decided[run], record, place / FIRST)


def rule(path: Path, status: str) -> str:
    """What a person does: set the status, put their name in, add a note."""
    text = path.read_text(encoding="utf-8")
    text = text.replace("status: proposed", f"status: {status}", 1)
    text = text.replace("decision-makers: ", "decision-makers: Ada, not ", 1)
    text = text.replace("<!-- notes: kept -->\n", "<!-- notes: kept -->\nSeen on mainnet.", 1)
    path.write_text(text, encoding="utf-8")
    return text


def test_a_proposal_is_generated_again_in_place(place: Path, write: Write) -> None:
    assert write("nothing").path == place / FIRST
    rule(place / FIRST, "proposed")
    assert write("A") == Written(path=place / FIRST, left=None, agrees=False)
    text = (place / FIRST).read_text(encoding="utf-8")
    assert "Topology A: payments run natively in workerd." in text
    assert "decision-makers: Ada, not" in text
    assert "<!-- notes: kept -->\nSeen on mainnet.\n<!-- /notes -->" in text
    assert len(list(place.iterdir())) == 2


def test_the_same_decision_leaves_an_accepted_record_alone(place: Path, write: Write) -> None:
    write("A")
    text = rule(place / FIRST, "accepted")
    written = write("A")
    assert written.agrees
    assert written.left is not None
    assert "is accepted and says the same; it was left as it is" in written.left
    assert (place / FIRST).read_text(encoding="utf-8") == text
    assert not (place / SECOND).exists()


def test_another_decision_takes_the_next_number_and_names_what_it_supersedes(place: Path, write: Write) -> None:
    write("A")
    text = rule(place / FIRST, "accepted")
    assert write("B") == Written(path=place / SECOND, left=None, agrees=False)
    assert (place / FIRST).read_text(encoding="utf-8") == text
    second = (place / SECOND).read_text(encoding="utf-8")
    assert second.startswith("---\nstatus: proposed\n")
    assert f'\nsupersedes: "[ADR-0002]({FIRST})"\n' in second
    assert f"This would supersede [ADR-0002]({FIRST})." in second
    assert "Topology B: no native runtime is fit" in second


def test_the_next_number_is_one_that_nothing_has(place: Path, write: Write) -> None:
    (place / "0007-something-else.md").write_text("# x\n")
    write("A")
    rule(place / FIRST, "accepted")
    assert write("B").path.name == "0008-payment-execution-topology.md"


def test_a_proposal_beside_an_accepted_record_is_generated_again(place: Path, write: Write) -> None:
    write("A")
    rule(place / FIRST, "accepted")
    write("B")
    rule(place / SECOND, "proposed")
    (place / SECOND).write_text((place / SECOND).read_text(encoding="utf-8").replace("| seed | 7 |", "| seed | 8 |"))
    assert write("B").path == place / SECOND
    after = (place / SECOND).read_text(encoding="utf-8")
    assert "| seed | 7 |" in after
    assert f"This would supersede [ADR-0002]({FIRST})." in after
    assert "Seen on mainnet." in after


def test_a_run_that_agrees_with_the_record_in_force_names_the_proposal_that_does_not(place: Path, write: Write) -> None:
    write("A")
    rule(place / FIRST, "accepted")
    write("B")
    before = (place / SECOND).read_text(encoding="utf-8")
    left = write("A").left
    assert left is not None
    assert f"{SECOND} proposes otherwise: reject it or remove it" in left
    assert (place / SECOND).read_text(encoding="utf-8") == before


def test_a_run_that_decides_nothing_supersedes_nothing(place: Path, write: Write) -> None:
    write("A")
    text = rule(place / FIRST, "accepted")
    written = write("nothing")
    assert not written.agrees
    assert written.left is not None
    assert "this run decides nothing, so it supersedes nothing" in written.left
    assert (place / FIRST).read_text(encoding="utf-8") == text
    assert not (place / SECOND).exists()


@pytest.mark.parametrize("status", ["rejected", '"superseded by ADR-0009"', "deprecated"])
def test_a_record_that_is_not_in_force_is_followed_not_superseded(place: Path, write: Write, status: str) -> None:
    write("A")
    text = rule(place / FIRST, status)
    assert write("B").path == place / SECOND
    assert (place / FIRST).read_text(encoding="utf-8") == text
    assert "supersede" not in (place / SECOND).read_text(encoding="utf-8")


def test_a_record_whose_status_nobody_can_read_is_left_alone(place: Path, write: Write) -> None:
    (place / FIRST).write_text("# by hand\n")
    left = write("A").left
    assert left is not None
    assert "has status 'unreadable' and was left as it is" in left
    assert (place / FIRST).read_text() == "# by hand\n"


def test_the_series_is_that_of_the_title(place: Path) -> None:
    (place / "0004-payment-execution-topology.md").write_text("---\nstatus: accepted\n---\n")
    (place / "x0005-payment-execution-topology.md").write_text("")
    series = adr_series.series_of(place / FIRST)
    assert [numbered.title for numbered in series] == ["ADR-0004"]


def test_exit_codes_tell_what_became_of_it(
    place: Path, write: Write, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(place.parent)
    record = place.parent / "reports" / "one" / "record.jsonl"
    record.parent.mkdir(parents=True)
    record.write_bytes((HERE / "reference.jsonl").read_bytes())
    assert cli.main(["adr", "one", *LIMITS]) == 0
    rule(place / FIRST, "accepted")
    assert cli.main(["adr", "one", *LIMITS]) == 0
    assert "says the same" in capsys.readouterr().out
    write("B")
    rule(place / SECOND, "accepted")
    assert cli.main(["adr", "one", *LIMITS]) == 36
    assert cli.main(["judge", "one", "--adr", *LIMITS]) == 3
    assert capsys.readouterr().err.count("supersedes nothing") == 2
