"""Names of the numbers that a judgement rests on, as people may write them, and which gate reads them.

Role: data and look-up for sensitivity and what-if. Must not know: evidence, verdicts.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterable, Mapping

from bench.errors import WhatIfError
from bench.limits import Limits
from bench.thresholds import Thresholds

LIMIT = "limit."
READ_BY: Mapping[str, tuple[str, ...]] = {
    "compatibility": ("host_apis_missing_max", "code_generations_max", "work_after_response_max"),
    "custody": ("plaintext_inputs_max", "data_key_uses_max", "isolated_wallets_min", "foreign_state_max"),
    "latency": (
        *("confidence", "paid_turn_p50_s", "paid_turn_p95_s", "acknowledgement_p95_s", "own_cost_warm_p95_s"),
        *("own_cost_cold_p50_s", "cached_turn_p95_s", "blocked_turn_p95_s", "aa_lane_attempts", "success_rate"),
        *("money_events_max", "fault_schedules_min", "unresolved_asks_min"),
    ),
    "determinism": ("repeats_min", "flow_repeats_min", "receipt_faults_max", "blocked_payments_max"),
    "soak": ("soak_growth_bytes",),  # no gate: the harness is no candidate
}
NOT_ANALYSED = (
    ("aa_lane_attempts", "another size of the A/A lane may draw the noise floor from other lanes: ask `judge --set`"),
    ("soak_growth_bytes", "it judges the harness's own memory, which takes no part in the decision"),
)


def gate_of(key: str) -> str:
    """The gate (or `soak`) that reads a number."""
    if key.startswith(LIMIT):
        return "compatibility"
    return next(gate for gate, keys in READ_BY.items() if key in keys)


def names(limits: Limits) -> dict[str, str]:
    """Every name that `--set` understands, with the key that it means."""
    known: dict[str, str] = {}
    for field in dataclasses.fields(Thresholds):
        if field.name != "limits":
            for name in _spellings(field.name):
                known |= {name: field.name, f"{gate_of(field.name)}.{name}": field.name}
    return known | {limit.key: limit.key for limit in limits.all}


def _spellings(key: str) -> Iterable[str]:
    """`paid_turn_p95_s` may be written `paid_p95_s`."""
    return dict.fromkeys((key, key.replace("_turn_", "_")))


def find(name: str, limits: Limits) -> str:
    """The key that a name means. Raises WhatIfError, naming what is near."""
    known = names(limits)
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=4, cutoff=0.5)
    tail = name.rpartition(".")[2]
    near = near or [key for key in known if tail and tail in key][:4]
    advice = f"near it: {', '.join(near)}" if near else "a key of thresholds.toml, or limit.<platform>.<name>"
    raise WhatIfError(f"no number is called {name!r}; {advice}")
