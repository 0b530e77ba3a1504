"""Every form of the leaky driver is one that the scanner knows; those for the record pass the harness's redaction."""

from __future__ import annotations

from functools import cache

import pytest
from embit import bip39

from spikes.contract import Reply, read_answer
from spikes.drivers.leaky import forms
from spikes.inspections.custody_watch import planted
from spikes.scanner.scan import Scanner
from spikes.wallets import derive_wallet

MNEMONIC = derive_wallet(1, "leaky-forms").mnemonic
SEED: bytes = bip39.mnemonic_to_seed(MNEMONIC)
ENTROPY: bytes = bip39.mnemonic_to_bytes(MNEMONIC)


@cache
def scanner() -> Scanner:
    return Scanner(planted.of_wallet("wallet", MNEMONIC))


@pytest.mark.parametrize(
    ("written", "encoding"),
    [
        (forms.listed(MNEMONIC), "words"),
        (forms.in_lines(SEED), "white space removed, base64"),
        (forms.packed(MNEMONIC), "gzip, words"),
        (forms.escaped(MNEMONIC), "escaped"),
        (forms.reversed_hex(SEED), "reversed hex"),
        (forms.backwards(MNEMONIC), "reversed"),
        (forms.base64_for_urls(MNEMONIC.encode()), "base64"),
        (forms.for_a_query(MNEMONIC), "URL-encoded"),
        (forms.json_list(MNEMONIC), "words"),
        (forms.dumped(MNEMONIC), "UTF-16 words"),
        (forms.numbers(ENTROPY), "decimal list"),
        (forms.as_a_code(MNEMONIC), "words"),
    ],
)
def test_a_form_is_found_under_its_name(written: str | bytes, encoding: str) -> None:
    assert encoding in {finding.encoding for finding in scanner().scan_text(written)}


@pytest.mark.parametrize("seed", range(20))
def test_what_is_meant_for_the_record_gets_there(seed: int) -> None:
    """The control must reach record, report and ADR for any wallet, or it would be missed by chance."""
    mnemonic = derive_wallet(seed, "leaky").mnemonic
    reason, code = forms.numbers(bip39.mnemonic_to_bytes(mnemonic)), forms.as_a_code(mnemonic)
    body = {"outcome": "failed", "code": code, "reason": f"the signer said {reason}", "claim": {}, "phases": []}
    answer = read_answer(Reply(status=200, body=body), 0.0)
    assert (answer.code, answer.reason) == (code, f"the signer said {reason}")
