"""What is told of a receipt."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikes.drivers.native.receipt import make_receipt
from spikes.receipt_facts import FIELDS, receipt_facts

FACTS = {
    **{
        "kind": "l402",
        "requestId": "a",
        "walletId": "w",
        "host": ".".join(["host"] * 60),
        "outcome": "paid",
        "code": None,
    },
    **{"feeMsats": 3_000, "capsApplied": {"maxAmountMsats": 9_000}},
}


def test_what_must_agree_is_told_under_its_own_digest() -> None:
    receipt = make_receipt(FACTS, {"paidAtMs": 5})
    facts = dict(receipt_facts(receipt))
    fields = facts.pop(FIELDS).split(",")
    ((name, text),) = facts.items()
    assert name == f"receipt.{receipt['flowDigest'][:16]}"
    assert hashlib.sha256(text.encode()).hexdigest() == receipt["flowDigest"]
    assert json.loads(text)["outcome"] == "paid"
    assert "requestId" not in json.loads(text)
    assert {"requestId", "digest", "volatile.paidAtMs"} <= set(fields)
    assert "volatile" not in fields


def test_two_runs_of_a_flow_tell_the_same() -> None:
    first, second = (make_receipt({**FACTS, "requestId": i}, {"paidAtMs": n}) for n, i in enumerate("ab"))
    assert receipt_facts(first) == receipt_facts(second)
    assert receipt_facts(make_receipt({**FACTS, "feeMsats": 4_000}, {})) != receipt_facts(first)


@given(st.text("0123456789abcdef", min_size=4, max_size=80))
def test_what_is_not_declared_is_named_and_not_told(secret: str) -> None:
    facts = receipt_facts({"outcome": "paid", "proofReference": f"preimage:{secret}"})
    assert f"preimage:{secret}" not in "".join(facts.values())
    assert "proofReference" in facts[FIELDS].split(",")


def test_a_secret_in_a_declared_field_does_not_reach_the_record() -> None:
    preimage = "0123456789abcdef" * 4
    assert preimage not in "".join(receipt_facts({"outcome": "paid", "code": preimage}).values())


@pytest.mark.parametrize("receipt", [None, "text", [], {"a": float("nan")}, {"a": object()}, {"a": "x" * 5_000}])
def test_what_is_no_receipt_tells_nothing(receipt: object) -> None:
    assert receipt_facts(receipt) == {}
