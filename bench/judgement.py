"""From evidence to judgement: every gate for every runtime, defects taken into account, then the decision.

Role: the whole judging half as one pure function. Must not know: files, templates, terminals, exit codes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.decision import Candidate, Decision, decide
from bench.evidence import Evidence
from bench.gates import GATES, Gate
from bench.gates.conclude import conclude, undecided
from bench.thresholds import Thresholds
from bench.validity import run_defects, runtime_defects
from bench.verdict import GateVerdict, set_aside


@dataclass(frozen=True, kw_only=True, eq=False)  # equal to itself alone, so that its tables can be cached
class Judgement:
    """Everything that a report is rendered from."""

    evidence: Evidence
    thresholds: Thresholds
    verdicts: tuple[GateVerdict, ...]  # runtimes in the header's order, gates in the registry's order
    defects: tuple[str, ...]  # why the run, or a runtime, may not be judged
    decision: Decision

    def of(self, gate: str, runtime: str) -> GateVerdict:
        """One cell of the matrix. Raises KeyError if it was not judged."""
        for verdict in self.verdicts:
            if verdict.gate == gate and verdict.runtime == runtime:
                return verdict
        raise KeyError((gate, runtime))


def judge(evidence: Evidence, thresholds: Thresholds, gates: Sequence[Gate] = GATES) -> Judgement:
    """Judge one record. Pure: the same record and thresholds give the same judgement."""
    of_run = run_defects(evidence)
    verdicts: list[GateVerdict] = []
    candidates: list[Candidate] = []
    of_runtimes: list[str] = []
    for pin in evidence.runtimes:
        own = runtime_defects(evidence, pin.name)
        if not evidence.truncated:  # a cut-off run lacks its negative controls for no fault of their own
            of_runtimes += [f"{pin.name}: {defect}" for defect in own]
        mine = [_judge_gate(gate, evidence, thresholds, pin.name) for gate in gates]
        mine = [_with_defects(verdict, (*of_run, *own)) for verdict in mine]
        verdicts += mine
        candidates.append(Candidate(name=pin.name, role=pin.role, tier=pin.tier, gates=tuple(mine)))
    return Judgement(
        evidence=evidence,
        thresholds=thresholds,
        verdicts=tuple(verdicts),
        defects=(*of_run, *of_runtimes),
        decision=decide(candidates, [gate.NAME for gate in gates], blockers=of_run),
    )


def _judge_gate(gate: Gate, evidence: Evidence, thresholds: Thresholds, runtime: str) -> GateVerdict:
    """Run one gate. A gate that crashes is INCONCLUSIVE, with the exception named; this is the one place for it."""
    try:
        return gate.judge(evidence, thresholds, runtime)
    except Exception as error:  # whatever breaks inside a gate must not read as a verdict on the runtime
        crashed = undecided(
            "gate_ran",
            f"the gate crashed: {type(error).__name__}: {error}",
            needs=f"a corrected gate {gate.NAME}; the record can be judged again",
        )
        return conclude(gate.NAME, evidence, runtime, [crashed])


def _with_defects(verdict: GateVerdict, defects: Iterable[str]) -> GateVerdict:
    first = next(iter(defects), None)
    return verdict if first is None else set_aside(verdict, first)
