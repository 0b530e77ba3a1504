"""Fault schedules: which there are, which of them a runtime was put through, and what was not tried on it.

Role: read the fault attempts of a record. Must not know: verdicts, how a fault is made.
A fault attempt is called `fault_<schedule>`, or `fault_<schedule>.<method>` where the fault sits on one RPC of the
payment path; `fault_random` draws its faults from the attempt's seed. An attempt whose fault never struck covers
nothing. The payment path of a runtime is what its own fault-free payments usually call.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from bench import endings
from bench.endings import Ending
from bench.evidence import Evidence
from spikes.record import Attempt, Outcome, Platform

FAULT = "fault_"
RANDOM = "random"
COUNTEREXAMPLE = "counterexample"
LOST_ANSWER = "lost_after_commit"
RPC_SCHEDULES = (
    *("error_before_commit", LOST_ANSWER, "delay", "duplicate", "reset_mid_body", "expired_session"),
    *("kill_before_commit", "kill_after_commit"),
)
RUN_SCHEDULES = (
    *("one_operator_down", "all_operators_down", "ssp_error", "ssp_stuck", "lightning_failure", "slow_settle"),
    *("zero_preimage", "wrong_preimage", "fee_raised", "expired_session"),
    *("kill_before_submit", "kill_during_submit", "kill_after_submit", "eviction", "restart", "out_of_memory"),
    *("two_processes", "same_request_twice"),
)
_EVICTION = "eviction"
_PAYMENTS = ("pay_exact", "pay_swap")


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One attempt under faults. `struck`: at least one of its faults did what it was there for."""

    line: int
    attempt: Attempt
    schedule: str  # e.g. "delay", "random"
    method: str | None
    struck: bool
    ending: Ending
    why: str

    @property
    def faults(self) -> tuple[str, ...]:
        """What struck, in a canonical order: "delay claim_transfer", "eviction"."""
        return tuple(sorted(_word(f.kind, f.method) for f in self.attempt.faults if f.fired))

    @property
    def identity(self) -> tuple[str, ...]:
        """What makes this schedule another one than others: its name, or of a drawn one what struck."""
        return (self.attempt.experiment,) if self.schedule != RANDOM else (RANDOM, *self.faults)


def trials(evidence: Evidence, runtime: str) -> tuple[Trial, ...]:
    """All attempts of a runtime under faults, in record order."""
    return tuple(_trials(evidence, runtime))


def missing(evidence: Evidence, runtime: str) -> Iterator[str]:
    """Schedules that did not strike here, or of which the ledger said nothing; a phrase each."""
    done = {t.attempt.experiment for t in trials(evidence, runtime) if covers(t)}
    methods = payment_methods(evidence, runtime)
    open_ = {s: [m for m in methods if f"{FAULT}{s}.{m}" not in done] for s in RPC_SCHEDULES}
    whole = [schedule for schedule, of in open_.items() if len(of) == len(methods)]
    if whole:
        yield f"{'/'.join(whole)} for every RPC"
    yield from (f"{s} for {'/'.join(of)}" for s, of in open_.items() if of and s not in whole)
    evicted = evidence.pin(runtime).platform is not Platform.NONE
    for schedule in RUN_SCHEDULES:
        if f"{FAULT}{schedule}" not in done and (evicted or schedule != _EVICTION):
            yield schedule


def distinct(found: tuple[Trial, ...]) -> int:
    """How many different schedules struck, and were seen by the ledger."""
    return len({t.identity for t in found if covers(t)})


def covers(trial: Trial) -> bool:
    """Whether this attempt shows anything of its schedule."""
    return trial.struck and trial.ending is not Ending.UNSEEN


def shortest(found: tuple[Trial, ...]) -> Trial:
    """The one with the fewest faults; of several, the first of the record."""
    return min(found, key=lambda t: (len(t.faults), t.line))


def replay(trial: Trial) -> str:
    """The command that shows it again."""
    named = "" if trial.schedule == RANDOM else f" EXPERIMENT={trial.attempt.experiment}"
    return f"make replay SEED={trial.attempt.seed} RUNTIME={trial.attempt.runtime}{named}"


def shrunk(evidence: Evidence, trial: Trial) -> str | None:
    """The shortest schedule that still does it, as canonical JSON, if the run looked for it."""
    found = evidence.facts_of(trial.attempt.runtime, f"{COUNTEREXAMPLE}.{trial.attempt.seed}")
    return str(found[0].value.value) if found else None


def payment_methods(evidence: Evidence, runtime: str) -> tuple[str, ...]:
    """Every RPC on this runtime's own payment path, sorted: what at least half of its fault-free payments call, of
    those whose leaves fit or of those that swap one. A sync that one payment in a hundred happens to need is not on it.
    """
    return tuple(sorted({method for experiment in _PAYMENTS for method in _usual(evidence, runtime, experiment)}))


def _usual(evidence: Evidence, runtime: str, experiment: str) -> Iterator[str]:
    paid = [a.value for a in evidence.of(runtime, experiment) if a.value.outcome is Outcome.PAID]
    counts = Counter(method for attempt in paid for method, number in attempt.calls.by_method.items() if number)
    yield from (method for method, number in counts.items() if 2 * number >= len(paid))


def _trials(evidence: Evidence, runtime: str) -> Iterator[Trial]:
    for a in evidence.of(runtime):
        if not a.value.experiment.startswith(FAULT):
            continue
        schedule, _, method = a.value.experiment.removeprefix(FAULT).partition(".")
        reading = endings.read(a.value)
        yield Trial(
            line=a.line,
            attempt=a.value,
            schedule=schedule,
            method=method or None,
            struck=any(fault.fired for fault in a.value.faults),
            ending=reading.ending,
            why=reading.why,
        )


def _word(kind: str, method: str | None) -> str:
    return kind if method is None else f"{kind} {method}"
