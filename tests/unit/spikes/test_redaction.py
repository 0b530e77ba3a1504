"""What a driver says about an attempt enters the record; what it must not say does not."""

from __future__ import annotations

import pytest

from spikes.contract import Reply, read_answer
from spikes.redaction import redact
from spikes.wallets import derive_wallet

WALLET = derive_wallet(5, "node")
INVOICE = "lnbcrt23450n1p4r9qqqpp5" + "q" * 60
PREIMAGE = "ab" * 32


@pytest.mark.parametrize(
    ("said", "secret"),
    [
        (f"could not pay {INVOICE}", INVOICE),
        (f"could not pay {INVOICE.upper()}", INVOICE.upper()),
        (f"wallet {WALLET.mnemonic} is empty", WALLET.mnemonic),
        (f"wallet {WALLET.mnemonic} is empty", " ".join(WALLET.mnemonic.split()[:6])),
        (f"seed {', '.join(WALLET.mnemonic.split()[3:7])}", WALLET.mnemonic.split()[4]),
        (f"sent Authorization: Bearer {WALLET.token}", WALLET.token),
        (f"preimage={PREIMAGE}", PREIMAGE),
        ("Authorization: L402 AgEEbG9jYWwCQg==:beef", "AgEEbG9jYWwCQg"),
    ],
)
def test_a_secret_in_a_reason_does_not_reach_the_record(said: str, secret: str) -> None:
    body = {"outcome": "failed", "code": "send_failed", "reason": said}
    answer = read_answer(Reply(status=200, body=body), 0.1)
    assert answer.reason is not None
    assert secret not in answer.reason
    refused = read_answer(Reply(status=502, body={"error": {"code": "send_failed", "message": said}}), 0.1)
    assert secret not in (refused.reason or secret)


@pytest.mark.parametrize(
    "said",
    [
        "the invoice asks for more than the policy allows; nothing was paid",
        "127.0.0.1:39163 is not on the allowlist; add it there if you trust it",
        "submitted, no final answer: SparkError",
        "this driver has no such experiment",
    ],
)
def test_plain_words_stay(said: str) -> None:
    assert redact(said) == said


def test_a_code_is_a_short_word_or_the_answer_is_unreadable() -> None:
    answer = read_answer(Reply(status=200, body={"outcome": "failed", "code": WALLET.mnemonic}), 0.1)
    assert answer.code == "malformed_answer"
