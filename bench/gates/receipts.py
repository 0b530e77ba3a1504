"""Gate 4's receipts: one for every turn, with every declared field and nothing else.

Role: one criterion. Must not know: how receipts are made. Facts `receipt_fields` name all fields of a whole receipt
(those that are declared volatile as `volatile.<name>`); `receipt.<digest>` spell out the fields that repeats share,
and must be the very text that was digested. A record holds no secret, so a proof in a receipt shows by a field that
nobody declared, or by a value that looks like one.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator

from bench.evidence import Evidence, Numbered
from bench.gates.conclude import compared, fails, passes, undecided
from bench.gates.flows import EXPERIMENTS
from bench.gates.readings import counted_by
from bench.gates.spelled import RECEIPT, receipt_of
from bench.thresholds import Thresholds
from bench.verdict import Criterion, Sense, Verdict
from spikes.record import Attempt, Outcome

NEEDED = frozenset(
    {
        *("receiptVersion", "receiptId", "digest", "flowDigest", "requestId", "kind", "rail", "assetId"),
        *("walletId", "walletSource", "backendMode", "host", "outcome", "code", "reasonClass", "reasonDetail"),
        *("cacheStatus", "paymentHash", "quotedAmountMsats", "settledAmountMsats", "feeMsats", "capsApplied"),
    }
)
VOLATILE = "volatile"
_FACTS = ("receipt_fields", RECEIPT, "receipt_faults")
# What no value may look like: an invoice, a header's credential, 32 bytes or half of them in hex, long base64.
_FORBIDDEN = (
    re.compile(r"ln(bc|tb|tbs|bcrt)[0-9]", re.I),
    re.compile(r"\b(L402|LSAT|Bearer)\s", re.I),
    re.compile(r"[0-9a-f]{16,}", re.I),
    re.compile(r"[A-Za-z0-9+/_-]{40,}"),
)


def receipt_contents(evidence: Evidence, thresholds: Thresholds, runtime: str) -> Criterion:
    """FAIL for one turn without receipt, one field missing or undeclared, one forbidden value, one false digest."""
    name, ceiling = "receipt_contents", thresholds.receipt_faults_max
    turns = [
        a for a in evidence.of(runtime, *EXPERIMENTS) if a.value.outcome not in (Outcome.UNKNOWN, Outcome.UNSUPPORTED)
    ]
    told = {prefix: evidence.facts_of(runtime, prefix) for prefix in _FACTS[:2]}
    missing = [prefix for prefix, facts in told.items() if not facts] or ([] if turns else ["turns"])
    faults = [*_turns_without(turns), *_other_receipts(evidence, runtime, turns), *_faults(evidence, runtime)]
    held = counted_by(ceiling, Sense.AT_MOST, len(faults))
    otherwise = Verdict.INCONCLUSIVE if missing else Verdict.PASS
    if len(faults) > ceiling.value:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        lines = tuple(sorted({fault.line for fault in faults}))
        reason = f"line {faults[0].line}: {faults[0].value}{more}"
        failed = fails(name, reason, lines=lines, measured=len(faults), threshold=ceiling.value, unit=ceiling.unit)
        return compared(failed, held, otherwise=otherwise)
    if missing:
        needs = "facts `receipt_fields` and `receipt.<digest>`, and turns through the paywall"
        bare = undecided(name, f"not recorded: {', '.join(missing)}", needs=needs, threshold=ceiling.value)
        return compared(bare, held, otherwise=otherwise)
    lines = tuple(sorted(fact.line for facts in told.values() for fact in facts))
    reason = f"{len(turns)} turns left a receipt; {len(told[RECEIPT])} distinct ones hold what is declared, no more"
    passed = passes(name, reason, lines=lines, measured=len(faults), threshold=ceiling.value, unit=ceiling.unit)
    return compared(passed, held)


def _turns_without(turns: list[Numbered[Attempt]]) -> Iterator[Numbered[str]]:
    """Definite answers without a receipt, where others have one: a runtime that records none at all is open."""
    bare = [a for a in turns if a.value.claim is None or a.value.claim.receipt_digest is None]
    if len(bare) < len(turns):
        for a in bare:
            yield Numbered(line=a.line, value=f"{a.value.experiment} ended {a.value.outcome} without a receipt")


def _other_receipts(evidence: Evidence, runtime: str, turns: list[Numbered[Attempt]]) -> Iterator[Numbered[str]]:
    """Flow digests of no receipt that came back, where receipts are recorded at all."""
    if not evidence.facts_of(runtime, RECEIPT):
        return
    for a in turns:
        digest = a.value.claim.flow_digest if a.value.claim is not None else None
        if digest is not None and receipt_of(evidence, a.value) is None:
            yield Numbered(line=a.line, value=f"{a.value.experiment} names a flow digest of no receipt that came back")


def _faults(evidence: Evidence, runtime: str) -> Iterator[Numbered[str]]:
    for fact in evidence.facts_of(runtime, "receipt_faults"):
        if fact.value.value != 0:
            yield Numbered(line=fact.line, value=f"{fact.value.value} receipts lack a field or carry a forbidden one")
    for fact in evidence.facts_of(runtime, "receipt_fields"):
        for fault in _of_fields({field.strip() for field in str(fact.value.value).split(",")}):
            yield Numbered(line=fact.line, value=fault)
    for fact in evidence.facts_of(runtime, RECEIPT):
        digest = fact.value.name.removeprefix(f"{RECEIPT}.")
        for fault in _of_text(str(fact.value.value), digest):
            yield Numbered(line=fact.line, value=fault)


def _of_fields(fields: set[str]) -> Iterator[str]:
    lacking = sorted(NEEDED - fields)
    undeclared = sorted(f for f in fields - NEEDED if f != VOLATILE and not f.startswith(f"{VOLATILE}."))
    if lacking:
        yield f"a receipt lacks {', '.join(lacking)}"
    if undeclared:
        yield f"a receipt carries {', '.join(undeclared)}, which no receipt declares"


def _of_text(text: str, digest: str) -> Iterator[str]:
    """Faults of one receipt's compared fields."""
    try:
        fields = json.loads(text)
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        yield "a receipt is no JSON object"
        return
    undeclared = sorted(fields.keys() - NEEDED)
    if undeclared:
        yield f"a receipt carries {', '.join(undeclared)}, which no receipt declares"
    if not hashlib.sha256(text.encode()).hexdigest().startswith(digest):
        yield f"the text of receipt {digest} is not what was digested"
    for field, value in fields.items():
        if any(pattern.search(str(value)) for pattern in _FORBIDDEN):
            yield f"{field} of a receipt looks like a proof, an invoice or a header"
