"""junit.xml: its counts are those of the verdicts, defects of a run are errors, and any text stays well-formed."""

from __future__ import annotations

import dataclasses
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import evidence, formats
from bench.gates import GATES
from bench.gates.conclude import conclude, fails, passes, undecided
from bench.judgement import Judgement, judge
from bench.junit import junit_xml
from bench.thresholds import Thresholds
from bench.validity import CUT_OFF
from bench.verdict import Criterion, NotApplicable, Verdict
from spikes.record import HarnessError, RuntimePin
from tests.records.builder import DRIFT, NATIVE, WORKERD, Run
from tests.records.cases import HERE, everything

Judge = Callable[[bytes], Judgement]
MadeUp = Callable[..., Judgement]
HEADER_TIME = "2026-11-22T12:00:00Z"
ENDS = {None: Verdict.PASS, "failure": Verdict.FAIL, "skipped": Verdict.INCONCLUSIVE}
# Also what hypothesis rarely draws: what XML forbids or takes for markup, line ends, a lone surrogate, non-characters.
AWKWARD = st.lists(st.text() | st.sampled_from(["\x00\x0b\x1b[2J", "\r\n\t", "\ud800", "\ufffe\uffff", "]]><&\"'"]))
TEXTS = AWKWARD.map("".join)


def parsed(judged: Judgement) -> ET.Element:
    return ET.fromstring(junit_xml(judged).encode("utf-8"))  # noqa: S314 - our own text


def suites(root: ET.Element) -> dict[str, ET.Element]:
    return {suite.attrib["name"]: suite for suite in root}


def counts(element: ET.Element) -> dict[str, int]:
    return {name: int(element.attrib[name]) for name in ("tests", "failures", "skipped", "errors")}


def case(root: ET.Element, place: str, name: str) -> ET.Element:
    (found,) = (c for c in root.iter("testcase") if (c.attrib["classname"], c.attrib["name"]) == (place, name))
    return found


def failing() -> Run:
    run = everything("native", "node", "workerd")
    run.fact("workerd", "leak_scan.runtime_logs", "LEAK")
    run.fact("workerd", "host_apis_missing", 1)
    return run


@pytest.fixture
def made_up(judged: Judge) -> MadeUp:
    """A judgement with one gate of made-up criteria, on the runtime with this pin."""

    def make(*entries: Criterion | NotApplicable, pin: RuntimePin = WORKERD) -> Judgement:
        run = Run(pin)
        run.negative_controls()
        whole = judged(run.data())
        verdict = conclude("custody", whole.evidence, pin.name, entries)
        return dataclasses.replace(whole, verdicts=(verdict,))

    return make


@pytest.mark.parametrize("record", ["reference", "failing", "cut off"])
def test_the_counts_of_suites_are_those_of_the_verdicts(judged: Judge, record: str) -> None:
    data = (HERE / "reference.jsonl").read_bytes() if record == "reference" else failing().data()
    whole = judged(data[:-1] if record == "cut off" else data)
    root = parsed(whole)
    found = suites(root)
    assert list(found) == [*(["run"] if record == "cut off" else []), *(gate.NAME for gate in GATES)]
    for gate in GATES:
        ends = Counter(c.verdict for v in whole.verdicts if v.gate == gate.NAME for c in v.criteria)
        wanted = {"failures": ends[Verdict.FAIL], "skipped": ends[Verdict.INCONCLUSIVE], "errors": 0}
        assert counts(found[gate.NAME]) == {"tests": ends.total(), **wanted}
    for key, total in counts(root).items():
        assert total == sum(counts(suite)[key] for suite in root)


def test_each_criterion_has_one_case_that_ends_as_it_did(judged: Judge) -> None:
    whole = judged((HERE / "reference.jsonl").read_bytes())
    cases = {
        (c.attrib["classname"], c.attrib["name"]): ENDS[next((part.tag for part in c), None)]
        for c in parsed(whole).iter("testcase")
    }
    assert cases == {(f"sparkgate.{v.gate}.{v.runtime}", c.name): c.verdict for v in whole.verdicts for c in v.criteria}
    assert set(cases.values()) == {*Verdict}


def test_a_failure_tells_its_numbers_and_an_open_criterion_its_needs(made_up: MadeUp) -> None:
    slow = fails("slow", "too slow", measured=6.25, threshold=5.0, unit="s", lines=(3, 4, 5, 9))
    root = parsed(made_up(slow, undecided("open", "never tried", needs="a fact `x`"), passes("good", "fine")))
    failure = case(root, "sparkgate.custody.workerd", "slow").find("failure")
    assert failure is not None
    assert failure.attrib == {"type": "FAIL", "message": "too slow"}
    assert failure.text == "measured: 6.25 s\nthreshold: 5.00 s\nrecord lines: 3-5, 9"
    skipped = case(root, "sparkgate.custody.workerd", "open").find("skipped")
    assert skipped is not None
    assert skipped.attrib == {"message": "never tried; needs: a fact `x`"}
    assert list(case(root, "sparkgate.custody.workerd", "good")) == []


def test_what_decides_nothing_is_in_no_case(made_up: MadeUp) -> None:
    whole = made_up(passes("good", "fine"), NotApplicable(name="elsewhere", reason="not here"))
    apart = dataclasses.replace(whole.verdicts[0], informative=(fails("apart", "no"),))
    root = parsed(dataclasses.replace(whole, verdicts=(apart,)))
    assert [c.attrib["name"] for c in root.iter("testcase")] == ["good"]
    assert counts(root) == {"tests": 1, "failures": 0, "skipped": 0, "errors": 0}


def test_a_gate_without_criteria_is_skipped_not_absent(made_up: MadeUp) -> None:
    root = parsed(made_up(NotApplicable(name="elsewhere", reason="not here")))
    skipped = case(root, "sparkgate.custody.workerd", "judged_at_all").find("skipped")
    assert skipped is not None
    assert skipped.attrib["message"] == "no criterion was judged"


def test_a_failure_of_an_informative_runtime_says_so(made_up: MadeUp) -> None:
    for pin, says in ((DRIFT, True), (NATIVE, False)):
        failure = next(parsed(made_up(fails("slow", "too slow"), pin=pin)).iter("failure"))
        assert ("no part of the decision" in (failure.text or "")) is says


def test_a_cut_off_run_is_an_error(judged: Judge) -> None:
    of_run = suites(parsed(judged(everything("native", "workerd").data()[:-1])))["run"]
    assert counts(of_run) == {"tests": 1, "failures": 0, "skipped": 0, "errors": 1}
    error = case(of_run, "sparkgate.run.defects", "defect 1").find("error")
    assert error is not None
    assert error.attrib["message"] == CUT_OFF


def test_every_harness_error_is_told_in_full(judged: Judge) -> None:
    run = everything("native", "workerd")
    run.harness_error("workerd")
    run.lines.append(HarnessError(runtime="workerd", experiment="pay_exact", code="late", message="late", attempt=4))
    run.harness_error(None)
    whole = judged(run.data())
    of_run = suites(parsed(whole))["run"]
    assert counts(of_run)["errors"] == len(whole.defects) + 3
    second = whole.evidence.harness_errors[1].line
    error = case(of_run, "sparkgate.run.workerd", f"harness error at line {second}").find("error")
    assert error is not None
    assert error.attrib == {"type": "late", "message": "late"}
    assert error.text == f"record line: {second}\nexperiment: pay_exact\nattempt: 4"
    assert case(of_run, "sparkgate.run.harness", f"harness error at line {second + 1}").find("error") is not None


def test_a_sound_run_has_no_suite_of_defects(judged: Judge) -> None:
    assert "run" not in suites(parsed(judged(everything("native", "workerd").data())))


def test_the_only_time_is_the_records(judged: Judge) -> None:
    data = failing().data()
    root = parsed(judged(data))
    assert {suite.attrib["timestamp"] for suite in root} == {HEADER_TIME}
    assert junit_xml(judged(data)) == junit_xml(judged(data))


def test_every_suite_says_of_which_run_and_record_it_is(judged: Judge) -> None:
    whole = judged(failing().data()[:-1])
    for suite in parsed(whole):
        told = {p.attrib["name"]: p.attrib["value"] for p in suite.iter("property")}
        assert told == {"run": whole.evidence.header.run_id, "record": whole.evidence.digest}


@given(name=TEXTS, reason=TEXTS, needs=TEXTS)
def test_any_text_stays_well_formed(numbers: Thresholds, name: str, reason: str, needs: str) -> None:
    pin = dataclasses.replace(WORKERD, name=name)
    run = Run(pin)
    run.lines.append(HarnessError(runtime=None, experiment=needs, code=name, message=reason))
    whole = judge(evidence.parse(run.data()), numbers)
    made = conclude(
        reason, whole.evidence, name, [fails(needs, reason, measured=needs), undecided(name, "", needs=needs)]
    )
    root = parsed(dataclasses.replace(whole, verdicts=(made,), defects=(needs,)))
    plain = formats.plain
    assert [suite.attrib["name"] for suite in root] == ["run", plain(reason)]
    assert [e.attrib["message"] for e in root.iter("error")] == [plain(needs), plain(reason)]
    (failure,), (skipped,) = root.iter("failure"), root.iter("skipped")
    assert failure.attrib["message"] == plain(reason)
    assert (failure.text or "").startswith(f"measured: {plain(needs) or '-'}\n")
    assert skipped.attrib["message"] == (f"; needs: {plain(needs)}" if needs else "")
    places = [(c.attrib["classname"], c.attrib["name"]) for c in root.iter("testcase")][2:]
    assert places == [(plain(f"sparkgate.{reason}.{name}"), plain(text)) for text in (needs, name)]
