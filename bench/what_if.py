"""What if one number, or the plan, were another? The same record judged twice, and what reads otherwise.

Role: change thresholds and limits by name, compare two judgements. Must not know: files, the command line. A what-if
writes nothing: thresholds.toml and limits.toml are changed by people, with a reason.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bench.errors import WhatIfError
from bench.judgement import Judgement
from bench.limits import Limits, Plan
from bench.sensitivity.levers import LIMIT, find
from bench.thresholds import Thresholds
from bench.verdict import GateVerdict, Verdict

PLAN = "plan"


@dataclass(frozen=True, kw_only=True)
class Change:
    """One number that was asked for."""

    name: str  # key of thresholds.toml, limit.<platform>.<name>, or plan
    unit: str
    was: float | str
    becomes: float | str


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One criterion that reads otherwise, or a gate (no criterion named)."""

    runtime: str
    gate: str
    criterion: str | None
    was: Verdict | None  # None: there was no such criterion
    becomes: Verdict | None
    reason: str


@dataclass(frozen=True, kw_only=True)
class WhatIf:
    """Two judgements of one record side by side."""

    changes: tuple[Change, ...]
    before: Judgement
    after: Judgement
    gates: tuple[Difference, ...]
    criteria: tuple[Difference, ...]

    @property
    def decision_changes(self) -> bool:
        """Whether the decision becomes another one, or names others."""
        return self.before.decision.statement != self.after.decision.statement


def changed(
    thresholds: Thresholds, settings: Iterable[str], plan: Plan | None
) -> tuple[Thresholds, tuple[Change, ...]]:
    """Thresholds and limits with the settings `NAME=VALUE` in force, and the plan. Raises WhatIfError."""
    changes: list[Change] = []
    if plan is not None and plan is not thresholds.limits.plan:
        changes.append(Change(name=PLAN, unit=PLAN, was=thresholds.limits.plan.value, becomes=plan.value))
        thresholds = dataclasses.replace(thresholds, limits=dataclasses.replace(thresholds.limits, plan=plan))
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals:
            raise WhatIfError(f"{setting!r} sets nothing; write NAME=VALUE, as in latency.paid_turn_p95_s=6")
        key = find(name.strip(), thresholds.limits)
        if key in {change.name for change in changes}:
            raise WhatIfError(f"{key} is set twice; set it once")
        thresholds, change = (_limit if key.startswith(LIMIT) else _threshold)(thresholds, key, text.strip())
        changes.append(change)
    return thresholds, tuple(changes)


def _threshold(thresholds: Thresholds, key: str, text: str) -> tuple[Thresholds, Change]:
    now = getattr(thresholds, key)
    value = _number(key, text)
    if (now.unit == "ratio" and value > 1) or (key == "confidence" and not 0 < value < 1):
        raise WhatIfError(f"{key} is {value:g}; write a share of 1, as 0.95")
    change = Change(name=key, unit=now.unit, was=now.value, becomes=value)
    return dataclasses.replace(thresholds, **{key: dataclasses.replace(now, value=value)}), change


def _limit(thresholds: Thresholds, key: str, text: str) -> tuple[Thresholds, Change]:
    limits = thresholds.limits
    now = next((limit for limit in limits.all if limit.key == key and limits.plan in limit.plans), None)
    if now is None:
        raise WhatIfError(f"limits.toml has no {key} for the {limits.plan} plan; name another, or another --plan")
    value = _number(key, text)
    if value == 0:
        raise WhatIfError(f"{key} is 0; a platform's limit is above that")
    every = tuple(dataclasses.replace(x, value=value) if x is now else x for x in limits.all)
    change = Change(name=key, unit=now.unit, was=now.value, becomes=value)
    return dataclasses.replace(thresholds, limits=Limits(all=every, plan=limits.plan)), change


def _number(key: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < 0:
        raise WhatIfError(f"{key} is {text!r}; write a number in base units (s, bytes, count, share of 1), 0 or more")
    return value


def compare(before: Judgement, after: Judgement, changes: tuple[Change, ...]) -> WhatIf:
    """What reads otherwise in the second judgement."""
    pairs = tuple(zip(before.verdicts, after.verdicts, strict=True))
    gates = tuple(
        Difference(
            runtime=old.runtime,
            gate=old.gate,
            criterion=None,
            was=old.verdict,
            becomes=new.verdict,
            reason=new.reason,
        )
        for old, new in pairs
        if old.verdict is not new.verdict
    )
    criteria = tuple(difference for old, new in pairs for difference in _criteria(old, new))
    return WhatIf(changes=changes, before=before, after=after, gates=gates, criteria=criteria)


def _criteria(old: GateVerdict, new: GateVerdict) -> Iterator[Difference]:
    was, now = ({c.name: c for c in verdict.criteria} for verdict in (old, new))
    for name in dict.fromkeys((*was, *now)):
        one, other = was.get(name), now.get(name)
        if one is None or other is None or one.verdict is not other.verdict:
            yield Difference(
                runtime=old.runtime,
                gate=old.gate,
                criterion=name,
                was=None if one is None else one.verdict,
                becomes=None if other is None else other.verdict,
                reason="no longer asked" if other is None else other.reason,
            )
