"""Gate 4, deterministic flows: "Can pass deterministic integration tests for paid/cached/blocked flows."

Role: each flow through the paywall ends as the plan expects, and repeats are identical. Must not know: how a flow is
driven. "Refused before any payment" is read from the ledger and the emulator's calls, not from the driver's word.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.evidence import Evidence, Numbered
from bench.gates import probes
from bench.gates.conclude import conclude, fails, passes, undecided
from bench.gates.readings import at_most
from bench.gates.repeats import identical_across_runtimes, repeats_identical, requests_identical
from bench.thresholds import Thresholds
from bench.verdict import Criterion, GateVerdict, NotApplicable
from bench.witnesses import hear, lines_of
from spikes.record import Attempt, Outcome, PaymentPath

NAME = "determinism"
TITLE = "Deterministic flows"
REQUIREMENT = "Can pass deterministic integration tests for paid/cached/blocked flows."

_PAYMENT_CALLS = (
    "initiate_preimage_swap",
    "initiate_swap_primary_transfer",
    "start_transfer",
    "requestlightningsend",
    "requestswap",
)


@dataclass(frozen=True, kw_only=True)
class _Flow:
    """One flow: its experiment, how it must end, and which typed codes name the right refusal (empty: any code)."""

    name: str
    ends: Outcome
    codes: tuple[str, ...] = ()


_BLOCKED = Outcome.BLOCKED
_FLOWS = (
    _Flow(name="paid", ends=Outcome.PAID),
    _Flow(name="cached", ends=Outcome.CACHED),
    _Flow(name="blocked_cap", ends=_BLOCKED, codes=("quoted_amount_exceeds_cap", "request_cap_exceeded")),
    _Flow(name="blocked_host", ends=_BLOCKED, codes=("host_not_allowed",)),
    _Flow(name="blocked_blocklist", ends=_BLOCKED, codes=("host_not_allowed", "host_blocked")),
    _Flow(name="blocked_kill_switch", ends=_BLOCKED),
    _Flow(name="blocked_window_cap", ends=_BLOCKED, codes=("window_cap_exceeded",)),
    _Flow(name="blocked_wallet_disabled", ends=_BLOCKED),
    _Flow(name="refused_credential", ends=Outcome.FAILED),
    _Flow(name="expired_credential", ends=Outcome.FAILED),
    _Flow(name="lying_amount", ends=_BLOCKED),
    _Flow(name="lying_hash", ends=Outcome.FAILED),
    _Flow(name="malformed_challenge", ends=Outcome.FAILED),
)


def judge(evidence: Evidence, thresholds: Thresholds, runtime: str) -> GateVerdict:
    """Judge gate 4 for one runtime. Pure."""
    probe = evidence.probe_of(runtime)
    if probe is not None:
        return probes.nothing_to_judge(NAME, evidence, runtime, probe)
    return conclude(NAME, evidence, runtime, _criteria(evidence, thresholds, runtime))


def _criteria(evidence: Evidence, thresholds: Thresholds, runtime: str) -> Iterator[Criterion | NotApplicable]:
    testimony = hear(evidence, runtime)
    denied = frozenset(d.line for d in testimony.disagreements)
    agreed = frozenset(testimony.agreed)
    yield from (_flow(flow, evidence.of(runtime, f"l402_{flow.name}"), denied, agreed) for flow in _FLOWS)
    yield repeats_identical(evidence, thresholds, runtime)
    yield requests_identical(evidence, thresholds, runtime)
    yield identical_across_runtimes(evidence, runtime)
    ceiling = thresholds.receipt_faults_max
    means = "receipts that lack a declared field or carry a forbidden one"
    yield at_most("receipt_contents", evidence, runtime, fact="receipt_faults", ceiling=ceiling, means=means)


def _flow(
    flow: _Flow, attempts: tuple[Numbered[Attempt], ...], denied: frozenset[int], agreed: frozenset[int]
) -> Criterion:
    name, experiment = f"flow_{flow.name}", f"l402_{flow.name}"
    if not attempts:
        return undecided(name, "not tried", needs=f"an attempt of {experiment}, ending {flow.ends}")
    wrong = [(a, complaint) for a in attempts if (complaint := _complaint(flow, a, denied)) is not None]
    if wrong:
        first, complaint = wrong[0]
        reason = f"{len(wrong)} of {len(attempts)} attempts ended wrong; line {first.line}: {complaint}"
        return fails(name, reason, lines=tuple(a.line for a, _ in wrong), threshold=flow.ends.value)
    vague = tuple(a for a in attempts if _vague(flow, a, agreed))
    if vague:
        first = vague[0]
        reason = f"line {first.line}: {_vague(flow, first, agreed)}"
        return undecided(name, reason, needs=f"attempts of {experiment} that show it", lines=lines_of(vague))
    return passes(name, f"{len(attempts)} of {len(attempts)} attempts ended {flow.ends}", lines=lines_of(attempts))


def _complaint(flow: _Flow, attempt: Numbered[Attempt], denied: frozenset[int]) -> str | None:
    """Why this attempt refutes the flow, or None. An honest UNKNOWN refutes nothing: see _vague."""
    a = attempt.value
    if attempt.line in denied:
        return "driver and ledger disagree"
    if a.outcome is Outcome.UNKNOWN:
        return None
    if a.outcome is not flow.ends:
        return f"{a.outcome} ({a.code or 'no code'}) instead of {flow.ends}"
    return None if flow.ends is Outcome.PAID else _moved_or_untyped(a)


def _moved_or_untyped(a: Attempt) -> str | None:
    """Why an attempt that must not pay was not a clean, typed refusal (or a clean cached answer); or None."""
    if a.ledger is not None and a.ledger.debited_sats != 0:
        return f"the ledger debited {a.ledger.debited_sats} sat"
    called = _payment_calls(a)
    if called or (a.outcome in (Outcome.BLOCKED, Outcome.CACHED) and a.path is not PaymentPath.NONE):
        return f"a payment call reached the network ({', '.join(called) or a.path})"
    if a.outcome is not Outcome.CACHED and a.code is None:
        return "the refusal has no typed code"
    return None


def _vague(flow: _Flow, attempt: Numbered[Attempt], agreed: frozenset[int]) -> str | None:
    """Why this attempt, though no refutation, does not show the flow either; or None."""
    a = attempt.value
    if a.outcome is Outcome.UNKNOWN:
        return "ended unknown"
    if flow.ends is Outcome.PAID and attempt.line not in agreed:
        return "paid, but a witness is missing or incomplete"
    if a.ledger is None:
        return "no ledger entry, so nobody but the driver says that no money moved"
    if flow.codes and a.code not in flow.codes:
        return f"refused with code {a.code}, so the rule in question was not shown to work"
    return None


def _payment_calls(attempt: Attempt) -> tuple[str, ...]:
    """Methods of this attempt by which money would have moved."""
    return tuple(
        method
        for method, count in attempt.calls.by_method.items()
        if count > 0 and method.replace("/", ".").rsplit(".", 1)[-1].lower().startswith(_PAYMENT_CALLS)
    )
