"""The committed records, by path below this directory, and what each is for.

Role: data for the judge's tests. `python -m tests.records.cases` writes the files again; a test compares them.
Gate records speak of runtime `workerd`; liars are records of drivers that contradict the ledger.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from bench.gates.custody import SURFACES
from bench.gates.exactly_once import RPC_SCHEDULES, RUN_SCHEDULES
from spikes.record import Outcome, PaymentPath, Phase
from tests.records.builder import METHODS, NATIVE, NODE, WORKERD, Run

HERE = Path(__file__).resolve().parent
W = "workerd"
COLD = tuple(
    Phase(name=name, duration_s=seconds, clock="outside")
    for name, seconds in (("boot", 0.2), ("load", 0.1), ("build", 0.1), ("sync", 0.2), ("pay", 0.3))
)
TURN = (
    Phase(name="acknowledge", duration_s=0.3, clock="outside"),
    Phase(name="fetch", duration_s=3.0, clock="outside"),
)


def fit_for_compatibility(run: Run, runtime: str) -> None:
    """Everything that gate 1 asks of any runtime, and of one on Cloudflare."""
    run.pay(runtime, "pay_exact")
    run.pay(runtime, "pay_swap")
    run.pay(runtime, "pay_after_restart", incarnation=1)
    run.pay(runtime, "pay_after_eviction", incarnation=1)
    for name, value in (("host_apis_touched", 31), ("host_apis_missing", 0), ("host_apis_shimmed", 2)):
        run.fact(runtime, name, value)
    for name, value in (("upload_raw_bytes", 11_482_924), ("upload_gzip_bytes", 4_675_635), ("connections_max", 5)):
        run.fact(runtime, name, value)
    run.fact(runtime, "startup_cpu_s", 0.13)
    run.fact(runtime, "cpu_per_request_s", 0.058)
    run.fact(runtime, "isolate_memory_bytes", 17_900_000)
    run.fact(runtime, "code_generations", 0)
    run.fact(runtime, "work_after_response", 0)


def fit_for_custody(run: Run, runtime: str) -> None:
    """Everything that gate 2 asks."""
    for name in ("plaintext_inputs", "plaintext_persisted", "unwraps_outside", "foreign_state"):
        run.fact(runtime, name, 0)
    run.fact(runtime, "data_key_uses", 1)
    run.fact(runtime, "isolated_wallets", 2)
    run.fact(runtime, "envelope.cipher", "AES-256-GCM")
    run.fact(runtime, "envelope.associated_data", "network,version,wallet_id")
    for surface in SURFACES:
        run.fact(runtime, f"leak_scan.{surface}", "CLEAN")
        run.fact(runtime, f"leak_control.{surface}", "CAUGHT")
    for case in ("import", "generate", "disable", "rotate", "rewrap"):
        run.fact(runtime, f"key_life.{case}", "ok")
    for case in ("tampered_envelope", "swapped_row", "kms_denied", "kms_slow"):
        run.fact(runtime, f"key_life.{case}", "error:secret_error")


def fit_for_latency(run: Run, runtime: str, *, payments: int = 299) -> None:
    """Everything that gate 3 asks, at the smallest n that decides it; the control needs it as well."""
    reference_payments(run, runtime)
    run.pay(runtime, "pay_exact", lane="b", phases=COLD)
    for _ in range(20):
        run.pay(runtime, "pay_exact", lane="b")
    for _ in range(payments - 36):
        run.pay(runtime, "pay_exact", incarnation=4)
    for _ in range(59):
        run.pay(runtime, "l402_paid@lightning", incarnation=4, phases=TURN)
        run.refuse(runtime, "l402_cached", incarnation=4)
        run.refuse(runtime, "l402_blocked_cap", incarnation=4)
    _faults(run, runtime)


def reference_payments(run: Run, runtime: str) -> None:
    """As many cold and warm payments as a control needs for its medians: five of each."""
    for incarnation in range(5):
        run.pay(runtime, "pay_exact", incarnation=incarnation, phases=COLD)
        run.pay(runtime, "pay_swap", incarnation=incarnation)
        run.pay(runtime, "pay_exact", incarnation=incarnation)


def _faults(run: Run, runtime: str) -> None:
    for method in METHODS:
        for schedule in RPC_SCHEDULES:
            if schedule != "lost_after_commit":
                run.pay(runtime, f"fault_{schedule}.{method}", incarnation=4)
                continue
            paid = {"settled_count": 1, "payment_hash": "ab" * 31 + f"{len(run.lines) % 256:02x}"}
            lost = {**paid, "debited_sats": 1003, "invoice_amount_sats": 1000}
            claim = {"payment_hash": paid["payment_hash"], "preimage_sha256": paid["payment_hash"]}
            run.attempt(runtime, f"fault_{schedule}.{method}", Outcome.UNKNOWN, incarnation=4, ledger=lost)
            again = {**paid, "debited_sats": 0, "invoice_amount_sats": 1000}
            sums = {**claim, "amount_sats": 1000, "fee_sats": 3}
            run.pay(runtime, "reconcile", incarnation=4, ledger=again, claim=sums)
    for schedule in RUN_SCHEDULES:
        run.pay(runtime, f"fault_{schedule}", incarnation=4)


def fit_for_determinism(run: Run, runtime: str) -> None:
    """Everything that gate 4 asks, twice with the same seed."""
    for repeat in range(2):
        for number, (flow, ends, code) in enumerate(FLOWS):
            run.attempt(runtime, f"l402_{flow}", ends, seed=100 + number, repeat=repeat, code=code)
        run.fact(runtime, "request_digest.l402_paid.100", "sha256:" + "44" * 32)
    run.fact(runtime, "receipt_faults", 0)


FLOWS: tuple[tuple[str, Outcome, str | None], ...] = (
    ("paid", Outcome.PAID, None),
    ("cached", Outcome.CACHED, None),
    ("blocked_cap", Outcome.BLOCKED, "quoted_amount_exceeds_cap"),
    ("blocked_host", Outcome.BLOCKED, "host_not_allowed"),
    ("blocked_blocklist", Outcome.BLOCKED, "host_blocked"),
    ("blocked_kill_switch", Outcome.BLOCKED, "policy_denied"),
    ("blocked_window_cap", Outcome.BLOCKED, "window_cap_exceeded"),
    ("blocked_wallet_disabled", Outcome.BLOCKED, "policy_denied"),
    ("refused_credential", Outcome.FAILED, "credential_refused"),
    ("expired_credential", Outcome.FAILED, "credential_expired"),
    ("lying_amount", Outcome.BLOCKED, "quoted_amount_exceeds_cap"),
    ("lying_hash", Outcome.FAILED, "challenge_invalid"),
    ("malformed_challenge", Outcome.FAILED, "challenge_invalid"),
)


def first_form(run: Run, runtime: str) -> None:
    """What the first form of the harness records: payments, flows, sizes; no faults, no custody."""
    for number in range(3):
        run.pay(
            runtime, "pay_exact", phases=COLD if number == 0 else (Phase(name="pay", duration_s=0.2, clock="outside"),)
        )
        run.pay(runtime, "pay_swap")
    run.pay(runtime, "pay_after_restart", incarnation=1, phases=COLD)
    for flow, ends, code in FLOWS[:4]:
        run.attempt(runtime, f"l402_{flow}", ends, incarnation=1, code=code)
    run.fact(runtime, "rss_bytes", 180_000_000)
    run.fact(runtime, "boot_s", 0.2)


def reference() -> bytes:
    """Three runtimes, first form, nothing wrong: the golden files are made from it."""
    run = Run(NATIVE, NODE, WORKERD)
    for pin in run.pins:
        first_form(run, pin.name)
    run.fact(W, "upload_raw_bytes", 11_482_924)
    run.fact(W, "upload_gzip_bytes", 4_675_635)
    run.fact(W, "wasm_memory_bytes", 3_276_800)
    run.negative_controls()
    return run.data()


def everything(*runtimes: str, pins: tuple[str, ...] = ("native", "node", "workerd")) -> Run:
    """A run in which these runtimes pass all four gates. Large: built when a test asks, never committed."""
    known = {pin.name: pin for pin in (NATIVE, NODE, WORKERD)}
    run = Run(*(known[name] for name in pins))
    for runtime in runtimes:
        fit_for_latency(run, runtime)
        fit_for_compatibility(run, runtime)
        fit_for_custody(run, runtime)
        fit_for_determinism(run, runtime)
    run.negative_controls()
    return run


def _one(add: Callable[[Run], object]) -> bytes:
    run = Run(WORKERD)
    add(run)
    run.negative_controls()
    return run.data()


def _with_control(add: Callable[[Run, str], object]) -> bytes:
    run = Run(NATIVE, WORKERD)
    add(run, "native")
    add(run, W)
    run.negative_controls()
    return run.data()


def _refused(run: Run) -> None:
    fit_for_compatibility(run, W)
    run.attempt(W, "pay_swap", Outcome.UNSUPPORTED, code="unsupported")


def _slow_flow(run: Run) -> None:
    for number, (flow, ends, code) in enumerate(FLOWS[:4]):
        run.attempt(W, f"l402_{flow}", ends, seed=100 + number, code=code)
    paid_anyway = {"debited_sats": 1003, "settled_count": 1, "payment_hash": "ab" * 32, "invoice_amount_sats": 1000}
    run.attempt(W, "l402_blocked_cap", Outcome.PAID, ledger=paid_anyway)


def _leaky(run: Run) -> None:
    fit_for_custody(run, W)
    run.fact(W, "leak_scan.stderr", "LEAK")


def _latency_pass() -> bytes:
    run = Run(NATIVE, WORKERD)
    reference_payments(run, "native")
    fit_for_latency(run, W)
    run.negative_controls()
    return run.data()


def _few_payments(run: Run, runtime: str) -> None:
    for _ in range(40):
        run.pay(runtime)


def _pays_twice(run: Run) -> None:
    run.pay(W)
    run.pay(W, ledger={"settled_count": 2, "debited_sats": 2006})


def _says_failed(run: Run) -> None:
    lost = {"settled_count": 1, "debited_sats": 1003, "payment_hash": "cd" * 32, "invoice_amount_sats": 1000}
    run.attempt(W, "pay_exact", Outcome.FAILED, code="send_failed", ledger=lost, path=PaymentPath.EXACT)


def _knows_every_experiment() -> bytes:
    run = Run(WORKERD)
    fit_for_compatibility(run, W)
    run.attempt(W, "no_such_experiment", Outcome.CACHED)
    return run.data()


NOT_SETTLED = {"settled_count": 0, "debited_sats": 0}
CASES: dict[str, Callable[[], bytes]] = {
    "compatibility/pass.jsonl": lambda: _one(lambda run: fit_for_compatibility(run, W)),
    "compatibility/fail.jsonl": lambda: _one(_refused),
    "compatibility/inconclusive.jsonl": lambda: _one(lambda run: run.pay(W)),
    "custody/pass.jsonl": lambda: _one(lambda run: fit_for_custody(run, W)),
    "custody/fail.jsonl": lambda: _one(_leaky),
    "custody/inconclusive.jsonl": lambda: _one(lambda run: run.fact(W, "leak_scan.stdout", "CLEAN")),
    "latency/pass.jsonl": _latency_pass,
    "latency/fail.jsonl": lambda: _one(_pays_twice),
    "latency/inconclusive.jsonl": lambda: _with_control(_few_payments),
    "determinism/pass.jsonl": lambda: _with_control(fit_for_determinism),
    "determinism/fail.jsonl": lambda: _one(_slow_flow),
    "determinism/inconclusive.jsonl": lambda: _one(lambda run: run.attempt(W, "l402_paid", Outcome.UNKNOWN)),
    "liars/claims_a_payment_it_did_not_make.jsonl": lambda: _one(lambda run: run.pay(W, ledger=NOT_SETTLED)),
    "liars/returns_a_wrong_preimage.jsonl": lambda: _one(lambda run: run.pay(W, claim={"preimage_sha256": "ee" * 32})),
    "liars/pays_twice.jsonl": lambda: _one(_pays_twice),
    "liars/debits_without_claiming.jsonl": lambda: _one(
        lambda run: run.attempt(W, "l402_blocked_cap", Outcome.BLOCKED, ledger={"debited_sats": 1003})
    ),
    "liars/takes_more_than_it_claims.jsonl": lambda: _one(lambda run: run.pay(W, ledger={"debited_sats": 1004})),
    "liars/says_failed_though_paid.jsonl": lambda: _one(_says_failed),
    "liars/makes_sats.jsonl": lambda: _one(lambda run: run.pay(W, ledger={"supply_ok": False})),
    "liars/answers_anything.jsonl": _knows_every_experiment,
    "reference.jsonl": reference,
}


def write() -> None:
    """Write every committed record again."""
    for name, build in CASES.items():
        path = HERE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(build())


if __name__ == "__main__":
    write()
    sys.stdout.write(f"{len(CASES)} records written\n")
