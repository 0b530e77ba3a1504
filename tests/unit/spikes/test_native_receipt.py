"""The native driver's receipts: what the digest covers."""

from __future__ import annotations

from spikes.drivers.native.receipt import canonical_json, make_receipt, receipt_host

FACTS = {"kind": "payment", "requestId": "r", "code": None, "feeMsats": 2000, "host": "seller.example"}


def test_volatile_fields_do_not_change_the_digest_and_all_others_do() -> None:
    receipt = make_receipt(FACTS, {"paidAtMs": 1})
    assert make_receipt(FACTS, {"paidAtMs": 2})["digest"] == receipt["digest"]
    assert receipt["receiptId"] == f"sgr_{receipt['digest'][:24]}"
    for name in FACTS:
        assert make_receipt({**FACTS, name: "changed"}, {})["digest"] != receipt["digest"]


def test_canonical_json_sorts_keys_and_leaves_text_as_it_is() -> None:
    assert canonical_json({"b": "ü", "a": None, "c": 1}) == '{"a":null,"b":"ü","c":1}'


def test_a_host_loses_port_and_case() -> None:
    assert receipt_host("Seller.Example:8080") == "seller.example"
    assert receipt_host("seller.example") == "seller.example"
