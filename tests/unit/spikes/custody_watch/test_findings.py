"""A fact that would itself tell a secret is withheld; a wallet that was never opened leaves nothing CLEAN."""

from __future__ import annotations

from spikes.inspections.custody_watch import findings
from spikes.inspections.custody_watch.findings import Carried
from spikes.inspections.custody_watch.steps import BRIEF_LIFE, Course, plan_of
from spikes.inspections.custody_watch.surfaces import Source, Status
from spikes.record import Fact
from spikes.runtimes import native
from spikes.scanner.canaries import Canary, Kind
from spikes.scanner.scan import Scanner

SECRET = b"tok-7f3a9c2e51d84b6f-7c1e"
CANARIES = (Canary(name="token", kind=Kind.TOKEN, secret=SECRET),)
EMPTY = {name: (Source(where=name, content=b""),) for name in ("response_bodies", "errors", "response_headers")}


def course(built: str | None = None) -> Course:
    return Course(plan=plan_of(native, 1, BRIEF_LIFE, 1.0), built=built)


def test_facts_tell_nothing() -> None:
    facts = [
        Fact(runtime="r", name="harmless", value=1, how="counted"),
        Fact(runtime="r", name="how", value=1, how=f"it said {SECRET.hex()}"),
        Fact(runtime="r", name="value", value=SECRET.decode(), how="read"),
    ]
    told = findings.tell_nothing(facts, Scanner(CANARIES))
    assert [fact.value for fact in told] == [1, "withheld", "withheld"]
    assert not any(Scanner(CANARIES).scan_text(f"{fact.value}{fact.how}") for fact in told)


def test_a_wallet_that_was_never_opened_plants_nothing() -> None:
    sources = {**EMPTY, "emulator_traffic": (), "paywall_traffic": (), "stdout": ()}
    unplanted = findings._unplanted(sources, course("it would not start"), has_credentials=False)
    assert set(unplanted) == set(sources)
    carried = Carried(sources=sources, unplanted=unplanted, unscanned={}, canaries=CANARIES)
    assert {scan.status for scan in findings.scans(carried, Scanner(CANARIES))} == {Status.UNPLANTED}


def test_where_nothing_passed_nothing_is_planted() -> None:
    sources = {**EMPTY, "emulator_traffic": (Source(where="ssp sent", content=b"x"),), "paywall_traffic": (), "adr": ()}
    unplanted = findings._unplanted(sources, course(), has_credentials=False)
    assert set(unplanted) == {"response_bodies", "errors", "response_headers", "paywall_traffic", "adr"}
    assert "paywall_traffic" not in findings._unplanted(sources, course(), has_credentials=True)
