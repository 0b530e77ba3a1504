"""Gate 1's limits: what a runtime on Cloudflare uses, held against what the platform documents.

Role: one criterion a limit. Must not know: how the use was measured. Local workerd enforces no resource limit, so a
reading is compared and never inferred from "it ran". The paid plan decides; the free plan is judged apart and informs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bench.evidence import Evidence, Numbered
from bench.gates.conclude import fails, passes, undecided
from bench.gates.readings import at_most
from bench.limits import Plan
from bench.thresholds import Thresholds
from bench.verdict import Criterion, NotApplicable
from spikes.record import Outcome, Platform, RuntimePin

_PAYMENTS = ("pay_exact", "pay_swap", "pay_after_restart", "pay_after_eviction", "l402_paid")


@dataclass(frozen=True, kw_only=True)
class _Use:
    """One limited resource: its criterion, the entry in limits.toml, and where its reading comes from."""

    criterion: str
    limit: str
    what: str
    needs: str
    reading: Callable[[Evidence, str], Numbered[float] | None]
    partial: str | None = (
        None  # a fact that is only a part of the use: over the limit it refutes, below it proves nothing
    )


def _fact(name: str) -> Callable[[Evidence, str], Numbered[float] | None]:
    return lambda evidence, runtime: evidence.largest(runtime, name)


def _subrequests(evidence: Evidence, runtime: str) -> Numbered[float] | None:
    """The most network calls that the emulator saw in one paid attempt."""
    paid = [a for a in evidence.of(runtime, *_PAYMENTS) if a.value.outcome is Outcome.PAID and a.value.calls.count > 0]
    counts = [Numbered(line=a.line, value=float(a.value.calls.count)) for a in paid]
    return max(counts, key=lambda n: n.value, default=None)


_USES = (
    _Use(
        criterion="limit_upload_size",
        limit="upload_raw_bytes",
        what="upload, uncompressed",
        needs="a fact `upload_raw_bytes`: all modules of the Worker as uploaded",
        reading=_fact("upload_raw_bytes"),
    ),
    _Use(
        criterion="limit_startup_cpu",
        limit="startup_cpu_s",
        what="CPU before the first request",
        needs="a fact `startup_cpu_s`: isolate cold start without process start, with the calibration used",
        reading=_fact("startup_cpu_s"),
    ),
    _Use(
        criterion="limit_cpu_per_request",
        limit="cpu_per_request_s",
        what="CPU of the most expensive request",
        needs="a fact `cpu_per_request_s`: isolate-thread CPU of one request, cold and warm (workerd --async-trace)",
        reading=_fact("cpu_per_request_s"),
    ),
    _Use(
        criterion="limit_memory",
        limit="memory_bytes",
        what="isolate memory, heap and wasm",
        needs="a fact `isolate_memory_bytes`: a heap snapshot's total after payments; a process's RSS is no answer",
        reading=_fact("isolate_memory_bytes"),
        partial="wasm_memory_bytes",
    ),
    _Use(
        criterion="limit_subrequests",
        limit="subrequests",
        what="network calls in one payment",
        needs="a paid attempt with the emulator's call count",
        reading=_subrequests,
    ),
    _Use(
        criterion="limit_connections",
        limit="connections",
        what="connections waiting for headers at once",
        needs="a fact `connections_max`: most fetches open at once (workerd --async-trace)",
        reading=_fact("connections_max"),
    ),
)
_ALL_NAMES = (*(use.criterion for use in _USES), "limit_code_generation", "limit_work_after_response")


def applies(pin: RuntimePin) -> bool:
    """Whether this runtime would run on Cloudflare."""
    return pin.platform is Platform.CLOUDFLARE


def judge(
    evidence: Evidence, thresholds: Thresholds, runtime: str
) -> tuple[list[Criterion | NotApplicable], list[Criterion]]:
    """The criteria that decide (paid plan) and those that inform (free plan)."""
    if not applies(evidence.pin(runtime)):
        reason = "this runtime does not run on Cloudflare; a limit of Workers asks nothing of it"
        return [NotApplicable(name=name, reason=reason) for name in _ALL_NAMES], []
    decisive: list[Criterion | NotApplicable] = [
        _compare(use, Plan.PAID, evidence, thresholds, runtime) for use in _USES
    ]
    decisive += _forbidden(evidence, thresholds, runtime)
    informative = [
        _compare(use, Plan.FREE, evidence, thresholds, runtime)
        for use in _USES
        if thresholds.limits.get(use.limit, Plan.FREE) is not None
    ]
    return decisive, informative


def _compare(use: _Use, plan: Plan, evidence: Evidence, thresholds: Thresholds, runtime: str) -> Criterion:
    name = use.criterion if plan is Plan.PAID else f"{use.criterion}_free_plan"
    limit = thresholds.limits.get(use.limit, plan)
    reading = use.reading(evidence, runtime)
    if limit is None:
        reason = f"{use.what}: limits.toml has no {use.limit} for the {plan} plan"
        return undecided(name, reason, needs=f"the limit {use.limit} ({plan}) with source and date")
    part = evidence.largest(runtime, use.partial) if use.partial is not None else None
    if reading is None and part is not None and part.value > limit.value:
        reason = f"{use.what}: `{use.partial}` alone exceeds the {plan} plan's limit"
        return fails(name, reason, lines=(part.line,), measured=part.value, threshold=limit.value, unit=limit.unit)
    if reading is None:
        partly = f"; `{use.partial}` is only a part of it" if part is not None else ""
        return undecided(
            name,
            f"{use.what}: not measured{partly}",
            needs=use.needs,
            lines=() if part is None else (part.line,),
            threshold=limit.value,
            unit=limit.unit,
        )
    share = f"{100 * reading.value / limit.value:.1f} % of the {plan} plan's limit"
    ends = passes if reading.value <= limit.value else fails
    return ends(
        name,
        f"{use.what}: {share}",
        lines=(reading.line,),
        measured=reading.value,
        threshold=limit.value,
        unit=limit.unit,
    )


def _forbidden(evidence: Evidence, thresholds: Thresholds, runtime: str) -> Iterator[Criterion]:
    yield at_most(
        "limit_code_generation",
        evidence,
        runtime,
        fact="code_generations",
        ceiling=thresholds.code_generations_max,
        means="code generated from strings or bytes",
    )
    yield at_most(
        "limit_work_after_response",
        evidence,
        runtime,
        fact="work_after_response",
        ceiling=thresholds.work_after_response_max,
        means="network calls and timers after the response",
    )
