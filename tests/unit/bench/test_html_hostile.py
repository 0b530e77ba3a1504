"""report.html and hostile words: whatever a driver says stays text."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.evidence import parse
from bench.gates.conclude import fails
from bench.html import report_html
from bench.judgement import Judgement, judge
from bench.thresholds import Thresholds
from spikes.record import Outcome
from tests.browser.page import Page
from tests.records.builder import NATIVE, WORKERD, Run
from tests.unit.bench.reported import bare, with_criteria

Judge = Callable[[bytes], Judgement]
# Whatever a driver says: markup, the end of a script, quotes, template words, half a surrogate pair, control signs.
HOSTILE = (
    "</script><script>alert(1)</script>",
    "\"><img src=x onerror='alert(2)'>",
    "<!-- --> <svg onload=alert(3)> </style> ]]> &lt;b&gt; &#60;",
    "{{ 7 * 7 }} {% raw %}",
    ' href="http://192.0.2.1/"',
    "\ud800\x00\x1b[31m\u202e\u2028\n\r\t\uffff",
)


@pytest.fixture(scope="module")
def undecided(numbers: Thresholds) -> Judgement:
    return judge(parse(bare().data()), numbers)


@pytest.mark.parametrize("words", HOSTILE)
def test_what_a_driver_says_stays_text(judged: Judge, words: str) -> None:
    harmless, hostile = (Page(report_html(judged(_said(said)))) for said in ("harmless", words))
    assert [tag.name for tag in hostile.tags] == [tag.name for tag in harmless.tags]
    assert hostile.raw["script"] == harmless.raw["script"]
    assert hostile.raw["style"] == harmless.raw["style"]
    seen = re.sub(r"\s+", " ", "".join(sign if sign.isprintable() else " " for sign in words)).strip()
    assert seen in re.sub(r"\s+", " ", hostile.words)


def _said(words: str) -> bytes:
    """A record in which a driver says these words wherever it may."""
    run = Run(NATIVE, WORKERD)
    run.attempt("workerd", "pay_exact", Outcome.FAILED, code=f"c {words}", reason=f"r {words}")
    run.attempt("workerd", "l402_paid", Outcome.FAILED, code="seller_error", reason=words)
    run.fact("workerd", "durability", words)
    run.fact("workerd", "leak_scan.stdout", words)
    run.fact("workerd", "host_api.fetch", words)
    run.fact("workerd", f"host_api.{words}", "present")
    run.negative_controls()
    return run.data()


@given(words=st.text() | st.sampled_from(HOSTILE))
def test_a_reason_of_any_text_is_one_cell(undecided: Judgement, words: str) -> None:
    whole = undecided
    page = Page(report_html(with_criteria(whole, fails("slow", words, detail=f"{words}\n{words}", lines=(3,)))))
    assert page.ids.count("custody-workerd-slow") == 1
    report_html(with_criteria(whole, fails("slow", words))).encode("utf-8")
