"""From what a watched seat carried to what is said of each surface.

Role: puts the canaries together, says where nothing could have leaked, has everything scanned. Must not know: how a
surface is collected, gates.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from spikes.inspections.custody_watch import allowances, planted, surfaces
from spikes.inspections.custody_watch.paper import Papers
from spikes.inspections.custody_watch.steps import Course
from spikes.inspections.custody_watch.surfaces import Scan, Source, Surface
from spikes.inspections.custody_watch.watch import Watch
from spikes.record import Fact, Outcome
from spikes.scanner.canaries import Canary
from spikes.scanner.scan import Scanner

PAPERS = ("record", "report", "adr", "junit")


@dataclass(frozen=True, kw_only=True)
class Carried:
    """Everything that one watched seat carried, and what is planted in it."""

    sources: Mapping[str, tuple[Source, ...]]
    unplanted: Mapping[str, str]
    unscanned: Mapping[str, str]
    canaries: tuple[Canary, ...]


def carried(
    watch: Watch,
    course: Course,
    secrets: Iterable[Canary],
    papers: Papers | None = None,
    control_plane: Path | None = None,
) -> Carried:
    """Gather it, once the seat has stopped. `secrets`: what was planted at the start; `control_plane`: its database."""
    credentials = [
        canary
        for source in watch.wires.of_paywall()
        if not isinstance(source.content, bytes)
        for canary in planted.of_credentials(source.content.read_bytes())
    ]
    proofs = [planted.preimage(preimage) for preimage in course.preimages]
    by_name = {canary.name: canary for canary in (*secrets, *proofs, *credentials)}
    sources = watch.sources() | (papers.sources if papers else {})
    if control_plane is not None:  # with what SQLite keeps beside it
        beside = sorted(control_plane.parent.glob(f"{control_plane.name}*"))
        rows = tuple(Source(where=f"control plane {path.name}", content=path) for path in beside)
        sources["runtime_storage"] = (*sources["runtime_storage"], *rows)
    unscanned = dict(papers.unscanned) if papers else {}
    if watch.seen.unread is not None or not watch.seen.command_lines:
        reason = watch.seen.unread or "the kernel shows no process of the driver"
        unscanned |= dict.fromkeys(("child_environment", "child_command_line"), reason)
    return Carried(
        sources=sources,
        unplanted=_unplanted(sources, course, has_credentials=bool(credentials)),
        unscanned=unscanned,
        canaries=tuple(by_name.values()),
    )


def scans(found: Carried, scanner: Scanner) -> list[Scan]:
    """Every surface, scanned."""
    allowed = allowances.load()
    return [
        surfaces.scan(
            Surface(
                name=name,
                sources=sources,
                unplanted=found.unplanted.get(name),
                unscanned=found.unscanned.get(name),
            ),
            scanner,
            allowed,
        )
        for name, sources in found.sources.items()
    ]


def tell_nothing(facts: Iterable[Fact], scanner: Scanner) -> list[Fact]:
    """The facts, without the words of one that would itself tell a secret."""
    return [
        fact
        if not scanner.scan_text(f"{fact.value} {fact.how}")
        else Fact(runtime=fact.runtime, name=fact.name, value="withheld", how="it would have told a planted secret")
        for fact in facts
    ]


def _unplanted(sources: Mapping[str, tuple[Source, ...]], course: Course, *, has_credentials: bool) -> dict[str, str]:
    """Surface -> why nothing of the experiment was there to leak."""
    if course.built is not None:
        return dict.fromkeys(sources, f"the wallet was never opened, so nobody held its secrets ({course.built})")
    none: dict[str, str] = {}
    for name in ("response_bodies", "response_headers", "errors", "emulator_traffic"):
        if not any(_size(source) for source in sources[name]):
            none[name] = "nothing passed there"
    if not has_credentials:
        none["paywall_traffic"] = "no credential was shown to the seller"
    if all(attempt.outcome is not Outcome.PAID for attempt in course.attempts):
        none |= dict.fromkeys((name for name in PAPERS if name in sources), "no attempt paid, so little was written")
    return none


def _size(source: Source) -> int:
    if isinstance(source.content, bytes):
        return len(source.content)
    return source.content.stat().st_size if source.content.exists() else 0
