"""What became of the flows: each compared with its declared end, and repeats and runtimes with one another.

Role: a quick yes or no for `python -m spikes flows`, and its table per topology. The gates judge from the record, by
themselves. Must not know: how a flow is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from spikes.experiments.flow_table import FLOWS, Flow
from spikes.experiments.shop import PREFIX
from spikes.record import Attempt, Outcome, PaymentPath, Role

TOPOLOGIES = {
    "A": "the isolate that orchestrates pays too",
    "B": "a Worker orchestrates, an external runtime pays",
}
NOT_MADE = "not made"
_BY_NAME = {PREFIX + flow.name: flow for flow in FLOWS}


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One flow on one runtime. `wrong` says what is amiss, "" if nothing is."""

    flow: str
    runtime: str
    shown: str
    wrong: str = ""


def topology_of(role: Role) -> str:
    """Where a runtime of that role pays: with the buyer (A), or apart from it (B)."""
    return "A" if role is Role.NATIVE else "B"


def cells(attempts: Iterable[Attempt], runtimes: Sequence[str], flows: Sequence[Flow], repeats: int) -> list[Cell]:
    """A cell for each flow and runtime."""
    made: dict[tuple[str, str], list[Attempt]] = {}
    for attempt in attempts:
        if attempt.experiment in _BY_NAME:
            made.setdefault((attempt.experiment, attempt.runtime), []).append(attempt)
    found = []
    for flow in flows:
        rows = {runtime: made.get((PREFIX + flow.name, runtime), []) for runtime in runtimes}
        usual = next((attempt for row in rows.values() for attempt in row), None)
        found += [_cell(flow, runtime, row, usual, repeats) for runtime, row in rows.items()]
    return found


def table(topologies: Mapping[str, str], found: Sequence[Cell]) -> Iterator[str]:
    """One table for each topology (runtime -> topology in `topologies`), then a line for each thing that is amiss."""
    for name, meaning in TOPOLOGIES.items():
        runtimes = [runtime for runtime, topology in topologies.items() if topology == name]
        if runtimes:
            yield f"Topology {name}: {meaning}"
            yield from _grid(runtimes, found)
            yield ""
    yield from (f"{cell.flow} on {cell.runtime}: {cell.wrong}" for cell in found if cell.wrong)


def _grid(runtimes: Sequence[str], found: Sequence[Cell]) -> Iterator[str]:
    shown = {(cell.flow, cell.runtime): cell.shown for cell in found}
    rows = [["flow", "ends", *runtimes]]
    for flow in (flow for flow in FLOWS if any((flow.name, runtime) in shown for runtime in runtimes)):
        rows.append([flow.name, _end(flow), *(shown.get((flow.name, runtime), "-") for runtime in runtimes)])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    yield from ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)


def _end(flow: Flow) -> str:
    return f"{flow.outcome} {flow.code or ''}".strip()


def _cell(flow: Flow, runtime: str, row: Sequence[Attempt], usual: Attempt | None, repeats: int) -> Cell:
    wrongs = [wrong for attempt in row if (wrong := _wrong(flow, attempt, usual))]
    if len(row) < repeats:
        wrongs.append(f"{repeats - len(row)} of {repeats} {NOT_MADE}; see the run's logs")
    shown = f"{len(row)} of {repeats}" if not wrongs else (NOT_MADE if not row else "WRONG")
    return Cell(flow=flow.name, runtime=runtime, shown=shown, wrong=wrongs[0] if wrongs else "")


def _wrong(flow: Flow, attempt: Attempt, usual: Attempt | None) -> str:
    """What is amiss with one attempt; "" if nothing is."""
    if (attempt.outcome, attempt.code) != (flow.outcome, flow.code):
        seen = f"{attempt.outcome} {attempt.code or ''}".strip()
        return f"repeat {attempt.repeat} ended as {seen}, not as {_end(flow)}: {attempt.reason or 'no reason told'}"
    return _wrong_money(attempt) or _wrong_repeat(attempt, usual)


def _wrong_money(attempt: Attempt) -> str:
    ledger = attempt.ledger
    if ledger is None or not ledger.supply_ok:
        return f"repeat {attempt.repeat}: the ledger was not read, or its sum is not what it was"
    if attempt.outcome is Outcome.PAID:
        price, paid = ledger.invoice_amount_sats or 0, ledger.debited_sats
        fair = ledger.settled_count == 1 and price <= paid < 2 * price
        return "" if fair else f"repeat {attempt.repeat}: settled {ledger.settled_count} times, {paid} sat for {price}"
    if ledger.debited_sats or attempt.path is not PaymentPath.NONE:
        return f"repeat {attempt.repeat}: {ledger.debited_sats} sat moved, payment path {attempt.path}"
    return ""


def _wrong_repeat(attempt: Attempt, usual: Attempt | None) -> str:
    """Whether it differs from the flow's first attempt in what all of them have to share."""
    if usual is None or usual.claim is None or attempt.claim is None:
        return f"repeat {attempt.repeat}: no claim to compare"
    if attempt.claim.flow_digest is None:
        return f"repeat {attempt.repeat}: its receipt has no digest"
    of = f"repeat {attempt.repeat} is not as repeat {usual.repeat} on {usual.runtime}"
    if attempt.claim.flow_digest != usual.claim.flow_digest:
        return f"{of}: another receipt; compare the facts receipt.* of the record"
    if attempt.requests != usual.requests:
        return f"{of}: another request sequence; compare the facts request_sequence.* of the record"
    return ""
