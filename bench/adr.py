"""The architecture decision record of a run: MADR 4.0, every figure with the way back to its evidence.

Role: what the ADR says beside what other reports say, and its text. Pure: the same record, numbers and page give the
same bytes. Must not know: files, the clock; whether the page may be written.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import adr_page, formats, render
from bench.adr_page import Page
from bench.decision import Topology
from bench.evidence import Evidence
from bench.flow_tables import folded
from bench.gates import GATES
from bench.judgement import Judgement
from bench.sensitivity.rows import Kind
from bench.tables import tables
from bench.thresholds import Thresholds
from bench.verdict import Criterion, GateVerdict, Verdict
from spikes.record import Header, Platform, Role, RuntimePin, Tier

EMULATED = "emulated"


@dataclass(frozen=True, kw_only=True)
class Links:
    """Where the ADR finds what it cites, relative to its own directory."""

    run: str  # the directory of the run
    runbooks: str


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One criterion with what was measured, or with why it did not pass."""

    gate: str
    criterion: Criterion


@dataclass(frozen=True, kw_only=True)
class Unproven:
    """A claim that the run does not carry, why, and how it could be proven. Markdown."""

    claim: str
    why: str
    how: str


@dataclass(frozen=True, kw_only=True)
class Option:
    """Topology A in one native runtime, or B with one external one, and how it did in one line."""

    pin: RuntimePin
    title: str
    result: str
    passes: bool  # all four gates, and as the real thing
    verdicts: tuple[GateVerdict, ...]
    figures: tuple[Figure, ...]  # of those that the decision rests on


@dataclass(frozen=True, kw_only=True)
class PinnedFile:
    """One file of an SDK or an engine, and the runtimes that ran it."""

    name: str
    digest: str
    runtimes: tuple[str, ...]


def committed(run_id: str) -> Links:
    """The links of an ADR in adr/, beside reports/ and docs/."""
    return Links(run=f"../reports/{run_id}", runbooks="../docs/runbooks")


def links_between(judgement: Judgement, record: Path, path: Path) -> Links:
    """How the ADR at a path finds its run: beside itself, or as from adr/."""
    if path.parent.resolve() == record.parent.resolve():
        return Links(run=".", runbooks="../../docs/runbooks")
    return committed(judgement.evidence.header.run_id)


def adr_md(judgement: Judgement, page: Page | None = None, links: Links | None = None) -> str:
    """The text of the ADR: generated, but for what `page` keeps of a person's."""
    header = judgement.evidence.header
    date = header.started_at[:10]
    links = links or committed(header.run_id)
    return render.rendered(
        "adr.md.j2",
        judgement,
        page=page or adr_page.fresh(date),
        marks=adr_page,
        links=links,
        options=tuple(_options(judgement)),
        forced=_forced(judgement),
        nearest=[row for row in tables(judgement).sensitivity.deciding if row.kind is not Kind.SIZE],
        unproven=tuple(_unproven(judgement.evidence, links)),
        machines=tuple(_machines(header)),
        files=_files(judgement.evidence.runtimes),
        titles={gate.NAME: gate.TITLE.lower() for gate in GATES},
        numbers=numbers_digest(judgement.thresholds),
    )


def statement_of(judgement: Judgement) -> str:
    """The decision as the ADR words it, by which two of them are compared."""
    return formats.cell(judgement.decision.statement)


def numbers_digest(thresholds: Thresholds) -> Mapping[str, str]:
    """Digests of all numbers that a run is judged by; a reason or a source may be worded anew, a number may not."""
    told = dataclasses.asdict(thresholds)
    limits = told.pop("limits")["all"]
    values = {name: (number["value"], number["unit"]) for name, number in told.items()}
    bounds = [(x["platform"], x["name"], x["value"], x["unit"], x["plans"], x["date"]) for x in limits]
    return {"thresholds": _digest(values), "limits": _digest(bounds)}


def _digest(values: object) -> str:
    return "sha256:" + hashlib.sha256(json.dumps(values, sort_keys=True).encode("utf-8")).hexdigest()


def _forced(judgement: Judgement) -> Sequence[tuple[RuntimePin, Mapping[str, Verdict]]]:
    """The runtimes that the decision rests on, each with those of its verdicts that forced it."""
    rows: dict[str, dict[str, Verdict]] = {}
    for reason in judgement.decision.forced_by:
        rows.setdefault(reason.runtime, {})[reason.gate] = reason.verdict
    return [(judgement.evidence.pin(runtime), verdicts) for runtime, verdicts in rows.items()]


def _options(judgement: Judgement) -> Iterator[Option]:
    resting = {reason.runtime for reason in judgement.decision.forced_by}
    pins = judgement.evidence.runtimes
    for role, title in ((Role.NATIVE, "Topology A in"), (Role.EXTERNAL, "Topology B with")):
        for pin in (pin for pin in pins if pin.role is role):
            verdicts = tuple(judgement.of(gate.NAME, pin.name) for gate in GATES)
            yield Option(
                pin=pin,
                title=f"{title} {pin.name}",
                result=_result(pin, verdicts),
                passes=pin.tier is Tier.REAL and all(v.verdict is Verdict.PASS for v in verdicts),
                verdicts=verdicts,
                figures=_figures(verdicts) if pin.name in resting else (),
            )


def _result(pin: RuntimePin, verdicts: Sequence[GateVerdict]) -> str:
    """How an option did, in a few words."""
    words = {Verdict.FAIL: "fails", Verdict.INCONCLUSIVE: "open in"}
    parts = []
    for verdict, word in words.items():
        gates = [v.gate for v in verdicts if v.verdict is verdict]
        parts += [f"{word} {', '.join(gates)}"] if gates else []
    told = "; ".join(parts) or "passes all four gates"
    return told if pin.tier is Tier.REAL else f"{told}; a stand-in, whose passes do not count"


def _figures(verdicts: Sequence[GateVerdict]) -> tuple[Figure, ...]:
    """What was measured as a number against a target, and whatever did not pass."""
    return tuple(
        Figure(gate=verdict.gate, criterion=criterion)
        for verdict in verdicts
        for criterion in folded(verdict.criteria)
        if criterion.verdict is not Verdict.PASS or _is_number(criterion)
    )


def _is_number(criterion: Criterion) -> bool:
    return isinstance(criterion.measured, int | float) and isinstance(criterion.threshold, int | float)


def _unproven(evidence: Evidence, links: Links) -> Iterator[Unproven]:
    live = f"[first live confirmation]({links.runbooks}/first-live-confirmation.md)"
    deployed = f"[the Worker on Cloudflare]({links.runbooks}/worker-on-cloudflare.md)"
    if evidence.header.network == EMULATED:
        yield Unproven(
            claim="that it pays on the live Spark network, and how fast",
            why="the network was an emulator on loopback; how long Lightning takes is a scenario",
            how=live,
        )
    if any(pin.platform is Platform.CLOUDFLARE for pin in evidence.runtimes):
        yield Unproven(
            claim="that Cloudflare's own limits hold",
            why="workerd on this machine enforces none of them; use was measured and compared with what is documented",
            how=deployed,
        )
    for pin in evidence.runtimes:
        if pin.tier is not Tier.REAL and pin.role is not Role.INFORMATIVE:
            yield Unproven(
                claim=f"anything that {pin.name} passes",
                why=f"it is a stand-in ({formats.cell(pin.engine)}): its failures count, its passes do not",
                how=_real_one(pin),
            )
    yield Unproven(
        claim="a Cloudflare Container beside the Worker",
        why="nothing of it was measured: the container platform does not run on loopback",
        how="a runtime of role `external` that is deployed there, judged by the same gates",
    )
    yield Unproven(
        claim="the strength of the key management",
        why="the KMS is a process of ours: what is shown is who may unwrap what, and what happens if not",
        how="the same criteria of gate 2 with the cloud's own KMS behind the same interface",
    )


def _real_one(pin: RuntimePin) -> str:
    if pin.platform in (Platform.CONVEX_ISOLATE, Platform.CONVEX_NODE):
        return "the same driver on a Convex deployment: `CONVEX_SELF_HOSTED_URL` and `CONVEX_SELF_HOSTED_ADMIN_KEY`"
    return "the same driver where the platform's own runtime can be started"


def _machines(header: Header) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What each machine says of itself, and the runtimes measured on it; no names if it was all of them."""
    if len(header.shards) < 2:
        yield _host(header.host), ()
    for shard in header.shards if len(header.shards) > 1 else ():
        yield _host(shard.host), shard.runtimes


def _host(host: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in sorted(host.items())) or "not told"


def _files(pins: Sequence[RuntimePin]) -> tuple[PinnedFile, ...]:
    """Every pinned file once, with all runtimes that ran it."""
    found: dict[tuple[str, str], list[str]] = {}
    for pin in pins:
        for name, digest in pin.digests.items():
            found.setdefault((name, digest), []).append(pin.name)
    return tuple(
        PinnedFile(name=name, digest=digest, runtimes=tuple(found[name, digest])) for name, digest in sorted(found)
    )


def decides(judgement: Judgement) -> bool:
    """Whether the run ends in a topology, so that its ADR could take the place of another."""
    return judgement.decision.topology is not Topology.UNDECIDED
