"""What one payment uses, as the record measured it: CPU, time, memory, calls.

Role: read facts and turns of one runtime into decimal amounts. Must not know: prices, places. What was not measured is
None and stays None: it never counts as nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from statistics import fmean, median

from bench.cost.prices import Prices
from bench.evidence import Evidence
from bench.gates.latency import AA_LANE, LIGHTNING

# Facts of memory, the first that a runtime has: an isolate's own is told apart from its process.
_MEMORY = ("isolate_memory_bytes", "process_memory_bytes", "rss_bytes")
_DIGITS = Decimal("0.000001")


@dataclass(frozen=True, kw_only=True)
class Usage:
    """One payment on one runtime. CPU is a mixture by the assumed shares of swapped leaves and cold wallets."""

    cpu_s: Decimal | None  # of the wallet, before the CPU factor
    orchestration_s: Decimal | None  # wall time of a turn that policy blocks: its CPU is no more than that
    turn_s: Decimal | None  # mean of paid turns on the lightning profile; the paying part is taken to be busy as long
    turns: int
    memory_bytes: Decimal | None
    memory_fact: str | None
    subrequests: Decimal | None  # of the costliest payment


def usage(evidence: Evidence, runtime: str, prices: Prices) -> Usage:
    """What the record tells of one runtime."""
    turns = _turns(evidence, runtime)
    memory = next((m for m in _MEMORY if evidence.largest(runtime, m) is not None), None)
    return Usage(
        cpu_s=_cpu(evidence, runtime, prices),
        orchestration_s=_orchestration(evidence, runtime),
        turn_s=_decimal(fmean(turns)) if turns else None,
        turns=len(turns),
        memory_bytes=None if memory is None else _largest(evidence, runtime, memory),
        memory_fact=memory,
        subrequests=_largest(evidence, runtime, "subrequests_max"),
    )


def _cpu(evidence: Evidence, runtime: str, prices: Prices) -> Decimal | None:
    names = ("prepare.warm", "send_exact.warm", "send_swap.warm", "first_payment.cold")
    parts = [_largest(evidence, runtime, f"cpu_s.{name}") for name in names]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    prepare, exact, swap, cold = known
    swapped, asleep = prices.assumes("swap_share"), prices.assumes("cold_share")
    warm = prepare + (1 - swapped) * exact + swapped * swap
    return (1 - asleep) * warm + asleep * cold


def _turns(evidence: Evidence, runtime: str) -> list[float]:
    """How long the request of each paid turn was open, warm or not, by the outside clock."""
    t = evidence.rows_of(runtime)
    paid = (t["experiment"] == "l402_paid") & (t["profile"] == LIGHTNING) & (t["outcome"] == "paid")
    return [float(s) for s in t.loc[paid & (t["lane"] != AA_LANE) & t["fetch_s"].notna(), "fetch_s"]]


def _orchestration(evidence: Evidence, runtime: str) -> Decimal | None:
    t = evidence.rows_of(runtime)
    blocked = (t["experiment"] == "l402_blocked_cap") & (t["outcome"] == "blocked") & t["fetch_s"].notna()
    walls = [float(s) for s in t.loc[blocked, "fetch_s"]]
    return _decimal(median(walls)) if walls else None


def _largest(evidence: Evidence, runtime: str, name: str) -> Decimal | None:
    reading = evidence.largest(runtime, name)
    return None if reading is None else _decimal(reading.value)


def _decimal(value: float) -> Decimal:
    """A measurement to the microsecond (or the byte): more digits would be noise."""
    return Decimal(str(value)).quantize(_DIGITS).normalize() + 0


def missing(found: Usage, needed: Iterable[str]) -> tuple[str, ...]:
    """Which of these were not measured, in words."""
    words = {
        "cpu_s": "CPU of a payment (facts cpu_s.*)",
        "orchestration_s": "turns blocked by the cap",
        "turn_s": "paid turns on the lightning profile",
        "memory_bytes": "memory",
    }
    return tuple(words[name] for name in needed if getattr(found, name) is None)
