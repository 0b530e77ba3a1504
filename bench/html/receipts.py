"""Receipts of each flow: what a turn leaves behind, once for all runtimes whose receipts agree.

Role: find each flow's receipt and request sequence in a record, and tell apart what all receipts say and what is of one
flow. Must not know: how they are shown, whether they pass.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bench.evidence import Evidence, Numbered
from bench.gates.flows import FLOWS, Flow
from bench.gates.spelled import receipt_of, sequence_of
from spikes.record import Attempt

_FIRST = ("outcome", "code")  # what a reader looks for, before the other fields


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """One flow's turn as the first runtime made it. `alike`: on how many of `of` runtimes it left this very receipt."""

    flow: str
    runtime: str
    line: int
    fields: Mapping[str, str] | None  # None: the record does not spell this receipt out
    alike: int
    of: int


@dataclass(frozen=True, kw_only=True)
class Sequence:
    """Requests that a turn made, in order, and the flows whose first turn made just these."""

    requests: tuple[str, ...]
    flows: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Receipts:
    """Every flow's receipt. `shared` fields read alike in all of them, `columns` do not."""

    rows: tuple[Receipt, ...]
    shared: Mapping[str, str]
    columns: tuple[str, ...]
    sequences: tuple[Sequence, ...]


def receipts(evidence: Evidence) -> Receipts:
    """The first turn of each flow, in the order of the flows; nothing for a flow that nobody tried."""
    first = {flow: found for flow in FLOWS if (found := _first(evidence, flow))}
    rows = tuple(_receipt(evidence, flow, found) for flow, found in first.items())
    spelled = [row.fields for row in rows if row.fields is not None]
    names = sorted({name for fields in spelled for name in fields}, key=lambda n: (n not in _FIRST, n != "outcome", n))
    alike = {name for name in names if len(spelled) > 1 and len({fields.get(name) for fields in spelled}) == 1}
    return Receipts(
        rows=rows,
        shared={name: spelled[0][name] for name in names if name in alike},
        columns=tuple(name for name in names if name not in alike),
        sequences=_sequences(evidence, first),
    )


def _first(evidence: Evidence, flow: Flow) -> dict[str, Numbered[Attempt]]:
    turns = {pin.name: evidence.of(pin.name, flow.experiment) for pin in evidence.runtimes}
    return {runtime: mine[0] for runtime, mine in turns.items() if mine}


def _receipt(evidence: Evidence, flow: Flow, first: Mapping[str, Numbered[Attempt]]) -> Receipt:
    runtime, turn = next(iter(first.items()))
    fields = receipt_of(evidence, turn.value)
    digest = _digest(turn)
    return Receipt(
        flow=flow.name,
        runtime=runtime,
        line=turn.line,
        fields=None if fields is None else dict(_told(fields)),
        alike=sum(_digest(other) == digest for other in first.values()) if digest is not None else 0,
        of=len(first),
    )


def _sequences(evidence: Evidence, first: Mapping[Flow, Mapping[str, Numbered[Attempt]]]) -> tuple[Sequence, ...]:
    found: dict[str, list[str]] = {}
    for flow, turns in first.items():
        turn = next(iter(turns.values()))
        told = sequence_of(evidence, turn.value.requests)
        if told is not None:
            found.setdefault(told, []).append(flow.name)
    return tuple(
        Sequence(requests=tuple(told.splitlines()), flows=tuple(flows))
        for told, flows in sorted(found.items(), key=lambda entry: -len(entry[1]))
    )


def _digest(turn: Numbered[Attempt]) -> str | None:
    return turn.value.claim.flow_digest if turn.value.claim is not None else None


def _told(fields: Mapping[str, object], within: str = "") -> Iterator[tuple[str, str]]:
    """Fields with their values in words; those inside a field by both names, nothing as a dash."""
    for name, value in fields.items():
        if isinstance(value, Mapping) and value:
            yield from _told(value, f"{within}{name}.")
        elif value is None:
            yield within + name, "-"
        else:
            yield within + name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
