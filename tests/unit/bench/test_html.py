"""report.html as a document: it needs nothing outside itself, everything in it can be reached, and text stays text."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import itertools
import re
from collections import Counter
from collections.abc import Callable, Mapping

import pytest

from bench.evidence import parse
from bench.flow_tables import grouped, together
from bench.gates import GATES
from bench.gates.conclude import fails
from bench.gates.conclude import undecided as open_
from bench.html import report_html
from bench.html.anchors import anchors
from bench.html.report import SECTIONS
from bench.judgement import Judgement, judge
from bench.thresholds import Thresholds
from bench.verdict import Verdict
from spikes.record import Shard
from tests.browser.page import Page
from tests.records.builder import NATIVE, WORKERD, Run
from tests.records.cases import HERE, everything, under_pressure
from tests.records.fitting import fit_for_latency
from tests.records.flows import fit_for_determinism
from tests.unit.bench.reported import bare, traced, with_criteria

Judge = Callable[[bytes], Judgement]
RECORDS: Mapping[str, Callable[[], bytes]] = {
    "reference": (HERE / "reference.jsonl").read_bytes,
    "decided": lambda: everything("native", "node", "workerd").data(),
    "under pressure": under_pressure,
    "cut off": lambda: (HERE / "reference.jsonl").read_bytes()[:-1],
    "nothing but controls": lambda: bare().data(),
    "traced": lambda: traced().data(),
}


@pytest.fixture(scope="module", params=RECORDS)
def text(request: pytest.FixtureRequest, numbers: Thresholds) -> str:
    return report_html(judge(parse(RECORDS[request.param]()), numbers))


@pytest.fixture(scope="module")
def page(text: str) -> Page:
    return Page(text)


@pytest.fixture(scope="module")
def decided(numbers: Thresholds) -> Judgement:
    return judge(parse(RECORDS["decided"]()), numbers)


def test_every_id_is_there_once_and_every_link_leads_to_one(page: Page) -> None:
    assert [name for name, n in Counter(page.ids).items() if n > 1] == []
    assert page.links, "a report without a link links no number to its evidence"
    assert [link for link in page.links if not link.startswith("#") or link[1:] not in page.ids] == []


def test_nothing_is_loaded_from_anywhere(page: Page, text: str) -> None:
    loading = {
        "src",
        "srcset",
        "data",
        "action",
        "formaction",
        "poster",
        "background",
        "ping",
        "xlink:href",
        "manifest",
    }
    assert [tag for tag in page.tags if loading & tag.attributes.keys()] == []
    assert [tag.name for tag in page.tags if tag.name in ("link", "base", "iframe", "object", "embed", "form")] == []
    assert re.findall(r"url\(|@import|expression\(", page.raw["style"]) == []
    assert re.findall(r"fetch|XMLHttpRequest|import\b|eval|innerHTML|document\.write", page.raw["script"]) == []
    assert "http-equiv=refresh" not in text


def test_the_policy_lets_our_own_script_run_and_no_other(page: Page) -> None:
    (meta,) = (tag for tag in page.named("meta") if "http-equiv" in tag.attributes)
    assert meta.attributes["http-equiv"] == "Content-Security-Policy"
    policy = dict(part.split(" ", 1) for part in meta.attributes["content"].split("; "))
    assert policy["default-src"] == "'none'"
    digest = base64.b64encode(hashlib.sha256(page.raw["script"].encode()).digest()).decode()
    assert policy["script-src"] == f"'sha256-{digest}'"
    assert len(page.named("script")) == 1
    assert len(page.named("style")) == 1
    assert [tag for tag in page.tags if any(name.startswith("on") for name in tag.attributes)] == []


def test_headings_come_in_order(page: Page) -> None:
    levels = [level for level, _ in page.headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert [pair for pair in itertools.pairwise(levels) if pair[1] > pair[0] + 1] == []
    assert [words for _, words in page.headings if not words.strip()] == []
    assert [words for level, words in page.headings if level == 2] == [title for _, title in SECTIONS]


def test_landmarks_are_there_and_the_first_link_skips_to_the_decision(page: Page) -> None:
    assert {name: len(page.named(name)) for name in ("header", "nav", "main", "footer")} == {
        **dict.fromkeys(("header", "nav", "main", "footer"), 1)
    }
    first = next(tag for tag in page.tags if tag.name == "a")
    assert first.attributes == {"class": "skip", "href": "#decision"}
    (html,) = page.named("html")
    assert html.attributes["lang"] == "en"
    labelled = [tag.attributes["aria-labelledby"] for tag in page.named("section")]
    assert set(labelled) <= set(page.ids)
    assert "aria-label" in page.named("nav")[0].attributes


def test_every_table_says_what_it_is_and_scrolls_in_a_region_of_its_own(page: Page) -> None:
    assert page.tables
    for table in page.tables:
        assert table.caption, table.rows[:1]
        assert table.around.get("aria-label") == table.caption
        assert (table.around.get("role"), table.around.get("tabindex")) == ("region", "0")
        heads = [cell for cell in table.cells if cell.name == "th"]
        assert heads
        assert [cell for cell in heads if cell.attributes.get("scope") not in ("col", "row", "rowgroup")] == []
        assert any(cell.attributes["scope"] == "col" for cell in heads)
        assert [cell.text for cell in heads if not cell.text.strip()] == []


def test_rows_of_a_table_are_equally_wide(page: Page) -> None:
    assert [(table.caption, table.widths) for table in page.tables if len(set(table.widths)) != 1] == []


def test_every_picture_has_a_name_and_a_description(page: Page) -> None:
    assert page.named("img") == []
    for number, tag in enumerate(page.tags):
        if tag.name == "svg":
            assert tag.attributes.get("role") == "img"
            assert [within.name for within in page.tags[number + 1 : number + 3]] == ["title", "desc"]


def test_colour_never_speaks_alone(text: str) -> None:
    marked = re.findall(r"<b class=(\w+)>([^<]*)</b>", text)
    assert marked
    signs = {"ok": "✓", "bad": "✗", "open": "?"}
    assert [entry for entry in marked if not entry[1].startswith(signs[entry[0]]) or len(entry[1]) < 3] == []


def test_every_cell_of_the_matrix_leads_to_its_criteria(decided: Judgement) -> None:
    page = Page(report_html(decided))
    rows = {row[0].text: row[1:-2] for row in page.table("Gates by runtime").rows}
    for runtime in ("native", "node", "workerd"):
        for gate, cell in zip(GATES, rows[runtime], strict=True):
            verdict = decided.of(gate.NAME, runtime)
            assert verdict.verdict.value in cell.text
            assert cell.links == [f"#{gate.NAME}-{runtime}"]
            told = page.table(f"{gate.TITLE}: {runtime}")
            names = [row[0].text for row in told.rows[1:]]
            assert names[: len(grouped(verdict.criteria))] == [
                together(group).name.replace("_", " ") for group in grouped(verdict.criteria)
            ]


def test_traces_are_drawn_with_their_calls_in_a_table(judged: Judge) -> None:
    page = Page(report_html(judged(traced().data())))
    drawn = [name for table in page.tables if (name := table.caption or "").startswith("Calls of ")]
    assert drawn == [
        "Calls of native: first payment of a fresh process",
        "Calls of native: warm payment, a leaf is swapped first",
        "Calls of workerd: first payment of a fresh process",
        "Calls of workerd: warm payment, a leaf is swapped first",
    ]
    _, first, second = page.table(drawn[0]).rows
    assert [cell.text.strip() for cell in first] == ["LightningSendFeeEstimate", "ssp", "0.5 ms", "4.25 ms", "well"]
    assert [cell.text.strip() for cell in second] == ["start_transfer", "operator-0", "5 ms", "1.5 ms", "UNAVAILABLE"]
    assert len(page.table("All traces").rows) == 1 + 4
    assert "Not readable as traces: record lines" in page.words


def test_a_record_without_traces_says_so(undecided: Judgement) -> None:
    assert "This record holds no trace" in Page(report_html(undecided)).words


def test_ids_are_safe_and_apart_whatever_a_runtime_is_called(judged: Judge) -> None:
    pins = [dataclasses.replace(WORKERD, name=name) for name in ("a b", "a-b", 'a"><b>', "a\u202eb")]
    run = Run(NATIVE, *pins)
    for pin in pins:
        run.pay(pin.name)
    whole = judged(run.data())
    ids = anchors(whole).ids
    assert ids["custody", "a b"] == "custody-a-b"
    assert ids["custody", "a-b"] == "custody-a-b-2"
    assert {name for name in ids.values() if not re.fullmatch(r"[A-Za-z0-9_.-]+", name)} == set()
    page = Page(report_html(whole))
    assert [name for name, n in Counter(page.ids).items() if n > 1] == []
    assert [link for link in page.links if link[1:] not in page.ids] == []


def test_a_merged_record_says_who_measured_what(undecided: Judgement) -> None:
    evidence = undecided.evidence
    assert "Shards: who measured what" not in {table.caption for table in Page(report_html(undecided)).tables}
    first = Shard(
        number=1,
        of=2,
        run_id="r",
        plan="sha256:0",
        among=("native", "workerd"),
        runtimes=("native",),
        host={"cpu": "CPU 1", "cores": "2"},
        started_at="t0",
        ended_at="t1",
    )
    second = dataclasses.replace(first, number=2, runtimes=("workerd",), host={"cpu": "CPU 2", "cores": "2"})
    header = dataclasses.replace(evidence.header, shards=(first, second))
    merged = dataclasses.replace(undecided, evidence=dataclasses.replace(evidence, header=header))
    rows = Page(report_html(merged)).table("Shards: who measured what").rows
    assert [cell.text.strip() for cell in rows[2]] == ["2", "workerd", "CPU 2", "2", "t0", "t1"]


def test_a_row_tells_all_that_its_criterion_holds(undecided: Judgement) -> None:
    slow = fails("slow", "too slow", measured=6.25, threshold=5.0, unit="s", lines=(3, 4, 5, 9), detail="a\n  b")
    limit = dataclasses.replace(slow, name="limit", plan="paid", measured=1.0, verdict=Verdict.PASS, detail=None)
    page = Page(report_html(with_criteria(undecided, slow, limit, open_("open", "never tried", needs="a fact `x`"))))
    _, *rows = page.table("Secret custody: workerd").rows
    told = [[" ".join(cell.text.split()) for cell in row] for row in rows]
    assert told == [
        ["slow", "✗ FAIL", "6.25 s", "5.00 s", "-", "too slow more of slow a b", "3-5, 9"],
        ["limit", "✓ PASS", "1.00 s", "5.00 s", "80 %", "too slow", "3-5, 9"],
        ["open", "? INCONCLUSIVE", "-", "-", "-", "never tried Would decide it: a fact `x`", "-"],
    ]
    assert "a\n  b" in page.words


def test_the_same_judgement_gives_the_same_bytes(numbers: Thresholds, text: str) -> None:
    data = RECORDS["reference"]()
    one, other = (report_html(judge(parse(data), numbers)) for _ in range(2))
    assert one == other
    assert text.endswith("</html>\n")


@pytest.fixture(scope="module")
def undecided(numbers: Thresholds) -> Judgement:
    return judge(parse(bare().data()), numbers)


def test_it_is_small_enough_to_keep(numbers: Thresholds) -> None:
    names = ("native", "node", "workerd", "convex_isolate", "convex_node", "native_drift")
    whole = judge(parse(everything(*names, pins=(*names, "wasmtime")).data()), numbers)
    assert len(report_html(whole).encode()) < 350_000


def test_its_size_is_that_of_its_tables_and_not_of_its_record(numbers: Thresholds) -> None:
    short, long = everything("native", "workerd"), everything("native", "workerd")
    for runtime in ("native", "workerd") * 3:
        fit_for_latency(long, runtime)
        fit_for_determinism(long, runtime)
    assert len(long.data()) > 3 * len(short.data())
    sizes = [len(report_html(judge(parse(run.data()), numbers)).encode()) for run in (short, long)]
    assert sizes[1] < 1.2 * sizes[0]
