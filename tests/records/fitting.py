"""What a well-behaved runtime leaves in a record, gate by gate: the parts that records are put together from.

Role: the one place where tests know what fitting means. Must not know: files, which records are committed.
"""

from __future__ import annotations

from bench.gates.custody import SURFACES
from spikes.record import Calls, Phase, Platform
from tests.records.builder import Run
from tests.records.faults import fit_to_remember, fit_under_faults
from tests.records.flows import FLOWS, turn

COLD = tuple(
    Phase(name=name, duration_s=seconds, clock="outside")
    for name, seconds in (("boot", 0.2), ("load", 0.1), ("build", 0.1), ("sync", 0.2), ("pay", 0.3))
)
TURN = (
    Phase(name="acknowledge", duration_s=0.3, clock="outside"),
    Phase(name="fetch", duration_s=3.0, clock="outside"),
    Phase(name="turn", duration_s=3.1, clock="outside"),
)
SETTLED_S = 2.5  # of a turn on the lightning profile


USED: dict[Platform, dict[str, float]] = {  # what a fitting runtime uses of its platform
    Platform.NONE: {},
    Platform.CLOUDFLARE: {
        **{"upload_raw_bytes": 11_482_924, "upload_gzip_bytes": 2_675_635, "connections_max": 5},
        **{"startup_cpu_s": 0.13, "cpu_per_request_s": 0.008, "isolate_memory_bytes": 17_900_000},
        **{"subrequests_max": 31, "code_generations": 0},
        **{"work_after_response.calls": 0, "work_after_response.timers": 0},
    },
    Platform.CONVEX_ISOLATE: {
        **{"heap_bytes": 29_000_000, "array_buffer_bytes": 10_900_000, "analysis_s": 0.6, "action_s": 0.7},
        **{"bundle_bytes": 15_270_000, "bundle_zip_bytes": 5_100_000, "arguments_bytes": 4_096, "result_bytes": 2_048},
    },
    Platform.CONVEX_NODE: {
        **{"process_memory_bytes": 312_000_000, "analysis_s": 0.4, "action_s": 0.7, "arguments_bytes": 4_096},
        **{"bundle_bytes": 15_300_000, "bundle_zip_bytes": 5_200_000, "bundle_unzipped_bytes": 15_300_000},
        **{"result_bytes": 2_048, "bundle_zip_bytes.external": 42_100_000},
    },
}
AGAIN = ("pay_at_once", "pay_rebuilt", "pay_second_isolate")


def fit_for_compatibility(run: Run, runtime: str) -> None:
    """Everything that gate 1 asks of any runtime, and of one on its platform."""
    run.pay(runtime, "pay_exact")
    run.pay(runtime, "pay_swap")
    pay_again(run, runtime)
    platform = next(pin.platform for pin in run.pins if pin.name == runtime)
    facts = {"host_apis_touched": 31, "host_apis_missing": 0, "host_apis_shimmed": 2, **USED[platform]}
    for name, value in facts.items():
        run.fact(runtime, name, value)


def pay_again(run: Run, runtime: str) -> None:
    """Everything that gate 1 asks of a second payment; incarnations that nothing else in these records uses."""
    for experiment in AGAIN:
        run.pay(runtime, experiment)
    run.pay(runtime, "pay_at_once_one_leaf", lane="one")
    run.pay(runtime, "pay_after_restart", incarnation=11)
    run.pay(runtime, "pay_after_eviction", incarnation=12)


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
        run.pay(runtime, "l402_paid@lightning", incarnation=4, phases=TURN, calls=Calls(settle_s=SETTLED_S))
        turn(run, runtime, "cached", incarnation=4)
        turn(run, runtime, "blocked_cap", incarnation=4)
    fit_under_faults(run, runtime)
    fit_to_remember(run, runtime)


def reference_payments(run: Run, runtime: str) -> None:
    """As many cold and warm payments as a control needs for its medians: five of each."""
    for incarnation in range(5):
        run.pay(runtime, "pay_exact", incarnation=incarnation, phases=COLD)
        run.pay(runtime, "pay_swap", incarnation=incarnation)
        run.pay(runtime, "pay_exact", incarnation=incarnation)


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


def host_apis(run: Run, runtime: str, *, missing: tuple[str, ...], shimmed: tuple[str, ...]) -> None:
    """A small ledger of host APIs, with the counts that belong to it."""
    apis = ("crypto.getRandomValues", "fetch", "setTimeout", *missing, *shimmed)
    for number, api in enumerate(apis):
        status = "missing" if api in missing else "shimmed" if api in shimmed else "present"
        run.fact(runtime, f"host_api.{api}", status)
        run.fact(runtime, f"host_api_calls.build.{api}", number)
        run.fact(runtime, f"host_api_calls.send_exact.{api}", 10 + number)
    for word, names in (("touched", apis), ("missing", missing), ("shimmed", shimmed)):
        run.fact(runtime, f"host_apis_{word}", len(names))


def phase_use(run: Run, runtime: str) -> None:
    """CPU and subrequests by phase, cold and warm, and the largest of them."""
    for number, phase in enumerate(("build", "sync", "claim", "prepare", "send_exact", "send_swap"), start=1):
        for temperature, factor in (("cold", 2), ("warm", 1)):
            run.fact(runtime, f"cpu_s.{phase}.{temperature}", number * factor / 1000)
            run.fact(runtime, f"subrequests.{phase}.{temperature}", number * factor)
    for name, value in (("startup_cpu_s", 0.13), ("cpu_per_request_s", 0.012)):
        run.fact(runtime, name, value)
    for name in ("subrequests_max", "connections_max"):
        run.fact(runtime, name, 12 if name == "subrequests_max" else 3)
