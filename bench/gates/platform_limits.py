"""Gate 1's limits: what a runtime uses, held against what its platform documents.

Role: compare the uses of limit_uses.py with limits.toml. Must not know: how a use was measured. The local runtimes
enforce next to no limit, so a reading is compared and never inferred from "it ran". One plan decides (the paid one,
unless it is asked what the other would); where the other plan's limit is another one, it is judged apart and informs.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from bench.evidence import Evidence, Numbered
from bench.gates.conclude import compared, fails, passes, undecided
from bench.gates.limit_uses import USES, Use
from bench.gates.readings import at_most
from bench.limits import Limit, Plan
from bench.thresholds import Thresholds
from bench.verdict import Criterion, Held, NotApplicable, Sense, counted
from spikes.record import Platform

# The end of the name of a criterion that only the limit of a plan stands behind which does not decide.
ASIDE = {plan: f"_{plan}_plan" for plan in Plan}
FREE_PLAN = ASIDE[Plan.FREE]
_RULES = ("limit_code_generation", "limit_work_after_response")  # Cloudflare's, which are not amounts


def judge(
    evidence: Evidence, thresholds: Thresholds, runtime: str
) -> tuple[list[Criterion | NotApplicable], list[Criterion]]:
    """The criteria that decide (one plan) and those that inform (the other plan, older limits, other routes)."""
    platform = evidence.pin(runtime).platform
    limits, decisive, informative = thresholds.limits, list[Criterion | NotApplicable](), list[Criterion]()
    for use in USES[platform]:
        mine, other = (
            limits.get(use.limit, platform, plan) for plan in sorted(Plan, key=lambda p: p is not limits.plan)
        )
        if not use.informs:
            decisive.append(_judge_use(use, mine, evidence, runtime, limits.plan))
            if other is not None and other is not mine:
                informative.append(_judge_use(use, other, evidence, runtime, limits.plan))
        informative += [
            _compare(_named(name, limit, limits.plan), use, limit, reading)
            for limit in dict.fromkeys(found for found in (mine, other) if found is not None)
            for name, reading in _informing(use, evidence, runtime)
        ]
    if platform is Platform.CLOUDFLARE:
        decisive += _rules(evidence, thresholds, runtime)
        informative += _timers(evidence, thresholds, runtime)
    return [*decisive, *_not_asked(platform)], informative


def _not_asked(platform: Platform) -> Iterator[NotApplicable]:
    """The limits of Workers, which every reader of a report looks for, where they ask nothing."""
    if platform is Platform.CLOUDFLARE:
        return
    runs = "runs on no platform with limits" if platform is Platform.NONE else f"runs on {platform}"
    own = {use.criterion for use in USES[platform] if not use.informs}
    for name in (*(use.criterion for use in USES[Platform.CLOUDFLARE] if not use.informs), *_RULES):
        if name not in own:
            yield NotApplicable(name=name, reason=f"this runtime {runs}; a limit of Workers asks nothing of it")


def _informing(use: Use, evidence: Evidence, runtime: str) -> Iterator[tuple[str, Numbered[float]]]:
    """What is shown if it was measured: criterion and reading of a use that informs, and of other routes to its end."""
    if use.informs and (reading := use.read(evidence, runtime)) is not None:
        yield use.criterion, reading
    if use.routes:
        names = dict.fromkeys(fact.value.name for fact in evidence.facts_of(runtime, use.fact))
        for name in names:
            route = evidence.largest(runtime, name)
            if name != use.fact and route is not None:
                yield use.criterion + name.removeprefix(use.fact), route


def _judge_use(use: Use, limit: Limit | None, evidence: Evidence, runtime: str, decides: Plan) -> Criterion:
    """PASS or FAIL by the reading; a part of the use can refute, and nothing less than all of it proves."""
    if limit is None:
        platform = evidence.pin(runtime).platform
        reason = f"{use.what}: limits.toml has no {use.limit} of {platform} for the {decides} plan"
        needs = f"the limit {use.limit} ({platform}, {decides}) with source and date"
        return undecided(use.criterion, reason, needs=needs)
    name, reading = _named(use.criterion, limit, decides), use.read(evidence, runtime)
    if reading is not None:
        return _compare(name, use, limit, reading)
    known = [(part, found) for part in use.parts if (found := evidence.largest(runtime, part)) is not None]
    for part, found in known:
        if found.value > limit.value:
            reason = f"{use.what}: `{part}` alone exceeds {_whose(limit)} limit"
            return _held(fails(name, reason, lines=(found.line,), measured=found.value), limit, _parts(limit, known))
    partly = "".join(f"; `{part}` is only a part of it" for part, _ in known)
    needs = f"a fact `{use.fact}`: {use.needs}"
    lines = tuple(found.line for _, found in known)
    open_ = undecided(name, f"{use.what}: not measured{partly}", needs=needs, lines=lines)
    return _held(open_, limit, _parts(limit, known))


def _parts(limit: Limit, known: list[tuple[str, Numbered[float]]]) -> Held:
    """Parts of a use say how large it is at least."""
    held = counted(limit.key, Sense.AT_MOST, limit.value, None, limit.unit)
    return dataclasses.replace(held, low=max((found.value for _, found in known), default=None))


def _named(criterion: str, limit: Limit, decides: Plan) -> str:
    return criterion if decides in limit.plans else f"{criterion}{ASIDE[limit.plans[0]]}"


def _whose(limit: Limit) -> str:
    return "the paid and the free plan's" if len(limit.plans) > 1 else f"the {limit.plans[0]} plan's"


def _compare(name: str, use: Use, limit: Limit, reading: Numbered[float]) -> Criterion:
    share = f"{use.what}: {100 * reading.value / limit.value:.3g} % of {_whose(limit)} limit"
    ends = passes if reading.value <= limit.value else fails
    held = counted(limit.key, Sense.AT_MOST, limit.value, reading.value, limit.unit)
    return _held(ends(name, share, lines=(reading.line,), measured=reading.value), limit, held)


def _held(criterion: Criterion, limit: Limit, held: Held) -> Criterion:
    """The criterion with the limit that it was held against."""
    return dataclasses.replace(
        compared(criterion, held),
        threshold=limit.value,
        unit=limit.unit,
        plan="+".join(limit.plans),
        source=limit.source,
        date=limit.date,
    )


def _rules(evidence: Evidence, thresholds: Thresholds, runtime: str) -> Iterator[Criterion]:
    code, work = _RULES
    yield at_most(
        code,
        evidence,
        runtime,
        fact="code_generations",
        ceiling=thresholds.code_generations_max,
        means="code generated from strings or bytes",
    )
    yield at_most(
        work,
        evidence,
        runtime,
        fact="work_after_response.calls",
        ceiling=thresholds.work_after_response_max,
        means="network calls after the response",
    )


def _timers(evidence: Evidence, thresholds: Thresholds, runtime: str) -> Iterator[Criterion]:
    """A timer that is left behind does nothing until it fires; but it can keep a Durable Object in memory."""
    if evidence.largest(runtime, "work_after_response.timers") is not None:
        yield at_most(
            "timers_after_response",
            evidence,
            runtime,
            fact="work_after_response.timers",
            ceiling=thresholds.work_after_response_max,
            means="timers left over when the response is sent",
        )
