"""Runtimes that cannot hold a wallet: a probe tried one thing there and found why.

Role: say what that means for each gate. Must not know: what was tried. A probe never pays, so gate 1 fails with the
probe's own reason; about the other gates it says nothing, and nothing is never a pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bench.evidence import Evidence, Numbered
from bench.gates.conclude import conclude, fails, undecided
from bench.verdict import Criterion, GateVerdict, NotApplicable, Verdict
from spikes.record import Attempt


def cannot_pay(names: Iterable[str], found: Numbered[Attempt]) -> Iterator[Criterion]:
    """FAIL for each of these criteria, for the reason that the probe found."""
    for name in names:
        yield fails(name, f"cannot pay, {found.value.outcome}: {_reason(found)}", lines=(found.line,))


def where_measured(judged: Iterable[Criterion | NotApplicable]) -> Iterator[Criterion | NotApplicable]:
    """What a probe did not measure is not open: nothing will ever measure it, because nothing is paid there."""
    for entry in judged:
        if isinstance(entry, Criterion) and entry.verdict is Verdict.INCONCLUSIVE:
            yield NotApplicable(name=entry.name, reason="a probe pays nothing, and did not measure this")
        else:
            yield entry


def nothing_to_judge(gate: str, evidence: Evidence, runtime: str, found: Numbered[Attempt]) -> GateVerdict:
    """INCONCLUSIVE, because a runtime that did not pay showed neither fitness nor unfitness for this gate."""
    reason = f"did not pay, so there is nothing to judge: {_reason(found)}"
    needs = "a payment in this runtime"
    return conclude(gate, evidence, runtime, [undecided("paid_at_all", reason, needs=needs, lines=(found.line,))])


def _reason(found: Numbered[Attempt]) -> str:
    return found.value.reason or found.value.code or "no reason was given"
