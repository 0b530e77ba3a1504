"""JUnit XML of a judgement, for the test report of a CI system.

Role: one suite a gate, one test case a runtime and criterion; INCONCLUSIVE is skipped, with what would decide it. What
is wrong with the run itself is a suite of its own, "run", so that skipped cases do not hide it. Nothing is judged here.
Must not know: the clock (the only time is the record's own, so the same record gives the same bytes), files, how
anything was judged. Criteria that decide nothing, and those that do not apply, are in no case: gates.md lists them.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from bench import formats
from bench.evidence import Evidence, Numbered
from bench.judgement import Judgement
from bench.verdict import Criterion, GateVerdict, Verdict
from spikes.record import HarnessError, Role

RUN = "run"
ROOT = "sparkgate"
# The declaration is written by hand: ElementTree would name the encoding of the machine's locale.
_DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'
_COUNTED = {"failures": "failure", "skipped": "skipped", "errors": "error"}


def junit_xml(judgement: Judgement) -> str:
    """Every criterion of every gate and runtime as a test case; first the suite "run", if the run has defects."""
    evidence = judgement.evidence
    suites = [_suite(RUN, list(_of_run(judgement)), evidence)] if _has_defects(judgement) else []
    for gate in dict.fromkeys(verdict.gate for verdict in judgement.verdicts):
        cases = [case for verdict in judgement.verdicts if verdict.gate == gate for case in _of_gate(verdict, evidence)]
        suites.append(_suite(gate, cases, evidence))
    root = ET.Element("testsuites", _attributes(f"{ROOT} {evidence.header.run_id}", suites))
    root.extend(suites)
    ET.indent(root)
    return _DECLARATION + ET.tostring(root, encoding="unicode") + "\n"


def _suite(name: str, cases: Sequence[ET.Element], evidence: Evidence) -> ET.Element:
    attributes = _attributes(name, cases) | {"timestamp": formats.plain(evidence.header.started_at)}
    suite = ET.Element("testsuite", attributes)
    properties = ET.SubElement(suite, "properties")
    for key, value in {"run": evidence.header.run_id, "record": evidence.digest}.items():
        ET.SubElement(properties, "property", {"name": key, "value": formats.plain(value)})
    suite.extend(cases)
    return suite


def _attributes(name: str, parts: Sequence[ET.Element]) -> dict[str, str]:
    """Name and counts of what holds these cases, or suites of them: counted in the document, so that they agree."""
    found = Counter(element.tag for part in parts for element in part.iter())
    counts = {"tests": found["testcase"]} | {name: found[tag] for name, tag in _COUNTED.items()}
    return {"name": formats.plain(name)} | {key: str(count) for key, count in counts.items()}


def _of_gate(verdict: GateVerdict, evidence: Evidence) -> Iterator[ET.Element]:
    """A gate that asked nothing of a runtime did not pass: it has one skipped case that says so."""
    place = f"{ROOT}.{verdict.gate}.{verdict.runtime}"
    if not verdict.criteria:
        case = _case(place, "judged_at_all")
        ET.SubElement(case, "skipped", {"message": formats.plain(verdict.reason)})
        yield case
    informative = evidence.pin(verdict.runtime).role is Role.INFORMATIVE
    for criterion in verdict.criteria:
        case = _case(place, criterion.name)
        match criterion.verdict:
            case Verdict.PASS:
                pass
            case Verdict.FAIL:
                _tell(case, "failure", criterion.verdict.value, criterion.reason, _numbers(criterion, informative))
            case Verdict.INCONCLUSIVE:
                needs = f"; needs: {criterion.needs}" if criterion.needs else ""
                ET.SubElement(case, "skipped", {"message": formats.plain(criterion.reason + needs)})
        yield case


def _numbers(criterion: Criterion, informative: bool) -> Iterator[str]:
    yield f"measured: {formats.measured(criterion)}"
    yield f"threshold: {formats.threshold(criterion)}"
    yield f"record lines: {formats.lines(criterion.lines)}"
    yield from (criterion.detail or "").splitlines()
    if informative:
        yield "informative runtime: no part of the decision"


def _has_defects(judgement: Judgement) -> bool:
    return bool(judgement.defects or judgement.evidence.harness_errors)


def _of_run(judgement: Judgement) -> Iterator[ET.Element]:
    """Every reason why something may not be judged, then each harness error in full (a reason names only the first)."""
    for number, defect in enumerate(judgement.defects, start=1):
        case = _case(f"{ROOT}.{RUN}.defects", f"defect {number}")
        _tell(case, "error", "defect", defect, ())
        yield case
    for error in judgement.evidence.harness_errors:
        place = f"{ROOT}.{RUN}.{error.value.runtime or 'harness'}"
        case = _case(place, f"harness error at line {error.line}")
        _tell(case, "error", error.value.code, error.value.message, _where(error))
        yield case


def _where(error: Numbered[HarnessError]) -> Iterator[str]:
    yield f"record line: {error.line}"
    if error.value.experiment is not None:
        yield f"experiment: {error.value.experiment}"
    if error.value.attempt is not None:
        yield f"attempt: {error.value.attempt}"


def _case(place: str, name: str) -> ET.Element:
    return ET.Element("testcase", {"classname": formats.plain(place), "name": formats.plain(name)})


def _tell(case: ET.Element, tag: str, kind: str, message: str, lines: Iterable[str]) -> None:
    """What went wrong. `plain` leaves only printable characters, and all of those may stand in XML."""
    told = ET.SubElement(case, tag, {"type": formats.plain(kind), "message": formats.plain(message)})
    told.text = "\n".join(formats.plain(line) for line in lines) or None
