"""Verdicts: three values, the criteria behind them, and how they combine.

Role: the words in which gates speak. Must not know: records, numbers, runtimes' internals, how anything is printed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """FAIL beats INCONCLUSIVE beats PASS."""

    PASS = "PASS"  # noqa: S105 - a verdict, not a password
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"


Value = float | int | str | None


class Sense(StrEnum):
    """On which side of a number the measured one must be."""

    AT_MOST = "at most"
    AT_LEAST = "at least"


@dataclass(frozen=True, kw_only=True)
class Held:
    """One comparison behind a criterion, so that it can be asked what another number would have given.

    `lever` names the number: a key of thresholds.toml, or `limit.<platform>.<name>`. The evidence says that what is
    compared with it lies between `low` and `high`: equal where it was counted, its confidence bounds where it was
    sampled, None where there is no such bound. `beyond` is the verdict on the wrong side: FAIL, or INCONCLUSIVE where
    too little of something decides nothing.
    """

    lever: str
    sense: Sense
    threshold: float
    low: float | None
    high: float | None
    unit: str
    beyond: Verdict = Verdict.FAIL

    def at(self, value: float) -> Verdict:
        """The verdict if the threshold were `value`."""
        near, far = (self.high, self.low) if self.sense is Sense.AT_MOST else (self.low, self.high)
        sign = 1 if self.sense is Sense.AT_MOST else -1
        if near is not None and sign * near <= sign * value:
            return Verdict.PASS
        return self.beyond if far is not None and sign * far > sign * value else Verdict.INCONCLUSIVE


def counted(lever: str, sense: Sense, threshold: float, reading: float | None, unit: str) -> Held:
    """A comparison of something counted or read off exactly; None if it was not."""
    return Held(lever=lever, sense=sense, threshold=threshold, low=reading, high=reading, unit=unit)


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """One measurable part of a gate and how it ended.

    `measured` and `threshold` are in base units named by `unit` ("s", "bytes", "sat", "ratio", "count").
    `lines` are 1-based line numbers of the record. `needs` says what would decide an INCONCLUSIVE criterion.
    Where a platform's limit is the threshold, `plan` ("paid", "free" or "paid+free"), `source` and `date` say whose it
    is, who says so and when that was read.
    """

    name: str
    verdict: Verdict
    reason: str
    measured: Value = None
    threshold: Value = None
    unit: str | None = None
    needs: str | None = None
    lines: tuple[int, ...] = ()
    plan: str | None = None
    source: str | None = None
    date: str | None = None
    remark: str | None = None  # read together with the verdict: PASS "with 2 shims"
    detail: str | None = None  # several lines that show what the reason says, such as a diff
    held: tuple[Held, ...] = ()  # the verdict is that of all these together with `otherwise`
    otherwise: Verdict | None = None  # what the criterion comes to beside its comparisons; None: PASS

    @property
    def margin(self) -> float | None:
        """What is left of a platform's limit, 1 - measured / limit; below 0 if it is exceeded, None if not known."""
        measured, limit = self.measured, self.threshold
        if self.plan is None or not isinstance(measured, int | float) or not isinstance(limit, int | float):
            return None
        return 1 - measured / limit

    def at(self, lever: str, value: float) -> Verdict:
        """The verdict if that one number were another, and everything else as it is."""
        if not self.held:
            return self.verdict
        parts = (h.at(value if h.lever == lever else h.threshold) for h in self.held)
        return combine((self.otherwise or Verdict.PASS, *parts))


@dataclass(frozen=True, kw_only=True)
class NotApplicable:
    """A criterion that asks nothing of this runtime. It is no verdict and takes no part in any."""

    name: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class GateVerdict:
    """One gate, one runtime. `verdict` combines `criteria`; `informative` ones are judged apart, deciding nothing."""

    gate: str
    runtime: str
    verdict: Verdict
    criteria: tuple[Criterion, ...]
    runtime_tier: str  # "real" | "stand-in"
    network_tier: str  # "emulated" | "hosted-regtest" | "mainnet"
    not_applicable: tuple[NotApplicable, ...] = ()
    informative: tuple[Criterion, ...] = ()
    set_aside: str | None = None

    @property
    def remark(self) -> str | None:
        """What is read together with a PASS, if anything."""
        remarks = [c.remark for c in self.criteria if c.remark is not None]
        return "; ".join(remarks) if remarks and self.verdict is Verdict.PASS else None

    @property
    def reason(self) -> str:
        """One plain line: why the verdict is what it is."""
        if self.set_aside is not None:
            return self.set_aside
        worst = [c for c in self.criteria if c.verdict is self.verdict]
        match self.verdict:
            case Verdict.PASS:
                return f"all {len(worst)} criteria pass" + "".join(f"; {c.reason}" for c in worst if c.remark)
            case Verdict.FAIL:
                more = f"; {len(worst) - 1} further criteria fail" if len(worst) > 1 else ""
                return f"{worst[0].name}: {worst[0].reason}{more}"
            case Verdict.INCONCLUSIVE:
                if not worst:
                    return "no criterion was judged"
                more = f" ({len(worst)} of {len(self.criteria)} open)"
                return f"{worst[0].name}: {worst[0].reason}{more}"


def combine(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict of a conjunction. Nothing at all is INCONCLUSIVE: no data is never a pass."""
    seen = set(verdicts)
    if Verdict.FAIL in seen:
        return Verdict.FAIL
    if Verdict.INCONCLUSIVE in seen or not seen:
        return Verdict.INCONCLUSIVE
    return Verdict.PASS


def set_aside(verdict: GateVerdict, why: str) -> GateVerdict:
    """The same gate with nothing decided: every criterion becomes INCONCLUSIVE and says how it read before."""

    def open_again(criterion: Criterion) -> Criterion:
        reason = f"set aside ({why}); it read {criterion.verdict}: {criterion.reason}"
        return dataclasses.replace(
            criterion,
            verdict=Verdict.INCONCLUSIVE,
            reason=reason,
            needs="a run without this defect",
            remark=None,
            held=(),  # no other number would change it
            otherwise=None,
        )

    return dataclasses.replace(
        verdict,
        verdict=Verdict.INCONCLUSIVE,
        criteria=tuple(map(open_again, verdict.criteria)),
        informative=tuple(map(open_again, verdict.informative)),
        set_aside=why,
    )
