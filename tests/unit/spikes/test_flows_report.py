"""The yes or no of `flows`: each thing that can be amiss is seen, and said once for its flow and runtime."""

from __future__ import annotations

from dataclasses import replace

import pytest

from spikes.commands.flows import plan_of
from spikes.errors import FlowFailure
from spikes.experiments.flow_table import FLOWS, Flow
from spikes.flows_report import NOT_MADE, Cell, cells, table, topology_of
from spikes.plan import FIRST_LANE
from spikes.record import Attempt, Claim, LedgerEntry, Outcome, PaymentPath, Role
from spikes.runtimes import runtime_named

PAID = next(flow for flow in FLOWS if flow.name == "paid")
BLOCKED = next(flow for flow in FLOWS if flow.name == "blocked_cap")
RUNTIMES = ("workerd", "node")


def attempt(flow: Flow, runtime: str = "workerd", repeat: int = 0) -> Attempt:
    """One that went as declared."""
    paid = flow.outcome is Outcome.PAID
    return Attempt(
        attempt=0,
        runtime=runtime,
        experiment=f"l402_{flow.name}",
        repeat=repeat,
        seed=1,
        lane=FIRST_LANE,
        incarnation=0,
        sequence=0,
        expected=flow.outcome,
        outcome=flow.outcome,
        code=flow.code,
        reason=None,
        wall_s=0.1,
        path=PaymentPath.EXACT if paid else PaymentPath.NONE,
        claim=Claim(flow_digest="ab" * 32),
        requests="cd" * 8,
        ledger=LedgerEntry(
            payment_hash=None,
            invoice_amount_sats=20 if paid else None,
            settled_count=1 if paid else 0,
            debited_sats=22 if paid else 0,
            locked_sats=0,
            balance_sats=100,
            supply_ok=True,
        ),
    )


def run(flow: Flow, repeats: int = 2) -> list[Attempt]:
    return [attempt(flow, runtime, repeat) for runtime in RUNTIMES for repeat in range(repeats)]


def judged(attempts: list[Attempt], flow: Flow, repeats: int = 2) -> dict[str, Cell]:
    return {cell.runtime: cell for cell in cells(attempts, RUNTIMES, [flow], repeats)}


@pytest.mark.parametrize("flow", [PAID, BLOCKED])
def test_what_went_as_declared_is_right(flow: Flow) -> None:
    found = judged(run(flow), flow)
    assert [(cell.shown, cell.wrong) for cell in found.values()] == [("2 of 2", "")] * 2


def ledger(attempt: Attempt, **changes: object) -> Attempt:
    assert attempt.ledger is not None
    return replace(attempt, ledger=replace(attempt.ledger, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("flow", "spoil", "says"),
    [
        (PAID, lambda a: replace(a, outcome=Outcome.FAILED), "ended as failed"),
        (PAID, lambda a: replace(a, code="credential_refused"), "ended as paid credential_refused, not as paid"),
        (BLOCKED, lambda a: replace(a, code="host_not_allowed"), "not as blocked quoted_amount_exceeds_cap"),
        (PAID, lambda a: ledger(a, settled_count=2), "settled 2 times"),
        (PAID, lambda a: ledger(a, settled_count=0), "settled 0 times"),
        (PAID, lambda a: ledger(a, debited_sats=44), "44 sat for 20"),
        (PAID, lambda a: ledger(a, debited_sats=0), "0 sat for 20"),
        (BLOCKED, lambda a: ledger(a, debited_sats=1), "1 sat moved"),
        (BLOCKED, lambda a: replace(a, path=PaymentPath.EXACT), "payment path exact"),
        (BLOCKED, lambda a: ledger(a, supply_ok=False), "sum is not what it was"),
        (BLOCKED, lambda a: replace(a, ledger=None), "was not read"),
        (PAID, lambda a: replace(a, claim=Claim(flow_digest="ac" * 32)), "another receipt"),
        (PAID, lambda a: replace(a, claim=Claim()), "no digest"),
        (PAID, lambda a: replace(a, claim=None), "no claim"),
        (PAID, lambda a: replace(a, requests="ce" * 8), "another request sequence"),
    ],
)
def test_each_thing_that_is_amiss_is_said(flow: Flow, spoil: object, says: str) -> None:
    attempts = run(flow)
    assert callable(spoil)
    attempts[3] = spoil(attempts[3])
    found = judged(attempts, flow)
    assert (found["workerd"].wrong, found["node"].shown) == ("", "WRONG")
    assert says in found["node"].wrong
    assert "repeat 1" in found["node"].wrong


def test_what_was_not_made_is_no_success() -> None:
    found = judged(run(PAID)[:3], PAID)
    assert found["workerd"].wrong == ""
    assert (found["node"].shown, found["node"].wrong) == ("WRONG", f"1 of 2 {NOT_MADE}; see the run's logs")
    assert {cell.shown for cell in judged([], PAID).values()} == {NOT_MADE}


def test_a_table_for_each_topology_and_a_line_for_each_thing_amiss() -> None:
    attempts = [*run(PAID), *run(BLOCKED)]
    attempts[0] = replace(attempts[0], outcome=Outcome.UNKNOWN, reason="lost")
    text = list(table({"workerd": "A", "node": "B"}, cells(attempts, RUNTIMES, [PAID, BLOCKED], 2)))
    assert text == [
        "Topology A: the isolate that orchestrates pays too",
        "flow         ends                               workerd",
        "paid         paid                               WRONG",
        "blocked_cap  blocked quoted_amount_exceeds_cap  2 of 2",
        "",
        "Topology B: a Worker orchestrates, an external runtime pays",
        "flow         ends                               node",
        "paid         paid                               2 of 2",
        "blocked_cap  blocked quoted_amount_exceeds_cap  2 of 2",
        "",
        "paid on workerd: repeat 0 ended as unknown, not as paid: lost",
    ]


def test_who_pays_where_the_buyer_is_is_topology_a() -> None:
    assert {role: topology_of(role) for role in Role} == {
        Role.NATIVE: "A",
        Role.EXTERNAL: "B",
        Role.CONTROL: "B",
        Role.INFORMATIVE: "B",
    }


def test_a_plan_of_flows_has_every_flow_and_gives_the_unknown_one_a_wallet_of_its_own() -> None:
    plan = plan_of([runtime_named(name) for name in RUNTIMES], 2, 1)
    assert len(plan.attempts) == len(FLOWS) * len(RUNTIMES) * 2
    assert {planned.question for planned in plan.attempts if planned.lane != FIRST_LANE} == {
        "l402_blocked_unknown_spend"
    }


def test_a_plan_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(FlowFailure, match="0 repeats"):
        plan_of([runtime_named("node")], 0, 1)
    with pytest.raises(FlowFailure, match="wasmtime cannot be asked"):
        plan_of([runtime_named("wasmtime")], 1, 1)
