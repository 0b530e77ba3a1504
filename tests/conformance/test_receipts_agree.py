"""Receipts of the native driver and of the JavaScript drivers are the same text for the same facts."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess

import pytest

from spikes.drivers.native.receipt import canonical_json, flow_fields, make_receipt, receipt_digest, receipt_host
from spikes.errors import ToolMissing
from spikes.pins import artefact
from spikes.processes import PROJECT

DRIVERS = PROJECT / "spikes" / "drivers"
CAPS = {"windowCapMsats": None, "maxAmountMsats": 20_000}
CASES: tuple[tuple[dict[str, object], dict[str, object]], ...] = (
    ({"kind": "payment", "requestId": "r", "code": None, "feeMsats": 2000, "capsApplied": CAPS}, {"paidAtMs": 1}),
    ({"kind": "l402", "walletSource": None, "backendMode": "runtime", "reasonDetail": "expired"}, {"execution": "x"}),
    ({"zeta": 1, "alpha": 'text with "quotes" and \\', "host": "ünïcode.example"}, {}),
)
HOSTS = ("Seller.Example:8080", "seller.example", "127.0.0.1:9", "localhost")
PROGRAM = """
import { canonicalJson } from './wallet/canonical.js';
import { flowFields, makeReceipt, receiptDigest, receiptHost } from './wallet/receipts.js';
const { cases, hosts } = JSON.parse(process.argv[1]);
const receipts = await Promise.all(cases.map(([facts, volatile]) => makeReceipt({ ...facts, volatile })));
const digests = await Promise.all(receipts.map(receiptDigest));
const flows = receipts.map((receipt) => canonicalJson(flowFields(receipt)));
console.log(JSON.stringify({ receipts, digests, flows, hosts: hosts.map(receiptHost) }));
"""

pytestmark = pytest.mark.conformance


def test_python_and_javascript_write_the_same_receipt() -> None:
    try:
        node = artefact("node").path()
    except ToolMissing as missing:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(missing))
    asked = json.dumps({"cases": CASES, "hosts": HOSTS})
    done = subprocess.run(
        [node, "--input-type=module", "--eval", PROGRAM, asked], cwd=DRIVERS, capture_output=True, text=True, check=True
    )
    told = json.loads(done.stdout)
    receipts = [make_receipt(facts, volatile) for facts, volatile in CASES]
    assert told["receipts"] == receipts
    assert told["digests"] == [receipt_digest(receipt) for receipt in receipts]
    assert told["flows"] == [canonical_json(flow_fields(receipt)) for receipt in receipts]
    assert [digest_of(text) for text in told["flows"]] == [receipt["flowDigest"] for receipt in receipts]
    assert told["hosts"] == [receipt_host(host) for host in HOSTS]


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
