"""The decision: Topology A, Topology B or undecided, with what forced it and what would change it.

Role: the rule of architecture.md section 4 and nothing else. Must not know: records, numbers, how gates judge.
  - The control passes all gates, or nothing is decided.
  - A if at least one native runtime that is the real thing passes all gates.
  - B if every native runtime has at least one FAIL, and an external runtime passes all gates.
  - Anything else: undecided.
A stand-in can FAIL a gate but its PASS counts as INCONCLUSIVE. A role that nobody plays satisfies nothing: without a
control, or (for B) without any native runtime, there is no evidence to decide from. Runtimes of role `informative` are
judged like the others and take no part here: adding or removing one leaves the decision as it is, word for word.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bench.verdict import GateVerdict, Verdict
from spikes.record import Role, Tier


class Topology(StrEnum):
    """How a decision can end."""

    A = "A"  # payments run natively, where the orchestration runs
    B = "B"  # a minimal external runtime executes payments
    UNDECIDED = "undecided"


_SIDES = (Role.CONTROL, Role.NATIVE, Role.EXTERNAL)


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One runtime with its verdicts, as the decision sees it."""

    name: str
    role: Role
    tier: Tier
    gates: tuple[GateVerdict, ...]

    def counted(self, gate: str) -> Verdict:
        """The verdict that counts: a stand-in's PASS is INCONCLUSIVE, and so is a gate that was not judged."""
        found = [v.verdict for v in self.gates if v.gate == gate]
        if len(found) != 1:
            return Verdict.INCONCLUSIVE
        if found[0] is Verdict.PASS and self.tier is not Tier.REAL:
            return Verdict.INCONCLUSIVE
        return found[0]


@dataclass(frozen=True, kw_only=True)
class Reason:
    """One verdict that the decision rests on."""

    runtime: str
    role: Role
    gate: str
    verdict: Verdict  # as it counts
    why: str


@dataclass(frozen=True, kw_only=True)
class Gap:
    """Evidence that is missing, and for which runtimes."""

    gate: str
    criterion: str
    needs: str
    runtimes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The end of the run, on one screen."""

    topology: Topology
    statement: str  # one plain line
    forced_by: tuple[Reason, ...]
    missing: tuple[Gap, ...]
    would_change: tuple[str, ...]


def decide(candidates: Sequence[Candidate], gates: Sequence[str], *, blockers: Sequence[str] = ()) -> Decision:
    """Apply the rule to all verdicts. `blockers` are defects of the whole run: with any of them nothing is decided."""
    controls, natives, externals = ([c for c in candidates if c.role is role] for role in _SIDES)
    topology, statement, deciding = _rule(controls, natives, externals, gates, blockers)
    return Decision(
        topology=topology,
        statement=statement,
        forced_by=tuple(_reasons(deciding, gates, topology)),
        missing=_gaps(c for c in candidates if c.role is not Role.INFORMATIVE),
        would_change=tuple(_would_change(topology, controls, natives, externals, gates)),
    )


def ends(
    candidates: Sequence[Candidate], gates: Sequence[str], *, blockers: Sequence[str] = ()
) -> tuple[Topology, str]:
    """How the rule ends, and its statement, without the reasons."""
    controls, natives, externals = ([c for c in candidates if c.role is role] for role in _SIDES)
    return _rule(controls, natives, externals, gates, blockers)[:2]


def _rule(
    controls: Sequence[Candidate],
    natives: Sequence[Candidate],
    externals: Sequence[Candidate],
    gates: Sequence[str],
    blockers: Sequence[str],
) -> tuple[Topology, str, Sequence[Candidate]]:
    if blockers:
        return Topology.UNDECIDED, f"Nothing is decided: {blockers[0]}.", ()
    if not controls:
        return Topology.UNDECIDED, "Nothing is decided: the run had no control.", ()
    unproven = [c for c in controls if not _passes(c, gates)]
    if unproven:
        return (
            Topology.UNDECIDED,
            f"Nothing is decided: the control ({_names(unproven)}) does not pass all gates.",
            unproven,
        )
    return _between(controls, natives, externals, gates)


def _between(
    controls: Sequence[Candidate], natives: Sequence[Candidate], externals: Sequence[Candidate], gates: Sequence[str]
) -> tuple[Topology, str, Sequence[Candidate]]:
    """The rule once the control stands: A before B before undecided."""
    fit = [c for c in natives if _passes(c, gates)]
    if fit:
        return Topology.A, f"Topology A: payments run natively in {_names(fit)}.", [*controls, *fit]
    if natives and all(_fails(c, gates) for c in natives):
        able = [c for c in externals if _passes(c, gates)]
        if able:
            statement = f"Topology B: no native runtime is fit; {_names(able)} executes payments behind a narrow API."
            return Topology.B, statement, [*controls, *natives, *able]
        return (
            Topology.UNDECIDED,
            "Undecided: every native runtime fails, but no external one passes.",
            [*natives, *externals],
        )
    open_ = [c for c in natives if not _fails(c, gates)]
    what = f"{_names(open_)} neither passes all gates nor fails one" if open_ else "no native runtime was tried"
    return Topology.UNDECIDED, f"Undecided: {what}.", open_


def _passes(candidate: Candidate, gates: Sequence[str]) -> bool:
    return bool(gates) and all(candidate.counted(gate) is Verdict.PASS for gate in gates)


def _fails(candidate: Candidate, gates: Sequence[str]) -> bool:
    return any(candidate.counted(gate) is Verdict.FAIL for gate in gates)


def _reasons(deciding: Iterable[Candidate], gates: Sequence[str], topology: Topology) -> Iterator[Reason]:
    """The verdicts that forced the end: all passes of who is fit, the failures of who is not, else what is open."""
    for candidate in deciding:
        fit = _passes(candidate, gates)
        for gate in gates:
            counted = candidate.counted(gate)
            forces = fit or (counted is Verdict.FAIL if topology is Topology.B else counted is not Verdict.PASS)
            if forces:
                yield Reason(
                    runtime=candidate.name, role=candidate.role, gate=gate, verdict=counted, why=_why(candidate, gate)
                )


def _why(candidate: Candidate, gate: str) -> str:
    found = [v for v in candidate.gates if v.gate == gate]
    if len(found) != 1:
        return "the gate was not judged"
    if found[0].verdict is Verdict.PASS and candidate.tier is not Tier.REAL:
        return f"a stand-in's PASS does not count ({found[0].reason})"
    return found[0].reason


def _gaps(candidates: Iterable[Candidate]) -> tuple[Gap, ...]:
    """Everything that INCONCLUSIVE criteria still need; runtimes with the same need stand together."""
    needs: dict[tuple[str, str, str], list[str]] = {}
    for candidate in candidates:
        for verdict in candidate.gates:
            for criterion in verdict.criteria:
                if criterion.verdict is Verdict.INCONCLUSIVE and criterion.needs is not None:
                    needs.setdefault((verdict.gate, criterion.name, criterion.needs), []).append(candidate.name)
    return tuple(Gap(gate=g, criterion=c, needs=n, runtimes=tuple(who)) for (g, c, n), who in needs.items())


def _would_change(
    topology: Topology,
    controls: Sequence[Candidate],
    natives: Sequence[Candidate],
    externals: Sequence[Candidate],
    gates: Sequence[str],
) -> Iterator[str]:
    match topology:
        case Topology.A:
            fit = [c for c in natives if _passes(c, gates)]
            yield f"a FAIL on any gate in {_names(fit)} would take Topology A away"
        case Topology.B:
            yield f"Topology A instead, if one native runtime passed all gates: {_hurdles(natives, gates)}"
            able = [c for c in externals if _passes(c, gates)]
            yield f"undecided instead, if {_names(able)} no longer passed all gates"
        case Topology.UNDECIDED:
            if not controls or any(not _passes(c, gates) for c in controls):
                yield f"first the control must pass all gates: {_hurdles(controls, gates)}"
            yield f"Topology A, if one native runtime passes all gates: {_hurdles(natives, gates)}"
            yield (
                "Topology B, if every native runtime fails at least one gate "
                f"(without one so far: {_names([c for c in natives if not _fails(c, gates)])}) "
                f"and an external runtime passes all: {_hurdles(externals, gates)}"
            )


def _hurdles(candidates: Sequence[Candidate], gates: Sequence[str]) -> str:
    """What still stands between each of these and passing all gates."""
    texts = []
    for candidate in candidates:
        parts = [] if candidate.tier is Tier.REAL else ["a stand-in, whose PASS does not count"]
        for verdict in (Verdict.FAIL, Verdict.INCONCLUSIVE):
            gates_so = [gate for gate in gates if candidate.counted(gate) is verdict]
            parts += [f"{verdict} in {', '.join(gates_so)}"] if gates_so else []
        texts.append(f"{candidate.name} is {'; '.join(parts) if parts else 'ready'}")
    return "; ".join(texts) if texts else "none was tried"


def _names(candidates: Sequence[Candidate]) -> str:
    return ", ".join(c.name for c in candidates) if candidates else "none"
