"""Whether a run, and each runtime in it, may be judged at all.

Role: find the defects of the experiment itself: cut-off runs, missing lines, harness errors, a negative control that
did not answer `unsupported`. Must not know: gates, thresholds. A defect decides nothing, not even against a runtime.
"""

from __future__ import annotations

from collections.abc import Iterator

from bench import shards
from bench.evidence import Evidence, by_kind
from spikes.record import Outcome

NEGATIVE_CONTROL = "no_such_experiment"
CUT_OFF = "the run was cut off: no footer"


def run_defects(evidence: Evidence) -> tuple[str, ...]:
    """Why nothing at all may be decided from this record; empty if it may be judged."""
    return tuple(_run_defects(evidence))


def runtime_defects(evidence: Evidence, runtime: str) -> tuple[str, ...]:
    """Why nothing may be decided about this runtime; empty if it may be judged."""
    return tuple(_runtime_defects(evidence, runtime))


def _run_defects(evidence: Evidence) -> Iterator[str]:
    footer = evidence.footer
    if footer is None:
        yield CUT_OFF
        return
    yield from shards.defects(evidence)
    attempts, facts, errors = by_kind(evidence.set_aside)  # the run made these too
    counted = {
        "attempts": (footer.attempts, len(evidence.attempts) + len(attempts)),
        "facts": (footer.facts, len(evidence.facts) + len(facts)),
        "harness errors": (footer.harness_errors, len(evidence.harness_errors) + len(errors)),
    }
    for what, (promised, found) in counted.items():
        if promised != found:
            yield f"the footer counts {promised} {what}, the record holds {found}: lines are missing or were added"
    not_made = sum(error.value.attempt is not None for error in (*evidence.harness_errors, *errors))
    absent = evidence.header.planned_attempts - counted["attempts"][1] - not_made
    if absent > 0:
        yield f"{absent} of {evidence.header.planned_attempts} planned attempts are missing"
    if not footer.supply_ok:
        yield "the emulator's books do not balance at the end of the run: the sum of all sats changed"
    for error in evidence.harness_errors:
        if error.value.runtime is None:
            yield f"the harness failed at line {error.line} ({error.value.code}: {error.value.message})"


def _runtime_defects(evidence: Evidence, runtime: str) -> Iterator[str]:
    mine = [e for e in evidence.harness_errors if e.value.runtime == runtime]
    if mine:
        first = mine[0]
        more = f" and {len(mine) - 1} more" if len(mine) > 1 else ""
        yield f"harness error at line {first.line} ({first.value.code}: {first.value.message}){more}"
    controls = evidence.of(runtime, NEGATIVE_CONTROL)
    if not controls and evidence.probe_of(runtime) is None:  # a probe has no driver that could be asked
        yield f"the negative control ({NEGATIVE_CONTROL}) was not run"
    for a in controls:
        if a.value.outcome is not Outcome.UNSUPPORTED:
            yield f"the negative control ended {a.value.outcome} instead of unsupported (line {a.line})"
            return
