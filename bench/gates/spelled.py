"""What stands behind the fingerprints of an attempt: receipts and request sequences as text, and how two differ.

Role: find a digest's text among the facts, and the first difference of two texts. Must not know: verdicts, flows.
Facts `receipt.<first 16 digits of its flow digest>` hold the canonical JSON that was digested, and
`request_sequence.<fingerprint>` one request a line; each distinct text once a runtime. Both are addressed by what they
say, so it does not matter which runtime's fact is read.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from bench.evidence import Evidence
from spikes.record import Attempt

RECEIPT, SEQUENCE = "receipt", "request_sequence"
DIGITS = 16
_DIFF_LINES = 40


def receipt_of(evidence: Evidence, attempt: Attempt) -> Mapping[str, Any] | None:
    """The compared fields of an attempt's receipt; None if the record does not spell them out."""
    claim = attempt.claim
    digests = () if claim is None else (claim.flow_digest, claim.receipt_digest)
    return next((r for d in digests if d and (r := _receipts(evidence).get(d[:DIGITS])) is not None), None)


def sequence_of(evidence: Evidence, fingerprint: str | None) -> str | None:
    """The request sequence of that fingerprint, one request a line; None if the record does not spell it out."""
    return None if fingerprint is None else _texts(evidence).get((SEQUENCE, fingerprint))


def spelled_receipt(evidence: Evidence, digest: str | None) -> str | None:
    """The receipt of that flow digest, a field a line; None if the record does not spell it out."""
    fields = None if digest is None else _receipts(evidence).get(digest[:DIGITS])
    return None if fields is None else json.dumps(fields, indent=1, sort_keys=True, ensure_ascii=False)


def difference(one: str | None, other: str | None, *, names: tuple[str, str]) -> str | None:
    """A unified diff of two texts, bounded; None if one of them is not known, or they are equal."""
    if one is None or other is None or one == other:
        return None
    told = list(difflib.unified_diff(one.splitlines(), other.splitlines(), *names, n=1, lineterm=""))
    more = [f"... and {len(told) - _DIFF_LINES} more lines"] if len(told) > _DIFF_LINES else []
    return "\n".join([*told[:_DIFF_LINES], *more])


@lru_cache(maxsize=1)  # asked once an attempt
def _texts(evidence: Evidence) -> Mapping[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for fact in evidence.facts:
        family, _, key = fact.value.name.partition(".")
        if family in (RECEIPT, SEQUENCE) and key and isinstance(fact.value.value, str):
            found.setdefault((family, key), fact.value.value)
    return found


@lru_cache(maxsize=1)
def _receipts(evidence: Evidence) -> Mapping[str, Mapping[str, Any]]:
    read = {key: _fields(text) for (family, key), text in _texts(evidence).items() if family == RECEIPT}
    return {key: fields for key, fields in read.items() if fields is not None}


def _fields(text: str) -> Mapping[str, Any] | None:
    """A receipt's fields; None for what is no JSON object, which receipt_contents complains of."""
    try:
        fields = json.loads(text)
    except ValueError:
        return None
    return fields if isinstance(fields, dict) else None
