"""Receipts of the native driver and of the JavaScript drivers are the same text for the same facts."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from spikes.drivers.native.receipt import make_receipt, receipt_host
from spikes.errors import ToolMissing
from spikes.pins import artefact
from spikes.processes import PROJECT

DRIVERS = PROJECT / "spikes" / "drivers"
CASES: tuple[tuple[dict[str, object], dict[str, object]], ...] = (
    ({"kind": "payment", "requestId": "r", "code": None, "feeMsats": 2000}, {"paidAtMs": 1}),
    ({"zeta": 1, "alpha": 'text with "quotes" and \\', "host": "ünïcode.example"}, {}),
)
HOSTS = ("Seller.Example:8080", "seller.example", "127.0.0.1:9", "localhost")
PROGRAM = """
import { makeReceipt, receiptHost } from './wallet/receipts.js';
const { cases, hosts } = JSON.parse(process.argv[1]);
const receipts = await Promise.all(cases.map(([facts, volatile]) => makeReceipt({ ...facts, volatile })));
console.log(JSON.stringify({ receipts, hosts: hosts.map(receiptHost) }));
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
    assert told["receipts"] == [make_receipt(facts, volatile) for facts, volatile in CASES]
    assert told["hosts"] == [receipt_host(host) for host in HOSTS]
