"""Gate 1, runtime compatibility: "Can run Spark payment path without unsupported runtime dependencies."

Role: pays by both paths, both witnesses agree; what it takes to pay again is in again.py, the host APIs in
host_needs.py, the platform's limits in platform_limits.py. Must not know: how a runtime is started.
"""

from __future__ import annotations

from collections.abc import Iterator

from bench.evidence import Evidence, Numbered
from bench.gates import again, host_needs, live, platform_limits, probes
from bench.gates.conclude import conclude, fails, passes, undecided
from bench.gates.payments import shows_ability
from bench.thresholds import Thresholds
from bench.verdict import Criterion, GateVerdict, NotApplicable
from bench.witnesses import Testimony, hear
from spikes.record import Attempt, PaymentPath

NAME = "compatibility"
TITLE = "Runtime compatibility"
REQUIREMENT = "Can run Spark payment path without unsupported runtime dependencies."


def judge(evidence: Evidence, thresholds: Thresholds, runtime: str) -> GateVerdict:
    """Judge gate 1 for one runtime. Pure."""
    decisive, informative = platform_limits.judge(evidence, thresholds, runtime)
    needs = host_needs.judge(evidence, thresholds, runtime)
    probe = evidence.probe_of(runtime)
    if probe is None:
        return conclude(NAME, evidence, runtime, [*_payments(evidence, runtime), needs, *decisive], informative)
    measured = [*_probed(probe), *probes.where_measured([needs, *decisive])]
    return conclude(NAME, evidence, runtime, measured, [c for c in informative if c.measured is not None])


def _payments(evidence: Evidence, runtime: str) -> Iterator[Criterion | NotApplicable]:
    testimony = hear(evidence, runtime)
    yield _witnesses_agree(evidence, runtime, testimony)
    for path in (PaymentPath.EXACT, PaymentPath.SWAP):
        experiment = f"pay_{path}"
        yield shows_ability(f"pays_{path}", evidence.of(runtime, experiment), testimony, experiment, path)
    yield from live.judge(evidence, runtime)
    yield from again.judge(evidence, runtime, testimony)


def _probed(probe: Numbered[Attempt]) -> Iterator[Criterion | NotApplicable]:
    yield from probes.cannot_pay(("pays_exact", "pays_swap"), probe)
    yield NotApplicable(name="witnesses_agree", reason="no payment was claimed")
    for name in again.NAMES:
        yield NotApplicable(name=name, reason="there was no first payment")


def _witnesses_agree(evidence: Evidence, runtime: str, testimony: Testimony) -> Criterion:
    name = "witnesses_agree"
    if testimony.disagreements:
        first, *others = testimony.disagreements
        more = f" (and {len(others)} more)" if others else ""
        lines = tuple(dict.fromkeys(d.line for d in testimony.disagreements))
        return fails(name, first.what + more, lines=lines)
    if testimony.unconfirmed:
        reason = f"{len(testimony.unconfirmed)} payments are claimed without a complete second witness"
        return undecided(
            name, reason, needs="claim (hash, amount, fee, preimage digest) and ledger", lines=testimony.unconfirmed
        )
    heard = tuple(a.line for a in evidence.of(runtime) if a.value.ledger is not None)
    if not testimony.agreed:
        return undecided(
            name, "no payment that both witnesses saw", needs="one paid attempt with a ledger entry", lines=heard
        )
    return passes(name, f"driver and ledger agree on {len(heard)} attempts", lines=heard)
