"""How criteria become a gate's verdict, and the three ways a criterion can end.

Role: shared by the gates. Must not know: any single gate. A gate that was given no criterion is INCONCLUSIVE.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator

from bench.evidence import Evidence
from bench.verdict import Criterion, GateVerdict, Held, NotApplicable, Value, Verdict, combine

Lines = tuple[int, ...]


def conclude(
    gate: str,
    evidence: Evidence,
    runtime: str,
    judged: Iterable[Criterion | NotApplicable],
    informative: Iterable[Criterion] = (),
) -> GateVerdict:
    """Combine the criteria of one gate for one runtime. Criteria that do not apply are listed, not counted."""
    entries = tuple(judged)
    criteria = tuple(entry for entry in entries if isinstance(entry, Criterion))
    return GateVerdict(
        gate=gate,
        runtime=runtime,
        verdict=combine(c.verdict for c in criteria),
        criteria=criteria,
        not_applicable=tuple(entry for entry in entries if isinstance(entry, NotApplicable)),
        informative=tuple(informative),
        runtime_tier=evidence.pin(runtime).tier.value,
        network_tier=evidence.header.network,
    )


def passes(
    name: str,
    reason: str,
    *,
    lines: Lines = (),
    measured: Value = None,
    threshold: Value = None,
    unit: str | None = None,
) -> Criterion:
    """A criterion that the evidence proves."""
    return Criterion(
        name=name, verdict=Verdict.PASS, reason=reason, lines=lines, measured=measured, threshold=threshold, unit=unit
    )


def fails(
    name: str,
    reason: str,
    *,
    lines: Lines = (),
    measured: Value = None,
    threshold: Value = None,
    unit: str | None = None,
    detail: str | None = None,
) -> Criterion:
    """A criterion that the evidence refutes; `detail` shows in several lines what the reason says in one."""
    return Criterion(
        name=name,
        verdict=Verdict.FAIL,
        reason=reason,
        lines=lines,
        measured=measured,
        threshold=threshold,
        unit=unit,
        detail=detail,
    )


def undecided(
    name: str,
    reason: str,
    *,
    needs: str,
    lines: Lines = (),
    measured: Value = None,
    threshold: Value = None,
    unit: str | None = None,
) -> Criterion:
    """A criterion that the evidence leaves open; `needs` says what would close it."""
    return Criterion(
        name=name,
        verdict=Verdict.INCONCLUSIVE,
        reason=reason,
        needs=needs,
        lines=lines,
        measured=measured,
        threshold=threshold,
        unit=unit,
    )


def compared(criterion: Criterion, *held: Held, otherwise: Verdict = Verdict.PASS) -> Criterion:
    """The criterion with the comparisons that its verdict comes from; `otherwise` is what it comes to beside them."""
    return dataclasses.replace(criterion, held=held, otherwise=otherwise)


def fold(name: str, parts: Iterable[Criterion]) -> Criterion:
    """Several readings as one criterion: the worst verdict, its reason, everything that is still needed, all lines."""
    entries = tuple(parts)
    verdict = combine(part.verdict for part in entries)
    worst = [part for part in entries if part.verdict is verdict]
    more = f" (and {len(worst) - 1} more)" if len(worst) > 1 and verdict is not Verdict.PASS else ""
    if not worst:
        return undecided(name, "nothing was asked", needs="a reading to judge")
    return Criterion(
        name=name,
        verdict=verdict,
        reason=f"all {len(entries)} parts hold" if verdict is Verdict.PASS else f"{worst[0].reason}{more}",
        needs="; ".join(_together([part.needs for part in entries if part.needs is not None])) or None,
        lines=tuple(sorted({line for part in entries for line in part.lines})),
        held=tuple(held for part in entries for held in part.held),
        otherwise=combine((part.otherwise or Verdict.PASS) if part.held else part.verdict for part in entries),
    )


def _together(needs: list[str]) -> Iterator[str]:
    """Needs with all plain "a fact `x`" in one phrase."""
    facts = [need.removeprefix("a fact ") for need in needs if need.startswith("a fact ")]
    if facts:
        yield f"the facts {', '.join(facts)}" if len(facts) > 1 else f"a fact {facts[0]}"
    yield from (need for need in needs if not need.startswith("a fact "))
