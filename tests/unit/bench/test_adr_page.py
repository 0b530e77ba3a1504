"""What of an ADR is a person's, and what survives when it is generated again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bench import adr, adr_page
from bench.errors import AdrNotProposed
from bench.judgement import Judgement
from tests.records.cases import HERE

Judge = Callable[[bytes], Judgement]
WORDS = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\n\r"), max_size=30)
LINES = st.lists(WORDS.filter(lambda line: line not in (adr_page.NOTES, adr_page.END_OF_NOTES)), max_size=6)
KEYS = st.from_regex(r"[a-z][a-z-]{0,10}", fullmatch=True)
CONTINUED = WORDS.map(lambda text: f"  - {text}")  # further lines of an entry, as YAML writes a list
ENTRIES = st.builds(
    lambda key, value, more: "\n".join([f"{key}: {value}", *more]), KEYS, WORDS, st.lists(CONTINUED, max_size=2)
)


@pytest.fixture(scope="module")
def reference(request: pytest.FixtureRequest) -> Judgement:
    judged: Judge = request.getfixturevalue("judged")
    return judged((HERE / "reference.jsonl").read_bytes())


@example(front=["status: x"], notes=f"a\n{adr_page.END_OF_NOTES}\nb\n{adr_page.NOTES}\nc")
@given(front=st.lists(ENTRIES, min_size=1, max_size=5), notes=LINES.map("\n".join))
def test_front_matter_and_notes_survive_word_for_word(reference: Judgement, front: list[str], notes: str) -> None:
    page = adr_page.Page(front=tuple(front), notes=notes)
    text = adr.adr_md(reference, page)
    read = adr_page.read(text)
    assert (read.front, read.notes) == (page.front, page.notes)
    assert adr.adr_md(reference, read) == text


def test_a_generated_page_says_what_it_was_generated_from(reference: Judgement) -> None:
    page = adr_page.read(adr.adr_md(reference))
    assert page.is_proposed
    assert page.run == reference.evidence.header.run_id
    assert page.date == reference.evidence.header.started_at[:10]
    assert page.statement == adr.statement_of(reference)


def test_the_date_follows_the_run_unless_a_person_set_it() -> None:
    old = adr_page.Page(front=("status: proposed", 'date: "2026-11-22"'), notes="n", run="a", date="2026-11-22")
    assert adr_page.kept(old, "2026-11-23").front == ("status: proposed", 'date: "2026-11-23"')
    by_hand = adr_page.Page(front=("status: proposed", "date: 2026-12-01"), notes="n", run="a", date="2026-11-22")
    assert adr_page.kept(by_hand, "2026-11-23").front == by_hand.front
    assert adr_page.kept(by_hand, "2026-11-23").notes == "n"


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("status: proposed", "proposed"),
        ("status: 'accepted'", "accepted"),
        ('status: "superseded by [ADR-0003](0003-x.md)"', "superseded by [ADR-0003](0003-x.md)"),
        ("status:", "unreadable"),
        ("state: accepted", "unreadable"),
    ],
)
def test_the_status_is_read_as_a_person_writes_it(line: str, status: str) -> None:
    assert adr_page.read(f"---\ntitle: x\n{line}\n---\n# x\n").status == status


@pytest.mark.parametrize(
    "text", ["", "# no front\n", "---\nstatus: proposed\n# never closed\n", "x\n---\nstatus: a\n---"]
)
def test_a_page_without_front_matter_is_a_persons(text: str) -> None:
    page = adr_page.read(text)
    assert page.status == adr_page.UNREADABLE
    assert not page.is_proposed


@pytest.mark.parametrize(
    "body",
    [
        adr_page.NOTES,
        adr_page.END_OF_NOTES,
        f"{adr_page.END_OF_NOTES}\nx\n{adr_page.NOTES}",
    ],
)
def test_notes_whose_marks_are_not_in_order_are_not_guessed(body: str) -> None:
    with pytest.raises(AdrNotProposed, match="put both lines back"):
        adr_page.read(f"---\nstatus: proposed\n---\n{body}\n")
