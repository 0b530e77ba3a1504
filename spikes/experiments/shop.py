"""What is for sale in a run, and what the seller saw of an attempt.

Role: names, prices and modes of the items of every L402 attempt; the seller's part of its request sequence. Every
attempt has items of its own, so that a credential cached for one turn never answers another, and a lane never meets
another lane's. Their price depends on the run's seed and the flow alone, so that repeats and runtimes are alike.
Must not know: how a flow goes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from spikes.experiments.flow_table import FLOWS, Flow
from spikes.paywall.catalogue import Item
from spikes.plan import Plan, PlannedAttempt, derived_int
from spikes.seller import Visit

PREFIX = "l402_"
PRICES_SATS = range(10, 250)
ANOTHER = "another"
_BY_NAME = {PREFIX + flow.name: flow for flow in FLOWS}
_NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")


def items(plan: Plan) -> dict[str, Item]:
    """Everything that the L402 attempts of a plan ask for, by name."""
    return {
        item_name(planned, label): _item(flow, mode, price_sats(plan.seed, flow))
        for planned in plan.attempts
        if (flow := _BY_NAME.get(planned.question))
        for label, mode in wares(flow)
    }


def wares(flow: Flow) -> Iterable[tuple[str, str]]:
    """(label, mode) of what a flow needs: what is asked for, first, and what is bought before it."""
    for mode in flow.modes:
        yield label_of(flow, mode), mode
    if not flow.modes:
        yield label_of(flow), flow.mode
    if any("another" in step for step in flow.before):
        yield label_of(flow, ANOTHER), flow.mode


def label_of(flow: Flow, which: str = "") -> str:
    """What stands for an item in a request sequence: the same in all repeats, on all runtimes."""
    return _NOT_IN_NAMES.sub("-", f"{flow.name}-{which}" if which else flow.name)


def item_name(planned: PlannedAttempt, label: str) -> str:
    """The item of this attempt that goes by that label."""
    return f"{label}-{planned.repeat}-{_NOT_IN_NAMES.sub('-', planned.seat)}"


def price_sats(run_seed: int, flow: Flow) -> int:
    """What a flow's items cost."""
    return PRICES_SATS[derived_int(run_seed, "price", flow.name) % len(PRICES_SATS)]


def exchanges(label: str, visits: Sequence[Visit]) -> tuple[str, ...]:
    """What a seller was asked and answered, a line each, without what differs between repeats."""
    return tuple(_line(label, visit) for visit in visits)


def at_stake(visits: Sequence[Visit], known: frozenset[str]) -> tuple[str, ...]:
    """The payments that visits were about: those proven, else the one asked for last; none `known` from before."""
    proven = [visit.proven_hash for visit in visits]
    asked = [visit.payment_hash for visit in visits if visit.offer is not None]
    fresh = [[digest for digest in digests if digest and digest not in known] for digests in (proven, asked[-1:])]
    return tuple(dict.fromkeys(fresh[0] or fresh[1]))


def _line(label: str, visit: Visit) -> str:
    proof = "" if not visit.had_credential else " with credential"
    if visit.pays_offer is not None:
        proof += f" of offer {visit.pays_offer}"
    what = " ".join(filter(None, [str(visit.status), visit.code, "cut" if visit.cut else None]))
    offer = "" if visit.offer is None else f", offer {visit.offer}"
    return f"seller {visit.method} {visit.place}/{label}{proof} -> {what}{offer}"


def _item(flow: Flow, mode: str, price: int) -> Item:
    return Item(price_sats=price, mode=mode, later_price_sats=2 * price if flow.dearer_later else None)
