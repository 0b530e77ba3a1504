"""Builds small records for tests: sound attempts by default, every field open to being made wrong.

Role: the one place where tests know what a well-behaved run looks like. Must not know: gates, verdicts.
"""

from __future__ import annotations

import dataclasses
import hashlib
from typing import Any

from spikes.record import (
    SCHEMA_VERSION,
    Attempt,
    Calls,
    Claim,
    Fact,
    Footer,
    HarnessError,
    Header,
    LedgerEntry,
    Line,
    Outcome,
    PaymentPath,
    Phase,
    Platform,
    Role,
    RuntimePin,
    Tier,
    encode_line,
)

FEE_SATS = 3
METHODS = {"RequestLightningSend": 1, "initiate_preimage_swap_v3": 1}
NATIVE = RuntimePin(
    name="native",
    role=Role.CONTROL,
    tier=Tier.REAL,
    sdk="breez-sdk-spark 0.19.2 (PyPI)",
    engine="CPython 3.11.7",
    digests={"breez-sdk-spark": "sha256:" + "11" * 32},
)
NODE = RuntimePin(
    name="node",
    role=Role.EXTERNAL,
    tier=Tier.REAL,
    sdk="@breeztech/breez-sdk-spark 0.19.2",
    engine="Node.js 24.19.0",
    digests={"breez-sdk-spark": "sha256:" + "22" * 32},
)
WORKERD = RuntimePin(
    name="workerd",
    role=Role.NATIVE,
    tier=Tier.REAL,
    sdk="@breeztech/breez-sdk-spark 0.19.2",
    engine="workerd 1.20261117.1",
    platform=Platform.CLOUDFLARE,
    digests={"breez-sdk-spark": "sha256:" + "22" * 32, "workerd": "sha256:" + "33" * 32},
)
CONVEX_ISOLATE = RuntimePin(
    name="convex_isolate",
    role=Role.NATIVE,
    tier=Tier.STAND_IN,
    sdk="@breeztech/breez-sdk-spark 0.19.2",
    engine="Node.js 26.3.0, vm",
    platform=Platform.CONVEX_ISOLATE,
    digests={"breez-sdk-spark": "sha256:" + "22" * 32},
)
CONVEX_NODE = RuntimePin(
    name="convex_node",
    role=Role.EXTERNAL,
    tier=Tier.STAND_IN,
    sdk="@breeztech/breez-sdk-spark 0.19.2",
    engine="Node.js 22.23.3",
    platform=Platform.CONVEX_NODE,
    digests={"breez-sdk-spark": "sha256:" + "22" * 32},
)
DRIFT = RuntimePin(
    name="native_drift",
    role=Role.INFORMATIVE,
    tier=Tier.REAL,
    sdk="breez-sdk-spark 0.27.2 (PyPI)",
    engine="CPython 3.11.7",
)
WASMTIME = RuntimePin(
    name="wasmtime",
    role=Role.INFORMATIVE,
    tier=Tier.REAL,
    sdk="@breeztech/breez-sdk-spark 0.19.2",
    engine="wasmtime 50.0.1",
)
_EXPECTED = {"cached": Outcome.CACHED, "blocked": Outcome.BLOCKED, "window": Outcome.BLOCKED}
_CODES = {
    "l402_blocked_cap": "quoted_amount_exceeds_cap",
    "l402_blocked_host": "host_not_allowed",
    "no_such_experiment": "unsupported",
    "probe": "imports_missing",
}


class Run:
    """A record in the making. Attempts are numbered, and counted per lane and incarnation, as the runner does."""

    def __init__(self, *pins: RuntimePin, profile: str = "quick", seed: int = 7) -> None:
        self.pins = pins
        self.profile = profile
        self.seed = seed
        self.lines: list[Line] = []
        self._served: dict[tuple[str, str, int], int] = {}
        self._balances: dict[str, int] = {}
        self._probed: set[str] = set()

    def attempt(self, runtime: str, experiment: str, outcome: Outcome, **changes: Any) -> Attempt:
        """Append one attempt. `claim` and `ledger` may be given as dicts of changes to the sound ones."""
        place = (runtime, changes.get("lane", "a"), changes.get("incarnation", 0))
        number = self.count(Attempt)
        seed = changes.get("seed", number)
        claim, ledger = self._witnesses(runtime, experiment, outcome, number=number, amount=1000 + seed % 7)
        claim |= changes.pop("claim", {})
        ledger |= changes.pop("ledger", {})
        paid, served = outcome is Outcome.PAID, self._served.get(place, 0)
        balance = self._balances.get(runtime, 1_000_000) - ledger["debited_sats"]
        if paid:
            claim = {"balance_sats": ledger.get("balance_sats", balance), **claim}
        fields: dict[str, Any] = {
            **{"attempt": number, "runtime": runtime, "experiment": experiment, "seed": seed},
            **{"lane": place[1], "incarnation": place[2], "repeat": served, "sequence": served},
            **{"expected": _expected(experiment), "outcome": outcome},
            "code": None if outcome in (Outcome.PAID, Outcome.CACHED) else _CODES.get(experiment, "send_failed"),
            "reason": None if paid else f"ended {outcome}",
            "wall_s": 0.25 if paid else 0.05,
            "path": _path(experiment) if paid else PaymentPath.NONE,
            "phases": (Phase(name="pay", duration_s=0.2, clock="outside"),) if paid else (),
            "claim": Claim(**claim),
            "ledger": LedgerEntry(**{"balance_sats": balance, **ledger}),
            "calls": Calls(count=12, emulator_s=0.01, by_method=METHODS) if paid else Calls(),
        }
        attempt = Attempt(**fields | changes)
        self._served[place], self._balances[runtime] = served + 1, balance
        self.lines.append(attempt)
        return attempt

    def _witnesses(
        self, runtime: str, experiment: str, outcome: Outcome, *, number: int, amount: int
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Claim and ledger of a sound attempt; the claim's preimage digest is the payment hash."""
        paid = outcome is Outcome.PAID
        payment_hash = hashlib.sha256(f"{self.seed}/{runtime}/{number}".encode()).hexdigest()
        claim: dict[str, Any] = {"http_status": 200}
        if paid:
            claim |= {"payment_hash": payment_hash, "amount_sats": amount, "fee_sats": FEE_SATS}
            claim |= {"preimage_sha256": payment_hash}
        if experiment.startswith("l402_") and outcome not in (Outcome.UNKNOWN, Outcome.UNSUPPORTED):
            claim["receipt_digest"] = "sha256:" + hashlib.sha256(experiment.encode()).hexdigest()
        ledger: dict[str, Any] = {
            "payment_hash": payment_hash if paid else None,
            "invoice_amount_sats": amount if paid else None,
            "settled_count": int(paid),
            "debited_sats": amount + FEE_SATS if paid else 0,
            "locked_sats": 0,
            "supply_ok": True,
        }
        return claim, ledger

    def pay(self, runtime: str, experiment: str = "pay_exact", **changes: Any) -> Attempt:
        """A sound payment, unless changed."""
        return self.attempt(runtime, experiment, Outcome.PAID, **changes)

    def refuse(self, runtime: str, experiment: str, **changes: Any) -> Attempt:
        """A sound refusal or cached answer: ends as the experiment's name expects."""
        return self.attempt(runtime, experiment, _expected(experiment), **changes)

    def probe(self, runtime: str, reason: str, **changes: Any) -> Attempt:
        """The finding of a runtime that cannot hold a wallet. Make it the runtime's only attempt."""
        self._probed.add(runtime)
        fields = {"reason": reason, "outcome": Outcome.UNSUPPORTED, **changes}
        attempt = self.attempt(runtime, "probe", fields.pop("outcome"), **fields)
        self.lines[-1] = dataclasses.replace(attempt, claim=None, ledger=None)
        return attempt

    def negative_controls(self) -> None:
        """Every driver answers `unsupported` to a made-up experiment. A probe has none that could be asked."""
        for pin in self.pins:
            if pin.name not in self._probed:
                self.attempt(pin.name, "no_such_experiment", Outcome.UNSUPPORTED)

    def fact(self, runtime: str, name: str, value: float | int | str) -> None:
        """Append one fact."""
        self.lines.append(Fact(runtime=runtime, name=name, value=value, how="by a test"))

    def harness_error(self, runtime: str | None) -> None:
        """Append one harness error."""
        message = "the emulator did not answer /healthz within 10 s; see its log"
        self.lines.append(HarnessError(runtime=runtime, experiment=None, code="emulator_failure", message=message))

    def header(self) -> Header:
        """The first line."""
        return Header(
            run_id="20261122T120000Z-quick-7",
            schema_version=SCHEMA_VERSION,
            started_at="2026-11-22T12:00:00Z",
            profile=self.profile,
            seed=self.seed,
            network="emulated",
            runtimes=self.pins,
            planned_attempts=self.count(Attempt),
            git_commit="0123456789abcdef0123456789abcdef01234567",
            git_dirty=False,
            host={"cpu": "2 cores", "os": "Linux"},
            pins={"breez-sdk-spark (npm)": "0.19.2", "breez-sdk-spark (PyPI)": "0.19.2", "workerd": "1.20261117.1"},
            limits_date="2026-11-22",
        )

    def footer(self, **changes: Any) -> Footer:
        """The last line."""
        footer = Footer(
            ended_at="2026-11-22T12:01:40Z",
            attempts=self.count(Attempt),
            facts=self.count(Fact),
            harness_errors=self.count(HarnessError),
            elapsed_s=100.0,
            supply_ok=True,
        )
        return dataclasses.replace(footer, **changes)

    def count(self, kind: type[Line]) -> int:
        """How many lines of one kind there are."""
        return sum(isinstance(line, kind) for line in self.lines)

    def data(self, *, footer: Footer | None = None) -> bytes:
        """The record's bytes, footer included."""
        lines = (self.header(), *self.lines, footer or self.footer())
        return "".join(encode_line(line) + "\n" for line in lines).encode()


def _expected(experiment: str) -> Outcome:
    if experiment in ("no_such_experiment", "probe"):
        return Outcome.UNSUPPORTED
    return next((end for word, end in _EXPECTED.items() if f"_{word}" in experiment), Outcome.PAID)


def _path(experiment: str) -> PaymentPath:
    return PaymentPath.SWAP if experiment in ("pay_swap", "pay_at_once_one_leaf") else PaymentPath.EXACT
