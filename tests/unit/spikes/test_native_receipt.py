"""The native driver's receipts: what the digest covers."""

from __future__ import annotations

import hashlib

from spikes.drivers.native.receipt import canonical_json, flow_fields, make_receipt, receipt_digest, receipt_host

FACTS = {"kind": "payment", "requestId": "r", "code": None, "feeMsats": 2000, "host": "seller.example"}


def test_volatile_fields_do_not_change_the_digest_and_all_others_do() -> None:
    receipt = make_receipt(FACTS, {"paidAtMs": 1})
    assert make_receipt(FACTS, {"paidAtMs": 2})["digest"] == receipt["digest"]
    assert receipt["receiptId"] == f"sgr_{receipt['digest'][:24]}"
    for name in FACTS:
        assert make_receipt({**FACTS, name: "changed"}, {})["digest"] != receipt["digest"]


def test_the_digest_of_the_flow_leaves_out_what_belongs_to_one_run() -> None:
    receipt = make_receipt({**FACTS, "walletId": "w", "paymentHash": "h"}, {})
    assert receipt["flowDigest"] == hashlib.sha256(canonical_json(flow_fields(receipt)).encode()).hexdigest()
    assert receipt_digest(receipt) == receipt["digest"]
    for name in ("requestId", "walletId", "paymentHash"):
        assert make_receipt({**receipt_facts(receipt), name: "other"}, {})["flowDigest"] == receipt["flowDigest"], name
    for name in ("kind", "code", "feeMsats", "host"):
        assert make_receipt({**receipt_facts(receipt), name: "other"}, {})["flowDigest"] != receipt["flowDigest"], name


def test_canonical_json_sorts_keys_and_leaves_text_as_it_is() -> None:
    assert canonical_json({"b": "ü", "a": None, "c": 1}) == '{"a":null,"b":"ü","c":1}'


def test_a_host_loses_port_and_case() -> None:
    assert receipt_host("Seller.Example:8080") == "seller.example"
    assert receipt_host("seller.example") == "seller.example"


def receipt_facts(receipt: dict[str, object]) -> dict[str, object]:
    made = ("receiptVersion", "rail", "assetId", "volatile", "receiptId", "digest", "flowDigest")
    return {name: value for name, value in receipt.items() if name not in made}
