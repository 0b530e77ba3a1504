"""What the ADR says: its links lead somewhere, it names what was not proven, and nothing in a record can deform it."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from bench import adr, adr_page, render
from bench.judgement import Judgement
from bench.limits import Limits
from bench.thresholds import Thresholds
from spikes.record import HarnessError, Shard, Tier
from tests.records.builder import CONVEX_ISOLATE, NATIVE, WORKERD, Run
from tests.records.cases import HERE, everything

ROOT = Path(__file__).resolve().parents[3]
Judge = Callable[[bytes], Judgement]
USED = re.compile(r"\]\[([^\]]+)\]")
DEFINED = re.compile(r"^\[([^\]]+)\]: (\S+)$", re.M)
INLINE = re.compile(r"\]\(([^)]+)\)")


@pytest.fixture(scope="module")
def topology_a(request: pytest.FixtureRequest) -> Judgement:
    judged: Judge = request.getfixturevalue("judged")
    return judged(everything("native", "node", "workerd").data())


@pytest.fixture(scope="module")
def undecided(request: pytest.FixtureRequest) -> Judgement:
    judged: Judge = request.getfixturevalue("judged")
    return judged((HERE / "reference.jsonl").read_bytes())


def slugs(text: str) -> set[str]:
    """The anchors that a Markdown viewer gives to headings."""
    headings = re.findall(r"^#+ (.+)$", text, re.M)
    return {re.sub(r"[^a-z0-9 _-]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.fixture(scope="module")
def cut_off(request: pytest.FixtureRequest) -> Judgement:
    """Nothing is decided, and no criterion says what it would take."""
    judged: Judge = request.getfixturevalue("judged")
    return judged(Run(NATIVE, WORKERD).data())


@pytest.mark.parametrize("name", ["topology_a", "undecided", "cut_off"])
def test_every_link_leads_to_the_evidence(request: pytest.FixtureRequest, name: str) -> None:
    judgement: Judgement = request.getfixturevalue(name)
    text = adr.adr_md(judgement)
    defined = dict(DEFINED.findall(text))
    assert set(USED.findall(text)) <= set(defined)
    gates_md = render.gates_md(judgement)
    anchors = slugs(gates_md) | set(re.findall(r'<a id="([^"]+)"></a>', gates_md))
    for target in defined.values():
        path, _, anchor = target.partition("#")
        assert path in (f"../reports/{judgement.evidence.header.run_id}/{file}" for file in ("gates.md", "report.html"))
        assert not anchor or anchor in anchors
    for target in INLINE.findall(text):
        if target.startswith("#"):
            assert target[1:] in slugs(text)
        else:
            assert (ROOT / "adr" / target).resolve().is_file(), target


def test_beside_its_record_the_links_are_those_of_the_run(topology_a: Judgement, tmp_path: Path) -> None:
    record = tmp_path / "record.jsonl"
    beside = adr.links_between(topology_a, record, tmp_path / "adr.md")
    assert beside.run == "."
    elsewhere = adr.links_between(topology_a, record, tmp_path / "adr" / "0002-x.md")
    assert elsewhere == adr.committed(topology_a.evidence.header.run_id)


def test_the_decision_comes_first_on_one_screen(topology_a: Judgement) -> None:
    screen = adr.adr_md(topology_a).split("## Context and Problem Statement")[0]
    assert len(screen.splitlines()) <= 40
    for told in ("Topology A: payments run natively in workerd.", "What would change it:", "[✓ PASS][latency-workerd]"):
        assert told in screen
    assert topology_a.evidence.header.run_id in screen


def test_every_figure_names_its_record_lines(topology_a: Judgement) -> None:
    part = adr.adr_md(topology_a).split("### Topology A in workerd\n")[1].split("\n### ")[0]
    rows = [[cell.strip() for cell in row.strip("| ").split(" | ")] for row in part.splitlines() if "][" in row]
    figures = [row for row in rows if len(row) == 8]
    assert {"[paid_turn_p95][latency-workerd]", "[limit_upload_size][compatibility-workerd]"} <= {r[1] for r in figures}
    assert all(re.match(r"\d+", row[7]) for row in figures)


def test_an_external_runtime_that_is_fit_too_is_named(judged: Judge, topology_a: Judgement) -> None:
    assert "Topology B with node passes them as well; Topology A comes first" in adr.adr_md(topology_a)
    alone = adr.adr_md(judged(everything("native", "workerd").data()))
    assert 'Chosen option: "Topology A in workerd"' in alone
    assert "passes them as well" not in alone
    header = topology_a.evidence.header
    pins = [dataclasses.replace(pin, tier=Tier.STAND_IN) if pin.name == "node" else pin for pin in header.runtimes]
    pretended = dataclasses.replace(topology_a.evidence, header=dataclasses.replace(header, runtimes=tuple(pins)))
    assert "passes them as well" not in adr.adr_md(dataclasses.replace(topology_a, evidence=pretended))


def test_an_option_that_nothing_rests_on_has_no_table(topology_a: Judgement) -> None:
    part = adr.adr_md(topology_a).split("### Topology B with node\n")[1].split("\n### ")[0]
    assert "| figure |" not in part
    assert part.count("Good, because") == 4


def test_what_was_not_proven_comes_from_the_record(judged: Judge) -> None:
    run = Run(NATIVE, WORKERD, CONVEX_ISOLATE)
    run.pay("native")
    run.negative_controls()
    judgement = judged(run.data())
    part = adr.adr_md(judgement).split("### What was not proven")[1].split("\n### ")[0]
    assert "the network was an emulator on loopback" in part
    assert "anything that convex_isolate passes" in part
    assert "`CONVEX_SELF_HOSTED_URL`" in part
    assert "Cloudflare's own limits" in part
    live = dataclasses.replace(judgement.evidence.header, network="mainnet", runtimes=(NATIVE,))
    elsewhere = dataclasses.replace(judgement, evidence=dataclasses.replace(judgement.evidence, header=live))
    claims = [row.claim for row in adr._unproven(elsewhere.evidence, adr.committed("x"))]
    assert claims == ["a Cloudflare Container beside the Worker", "the strength of the key management"]


def test_words_of_a_driver_stay_words(judged: Judge) -> None:
    words = f"a | b\n{adr_page.END_OF_NOTES}\n{adr_page.NOTES}\n---\n**x**\n\ud800\x1b[2J"
    record = everything("native")
    record.lines.append(HarnessError(runtime="native", experiment=None, code="odd", message=words))
    judgement = judged(record.data())
    text = adr.adr_md(judgement)
    assert text.encode("utf-8")
    page = adr_page.read(text)
    assert page.notes == ""
    assert page.statement == adr.statement_of(judgement)
    assert text.split("\n").count(adr_page.NOTES) == 1
    assert "\x1b" not in text


@pytest.mark.parametrize("name", [f.name for f in dataclasses.fields(Thresholds) if f.name != "limits"])
def test_the_digest_holds_every_threshold(numbers: Thresholds, name: str) -> None:
    threshold = getattr(numbers, name)
    other = dataclasses.replace(numbers, **{name: dataclasses.replace(threshold, value=threshold.value + 1)})
    assert adr.numbers_digest(other)["thresholds"] != adr.numbers_digest(numbers)["thresholds"]
    reworded = dataclasses.replace(numbers, **{name: dataclasses.replace(threshold, reason="otherwise said")})
    assert adr.numbers_digest(reworded) == adr.numbers_digest(numbers)


def test_the_digest_holds_every_limit(numbers: Thresholds) -> None:
    before = adr.numbers_digest(numbers)
    for place, limit in enumerate(numbers.limits.all):
        entries = list(numbers.limits.all)
        entries[place] = dataclasses.replace(limit, value=limit.value + 1)
        other = dataclasses.replace(numbers, limits=Limits(all=tuple(entries)))
        assert adr.numbers_digest(other)["limits"] != before["limits"]


def test_the_same_record_gives_the_same_bytes(judged: Judge) -> None:
    data = (HERE / "reference.jsonl").read_bytes()
    assert adr.adr_md(judged(data)) == adr.adr_md(judged(data))


def test_every_machine_of_a_merged_run_is_named(topology_a: Judgement) -> None:
    """Times of two machines are told apart; a run that was made whole has one."""
    header = topology_a.evidence.header
    told = adr.adr_md(topology_a)
    assert [line for line in told.splitlines() if line.startswith("| machine")] == [
        "| machine | cpu 2 cores, os Linux |"
    ]
    among = tuple(pin.name for pin in header.runtimes)
    shards = tuple(
        Shard(
            number=number,
            of=2,
            run_id=f"part-{number}",
            plan="sha256:00",
            among=among,
            runtimes=runtimes,
            host={"cpu": cpu},
            started_at=header.started_at,
        )
        for number, runtimes, cpu in ((1, ("native", "node"), "one | x"), (2, ("workerd",), "other"))
    )
    merged = dataclasses.replace(topology_a.evidence, header=dataclasses.replace(header, shards=shards))
    told = adr.adr_md(dataclasses.replace(topology_a, evidence=merged))
    assert [line for line in told.splitlines() if line.startswith("| machine")] == [
        "| machine of native, node | cpu one \\| x |",
        "| machine of workerd | cpu other |",
    ]
