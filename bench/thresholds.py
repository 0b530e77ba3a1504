"""Thresholds: every number a gate compares with, typed, with its unit and reason.

Role: load thresholds.toml and refuse a file that says more or less than the gates ask. Must not know: gates, records.
"""

from __future__ import annotations

import dataclasses
import tomllib
from dataclasses import dataclass
from pathlib import Path

from bench.errors import ThresholdError
from bench.limits import Limits

DEFAULT_PATH = Path(__file__).with_name("thresholds.toml")
_FIELDS = {"value", "unit", "reason", "source"}


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """One number with its base unit, why it is that number, and where that comes from."""

    key: str
    value: float
    unit: str  # "s" | "ratio" | "count" | "bytes"
    reason: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """All thresholds by name, and the platform limits that gate 1 compares with."""

    confidence: Threshold
    paid_turn_p50_s: Threshold
    paid_turn_p95_s: Threshold
    acknowledgement_p95_s: Threshold
    own_cost_warm_p95_s: Threshold
    own_cost_cold_p50_s: Threshold
    cached_turn_p95_s: Threshold
    blocked_turn_p95_s: Threshold
    aa_lane_attempts: Threshold
    success_rate: Threshold
    money_events_max: Threshold
    fault_schedules_min: Threshold
    unresolved_asks_min: Threshold
    soak_growth_bytes: Threshold
    repeats_min: Threshold
    host_apis_missing_max: Threshold
    code_generations_max: Threshold
    work_after_response_max: Threshold
    plaintext_inputs_max: Threshold
    data_key_uses_max: Threshold
    isolated_wallets_min: Threshold
    foreign_state_max: Threshold
    receipt_faults_max: Threshold
    flow_repeats_min: Threshold
    blocked_payments_max: Threshold
    limits: Limits


def load(limits: Limits, path: Path = DEFAULT_PATH) -> Thresholds:
    """Read thresholds.toml. Raises ThresholdError naming the file, the key, and what to do."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ThresholdError(f"cannot read {path} ({error.strerror}); restore it from version control") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ThresholdError(f"{path} is not TOML ({error}); correct it or restore it from version control") from error
    names = {f.name for f in dataclasses.fields(Thresholds)} - {"limits"}
    if missing := sorted(names - raw.keys()):
        raise ThresholdError(
            f"{path} lacks {', '.join(missing)}; add a table of each name with {', '.join(sorted(_FIELDS))}"
        )
    if unknown := sorted(raw.keys() - names):
        raise ThresholdError(
            f"{path} names {', '.join(unknown)}, which no gate asks for; remove it or correct its spelling"
        )
    return Thresholds(**{name: _threshold(path, name, raw[name]) for name in sorted(names)}, limits=limits)


def _threshold(path: Path, name: str, raw: object) -> Threshold:
    if not isinstance(raw, dict) or set(raw) != _FIELDS:
        raise ThresholdError(f"{path}: [{name}] must be a table with exactly {', '.join(sorted(_FIELDS))}; complete it")
    value = raw["value"]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ThresholdError(f"{path}: [{name}] value is {value!r}; write a number in base units")
    for text in ("unit", "reason", "source"):
        if not isinstance(raw[text], str) or not raw[text].strip():
            raise ThresholdError(f"{path}: [{name}] {text} is empty; say it, or nobody can judge the number")
    return Threshold(key=name, value=value, unit=raw["unit"], reason=raw["reason"], source=raw["source"])
