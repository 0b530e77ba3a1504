"""The judged evidence of a record, as one digest: what two runs of one plan must share, on whatever machines.

Role: leave out of each line what no two runs can share, and digest the rest. Must not know: files, gates, shards.

Left out: the header's who, when and where; the order in which lanes finished; lines that are set aside; every clock
and what was measured; how often a client asked before it was answered, since it polls; a balance as a number, since
other turns of its lane move it, though not whether both witnesses tell the same one; and words for people.
Of an attempt under faults, or asked again after one, only what was planned is kept: whether a fault that waits for a
call meets the payment or the client's own housekeeping can hang on a millisecond, and either end may be sound. What
such attempts show is judged by the ledger, not by sameness.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from spikes.record.shapes import Attempt, Claim, Fact, HarnessError, LedgerEntry, Line

# Facts of which two runs share that they were told, not what they say: times, garbage, and what timers did.
_MEASURED = ("trace", "limit", "residue", "host_api_calls")
_SIZE = "_bytes"
_HARNESS = "harness"  # what the harness tells of itself
_SEQUENCE = "request_sequence."
_UNDER_FAULTS = ("fault_", "remember_")
_IDENTITY = ("attempt", "runtime", "experiment", "repeat", "seed", "lane", "expected")
_ENDED = ("incarnation", "sequence", "outcome", "code", "path", "requests")
_CLAIMED = (
    *("payment_hash", "amount_sats", "fee_sats", "preimage_sha256", "http_status", "receipt_digest", "flow_digest"),
)
_LEDGER = ("payment_hash", "invoice_amount_sats", "settled_count", "debited_sats", "locked_sats", "supply_ok")


def judged_digest(lines: Iterable[Line]) -> str:
    """ "sha256:<hex>" over the judged evidence of these lines, in whatever order they come."""
    return "sha256:" + hashlib.sha256("\n".join(judged_evidence(lines)).encode()).hexdigest()


def judged_evidence(lines: Iterable[Line]) -> list[str]:
    """What the digest is over: one sorted line of JSON each, so that two runs can be compared by eye."""
    held = list(lines)
    calm = {a.requests for a in held if isinstance(a, Attempt) and not a.aside and not under_faults(a)}
    return sorted({json.dumps(item, sort_keys=True, separators=(",", ":")) for item in _kept(held, calm)})


def under_faults(attempt: Attempt) -> bool:
    """Whether something was done to the attempt on purpose."""
    return bool(attempt.faults) or attempt.experiment.startswith(_UNDER_FAULTS)


def _kept(lines: Iterable[Line], calm: set[str | None]) -> Iterator[dict[str, Any]]:
    for line in lines:
        match line:
            case Attempt(aside=0):
                yield _attempt(line)
            case Fact(aside=0):
                if _tells(line, calm):
                    yield {"runtime": line.runtime, "fact": line.name, "value": _finding(line)}
            case HarnessError(aside=0):
                yield {"runtime": line.runtime, "harness_error": line.code, "attempt": line.attempt}
            case _:
                pass


def _attempt(a: Attempt) -> dict[str, Any]:
    planned = _fields(a, _IDENTITY)
    if under_faults(a):
        return planned
    asks = [list(same) for same, _ in groupby((ask.outcome, ask.code) for ask in a.asks)]
    return planned | _fields(a, _ENDED) | {"asks": asks, "claim": _claim(a.claim), "ledger": _ledger(a)}


def _claim(claim: Claim | None) -> dict[str, Any] | None:
    return None if claim is None else _fields(claim, _CLAIMED)


def _ledger(a: Attempt) -> dict[str, Any] | None:
    ledger: LedgerEntry | None = a.ledger
    if ledger is None:
        return None
    told = None if a.claim is None else a.claim.balance_sats
    return _fields(ledger, _LEDGER) | {"told_balance_is_mine": None if told is None else told == ledger.balance_sats}


def _tells(fact: Fact, calm: set[str | None]) -> bool:
    """Whether a fact is there because of something that two runs share."""
    if fact.name.startswith(_SEQUENCE):
        return fact.name.removeprefix(_SEQUENCE) in calm
    return fact.runtime != _HARNESS


def _finding(fact: Fact) -> str | int | None:
    """A text or a count; of what was measured, only that it was."""
    family = fact.name.partition(".")[0]
    if isinstance(fact.value, float) or family in _MEASURED or family.endswith(_SIZE):
        return None
    return fact.value


def _fields(of: object, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(of, name) for name in names}
