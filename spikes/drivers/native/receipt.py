"""Receipts: what was decided and what was paid; the same text for the same facts, in every driver.

Role: the form that `../wallet/receipts.js` defines, in Python. `digest` covers everything except `volatile`,
`flowDigest` leaves out as well what differs between two runs of one flow by its nature.
Must not know: where a receipt goes. It never holds a preimage, an invoice, a header or a path.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

RECEIPT_VERSION = "sparkgate.receipt.v2"
_OUTSIDE_DIGEST = frozenset({"volatile", "receiptId", "digest", "flowDigest"})
_OUTSIDE_FLOW = frozenset({"requestId", "walletId", "walletSource", "backendMode", "paymentHash", "reasonDetail"})


def make_receipt(facts: Mapping[str, Any], volatile: Mapping[str, Any]) -> dict[str, Any]:
    """A receipt with its id and digests. `facts`: whole numbers, strings, None, and maps of them; in millisatoshis."""
    body = {"receiptVersion": RECEIPT_VERSION, "rail": "lightning", "assetId": "BTC_LN", **facts}
    digest = _digest(body)
    return {
        **body,
        "volatile": dict(volatile),
        "receiptId": f"sgr_{digest[:24]}",
        "digest": digest,
        "flowDigest": _digest(flow_fields(body)),
    }


def receipt_digest(receipt: Mapping[str, Any]) -> str:
    """The digest that a receipt ought to have: for whoever checks one."""
    return _digest(_digested(receipt))


def flow_fields(receipt: Mapping[str, Any]) -> dict[str, Any]:
    """What must agree over repeats and runtimes; `flowDigest` is taken of its canonical JSON."""
    return {name: value for name, value in _digested(receipt).items() if name not in _OUTSIDE_FLOW}


def canonical_json(value: Mapping[str, Any]) -> str:
    """Keys sorted, no spaces, text as it is: RFC 8785 for the subset that receipts use (ASCII keys, no fractions)."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def receipt_host(host: str) -> str:
    """Lower case, without the port: ports of test servers are drawn at random."""
    name, _, port = host.lower().rpartition(":")
    return name if name and port.isdecimal() else host.lower()


def _digested(receipt: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in receipt.items() if name not in _OUTSIDE_DIGEST}


def _digest(fields: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical_json(fields).encode()).hexdigest()
