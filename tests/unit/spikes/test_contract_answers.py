"""Whatever a driver sends back becomes an Answer; what cannot be read is UNKNOWN, because money may have moved."""

from __future__ import annotations

from typing import Any

import pytest

from spikes.contract import ContractBreach, Reply, read_answer
from spikes.record import Outcome

HASH = "ab" * 32


def answer(body: dict[str, Any] | None, status: int = 200) -> Any:
    return read_answer(Reply(status=status, body=body), 0.25)


def test_a_full_answer_is_read_in_full() -> None:
    got = answer(
        {
            "ok": True,
            "outcome": "paid",
            "code": None,
            "reason": None,
            "claim": {"paymentHash": HASH, "amountSats": 10, "feeSats": 2, "preimageSha256": HASH, "balanceSats": 5},
            "phases": [{"name": "send", "durationS": 0.125}],
        }
    )
    assert got.outcome is Outcome.PAID
    assert (got.claim.payment_hash, got.claim.amount_sats, got.claim.fee_sats) == (HASH, 10, 2)
    assert (got.claim.preimage_sha256, got.claim.balance_sats, got.claim.http_status) == (HASH, 5, 200)
    assert [(p.name, p.duration_s, p.clock) for p in got.phases] == [("send", 0.125, "driver")]
    assert got.wall_s == 0.25


@pytest.mark.parametrize(
    "body",
    [
        None,
        {},
        {"outcome": "splendid"},
        {"outcome": "synced"},
        {"outcome": "paid", "claim": "much"},
        {"outcome": "paid", "claim": {"amountSats": 10.5}},
        {"outcome": "paid", "claim": {"amountSats": True}},
        {"outcome": "paid", "claim": {"paymentHash": "<script>"}},
        {"outcome": "paid", "phases": [{"name": "send"}]},
    ],
)
def test_an_answer_that_cannot_be_read_is_unknown(body: dict[str, Any] | None) -> None:
    got = answer(body)
    assert (got.outcome, got.code) == (Outcome.UNKNOWN, "malformed_answer")
    assert got.reason


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(400, Outcome.FAILED), (403, Outcome.FAILED), (500, Outcome.UNKNOWN), (504, Outcome.UNKNOWN)],
)
def test_an_error_envelope_is_definite_only_below_500(status: int, outcome: Outcome) -> None:
    got = answer({"ok": False, "error": {"code": "some_code", "message": "some words"}}, status)
    assert (got.outcome, got.code, got.reason) == (outcome, "some_code", "some words")
    assert got.claim.http_status == status


def test_an_error_without_envelope_still_has_a_code() -> None:
    got = answer({"detail": "odd"}, 502)
    assert (got.outcome, got.code) == (Outcome.UNKNOWN, "malformed_answer")


def test_a_long_reason_is_cut() -> None:
    got = answer({"outcome": "failed", "code": "x", "reason": "so it is. " * 100})
    assert got.reason is not None
    assert len(got.reason) == 300


def test_a_breach_repeats_no_secret_of_the_driver() -> None:
    words = "legal winner thank year wave sausage worth useful"
    breach = str(ContractBreach(f"sync answered HTTP 500: {{'message': '{words}', 'key': '{'ab' * 32}'}}"))
    assert "sync answered HTTP 500" in breach
    assert not any(secret in breach for secret in ("winner thank", "abababab"))
