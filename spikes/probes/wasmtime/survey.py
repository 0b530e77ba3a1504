"""The survey: everything that the probe tries, in order, as one finding.

Role: imports, WASI, pure calls, limits; and in numbers why no payment can be made.
Must not know: where the finding goes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from wasmtime import Trap, WasmtimeError

from spikes.meter import peak_rss_bytes
from spikes.probes.wasmtime import limits, wasi
from spikes.probes.wasmtime.calls import PURE_CALLS, PureCall, Ran, digest, run
from spikes.probes.wasmtime.compiled import WASMTIME, Compiled, compiled, read_wasm
from spikes.probes.wasmtime.failure import one_line
from spikes.probes.wasmtime.finding import REASON_LIMIT, Finding, Found
from spikes.probes.wasmtime.host import IMPORTS, ImportNotMet
from spikes.probes.wasmtime.imports import OTHER, Census, ImportClass, census, load_classes, parse
from spikes.probes.wasmtime.values import NotKnown

CODE = "host_imports_missing"
YES, NO = "yes", "no"


def survey(wasm: Path, cache: Path) -> Finding:
    """Find out everything about the module at `wasm`. Raises ProbeFailure if that cannot be done."""
    sdk = compiled(read_wasm(wasm), cache)
    classes = load_classes()
    counted = census([parse(entry.module, entry.name or "") for entry in sdk.module.imports], classes)
    refused = wasi.refusal(sdk)
    ran, failed = _pure_calls(sdk)
    facts = [
        *_compile_facts(sdk),
        *_import_facts(counted, classes, refused),
        Found(name="exports_total", value=len(sdk.module.exports), how="exports that the module declares"),
        *_call_facts(ran),
        *failed,
        *_limit_facts(sdk, ran),
        *_memory_facts(sdk),
    ]
    return Finding(code=CODE, reason=reason(counted, classes, refused), facts=facts)


def reason(counted: Census, classes: Sequence[ImportClass], refused: wasi.Refusal) -> str:
    """Why the module cannot pay under wasmtime, in numbers and in one line; the smallest classes give way."""
    lost = without_counterpart(counted, classes)
    head = (
        f"{refused.met} of {counted.total} imports are WASI, a WASI host stops at {refused.first_missing}; "
        f"{sum(lost.values())} have no WASI counterpart: "
    )
    parts = [f"{count} {name}" for name, count in lost.items()]
    while len(head) + len(", ".join(parts)) > REASON_LIMIT:
        parts = [*parts[:-2], "..."] if parts[-1] == "..." else [*parts[:-1], "..."]
    return head + ", ".join(parts)


def without_counterpart(counted: Census, classes: Sequence[ImportClass]) -> dict[str, int]:
    """The classes, largest first, whose purpose no WASI interface serves. What nobody has classed is one of them."""
    served = {each.name for each in classes if each.wasi}
    return {name: count for name, count in counted.counts.items() if count and name not in served}


def _compile_facts(sdk: Compiled) -> Iterator[Found]:
    if sdk.from_cache:
        yield Found(name="deserialize_s", value=sdk.wall_s, how="wall time of Module.deserialize from .build/wasmtime")
    else:
        how = f"of Module(), Cranelift, fuel and epochs on, wasmtime {WASMTIME}; compiled code from before: {sdk.cache}"
        yield Found(name="compile_s", value=sdk.wall_s, how=f"wall time {how}")
        yield Found(name="compile_cpu_s", value=sdk.cpu_s, how=f"CPU time of all threads {how}")
    yield Found(name="compiled_bytes", value=sdk.size_bytes, how="size of the serialized machine code")


def _import_facts(counted: Census, classes: Sequence[ImportClass], refused: wasi.Refusal) -> Iterator[Found]:
    yield Found(name="imports_total", value=counted.total, how="imports that the module declares")
    how = "imports that a linker with all of WASI preview 1 has"
    yield Found(name="imports_wasi", value=refused.met, how=how)
    lost = sum(without_counterpart(counted, classes).values())
    how = "imports of the classes for whose purpose no WASI interface exists (imports.toml)"
    yield Found(name="imports_without_wasi_counterpart", value=lost, how=how)
    for each in classes:
        how = f"{each.reason}; for this WASI has {each.wasi or 'nothing'}"
        yield Found(name=f"imports.{each.name}", value=counted.counts[each.name], how=how)
    strangers = ", ".join(counted.strangers[:5]) or "none"
    how = f"imports that no pattern of imports.toml names: {strangers}"
    yield Found(name=f"imports.{OTHER}", value=counted.counts[OTHER], how=how)
    yield Found(name="wasi_only_host", value=f"refused: {refused.words}", how="instantiated with WASI preview 1 alone")


def _pure_calls(sdk: Compiled) -> tuple[list[Ran], list[Found]]:
    ran: list[Ran] = []
    failed: list[Found] = []
    for call in PURE_CALLS:
        try:
            ran.append(run(call, sdk))
        except (ImportNotMet, NotKnown, Trap, WasmtimeError) as error:
            words = f"{type(error).__name__}: {one_line(error)}"
            failed.append(Found(name=f"call_failed.{call.name}", value=words, how=f"{call.says} under the small host"))
    return ran, failed


def _call_facts(ran: Sequence[Ran]) -> Iterator[Found]:
    used = frozenset[str]().union(*(each.host_imports for each in ran))
    yield Found(name="calls_made", value=len(ran), how=f"pure calls that came to an end, of {len(PURE_CALLS)} tried")
    yield Found(name="host_imports_met", value=len(IMPORTS), how="imports that the small host implements")
    yield Found(
        name="host_imports_used", value=len(used), how="those of them that the pure calls called; not the start"
    )
    equal = ran and all(each.deterministic for each in ran)
    how = "same fuel and same value of every call in two fresh instances"
    yield Found(name="fuel_deterministic", value=YES if equal else NO, how=how)
    for each in ran:
        name, says = each.call.name, f"{each.call.says} in a fresh instance"
        yield Found(name=f"fuel.{name}", value=max(each.fuel), how=f"fuel units of {says}")
        yield Found(name=f"host_calls.{name}", value=each.host_calls, how=f"calls of imports by {says}")
        yield Found(name=f"host_imports.{name}", value=len(each.host_imports), how=f"imports called by {says}")
        yield Found(name=f"wasm_memory_bytes.{name}", value=each.memory_bytes, how=f"linear memory after {says}")
        yield Found(name=f"call_s.{name}", value=each.fastest_s, how=f"wall time of {says}, the faster of two")
        yield _result(each, name, says)


def _result(ran: Ran, name: str, says: str) -> Found:
    """A returned object by its digest; a handle and what was thrown in words."""
    match ran.value:
        case {"thrown": message}:
            return Found(name=f"result.{name}", value=f"threw {message}", how=f"what {says} threw")
        case dict() as value:
            how = f"digest of what {says} returned, as JSON with sorted keys and no spaces"
            return Found(name=f"result_sha256.{name}", value=digest(value), how=how)
        case value:
            return Found(name=f"result.{name}", value=str(value), how=f"what {says} returned")


def _limit_facts(sdk: Compiled, ran: Sequence[Ran]) -> list[Found]:
    """The trials with the first pure call, if there is one to try them with."""
    first: PureCall = PURE_CALLS[0]
    fuel = next((max(each.fuel) for each in ran if each.call is first), None)
    return [] if fuel is None else limits.trials(sdk, first, fuel)


def _memory_facts(sdk: Compiled) -> Iterator[Found]:
    peak = peak_rss_bytes(os.getpid())
    if peak is not None:
        how = f"VmHWM of the probe's process, with {'loading' if sdk.from_cache else 'compiling'} the module"
        yield Found(name="process_memory_bytes", value=peak, how=how)
