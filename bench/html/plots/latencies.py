"""Which distributions of times the report shows: one plot a kind of payment or turn, the runtimes side by side.

Role: take the samples that gate 3 judged (the same rows, by the same functions) and put its numbers beside them.
Real runtimes that decide share a plot; stand-ins and those that decide nothing have one of their own, with few samples
each and no target: a stand-in's time is not its platform's.
Must not know: drawing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pandas as pd

from bench.evidence import OUTSIDE, Evidence
from bench.gates.latency import LIGHTNING, acknowledgements, paid_turns
from bench.gates.own_cost import cold_payments, warm_payments
from bench.html.plots.data import EcdfPlot, Series, Target
from bench.judgement import Judgement
from bench.thresholds import Threshold, Thresholds
from spikes.record import Role, RuntimePin, Tier

ASIDE = "-aside"  # the end of the key of a plot of stand-ins and of runtimes that decide nothing
INSIDE = "driver"  # a clock inside the runtime, which the platform may slow down or stop
_Read = Callable[[Evidence, str], pd.DataFrame]  # columns line, seconds


@dataclass(frozen=True, kw_only=True)
class _Kind:
    """One kind of time. `aside`: whether the runtimes that decide nothing are shown too."""

    title: str
    read: _Read
    aside: bool = False


def _warm(kind: str) -> _Read:
    def read(evidence: Evidence, runtime: str) -> pd.DataFrame:
        rows = warm_payments(evidence, runtime)
        return rows[rows["experiment"] == kind]

    return read


def _turns(evidence: Evidence, runtime: str) -> pd.DataFrame:
    return paid_turns(evidence, runtime, LIGHTNING)


def _acknowledged(evidence: Evidence, runtime: str) -> pd.DataFrame:
    return acknowledgements(evidence, runtime).rename(columns={"acknowledge_s": "seconds"})


def _phase(name: str, clock: str) -> _Read:
    """A phase of the warm payments out of a leaf that fits: the plainest payment, whose phases all runtimes tell."""

    def read(evidence: Evidence, runtime: str) -> pd.DataFrame:
        warm = set(_warm("pay_exact")(evidence, runtime)["line"])
        told = (
            (
                attempt.line,
                [phase.duration_s for phase in attempt.value.phases if (phase.name, phase.clock) == (name, clock)],
            )
            for attempt in evidence.of(runtime, "pay_exact")
            if attempt.line in warm
        )
        return pd.DataFrame([(line, sum(took)) for line, took in told if took], columns=["line", "seconds"])

    return read


# Payments are on the zero-latency profile: what they take is the runtime's own and the emulator's.
_KINDS: dict[str, _Kind] = {
    "cold": _Kind(title="First payment of a fresh process, from its start", read=cold_payments, aside=True),
    "pay_exact": _Kind(title="Warm payment, a leaf fits", read=_warm("pay_exact"), aside=True),
    "pay_swap": _Kind(title="Warm payment, a leaf is swapped first", read=_warm("pay_swap")),
    "paid_turn": _Kind(title="Paid turn on the lightning profile, from its intended start", read=_turns, aside=True),
    "acknowledgement": _Kind(title="First typed state of a turn, from its intended start", read=_acknowledged),
    "sync": _Kind(title="Phase sync: the wallet reads the network and claims a leaf", read=_phase("sync", OUTSIDE)),
    "prepare": _Kind(
        title="Phase prepare of a warm payment, by the driver's own clock", read=_phase("prepare", INSIDE)
    ),
    "send": _Kind(title="Phase send of a warm payment, by the driver's own clock", read=_phase("send", INSIDE)),
}


def latency_plots(judgement: Judgement) -> tuple[EcdfPlot, ...]:
    """One plot a kind and group of runtimes of which anything was timed; none for a record without times."""
    plots = (plot for key in _KINDS for plot in _plots(judgement, key))
    return tuple(plot for plot in plots if plot.series)


def _plots(judgement: Judgement, key: str) -> Iterator[EcdfPlot]:
    kind = _KINDS[key]
    evidence, thresholds = judgement.evidence, judgement.thresholds
    for aside in (False, True) if kind.aside else (False,):
        names = {pin.name for pin in evidence.runtimes if _aside(pin) is aside}
        found = (
            _series(kind.read(evidence, pin.name), pin.name, slot)
            for slot, pin in enumerate(evidence.runtimes)
            if pin.name in names
        )
        yield EcdfPlot(
            key=key + ASIDE * aside,
            title=f"{kind.title}: stand-ins and others that decide nothing" if aside else kind.title,
            unit="s",
            series=tuple(series for series in found if len(series.samples)),
            confidence=thresholds.confidence.value,
            targets=() if aside else _targets(key, thresholds),
        )


def _aside(pin: RuntimePin) -> bool:
    return pin.role is Role.INFORMATIVE or pin.tier is Tier.STAND_IN


def _series(rows: pd.DataFrame, name: str, slot: int) -> Series:
    return Series(
        name=name,
        samples=rows["seconds"].to_numpy(dtype=float),
        slot=slot,
        lines=tuple(int(line) for line in rows["line"]),
    )


def _targets(key: str, thresholds: Thresholds) -> tuple[Target, ...]:
    match key:
        case "paid_turn":
            return _at("p50", 0.5, thresholds.paid_turn_p50_s), _at("p95", 0.95, thresholds.paid_turn_p95_s)
        case "acknowledgement":
            return (_at("p95", 0.95, thresholds.acknowledgement_p95_s),)
        case _:
            return ()


def _at(word: str, quantile: float, threshold: Threshold) -> Target:
    return Target(
        label=f"{word} at most {threshold.value:g} {threshold.unit}", value=threshold.value, quantile=quantile
    )
