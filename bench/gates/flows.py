"""Gate 4's flows: how each turn through the paywall must end, and whether a runtime's turns do.

Role: the table of flows, one criterion each, and one over all blocked ones together. Must not know: how a flow is
driven. That no money moved is read from the ledger and the emulator's calls, not from the driver's word. A payment
whose answer is an honest UNKNOWN refutes nothing and shows nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from bench.evidence import Evidence, Numbered
from bench.gates.conclude import compared, fails, passes, undecided
from bench.gates.readings import counted_by, few_decide_nothing
from bench.gates.spelled import receipt_of
from bench.thresholds import Threshold, Thresholds
from bench.verdict import Criterion, Sense, Verdict
from bench.witnesses import Testimony, hear, lines_of
from spikes.record import Attempt, Outcome, PaymentPath, Role, Tier

# Methods by which money moves, as they begin when written small; the sends alone are one payment each.
_SENDS = ("initiate_preimage_swap", "requestlightningsend")
_PAYMENT_CALLS = (*_SENDS, "initiate_swap_primary_transfer", "start_transfer", "requestswap")
Attempts = tuple[Numbered[Attempt], ...]


@dataclass(frozen=True, kw_only=True)
class Flow:
    """One flow: what its turn must end in, with which typed code, and whether that turn pays."""

    name: str
    ends: Outcome
    code: str | None = None
    pays: bool = False
    cache: str | None = None  # the cacheStatus that its receipt must name, where the flow is about that

    @property
    def experiment(self) -> str:
        """The experiment that asks for it."""
        return f"l402_{self.name}"

    @property
    def declared(self) -> str:
        """Outcome and code in one word or two."""
        return ending(self.ends, self.code)


def _paid(name: str, code: str | None = None, cache: str | None = None) -> Flow:
    return Flow(name=name, ends=Outcome.PAID, code=code, pays=True, cache=cache)


def _blocked(name: str, code: str, cache: str | None = None) -> Flow:
    return Flow(name=name, ends=Outcome.BLOCKED, code=code, cache=cache)


def _failed(name: str, code: str) -> Flow:
    return Flow(name=name, ends=Outcome.FAILED, code=code)


FLOWS: tuple[Flow, ...] = (
    _paid("paid"),
    Flow(name="cached", ends=Outcome.CACHED),
    _blocked("blocked_cap", "quoted_amount_exceeds_cap"),
    _blocked("blocked_host", "host_not_allowed"),
    _blocked("blocked_blocklist", "host_blocked"),
    _blocked("blocked_kill_switch", "kill_switch_on"),
    _blocked("blocked_wallet_disabled", "wallet_disabled"),
    _blocked("blocked_approval", "approval_required"),
    _blocked("blocked_window_cap", "window_cap_exceeded"),
    _blocked("blocked_unknown_spend", "window_cap_exceeded"),
    _paid("paid_lsat"),
    _paid("paid_both_headers"),
    _paid("paid_token"),
    _paid("at_once"),
    _paid("expired_credential", cache="invalid"),
    _blocked("expired_over_cap", "quoted_amount_exceeds_cap", cache="invalid"),
    _failed("revoked_credential", "credential_revoked"),
    _paid("refused_credential", "credential_refused"),
    _paid("forever_402", "credential_refused"),
    _blocked("lying_amount", "quoted_amount_exceeds_cap"),
    _failed("lying_hash", "challenge_mismatch"),
    _failed("reused_invoice", "idempotency_conflict"),
    _failed("wrong_network", "invoice_unpayable"),
    _failed("expired_invoice", "invoice_unpayable"),
    _failed("amountless_invoice", "invoice_unpayable"),
    _failed("malformed_challenge", "challenge_malformed"),
    _failed("redirect", "redirect_refused"),
    _paid("large_body"),
    _failed("seller_error", "seller_error"),
)
PREFIX = "flow_"
EXPERIMENTS = tuple(flow.experiment for flow in FLOWS)


def judge(evidence: Evidence, thresholds: Thresholds, runtime: str) -> Iterator[Criterion]:
    """One criterion a flow, then the blocked ones together."""
    testimony = hear(evidence, runtime)
    enough = required_repeats(evidence, thresholds, runtime)
    for flow in FLOWS:
        yield _judge_flow(flow, evidence, evidence.of(runtime, flow.experiment), testimony, enough)
    yield _blocked_pays_nothing(evidence, thresholds, runtime)


def required_repeats(evidence: Evidence, thresholds: Thresholds, runtime: str) -> Threshold:
    """How often each flow must have been shown. What the decision cannot rest on is asked for a repeat, no more."""
    pin = evidence.pin(runtime)
    decides = pin.role is not Role.INFORMATIVE and pin.tier is Tier.REAL
    return thresholds.flow_repeats_min if decides else thresholds.repeats_min


def ending(outcome: Outcome, code: str | None) -> str:
    """An outcome with its code: "blocked (host_blocked)"."""
    return f"{outcome} ({code})" if code is not None else outcome.value


def _judge_flow(
    flow: Flow, evidence: Evidence, attempts: Attempts, testimony: Testimony, enough: Threshold
) -> Criterion:
    name, n = PREFIX + flow.name, len(attempts)
    if not attempts:
        needs = f"{enough.value:g} attempts of {flow.experiment}, ending {flow.declared}"
        bare = undecided(name, "not tried", needs=needs, measured=0, threshold=enough.value, unit=enough.unit)
        return compared(bare, few_decide_nothing(enough, 0), otherwise=Verdict.INCONCLUSIVE)
    denied = testimony.disputed
    wrong = [(a, told) for a in attempts if (told := _complaint(flow, evidence, a, denied.get(a.line))) is not None]
    if wrong:
        first, complaint = wrong[0]
        reason = f"{len(wrong)} of {n} attempts ended wrong; line {first.line}: {complaint}"
        lines = tuple(a.line for a, _ in wrong)
        return fails(name, reason, lines=lines, measured=n - len(wrong), threshold=enough.value, unit=enough.unit)
    agreed = frozenset(testimony.agreed)
    vague = [(a, told) for a in attempts if (told := _vague(flow, evidence, a, agreed)) is not None]
    shown, lines = n - len(vague), lines_of(attempts)
    held = few_decide_nothing(enough, shown)
    if shown < enough.value:
        why = f"; line {vague[0][0].line}: {vague[0][1]}" if vague else ""
        reason = f"{shown} of the {enough.value:g} attempts that it takes ended {flow.declared}{why}"
        needs = f"{enough.value:g} attempts of {flow.experiment} that show it, {enough.value - shown:g} more"
        few = undecided(
            name, reason, needs=needs, lines=lines, measured=shown, threshold=enough.value, unit=enough.unit
        )
        return compared(few, held, otherwise=Verdict.INCONCLUSIVE if vague else Verdict.PASS)
    if vague:
        first, why = vague[0]
        reason = f"{len(vague)} of {n} attempts do not show it; line {first.line}: {why}"
        lines = tuple(a.line for a, _ in vague)
        return undecided(name, reason, needs=f"attempts of {flow.experiment} that all show how they ended", lines=lines)
    reason = f"{n} of {n} attempts ended {flow.declared}"
    return compared(passes(name, reason, lines=lines, measured=n, threshold=enough.value, unit=enough.unit), held)


def _complaint(flow: Flow, evidence: Evidence, attempt: Numbered[Attempt], denied: str | None) -> str | None:
    """Why this attempt refutes the flow, or None. An honest UNKNOWN refutes nothing: see _vague."""
    a = attempt.value
    if denied is not None:
        return f"driver and ledger disagree: {denied.removeprefix(f'line {attempt.line}, {a.experiment}: ')}"
    if a.outcome is Outcome.UNKNOWN:
        return None
    if (a.outcome, a.code) != (flow.ends, flow.code):
        return f"{ending(a.outcome, a.code)} instead of {flow.declared}"
    if not flow.pays and (moved := _moved(a)) is not None:
        return moved
    if (sends := _count(a, _SENDS, most=True)) > 1:
        return f"{sends} payments were sent for one"
    return _receipt_says_otherwise(flow, a, receipt_of(evidence, a))


def _receipt_says_otherwise(flow: Flow, a: Attempt, receipt: Mapping[str, object] | None) -> str | None:
    """What the receipt contradicts, if it is spelled out in the record."""
    if receipt is None:
        return None
    if flow.cache is not None and receipt.get("cacheStatus", flow.cache) != flow.cache:
        return f"the receipt's cacheStatus is {receipt['cacheStatus']}, not {flow.cache}"
    if (receipt.get("outcome"), receipt.get("code")) != (a.outcome.value, a.code):
        return "the receipt names another outcome or code than the answer"
    return None


def _vague(flow: Flow, evidence: Evidence, attempt: Numbered[Attempt], agreed: frozenset[int]) -> str | None:
    """Why this attempt, though no refutation, does not show the flow either; or None."""
    a = attempt.value
    if a.outcome is Outcome.UNKNOWN:
        return "ended unknown"
    if flow.ends is Outcome.PAID and attempt.line not in agreed:
        return "paid, but a witness is missing or incomplete"
    if a.ledger is None:
        return "no ledger entry, so nobody but the driver says that no money moved"
    if flow.cache is not None and "cacheStatus" not in (receipt_of(evidence, a) or {}):
        return "no receipt in the record, which would tell the cacheStatus"
    return None


def _blocked_pays_nothing(evidence: Evidence, thresholds: Thresholds, runtime: str) -> Criterion:
    """Over all blocked flows: no satoshi moved, and no payment call in the emulator's journal. However they ended."""
    name, ceiling = "blocked_pays_nothing", thresholds.blocked_payments_max
    flows = [flow for flow in FLOWS if flow.ends is Outcome.BLOCKED]
    attempts = evidence.of(runtime, *(flow.experiment for flow in flows))
    sats = sum(abs(a.value.ledger.debited_sats) for a in attempts if a.value.ledger is not None)
    calls = sum(_count(a.value, _PAYMENT_CALLS) for a in attempts)
    told = f"{sats} sat moved and {calls} payment calls in {len(attempts)} attempts of {len(flows)} blocked flows"
    paying = tuple(a.line for a in attempts if _moved(a.value) is not None)
    seen = {a.value.experiment for a in attempts if a.value.ledger is not None}
    missing = [flow.experiment for flow in flows if flow.experiment not in seen]
    otherwise = Verdict.INCONCLUSIVE if missing else Verdict.PASS
    count, most, unit = len(paying), ceiling.value, ceiling.unit
    if len(paying) > ceiling.value:
        judged = fails(name, told, lines=paying, measured=count, threshold=most, unit=unit)
    elif missing:
        needs = f"attempts with a ledger entry of {', '.join(missing)}"
        judged = undecided(name, f"{len(missing)} of {len(flows)} blocked flows not seen", needs=needs)
    else:
        judged = passes(name, told, lines=lines_of(attempts), measured=count, threshold=most, unit=unit)
    return compared(judged, counted_by(ceiling, Sense.AT_MOST, count), otherwise=otherwise)


def _moved(a: Attempt) -> str | None:
    """What moved, or would have, in a turn that must not pay; or None."""
    if a.ledger is not None and a.ledger.debited_sats != 0:
        return f"the ledger debited {a.ledger.debited_sats} sat"
    if _count(a, _PAYMENT_CALLS) or a.path is not PaymentPath.NONE:
        called = ", ".join(_methods(a, _PAYMENT_CALLS)) or a.path
        return f"a payment call reached the network ({called})"
    return None


def _count(a: Attempt, kinds: tuple[str, ...], *, most: bool = False) -> int:
    """Calls of these kinds: all of them, or (`most`) of the kind that was called most often."""
    counts = [a.calls.by_method[method] for method in _methods(a, kinds)]
    return max(counts, default=0) if most else sum(counts)


def _methods(a: Attempt, kinds: Iterable[str]) -> list[str]:
    beginnings = tuple(kinds)
    return [
        method
        for method, count in a.calls.by_method.items()
        if count > 0 and method.replace("/", ".").rsplit(".", 1)[-1].lower().startswith(beginnings)
    ]
