"""The committed records, by path below this directory, and what each is for.

Role: data for the judge's tests. `python -m tests.records.cases` writes the files again; a test compares them.
Gate records speak of runtime `workerd`; liars are records of drivers that contradict the ledger.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from spikes.record import Outcome, PaymentPath, Platform
from tests.records import defects
from tests.records.builder import (
    CONVEX_ISOLATE,
    CONVEX_NODE,
    DRIFT,
    NATIVE,
    NODE,
    WASMTIME,
    WORKERD,
    Run,
)
from tests.records.faults import asks, struck, under_fault
from tests.records.fitting import (
    USED,
    first_form,
    fit_for_compatibility,
    fit_for_custody,
    fit_for_latency,
    host_apis,
    pay_again,
    phase_use,
    reference_payments,
)
from tests.records.flows import FLOWS, fit_for_determinism

HERE = Path(__file__).resolve().parent
W = "workerd"


def reference() -> bytes:
    """Six runtimes, first form, nothing wrong: the golden files are made from it."""
    run = Run(NATIVE, NODE, WORKERD, CONVEX_ISOLATE, DRIFT, WASMTIME)
    for pin in run.pins:
        if pin is not WASMTIME:
            first_form(run, pin.name)
    run.fact(W, "upload_raw_bytes", 11_482_924)
    run.fact(W, "upload_gzip_bytes", 4_675_635)
    run.fact(W, "wasm_memory_bytes", 3_276_800)
    pay_again(run, W)
    for name in ("heap_bytes", "bundle_bytes", "analysis_s", "action_s"):
        run.fact("convex_isolate", name, USED[Platform.CONVEX_ISOLATE][name])
    host_apis(run, W, missing=(), shimmed=("FinalizationRegistry",))
    host_apis(run, "convex_isolate", missing=("queueMicrotask",), shimmed=())
    phase_use(run, W)
    run.probe("wasmtime", "312 imports of a JavaScript host are missing; WASI meets none of them")
    run.negative_controls()
    return run.data()


def everything(*runtimes: str, pins: tuple[str, ...] = ("native", "node", "workerd")) -> Run:
    """A run in which these runtimes pass all four gates. Large: built when a test asks, never committed."""
    known = {pin.name: pin for pin in (NATIVE, NODE, WORKERD, CONVEX_ISOLATE, CONVEX_NODE, DRIFT, WASMTIME)}
    run = Run(*(known[name] for name in pins))
    for runtime in runtimes:
        fit_for_latency(run, runtime)
        fit_for_compatibility(run, runtime)
        fit_for_custody(run, runtime)
        fit_for_determinism(run, runtime)
    run.negative_controls()
    return run


def under_pressure() -> bytes:
    """A control and a Worker, timed, put under faults and run for long; the Worker pays twice in one schedule."""
    run = Run(NATIVE, WORKERD)
    fit_for_latency(run, "native")
    fit_for_latency(run, W)
    twice = {"settled_count": 2, "debited_sats": 2006}
    name = "lost_after_commit.RequestLightningSend"
    under_fault(run, W, name, ledger=twice, asks=asks(Outcome.UNKNOWN, Outcome.PAID))
    under_fault(run, W, "ssp_stuck", Outcome.UNKNOWN, asks=asks(Outcome.UNKNOWN, Outcome.UNKNOWN))
    under_fault(run, W, "restart", faults=struck("restart", fired=0))
    for number in range(1, 13):
        run.fact("harness", f"runner_rss_bytes.at_{500 * number}", 90_000_000 + 40_000 * (number % 3))
        run.fact("harness", f"runner_fds.at_{500 * number}", 30 + number)
    run.negative_controls()
    return run.data()


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


def _convex() -> bytes:
    run = Run(CONVEX_ISOLATE, CONVEX_NODE)
    for pin in run.pins:
        fit_for_compatibility(run, pin.name)
    run.negative_controls()
    return run.data()


def _probe() -> bytes:
    run = Run(NATIVE, WASMTIME)
    fit_for_compatibility(run, "native")
    run.probe("wasmtime", "312 imports of a JavaScript host are missing; WASI meets none of them")
    run.fact("wasmtime", "fuel_per_call", 2_281_900)
    run.negative_controls()
    return run.data()


def _hides_one_of_several(run: Run) -> None:
    """Six payments at once of which one failed: the claim is about four, the ledger was debited for five."""
    some = {"debited_sats": 5 * 1003, "invoice_amount_sats": 6 * 1000, "payment_hash": "cd" * 32}
    claim = {"amount_sats": 4 * 1000, "fee_sats": 4 * 3, "payment_hash": "ef" * 32, "preimage_sha256": "ef" * 32}
    run.attempt(W, "pay_at_once", Outcome.FAILED, ledger=some, claim=claim, path=PaymentPath.EXACT)


def _leaky(run: Run) -> None:
    fit_for_custody(run, W)
    run.fact(W, "leak_scan.stderr", "LEAK")


def _latency_pass() -> bytes:
    run = Run(NATIVE, WORKERD)
    reference_payments(run, "native")
    fit_for_latency(run, W)
    run.negative_controls()
    return run.data()


def _determinism_pass() -> bytes:
    run = Run(NATIVE, WORKERD)
    fit_for_determinism(run, "native", repeats=1)
    fit_for_determinism(run, W)
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


def _pays_twice_on_retry(run: Run) -> None:
    """The answer to the first ask was lost; the second one, under the same id, made a second payment."""
    twice = {"settled_count": 2, "debited_sats": 2006}
    name = "lost_after_commit.RequestLightningSend"
    under_fault(run, W, name, ledger=twice, asks=asks(Outcome.UNKNOWN, Outcome.PAID))


def _forgets_on_pending(run: Run) -> None:
    """Pending, and by the next ask forgotten: the invoice can be settled once only, the wallet pays twice for it."""
    again = {"debited_sats": 2006}
    under_fault(run, W, "ssp_stuck", ledger=again, asks=asks(Outcome.UNKNOWN, Outcome.PAID))


def _reports_failed_on_timeout(run: Run) -> None:
    """What took too long is called failed, while the payment goes on and is settled."""
    settled = {"settled_count": 1, "debited_sats": 1003, "payment_hash": "cd" * 32, "invoice_amount_sats": 1000}
    under_fault(run, W, "slow_settle", Outcome.FAILED, code="send_failed", ledger=settled, path=PaymentPath.EXACT)


def _trusts_the_sellers_amount(run: Run) -> None:
    """The seller speaks of 900 sat beside an invoice of 1000; the cap and the receipt go by what the seller said."""
    asked = {"invoice_amount_sats": 1000, "debited_sats": 1003}
    claim = {"amount_sats": 900, "fee_sats": 2}
    run.attempt(W, "l402_lying_amount", Outcome.PAID, ledger=asked, claim=claim)


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
    "compatibility/convex.jsonl": _convex,
    "compatibility/probe.jsonl": _probe,
    "custody/pass.jsonl": lambda: _one(lambda run: fit_for_custody(run, W)),
    "custody/fail.jsonl": lambda: _one(_leaky),
    "custody/inconclusive.jsonl": lambda: _one(lambda run: run.fact(W, "leak_scan.stdout", "CLEAN")),
    "latency/pass.jsonl": _latency_pass,
    "latency/fail.jsonl": lambda: _one(_pays_twice),
    "latency/inconclusive.jsonl": lambda: _with_control(_few_payments),
    "determinism/pass.jsonl": _determinism_pass,
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
    "liars/tells_a_wrong_balance.jsonl": lambda: _one(lambda run: run.pay(W, claim={"balance_sats": 999_000})),
    "liars/hides_one_of_several.jsonl": lambda: _one(_hides_one_of_several),
    "liars/pays_twice_on_retry.jsonl": lambda: _one(_pays_twice_on_retry),
    "liars/forgets_on_pending.jsonl": lambda: _one(_forgets_on_pending),
    "liars/reports_failed_on_timeout.jsonl": lambda: _one(_reports_failed_on_timeout),
    "liars/trusts_the_sellers_amount.jsonl": lambda: _one(_trusts_the_sellers_amount),
    "reference.jsonl": reference,
    **{f"defects/{defect.__name__}.jsonl": partial(defects.record, defect) for defect in defects.DEFECTS},
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
