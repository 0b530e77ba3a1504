"""Receipts: what was decided and what was paid; the same text for the same facts, in every driver.

Role: the form that `../wallet/receipts.js` defines, in Python. The digest covers everything except `volatile`.
Must not know: where a receipt goes. It never holds a preimage, an invoice or a header.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

RECEIPT_VERSION = "sparkgate.receipt.v1"


def make_receipt(facts: Mapping[str, Any], volatile: Mapping[str, Any]) -> dict[str, Any]:
    """A receipt with its id and digest. `facts` are whole numbers, strings and None only; amounts in millisatoshis."""
    body = {"receiptVersion": RECEIPT_VERSION, "rail": "lightning", "assetId": "BTC_LN", **facts}
    digest = hashlib.sha256(canonical_json(body).encode()).hexdigest()
    return {**body, "volatile": dict(volatile), "receiptId": f"sgr_{digest[:24]}", "digest": digest}


def canonical_json(value: Mapping[str, Any]) -> str:
    """Keys sorted, no spaces, text as it is: RFC 8785 for the subset that receipts use (ASCII keys, no fractions)."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def receipt_host(host: str) -> str:
    """Lower case, without the port: ports of test servers are drawn at random."""
    name, _, port = host.lower().rpartition(":")
    return name if name and port.isdecimal() else host.lower()
