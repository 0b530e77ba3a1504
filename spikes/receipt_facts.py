"""What a receipt says, for the record: once in words for all attempts whose receipts agree.

Role: the fields that repeats of a flow must agree in, named by their digest, and the names of all fields.
Must not know: what a receipt ought to say. A receipt that cannot be read tells nothing; the attempt's claim stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spikes.drivers.native.receipt import canonical_json, flow_fields
from spikes.record import fingerprint
from spikes.redaction import masked

LONGEST = 4_096  # characters; a receipt is a few hundred
FIELDS = "receipt_fields"
# The values of any other field stay out of the record: nobody knows what a driver may have put there.
DECLARED = frozenset(
    {
        *("receiptVersion", "rail", "assetId", "kind", "host", "outcome", "code", "reasonClass", "cacheStatus"),
        *("quotedAmountMsats", "settledAmountMsats", "feeMsats", "capsApplied"),
    }
)
NOT_DECLARED = "(not declared)"


def receipt_facts(receipt: object) -> Mapping[str, str]:
    """Name -> text; empty if this is no receipt."""
    if not isinstance(receipt, dict):
        return {}
    agreeing = flow_fields(receipt)
    try:
        agreed = canonical_json(agreeing)
        shown = canonical_json({name: value if name in DECLARED else NOT_DECLARED for name, value in agreeing.items()})
    except (TypeError, ValueError, RecursionError):
        return {}
    names = ",".join(sorted(_names(receipt)))
    if len(agreed) > LONGEST or len(names) > LONGEST:
        return {}
    return {f"receipt.{fingerprint(agreed)}": masked(shown), FIELDS: masked(names)}


def _names(receipt: Mapping[str, Any]) -> list[str]:
    """Every field; those of `volatile` by their own names."""
    names = [str(name) for name in receipt if name != "volatile"]
    volatile = receipt.get("volatile")
    return names + [f"volatile.{name}" for name in volatile] if isinstance(volatile, dict) else names
