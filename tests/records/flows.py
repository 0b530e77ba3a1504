"""Turns through the paywall as a well-behaved runtime leaves them in a record: the flows of gate 4.

Role: the one place where tests know how each flow ends, written down apart from the judge's own table, and what the
receipts and request sequences of such turns look like. Must not know: files, gates.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from spikes.record import Attempt, Calls, Outcome, PaymentPath
from tests.records.builder import METHODS, Run

# flow, outcome, code; every turn that ends paid pays once, no other pays
FLOWS: tuple[tuple[str, Outcome, str | None], ...] = (
    ("paid", Outcome.PAID, None),
    ("cached", Outcome.CACHED, None),
    ("blocked_cap", Outcome.BLOCKED, "quoted_amount_exceeds_cap"),
    ("blocked_host", Outcome.BLOCKED, "host_not_allowed"),
    ("blocked_blocklist", Outcome.BLOCKED, "host_blocked"),
    ("blocked_kill_switch", Outcome.BLOCKED, "kill_switch_on"),
    ("blocked_wallet_disabled", Outcome.BLOCKED, "wallet_disabled"),
    ("blocked_approval", Outcome.BLOCKED, "approval_required"),
    ("blocked_window_cap", Outcome.BLOCKED, "window_cap_exceeded"),
    ("blocked_unknown_spend", Outcome.BLOCKED, "window_cap_exceeded"),
    ("paid_lsat", Outcome.PAID, None),
    ("paid_both_headers", Outcome.PAID, None),
    ("paid_token", Outcome.PAID, None),
    ("at_once", Outcome.PAID, None),
    ("expired_credential", Outcome.PAID, None),
    ("expired_over_cap", Outcome.BLOCKED, "quoted_amount_exceeds_cap"),
    ("revoked_credential", Outcome.FAILED, "credential_revoked"),
    ("refused_credential", Outcome.PAID, "credential_refused"),
    ("forever_402", Outcome.PAID, "credential_refused"),
    ("lying_amount", Outcome.BLOCKED, "quoted_amount_exceeds_cap"),
    ("lying_hash", Outcome.FAILED, "challenge_mismatch"),
    ("reused_invoice", Outcome.FAILED, "idempotency_conflict"),
    ("wrong_network", Outcome.FAILED, "invoice_unpayable"),
    ("expired_invoice", Outcome.FAILED, "invoice_unpayable"),
    ("amountless_invoice", Outcome.FAILED, "invoice_unpayable"),
    ("malformed_challenge", Outcome.FAILED, "challenge_malformed"),
    ("redirect", Outcome.FAILED, "redirect_refused"),
    ("large_body", Outcome.PAID, None),
    ("seller_error", Outcome.FAILED, "seller_error"),
)
_CACHE = {"cached": "hit", "expired_credential": "invalid", "expired_over_cap": "invalid"}
FIELDS = (
    *("assetId", "backendMode", "cacheStatus", "capsApplied", "code", "digest", "feeMsats", "flowDigest"),
    *("host", "kind", "outcome", "paymentHash", "quotedAmountMsats", "rail", "reasonClass", "reasonDetail"),
    *("receiptId", "receiptVersion", "requestId", "settledAmountMsats", "volatile.paidAtMs"),
    *("walletId", "walletSource"),
)
REPEATS = 20


def receipt(flow: str, **changes: Any) -> str:
    """The compared fields of a turn's receipt, as canonical JSON."""
    number, (_, ends, code) = next((n, entry) for n, entry in enumerate(FLOWS) if entry[0] == flow)
    amount = 1000 + (100 + number) % 7
    fields = {
        **{"receiptVersion": "sparkgate.receipt.v2", "rail": "lightning", "assetId": "BTC_LN", "kind": "l402"},
        **{"host": "127.0.0.1", "outcome": ends.value, "code": code, "reasonClass": code and "policy_denied"},
        **{"cacheStatus": _CACHE.get(flow, "miss"), "capsApplied": {"maxAmountMsats": 2_000_000}},
        "quotedAmountMsats": None if ends is Outcome.FAILED else amount * 1000,
        "settledAmountMsats": amount * 1000 if ends is Outcome.PAID else 0,
        "feeMsats": 3000 if ends is Outcome.PAID else 0,
    }
    return json.dumps(fields | changes, sort_keys=True, separators=(",", ":"))


def sequence(flow: str) -> str:
    """The requests of a turn, one a line."""
    ends = next(ends for name, ends, _ in FLOWS if name == flow)
    pays = [f"wallet {method}" for method in sorted(METHODS)] if ends is Outcome.PAID else []
    return "\n".join([f"seller GET /paid/{flow.replace('_', '-')} -> 402", *pays])


def digest(text: str) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def turn(run: Run, runtime: str, flow: str, **changes: Any) -> Attempt:
    """One sound turn of a flow, unless changed. What it names is spelled out by `spell_out`."""
    number, (_, ends, code) = next((n, entry) for n, entry in enumerate(FLOWS) if entry[0] == flow)
    outcome = changes.pop("outcome", ends)
    claim = {
        "receipt_digest": digest(f"{runtime}/{len(run.lines)}"),
        "flow_digest": digest(receipt(flow)),
        **changes.pop("claim", {}),
    }
    fields: dict[str, Any] = {
        "seed": 100 + number,
        "code": code,
        "expected": ends,
        "requests": digest(sequence(flow))[:16],
    }
    if outcome is Outcome.PAID:
        fields |= {"path": PaymentPath.EXACT, "calls": Calls(count=12, emulator_s=0.01, by_method=METHODS)}
    return run.attempt(runtime, f"l402_{flow}", outcome, claim=claim, **{**fields, **changes})


def spell_out(run: Run, runtime: str, *receipts: str) -> None:
    """The facts behind the fingerprints of sound turns, and of these further receipts."""
    for name, _, _ in FLOWS:
        run.fact(runtime, f"request_sequence.{digest(sequence(name))[:16]}", sequence(name))
    for text in (*(receipt(name) for name, _, _ in FLOWS), *receipts):
        run.fact(runtime, f"receipt.{digest(text)[:16]}", text)
    run.fact(runtime, "receipt_fields", ",".join(FIELDS))


def fit_for_determinism(run: Run, runtime: str, *, repeats: int = REPEATS) -> None:
    """Everything that gate 4 asks."""
    for repeat in range(repeats):
        for flow, _, _ in FLOWS:
            turn(run, runtime, flow, repeat=repeat)
    spell_out(run, runtime)
