"""Gate 2, secret custody: "Can handle secret custody safely (no plaintext seed in logs/storage)."

Role: judge the custody experiment's facts. Must not know: how secrets are planted or surfaces scanned.
Fact names: `envelope.*`, `plaintext_*`, `unwraps_outside`, `data_key_uses`, `leak_scan.<surface>` (CLEAN, LEAK,
UNPLANTED or UNSCANNED), `leak_control.<surface>` (CAUGHT or MISSED: the deliberately leaky driver),
`key_life.<case>`, `isolated_wallets`, `foreign_state`. An absent fact leaves its criterion open.
"""

from __future__ import annotations

from collections.abc import Iterator

from bench.evidence import Evidence, Numbered
from bench.gates import probes
from bench.gates.conclude import conclude, fails, fold, passes, undecided
from bench.gates.readings import at_least, at_most
from bench.thresholds import Thresholds
from bench.verdict import Criterion, GateVerdict
from spikes.record import Fact

NAME = "custody"
TITLE = "Secret custody"
REQUIREMENT = "Can handle secret custody safely (no plaintext seed in logs/storage)."

SURFACES = (
    *("stdout", "stderr", "runtime_logs", "response_bodies", "response_headers", "errors"),
    *(
        "emulator_traffic",
        "paywall_traffic",
        "runtime_storage",
        "temp_files",
        "child_environment",
        "child_command_line",
    ),
    *("record", "report", "adr", "junit"),
)
_CIPHER = "AES-256-GCM"
_ASSOCIATED_DATA = "network,version,wallet_id"
_MUST_WORK = ("import", "generate", "disable", "rotate", "rewrap")
_MUST_BE_REFUSED = ("tampered_envelope", "swapped_row", "kms_denied", "kms_slow")  # each with a typed error


def judge(evidence: Evidence, thresholds: Thresholds, runtime: str) -> GateVerdict:
    """Judge gate 2 for one runtime. Pure."""
    probe = evidence.probe_of(runtime)
    if probe is not None:
        return probes.nothing_to_judge(NAME, evidence, runtime, probe)
    criteria = (
        fold("envelope", _envelope(evidence, thresholds, runtime)),
        _no_leak(evidence, runtime),
        _honest_scan(evidence, runtime),
        fold("key_life", _key_life(evidence, runtime)),
        fold("isolation", _isolation(evidence, thresholds, runtime)),
    )
    return conclude(NAME, evidence, runtime, criteria)


def _envelope(evidence: Evidence, thresholds: Thresholds, runtime: str) -> Iterator[Criterion]:
    for fact, ceiling, means in (
        ("plaintext_inputs", thresholds.plaintext_inputs_max, "plaintext secrets given to the runtime"),
        ("plaintext_persisted", thresholds.plaintext_inputs_max, "secrets persisted before encryption"),
        ("unwraps_outside", thresholds.plaintext_inputs_max, "data keys unwrapped outside the payment runtime"),
        ("data_key_uses", thresholds.data_key_uses_max, "wallet versions encrypted under one data key"),
    ):
        yield at_most("envelope", evidence, runtime, fact=fact, ceiling=ceiling, means=means)
    yield _reads(evidence, runtime, "envelope.cipher", _CIPHER)
    yield _reads(evidence, runtime, "envelope.associated_data", _ASSOCIATED_DATA)


def _reads(evidence: Evidence, runtime: str, fact: str, wanted: str) -> Criterion:
    """Every reading of a text fact must be the wanted one."""
    found = evidence.facts_of(runtime, fact)
    if not found:
        return undecided(fact, f"{fact}: not measured", needs=f"a fact `{fact}`", threshold=wanted)
    wrong = tuple(f for f in found if f.value.value != wanted)
    lines = tuple(f.line for f in wrong or found)
    if wrong:
        return fails(
            fact,
            f"{fact} is {wrong[0].value.value}, not {wanted}",
            lines=lines,
            measured=wrong[0].value.value,
            threshold=wanted,
        )
    return passes(fact, f"{fact} is {wanted}", lines=lines, measured=wanted, threshold=wanted)


def _by_case(evidence: Evidence, runtime: str, prefix: str) -> dict[str, list[Numbered[Fact]]]:
    cases: dict[str, list[Numbered[Fact]]] = {}
    for fact in evidence.facts_of(runtime, prefix):
        cases.setdefault(fact.value.name.removeprefix(prefix + "."), []).append(fact)
    return cases


def _no_leak(evidence: Evidence, runtime: str) -> Criterion:
    name, scans = "no_leak", _by_case(evidence, runtime, "leak_scan")
    leaks = [(surface, f.line) for surface, facts in scans.items() for f in facts if f.value.value == "LEAK"]
    if leaks:
        surfaces = ", ".join(dict.fromkeys(surface for surface, _ in leaks))
        return fails(name, f"a planted canary was found on: {surfaces}", lines=tuple(line for _, line in leaks))
    clean = tuple(f.line for s in SURFACES for f in scans.get(s, ()) if f.value.value == "CLEAN")
    open_ = tuple(s for s in SURFACES if s not in scans or any(f.value.value != "CLEAN" for f in scans[s]))
    if open_:
        reason = f"{len(open_)} of {len(SURFACES)} surfaces are not scanned clean: {', '.join(open_)}"
        return undecided(
            name, reason, needs="facts `leak_scan.<surface>` from a scan with planted canaries", lines=clean
        )
    return passes(name, f"all {len(SURFACES)} surfaces are clean", lines=clean)


def _honest_scan(evidence: Evidence, runtime: str) -> Criterion:
    """A scan that does not catch the deliberately leaky driver proves nothing; so this is never FAIL."""
    name, controls = "honest_scan", _by_case(evidence, runtime, "leak_control")
    caught = tuple(f.line for s in SURFACES for f in controls.get(s, ()) if f.value.value == "CAUGHT")
    missed = tuple(s for s in SURFACES if s not in controls or any(f.value.value != "CAUGHT" for f in controls[s]))
    if missed:
        reason = f"the leaky driver was not shown to be caught on {len(missed)} of {len(SURFACES)} surfaces"
        needs = "facts `leak_control.<surface>` = CAUGHT: a deliberately leaky driver, caught on every surface"
        return undecided(name, reason, needs=needs, lines=caught)
    return passes(name, f"the leaky driver was caught on all {len(SURFACES)} surfaces", lines=caught)


def _key_life(evidence: Evidence, runtime: str) -> Iterator[Criterion]:
    cases = _by_case(evidence, runtime, "key_life")
    for case in (*_MUST_WORK, *_MUST_BE_REFUSED):
        found = cases.get(case, [])
        wanted = "ok" if case in _MUST_WORK else "error:<typed code>"
        if not found:
            yield undecided(case, f"{case}: not tried", needs=f"a fact `key_life.{case}`", threshold=wanted)
            continue
        wrong = [f for f in found if not _ended_right(case, str(f.value.value))]
        lines = tuple(f.line for f in wrong or found)
        if wrong:
            yield fails(case, f"{case} ended {wrong[0].value.value}, not {wanted}", lines=lines, threshold=wanted)
        else:
            yield passes(case, f"{case} ended as it must", lines=lines, threshold=wanted)


def _ended_right(case: str, value: str) -> bool:
    return value == "ok" if case in _MUST_WORK else value.startswith("error:") and value != "error:"


def _isolation(evidence: Evidence, thresholds: Thresholds, runtime: str) -> Iterator[Criterion]:
    enough, foreign = thresholds.isolated_wallets_min, thresholds.foreign_state_max
    wallets = "wallets in one isolate"
    yield at_least("isolation", evidence, runtime, fact="isolated_wallets", floor=enough, means=wallets)
    means = "state or sessions of another wallet seen"
    yield at_most("isolation", evidence, runtime, fact="foreign_state", ceiling=foreign, means=means)
