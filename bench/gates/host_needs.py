"""Gate 1's host needs: every host API that the SDK touched, and whether the runtime has it.

Role: one criterion, and the ledger behind it. Must not know: how calls were counted. Facts: `host_api.<api>` is
"present", "missing" or "shimmed"; `host_api_calls.<phase>.<api>` a count; `host_apis_touched`, `_missing`, `_shimmed`.
The SDK's own extension points (its Storage interface) are no host APIs.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from dataclasses import dataclass, field

from bench.evidence import Evidence
from bench.gates.conclude import compared, fails, passes, undecided
from bench.gates.readings import counted_by
from bench.thresholds import Thresholds
from bench.verdict import Criterion, Sense, Verdict

PRESENT, SHIMMED, MISSING = "present", "shimmed", "missing"
_WORST_LAST = (PRESENT, SHIMMED, MISSING)
_API, _CALLS = "host_api", "host_api_calls"


@dataclass(kw_only=True)
class HostApi:
    """One API as one runtime has it. `status` is None if only calls of it were counted."""

    status: str | None = None
    calls: dict[str, float] = field(default_factory=dict)  # phase -> calls
    lines: list[int] = field(default_factory=list)


def ledger(evidence: Evidence, runtime: str) -> dict[str, HostApi]:
    """What is recorded of each API, sorted by name. Of contradicting readings the worst counts."""
    apis: dict[str, HostApi] = defaultdict(HostApi)
    for fact in evidence.facts_of(runtime, _API):
        api, word = apis[fact.value.name.removeprefix(f"{_API}.")], str(fact.value.value)
        api.lines.append(fact.line)
        api.status = word if api.status is None else max(api.status, word, key=_badness)
    for fact in evidence.facts_of(runtime, _CALLS):
        phase, _, name = fact.value.name.removeprefix(f"{_CALLS}.").partition(".")
        if not isinstance(fact.value.value, str):
            calls = apis[name].calls
            calls[phase] = max(calls.get(phase, 0), fact.value.value)
    return dict(sorted(apis.items()))


def _badness(status: str) -> int:
    """A word that nobody knows counts as missing: it must not read as present."""
    return _WORST_LAST.index(status) if status in _WORST_LAST else len(_WORST_LAST)


def judge(evidence: Evidence, thresholds: Thresholds, runtime: str) -> Criterion:
    """FAIL for one missing API; PASS says how many shims it took."""
    name, ceiling, apis = "host_needs", thresholds.host_apis_missing_max, ledger(evidence, runtime)
    absent = [api for api, entry in apis.items() if entry.status not in (None, PRESENT, SHIMMED)]
    touched, missing, shims = (
        evidence.largest(runtime, f"host_apis_{what}") for what in ("touched", "missing", "shimmed")
    )
    lines = tuple(x.line for x in (touched, missing, shims) if x is not None)
    count = max(len(absent), missing.value if missing is not None else 0)
    whole = touched is not None and missing is not None and shims is not None and touched.value > 0
    otherwise = Verdict.PASS if whole else Verdict.INCONCLUSIVE
    held = counted_by(ceiling, Sense.AT_MOST, count)
    if count > ceiling.value:
        which = f" ({', '.join(absent)})" if absent else ""
        lines = tuple(sorted({line for api in absent for line in apis[api].lines})) or lines
        reason = f"missing, of the host APIs that the SDK touched: {count:g}{which}"
        failed = fails(name, reason, lines=lines, measured=count, threshold=ceiling.value, unit=ceiling.unit)
        return compared(failed, held, otherwise=otherwise)
    if touched is None or missing is None or shims is None or touched.value == 0:
        bare = undecided(
            name,
            "no ledger of the host APIs that the SDK touches",
            needs="facts `host_apis_touched`, `host_apis_missing`, `host_apis_shimmed`",
            lines=lines,
        )
        return compared(bare, held, otherwise=otherwise)
    shimmed = max(shims.value, sum(entry.status == SHIMMED for entry in apis.values()))
    remark = f"with {shimmed:g} shim{'' if shimmed == 1 else 's'}" if shimmed else None
    reason = f"{touched.value:g} host APIs touched, none missing: {' '.join(filter(None, ('PASS', remark)))}"
    passed = passes(name, reason, lines=lines, measured=count, threshold=ceiling.value, unit=ceiling.unit)
    return dataclasses.replace(compared(passed, held), remark=remark)
